# usage: gnuplot -c path.gp IN.tsv OUT.png|svg
# The critical path by state, by lock and by thread.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("path.gp")] . "style.gp"
if (!strlen(empty)) {
	eval canvas
	# One bar over the width, then two panels of bars below it.
	bar(share) = 40 + share * (W - 80.0)
	name_x(panel) = panel > 0 ? 1070 : 290
	bar_w = 370.0
	row_y(row) = 318 + row * 34
	set label 20 "by state" at 40, 122 left font "DejaVu Sans Bold,12" tc rgb colour_ink
	set label 21 n_lock_rows > 0 ? "behind which lock" : "no lock on the path" at 40, 286 left font "DejaVu Sans Bold,12" tc rgb colour_ink
	set label 22 "on which thread" at 820, 286 left font "DejaVu Sans Bold,12" tc rgb colour_ink
	plot IN index "states_bar" using (0):(0):(bar(column("low"))):(bar(column("high"))):(140):(206):(colour(column("state"))) with boxxyerror fc rgb variable, \
		"" index "states_bar" using (bar(0.5 * (column("low") + column("high")))):(strlen(strcol("text")) > 1 ? 162 : NaN):(strcol("name")):(ink(column("state"))) with labels center font ",11" tc rgb variable, \
		"" index "states_bar" using (bar(0.5 * (column("low") + column("high")))):(strlen(strcol("text")) > 1 ? 184 : NaN):(strcol("text")):(ink(column("state"))) with labels center font ",11" tc rgb variable, \
		"" index "bars" using (name_x(column("panel"))):(row_y(column("row"))):(name_x(column("panel"))):(name_x(column("panel")) + bar_w * column("share")):(row_y(column("row")) - 12):(row_y(column("row")) + 12):(column("state") < -1 ? 0x7C8A99 : colour(column("state"))) with boxxyerror fc rgb variable, \
		"" index "bars" using (name_x(column("panel")) - 10):(row_y(column("row"))):(strcol("name")) with labels right font ",11" tc rgb colour_ink, \
		"" index "bars" using (name_x(column("panel")) + bar_w * column("share") + 8):(row_y(column("row"))):(strcol("text")) with labels left font ",10" tc rgb colour_ink
}
