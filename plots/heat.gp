# usage: gnuplot -c heat.gp IN.tsv OUT.png|svg
# Threads that waited for each lock, over time.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("heat.gp")] . "style.gp"
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
	set cbrange [0 : deepest + 0]
	set xlabel t_name tc rgb colour_ink
	set colorbox user origin sx(W - 100), sy(H - 78) size sx(22), (H - 78.0 - top) / H
	set cblabel "threads waiting" tc rgb colour_ink
	set cbtics scale 0.5
	set label 10 "waited" at screen sx(W - margin + 14), sy(top - 12) left font ",11" tc rgb colour_soft
	set ytics scale 0
	unset key
	unset grid
	over = hair(x_from, x_to, left, margin)
	plot IN index "locks" using (x_from):(column("row") + 0.5):ytic(strcol("label")) with dots lc rgb colour_ink notitle, \
		"" index "cells" using (at("begin_ns")):(column("row") + 0.5):(at("begin_ns")):(at("end_ns") + over):(column("row") + 0.04):(column("row") + 0.96):"depth" with boxxyerror fc palette notitle, \
		"" index "locks" using (x_to):(column("row") + 0.5):(strcol("wait")) with labels left offset 1, 0 font ",10" tc rgb colour_ink notitle
}
