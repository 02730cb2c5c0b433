# usage: gnuplot -c overhead.gp IN.tsv OUT.png|svg
# What threads, locks and the recording cost.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("overhead.gp")] . "style.gp"
if (!strlen(empty)) {
	unset key
	set multiplot
	set tmargin at screen sy(120)
	set bmargin at screen sy(H - 260)
	set lmargin at screen sx(270)
	set rmargin at screen sx(860)
	set logscale x
	set xrange [1:1e8]
	set yrange [n_rows + 0 : 0]
	set ytics scale 0
	set xtics ("1 ns" 1, "10 ns" 10, "100 ns" 100, "1 µs" 1e3, "10 µs" 1e4, "100 µs" 1e5, "1 ms" 1e6, "10 ms" 1e7, "" 1e8)
	plot IN index "costs" using (1):(column("row") + 0.5):ytic(strcol("name")) with dots lc rgb colour_ink, \
		"" index "costs" using (1):(column("row") + 0.5):(1):"ns":(column("row") + 0.25):(column("row") + 0.75) with boxxyerror fc rgb 0x7C8A99, \
		"" index "costs" using "ns":(column("row") + 0.5):(strcol("text")) with labels left offset 0.7, 0 font ",11" tc rgb colour_ink
	unset label
	unset logscale
	set lmargin at screen sx(1060)
	set rmargin at screen sx(W - 60)
	set xrange [1 - reach : 1 + reach]
	set yrange [2:0]
	unset xtics
	set xtics out nomirror scale 0.6 step + 0 tc rgb colour_ink
	set format x step < 0.01 ? "x%.3f" : step < 0.1 ? "x%.2f" : step < 1 ? "x%.1f" : "x%.0f"
	if (n_slowdown < 1) {
		set label 30 "not measured: holdup record --baseline N" at graph 0.5, 0.5 center tc rgb colour_soft
		unset xtics
	}
	set arrow 1 from 1, graph 0 to 1, graph 1 nohead dt 2 lw 1.5 lc rgb colour_ink
	plot IN index "slowdown" using (1):(column("row") + 0.5):ytic(strcol("name")) with dots lc rgb colour_ink, \
		"" index "slowdown" using "factor":(column("row") + 0.5):"low":"high" with xerrorbars pt 7 ps 1.6 lw 2.5 lc rgb colour_ink
	eval overlay
	row_y(i) = H - 190 + i * 26
	plot IN index "facts" using (440):(row_y(column(0))):(strcol("text")) with labels left font "DejaVu Sans Bold,11" tc rgb colour_ink, \
		"" index "facts" using (425):(row_y(column(0))):(strcol("name")) with labels right font ",11" tc rgb colour_soft
	unset multiplot
}
