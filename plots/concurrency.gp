# usage: gnuplot -c concurrency.gp IN.tsv OUT.png|svg
# Share of the time with so many threads running, and wanting to run.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("concurrency.gp")] . "style.gp"
if (!strlen(empty)) {
	set lmargin at screen sx(left)
	set rmargin at screen sx(W - right)
	set tmargin at screen sy(top)
	set bmargin at screen sy(H - 78)
	set xrange [-0.6 : n_bars - 0.4]
	set yrange [0 : 108]
	set ytics 20
	set format y "%g %%"
	set grid noxtics y lc rgb colour_line
	set ylabel "share of the time" tc rgb colour_ink
	set xlabel "threads at once" tc rgb colour_ink
	set xtics scale 0
	unset key
	set label 10 "running: " . running_mean . " on average" at screen sx(left + 22), sy(top - 19) left font ",11" tc rgb colour_ink
	set label 11 "running or runnable: " . wanting_mean . " on average" at screen sx(left + 282), sy(top - 19) left font ",11" tc rgb colour_ink
	set object 10 rectangle from screen sx(left), sy(top - 26) to screen sx(left + 16), sy(top - 12) fc rgb colour(0) fs solid 1 noborder
	set object 11 rectangle from screen sx(left + 260), sy(top - 26) to screen sx(left + 276), sy(top - 12) fc rgb colour(2) fs solid 1 noborder
	set arrow 1 from first ideal_bar + 0, graph 0 to first ideal_bar + 0, graph 1 nohead dt 2 lw 1.5 lc rgb colour_ink front
	set label 12 ideal at first ideal_bar + 0, graph 0.97 left offset 0.7, 0 font ",11" tc rgb colour_ink front
	percent(value) = value >= 99.95 ? "100 %" : value >= 0.05 ? sprintf("%.1f %%", value) : value > 0 ? "< 0.1 %" : ""
	few = n_bars <= 16
	plot IN index "bars" using "bar":(0):(column("bar") - 0.38):(column("bar") - 0.02):(0):"running_percent":xtic(strcol("name")) with boxxyerror fc rgb colour(0), \
		"" index "bars" using "bar":(0):(column("bar") + 0.02):(column("bar") + 0.38):(0):"wanting_percent" with boxxyerror fc rgb colour(2), \
		"" index "bars" using (column("bar") - 0.2):"running_percent":(few ? percent(column("running_percent")) : "") with labels center offset 0, 0.7 font ",9" tc rgb colour_ink, \
		"" index "bars" using (column("bar") + 0.2):"wanting_percent":(few ? percent(column("wanting_percent")) : "") with labels center offset 0, 0.7 font ",9" tc rgb colour_ink
}
