# usage: gnuplot -c timeline.gp IN.tsv OUT.png|svg
# Threads over time, coloured by state; waits named; releases as arrows.
IN = ARG1; OUT = ARG2
waited = ""
load ARG0[1:strlen(ARG0) - strlen("timeline.gp")] . "style.gp"
if (!strlen(empty)) {
	scale = t_scale * 1.0
	at(name) = (column(name) - t_zero) / scale
	x_from = (t_begin - t_zero) / scale
	x_to = (t_end - t_zero) / scale
	set lmargin at screen sx(left)
	set rmargin at screen sx(W - right)
	set tmargin at screen sy(top)
	set bmargin at screen sy(H - 78)
	set xrange [x_from : x_to]
	set yrange [n_rows + 0 : 0]
	set xlabel t_name tc rgb colour_ink
	set ytics scale 0
	set grid x noy back
	set style arrow 1 head filled size screen 0.006, 18, 60 lc rgb "#FFFFFF" lw 3.5
	set style arrow 2 head filled size screen 0.006, 18, 60 lc rgb colour_ink lw 1.2

	unset key
	set label 910 waited at screen sx(W - right), sy(top - 19) right font ",11" tc rgb colour(4)
	over = hair(x_from, x_to, left, right)
	y(low) = column("row") + (column("thread") < 0 ? 3 : 1) * (0.08 + low * 0.84)
	plot IN index "threads" using (x_from):(column("row") + 0.5 * column("height")):ytic(strcol("label")) with dots lc rgb colour_ink notitle, \
		IN index "spans" using (at("begin_ns")):(y(column("high"))):(at("begin_ns")):(at("end_ns") + over):(y(1 - column("high"))):(y(1 - column("low"))):(colour(column("state"))) with boxxyerror fc rgb variable notitle, \
		IN index "arrows" using (at("from_ns")):(column("from_row")):((column("to_ns") - column("from_ns")) / scale):(column("to_row") - column("from_row")) with vectors arrowstyle 1 notitle, \
		IN index "arrows" using (at("from_ns")):(column("from_row")):((column("to_ns") - column("from_ns")) / scale):(column("to_row") - column("from_row")) with vectors arrowstyle 2 notitle, \
		IN index "labels" using (at("middle_ns")):(column("row") + 0.5):(strcol("text")):(ink(column("state"))) with labels center font ",9" tc rgb variable notitle
}
