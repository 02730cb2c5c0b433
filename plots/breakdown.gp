# usage: gnuplot -c breakdown.gp IN.tsv OUT.png|svg
# What owners did while they held each lock, and for how long they held it.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("breakdown.gp")] . "style.gp"
if (!strlen(empty)) {
	middle = 1090
	set tmargin at screen sy(top)
	set bmargin at screen sy(H - 78)
	set yrange [n_rows + 0 : 0]
	set ytics scale 0
	unset key
	set multiplot
	set lmargin at screen sx(left)
	set rmargin at screen sx(middle - 20)
	set xrange [0:100]
	set xtics 25
	set format x "%.0f %%"
	set xlabel "share of the hold time" tc rgb colour_ink
	plot IN index "locks" using (0):(column("row") + 0.5):ytic(strcol("label")) with dots lc rgb colour_ink, \
		"" index "parts" using (100 * column("low")):(column("row") + 0.5):(100 * column("low")):(100 * column("high")):(column("row") + 0.14):(column("row") + 0.86):(colour(column("state"))) with boxxyerror fc rgb variable, \
		"" index "parts" using (50 * (column("low") + column("high"))):(column("row") + 0.5):(strcol("text")):(ink(column("state"))) with labels center font ",10" tc rgb variable
	unset label
	unset object
	set lmargin at screen sx(middle)
	set rmargin at screen sx(W - 40)
	unset ytics
	unset xtics
	set xrange [0:1]
	set xlabel "hold time in all" tc rgb colour_ink
	plot IN index "locks" using (0):(column("row") + 0.5):(0):"share":(column("row") + 0.14):(column("row") + 0.5) with boxxyerror fc rgb 0x7C8A99, \
		"" index "locks" using (0):(column("row") + 0.7):(strcol("text")) with labels left offset 0.4, 0 font ",10" tc rgb colour_ink
	unset multiplot
}
