# usage: gnuplot -c locks.gp IN.tsv OUT.png|svg
# Each lock over time: its owner as a strip, its queue below.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("locks.gp")] . "style.gp"
if (!strlen(empty)) {
	scale = t_scale * 1.0
	at(name) = (column(name) - t_zero) / scale
	x_from = (t_begin - t_zero) / scale
	x_to = (t_end - t_zero) / scale
	set lmargin at screen sx(left)
	set rmargin at screen sx(W - margin)
	set tmargin at screen sy(top)
	set bmargin at screen sy(H - 78)
	set xrange [x_from : x_to]
	set yrange [n_rows + 0 : 0]
	set xlabel t_name tc rgb colour_ink
	set ytics scale 0
	unset key
	over = hair(x_from, x_to, left, margin)
	strip(share) = column("row") + 0.36 - 0.28 * share
	deep(depth) = column("row") + 0.94 - 0.5 * depth / deepest
	do for [i = 1:int(n_rows - 1)] {
		set arrow i from graph 0, first i to graph 1, first i nohead lc rgb colour_line
	}
	set multiplot
	plot IN index "locks" using (x_from):(column("row") + 0.42):ytic(strcol("label")) with dots lc rgb colour_ink notitle, \
		"" index "locks" using (x_from):(column("row") + 0.62):(strcol("place")) with labels right offset -1, 0 font ",10" tc rgb colour_soft notitle, \
		"" index "strips" using (at("begin_ns")):(strip(1)):(at("begin_ns")):(at("end_ns") + over):(strip(column("share"))):(strip(0)):(series_colour(column("slot"))) with boxxyerror fc rgb variable notitle, \
		"" index "queue" using (at("begin_ns")):(deep(0)):(at("begin_ns")):(at("end_ns") + over):(deep(column("depth"))):(deep(0)):(colour(column("state"))) with boxxyerror fc rgb variable notitle, \
		"" index "locks" using (x_to):(column("row") + 0.22):(strcol("held")) with labels left offset 1, 0 font ",10" tc rgb colour_ink notitle, \
		"" index "locks" using (x_to):(column("row") + 0.58):(strcol("queue")) with labels left offset 1, 0 font ",10" tc rgb colour_ink notitle, \
		"" index "locks" using (x_to):(column("row") + 0.8):(strcol("waits")) with labels left offset 1, 0 font ",10" tc rgb colour_ink notitle, \
		"" index "locks" using (x_from):(deep(deepest)):(x_from):(x_from):(deep(deepest)):(deep(0)) with boxxyerror lc rgb colour_soft notitle
	eval overlay
	plot IN index "owners_legend" using "px":(top - 19):"px":(column("px") + 16):(top - 26):(top - 12):(series_colour(column("slot"))) with boxxyerror fc rgb variable, \
		"" index "owners_legend" using (column("px") + 22):(top - 19):(strcol("name")) with labels left font ",11" tc rgb colour_ink
	unset multiplot
}
