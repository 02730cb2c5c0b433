# usage: gnuplot -c waits.gp IN.tsv OUT.png|svg
# Distributions of wait time (up) and hold time (down) of each lock.
IN = ARG1; OUT = ARG2
load ARG0[1:strlen(ARG0) - strlen("waits.gp")] . "style.gp"
if (!strlen(empty)) {
	colour_wait = colour(4)
	colour_hold = 0x7C8A99
	set lmargin at screen sx(left)
	set rmargin at screen sx(W - margin)
	set tmargin at screen sy(top)
	set bmargin at screen sy(H - 78)
	set logscale x
	set xrange [x_low + 0 : x_high + 0]
	set yrange [n_rows + 0 : 0]
	set xlabel "time" tc rgb colour_ink
	set ytics scale 0
	unset key
	# Decades in the unit that reads best.
	set xtics ()
	do for [i = 0:13] {
		tick_unit = word("ns µs ms s", i < 9 ? i / 3 + 1 : 4)
		tick_text = sprintf("%.0f %s", 10.0 ** (i < 9 ? i % 3 : i - 9), tick_unit)
		tick_at = 10.0 ** i
		set xtics add (tick_text tick_at)
	}
	do for [i = 1:int(n_rows - 1)] {
		set arrow i from graph 0, first i to graph 1, first i nohead lc rgb colour_line
	}
	set label 10 "waits" at screen sx(left + 22), sy(top - 19) left font ",11" tc rgb colour_ink
	set label 11 "holds" at screen sx(left + 112), sy(top - 19) left font ",11" tc rgb colour_ink
	set object 10 rectangle from screen sx(left), sy(top - 26) to screen sx(left + 16), sy(top - 12) fc rgb colour_wait fs solid 1 noborder
	set object 11 rectangle from screen sx(left + 90), sy(top - 26) to screen sx(left + 106), sy(top - 12) fc rgb colour_hold fs solid 1 noborder
	set label 12 "" at screen sx(left + 210), sy(top - 19) point pt 7 ps 1.1 lc rgb colour_ink
	set label 13 "median" at screen sx(left + 220), sy(top - 19) left font ",11" tc rgb colour_ink
	set label 14 "" at screen sx(left + 310), sy(top - 19) point pt 9 ps 1.2 lc rgb colour_ink
	set label 15 "90 %" at screen sx(left + 320), sy(top - 19) left font ",11" tc rgb colour_ink
	set label 16 "" at screen sx(left + 390), sy(top - 19) point pt 5 ps 1.0 lc rgb colour_ink
	set label 17 "99 %" at screen sx(left + 400), sy(top - 19) left font ",11" tc rgb colour_ink
	set label 18 "" at screen sx(left + 470), sy(top - 19) point pt 2 ps 1.1 lw 2 lc rgb colour_ink
	set label 19 "longest" at screen sx(left + 480), sy(top - 19) left font ",11" tc rgb colour_ink

	way(what) = what > 0 ? 1 : -1
	y(height) = column("row") + 0.5 + way(column("what")) * (0.02 + 0.4 * height)
	at(what, mark) = column("what") == what && column("mark") == mark ? column("at_ns") : NaN
	plot IN index "locks" using (x_low + 0):(column("row") + 0.42):ytic(strcol("label")) with dots lc rgb colour_ink notitle, \
		"" index "locks" using (x_low + 0):(column("row") + 0.62):(strcol("place")) with labels right offset -1, 0 font ",10" tc rgb colour_soft notitle, \
		"" index "cells" using "low_ns":(y(0)):"low_ns":"high_ns":(y(0)):(y(column("height"))):(column("what") > 0 ? colour_hold : colour(column("state"))) with boxxyerror fc rgb variable notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 0)):(y(0.14)) with points pt 7 ps 1.8 lw 4 lc rgb "#FFFFFF" notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 0)):(y(0.14)) with points pt 7 ps 1.1 lc rgb colour_ink notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 1)):(y(0.14)) with points pt 9 ps 1.9 lw 4 lc rgb "#FFFFFF" notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 1)):(y(0.14)) with points pt 9 ps 1.2 lc rgb colour_ink notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 2)):(y(0.14)) with points pt 5 ps 1.7 lw 4 lc rgb "#FFFFFF" notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 2)):(y(0.14)) with points pt 5 ps 1.0 lc rgb colour_ink notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 3)):(y(0.14)) with points pt 2 ps 1.8 lw 4 lc rgb "#FFFFFF" notitle, \
		for [what = 0:1] "" index "marks" using (at(what, 3)):(y(0.14)) with points pt 2 ps 1.1 lw 2 lc rgb colour_ink notitle, \
		"" index "locks" using (x_high + 0):(column("row") + 0.32):(strcol("waits")) with labels left offset 1, 0 font ",10" tc rgb colour_ink notitle, \
		"" index "locks" using (x_high + 0):(column("row") + 0.68):(strcol("holds")) with labels left offset 1, 0 font ",10" tc rgb colour_soft notitle
}
