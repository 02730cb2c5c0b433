# usage: gnuplot -c compare.gp IN.tsv OUT.png|svg
# Recordings side by side on one scale.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("compare.gp")] . "style.gp"
if (!strlen(empty)) {
	scale = t_scale * 1.0
	at(name) = (column(name) - t_zero) / scale
	x_from = (t_begin - t_zero) / scale
	x_to = (t_end - t_zero) / scale
	over = hair(x_from, x_to, left, right)
	panel_top(i) = top + i * panel_px + 26
	sums_top = top + n * panel_px + 90
	mine(i, value) = column("recording") == i ? value : NaN
	unset key
	set lmargin at screen sx(left)
	set rmargin at screen sx(W - right)
	set multiplot
	set grid y lc rgb colour_line
	do for [i = 0 : int(n - 1)] {
		set tmargin at screen sy(panel_top(i))
		set bmargin at screen sy(panel_top(i) + panel_px - 42)
		set xrange [x_from : x_to]
		set yrange [0 : highest * 1.04]
		set ylabel "threads" tc rgb colour_ink
		set format x ""
		if (i == n - 1) {
			set format x "%g"
			set xlabel t_name tc rgb colour_ink
		}
		plot IN index "stack" using (mine(i, at("begin_ns"))):"low":(at("begin_ns")):(at("end_ns") + over):"low":"high":(colour(column("state"))) with boxxyerror fc rgb variable, \
			"" index "recordings" using (mine(i, at("end_ns"))):(0):(0):(highest * 1.04) with vectors nohead dt 2 lw 1.5 lc rgb colour_ink
		unset label
		unset object
		unset xlabel
	}
	eval overlay
	bar(ns) = left + ns * (W - left - right) / (1.0 * sum_ns)
	bar_y(i) = sums_top + i * sums_px
	wide(low, high) = bar(high) - bar(low) > 62
	set label 30 "time of all threads together" at left, sums_top - 22 left font "DejaVu Sans Bold,11" tc rgb colour_ink
	plot IN index "recordings" using (left + 0):(panel_top(column("recording")) - 12):(strcol("name")) with labels left font "DejaVu Sans Bold,11" tc rgb colour_ink, \
		"" index "recordings" using (W - right):(panel_top(column("recording")) - 12):(strcol("text")) with labels right font ",11" tc rgb colour_soft, \
		"" index "recordings" using (left - 12):(bar_y(column("recording")) + 16):(sprintf("%d", column("recording") + 1)) with labels right font "DejaVu Sans Bold,11" tc rgb colour_ink, \
		"" index "sums" using (0):(0):(bar(column("low_ns"))):(bar(column("high_ns"))):(bar_y(column("recording"))):(bar_y(column("recording")) + 32):(colour(column("state"))) with boxxyerror fc rgb variable, \
		"" index "sums" using (wide(column("low_ns"), column("high_ns")) ? bar(0.5 * (column("low_ns") + column("high_ns"))) : NaN):(bar_y(column("recording")) + 16):(strcol("text")):(ink(column("state"))) with labels center font ",10" tc rgb variable
	unset multiplot
}
