# usage: gnuplot -c order.gp IN.tsv OUT.png|svg
# The lock-order graph; inversions stand out.
IN = ARG1; OUT = ARG2
left_out = ""
load ARG0[1:strlen(ARG0) - strlen("order.gp")] . "style.gp"
if (!strlen(empty)) {
	eval canvas
	# The table is in px of the drawing, which begins here.
	ox = 40
	oy = top - 20
	tip = letters > 8 ? 14 : 8
	look(i) = i > 1 ? colour_alarm : i > 0 ? colour(2) : colour_soft
	set style arrow 3 head filled size tip, 20, 60 fixed lw 2 lc rgb variable
	set label 20 left_out at W - 24, 77 right font ",11" tc rgb colour_soft
	set label 21 "order" at 70, 107 left font ",11" tc rgb colour_ink
	set label 22 "inversion by one thread, or under a guard" at 170, 107 left font ",11" tc rgb colour_ink
	set label 23 "inversion" at 530, 107 left font ",11" tc rgb colour_ink
	set arrow 21 from 40, 107 to 62, 107 nohead lw 2.5 lc rgb look(0)
	set arrow 22 from 140, 107 to 162, 107 nohead lw 2.5 lc rgb look(1)
	set arrow 23 from 500, 107 to 522, 107 nohead lw 2.5 lc rgb look(2)
	set style textbox opaque noborder fillcolor rgb "#FFFFFF" margins 0.4, 0.2
	plot IN index "curves" using (column("x") + ox):(column("y") + oy):(look(column("look"))) with lines lw 2 lc rgb variable, \
		"" index "edges" using (column("from_x") + ox):(column("from_y") + oy):(column("tip_x") - column("from_x")):(column("tip_y") - column("from_y")):(look(column("look"))) with vectors head filled size tip, 20, 60 fixed lw 2 lc rgb variable, \
		"" index "nodes" using (column("x") + ox):(column("y") + oy):(column("x") + ox - column("width") / 2):(column("x") + ox + column("width") / 2):(column("y") + oy - column("height") / 2):(column("y") + oy + column("height") / 2) with boxxyerror fs solid 1 border fc rgb 0xF4F4F4 lw 1, \
		"" index "nodes" using (column("x") + ox):(column("y") + oy):(column("x") + ox - column("width") / 2):(column("x") + ox + column("width") / 2):(column("y") + oy - column("height") / 2):(column("y") + oy + column("height") / 2):(column("inverted") > 0 ? colour_alarm : colour_soft) with boxxyerror fs empty lw 2 lc rgb variable, \
		"" index "nodes" using (column("x") + ox):(column("y") + oy):(strcol("label")) with labels center font "DejaVu Sans," . letters tc rgb colour_ink, \
		"" index "edges" using (column("x") + ox):(strlen(strcol("place")) > 1 ? column("place_y") + oy : NaN):(strcol("place")) with labels center boxed font ",9" tc rgb colour_alarm
}
