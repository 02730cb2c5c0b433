# usage: gnuplot -c matrix.gp IN.tsv OUT.png|svg
# Wait time by waiter (row) and owner (column): threads left, call sites right.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("matrix.gp")] . "style.gp"
if (!strlen(empty)) {
	eval canvas
	top = 250
	# Panels: where the names end and the cells begin, and how wide these are.
	x0(panel) = panel > 0 ? 1010 : 190
	wide(panel) = panel > 0 ? 490 : 560
	cell_w(panel, columns) = wide(panel) / (columns < 5 ? 5 : columns)
	cell_h(rows) = row_px + 0.0
	cx(i) = x0(column("panel")) + i * cell_w(column("panel"), column("columns"))
	cy(i) = top + i * cell_h(column("rows"))
	set cbrange [0:1]
	set label 20 "by thread" at 190, 110 left font "DejaVu Sans Bold,12" tc rgb colour_ink
	set label 21 "by call site" at 1010, 110 left font "DejaVu Sans Bold,12" tc rgb colour_ink
	fits(panel, columns) = cell_w(panel, columns) >= 40
	dark(share) = share > 0.4 ? 0xFFFFFF : colour_ink
	plot IN index "cells" using (cx(column("column"))):(cy(column("row"))):(cx(column("column"))):(cx(column("column") + 1) - 2):(cy(column("row"))):(cy(column("row") + 1) - 2):"share" with boxxyerror fc palette notitle, \
		"" index "cells" using (cx(column("column"))):(cy(column("row"))):(cx(column("column"))):(cx(column("column") + 1) - 2):(cy(column("row"))):(cy(column("row") + 1) - 2) with boxxyerror fs empty lc rgb colour_line notitle, \
		"" index "cells" using (cx(column("column") + 0.5) - 1):(cy(column("row") + 0.5)):(fits(column("panel"), column("columns")) ? strcol("text") : ""):(dark(column("share"))) with labels center font ",8" tc rgb variable notitle, \
		"" index "names" using (column("owners") == 0 ? x0(column("panel")) - 8 : NaN):(top + (column("place") + 0.5) * cell_h(column("places"))):(strcol("name")) with labels right font ",11" tc rgb colour_ink notitle, \
		"" index "names" using (column("owners") > 0 ? x0(column("panel")) + (column("place") + 0.4) * cell_w(column("panel"), column("places")) : NaN):(top - 8):(strcol("name")) with labels left rotate by 40 font ",11" tc rgb colour_ink notitle
}
