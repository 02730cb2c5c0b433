# usage: gnuplot -c sweep.gp IN.tsv OUT.png|svg
# A measure against a parameter, with spread and laws. IN.tsv is what `holdup
# plot --sweep` makes of the simple table that sweep.h and the man page tell.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("sweep.gp")] . "style.gp"
if (!strlen(empty)) {
	left = 110
	set lmargin at screen sx(left)
	set rmargin at screen sx(W - 40)
	set tmargin at screen sy(top)
	set bmargin at screen sy(H - 84)
	set xlabel x_name tc rgb colour_ink
	set ylabel y_name tc rgb colour_ink
	set grid x y lc rgb colour_line
	unset key
	if (x_log > 0) {
		set logscale x
		set format x "%g"
	}
	if (y_log > 0) {
		set logscale y
		set format y "%g"
	}
	set xrange [x_low + 0 : x_high + 0]
	set yrange [y_low + 0 : y_high * 1.02]
	few = bars > 0 || (x_log > 0 && n_ticks > 0 && n_ticks <= 16)
	mark(slot) = word("7 5 9 13 11 3 2 1", slot % 8 + 1) + 0
	dash(slot) = slot % 4 + 1
	of(slot, value) = column("slot") == slot ? value : NaN
	set multiplot
	if (bars > 0) {
		set xrange [x_low - 0.4 : x_high + 0.4]
		set xtics scale 0
		set grid noxtics
		wide = 0.8 / n_series
		at(slot) = column("x") - 0.4 + slot * wide
		plot IN index "points" using (at(column("slot"))):(0):(at(column("slot"))):(at(column("slot")) + wide * 0.94):(0):"y":(series_colour(column("slot"))) with boxxyerror fc rgb variable, \
			"" index "ticks" using "x":(0):xtic(strcol("label")) with dots lc rgb colour_ink, \
			"" index "points" using (at(column("slot")) + wide * 0.47):"low":(0):(column("high") - column("low")) with vectors heads size 5, 90 fixed lw 1.5 lc rgb colour_ink, \
			"" index "points" using (at(column("slot")) + wide * 0.47):"high":(sprintf("%.3g", column("y"))) with labels center offset 0, 0.8 font ",10" tc rgb colour_ink
	} else {
		if (few) {
			unset mxtics
			set xtics ()
			set for [i = 1:words(x_ticks)] xtics add (word(x_ticks, i) word(x_ticks, i) + 0)
		}
		plot for [slot = 0 : int(n_series - 1)] IN index "law" using "x":(of(slot, column("y"))) with lines lw 2 dt dash(slot) lc rgb series_colour(slot), \
			for [slot = 0 : int(n_series - 1)] IN index "points" using "x":(of(slot, column("y"))) with lines lw 1 lc rgb series_colour(slot), \
			for [slot = 0 : int(n_series - 1)] IN index "points" using "x":(of(slot, column("y"))):"low":"high" with yerrorbars pt mark(slot) ps 1.5 lw 2 lc rgb series_colour(slot)
	}
	eval overlay
	ly(line) = 108 + 22 * line
	plot IN index "legend" using (column("px") + 26):(ly(column("line"))):(strcol("name")) with labels left offset 1, 0 font ",11" tc rgb colour_ink, \
		for [slot = 0 : int(n_series - 1)] IN index "legend" using (bars > 0 ? NaN : of(slot, column("px"))):(ly(column("line"))):(28):(0) with vectors nohead lw 2 dt dash(slot) lc rgb series_colour(slot), \
		for [slot = 0 : int(n_series - 1)] IN index "legend" using (bars == 0 && column("is_points") > 0 ? of(slot, column("px") + 14) : NaN):(ly(column("line"))) with points pt mark(slot) ps 1.5 lc rgb series_colour(slot), \
		"" index "legend" using (bars > 0 ? 0 : NaN):(0):(column("px") + 6):(column("px") + 26):(ly(column("line")) - 7):(ly(column("line")) + 7):(series_colour(column("slot"))) with boxxyerror fc rgb variable
	unset multiplot
}
