# usage: gnuplot -c utilization.gp IN.tsv OUT.png|svg
# Thread states stacked over time; CPUs in use and wanted; each CPU.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("utilization.gp")] . "style.gp"
if (!strlen(empty)) {
	scale = t_scale * 1.0
	at(name) = (column(name) - t_zero) / scale
	x_from = (t_begin - t_zero) / scale
	x_to = (t_end - t_zero) / scale
	over = hair(x_from, x_to, left, margin)
	cpus_h = n_cpus > 0 ? (n_cpus * 34 > 150 ? 150 : n_cpus * 34) : 0
	low = H - 78
	cpus_top = low - cpus_h
	demand_low = n_cpus > 0 ? cpus_top - 26 : low
	demand_top = demand_low - 170
	stack_low = demand_top - 26
	unset key
	set xrange [x_from : x_to]
	set lmargin at screen sx(left)
	set rmargin at screen sx(W - margin)
	set format x ""
	set grid y lc rgb colour_line
	set multiplot

	set tmargin at screen sy(top)
	set bmargin at screen sy(stack_low)
	set yrange [0 : highest * 1.02]
	set ylabel "threads" tc rgb colour_ink
	plot IN index "stack" using (at("begin_ns")):"low":(at("begin_ns")):(at("end_ns") + over):"low":"high":(colour(column("state"))) with boxxyerror fc rgb variable
	unset label
	unset object

	set tmargin at screen sy(demand_top)
	set bmargin at screen sy(demand_low)
	set yrange [0 : wanted * 1.15]
	set ylabel "threads" tc rgb colour_ink
	if (n_cpus < 1) {
		set format x "%g"
		set xlabel t_name tc rgb colour_ink
	}
	set arrow 1 from graph 0, first n_cpus_there + 0 to graph 1, first n_cpus_there + 0 nohead dt 2 lw 1.5 lc rgb colour_ink front
	set label 1 n_cpus_there . " CPUs" at graph 1, first n_cpus_there + 0 left offset 1, 0 font ",10" tc rgb colour_ink
	words_at = n_cpus_there / (wanted * 1.15) > 0.5 ? 0.1 : 0.75
	set label 2 "wanted" at graph 1, graph words_at + 0.16 left offset 1, 0 font ",10" tc rgb colour(2)
	set label 3 "in use" at graph 1, graph words_at left offset 1, 0 font ",10" tc rgb colour(0)
	plot IN index "demand" using (at("begin_ns")):(0):(at("begin_ns")):(at("end_ns") + over):"running":"wanting" with boxxyerror fc rgb colour(2), \
		"" index "demand" using (at("begin_ns")):(0):(at("begin_ns")):(at("end_ns") + over):(0):"running" with boxxyerror fc rgb colour(0)
	unset arrow
	unset label

	if (n_cpus > 0) {
		set tmargin at screen sy(cpus_top)
		set bmargin at screen sy(low)
		set yrange [n_cpus + 0 : 0]
		unset ylabel
		set format x "%g"
		set xlabel t_name tc rgb colour_ink
		set ytics scale 0
		set grid x noy
		plot IN index "cpus" using (x_from):(column("cpu") + 0.5):ytic(strcol("name")) with dots lc rgb colour_ink, \
			"" index "busy" using (at("begin_ns")):(column("cpu") + 0.94):(at("begin_ns")):(at("end_ns") + over):(column("cpu") + 0.94 - 0.86 * column("share")):(column("cpu") + 0.94) with boxxyerror fc rgb colour(0), \
			"" index "cpus" using (x_to):(column("cpu") + 0.5):(strcol("text")) with labels left offset 1, 0 font ",10" tc rgb colour_ink
	}
	unset multiplot
}
