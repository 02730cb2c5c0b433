# What all pictures share: the palette, the fonts, the frame, the meta data.
# Scripts set IN and OUT, load this file, then plot in px, from the top left, or in
# their own axes. Nothing of the data is ever evaluated as a command.
set encoding utf8
set datafile separator "\t"
set datafile columnheaders
set datafile commentschars "#"

# One colour a state, in the order of enum state: told apart under protanopia,
# deuteranopia and tritanopia (dE >= 14), and the common ones in grey too.
#        running  spinning preempted woken  lock     cond     barrier  semaphore join     io       sleep    other
palette_states = "0x3FB27F 0x421372 0xF2A02C 0xFFF0A0 0xA01010 0xCBA8F5 0x00606B 0x8A7A1C 0x858585 0x2472C8 0xD6D6D6 0x3C3C3C"
# White or black text on it.
palette_inks = "0x000000 0xFFFFFF 0x000000 0x000000 0xFFFFFF 0x000000 0xFFFFFF 0xFFFFFF 0xFFFFFF 0xFFFFFF 0x000000 0xFFFFFF"
# Things without a state of their own (threads, series of a sweep), and what
# is told by no colour: unrecorded, others, handoff.
palette_series = "0x0B5FA5 0xE07B00 0x2B9C6A 0xB84FA0 0x6E5B00 0x66B3E3 0x7A1F1F 0x4B4B4B"
colour_rest = 0xBDBDBD
colour_ink = 0x202020
colour_soft = 0x666666
colour_line = 0xDDDDDD
colour_alarm = 0xA01010

# NaN, of a block without rows, must not reach word().
colour(state) = state >= 0 ? int(word(palette_states, int(state) + 1)) : colour_rest
ink(state) = state >= 0 ? int(word(palette_inks, int(state) + 1)) : colour_ink
series_colour(i) = i >= 0 ? int(word(palette_series, int(i) % 8 + 1)) : colour_rest
# From white to black over one hue: a scale that stays one in grey.
set palette defined (0 "#FFFFFF", 0.08 "#FDE9C8", 0.3 "#F2A02C", 0.6 "#C2410C", 0.85 "#8A1010", 1 "#4A0808")

# The meta block: keys are ours, values are text or numbers.
title = ""; subtitle = ""; source = ""; notes = ""; empty = ""; hint = ""
states = ""; state_words = ""; states_px = ""; top = 132
width = 1600; height = 900
array meta_key[256]
array meta_value[256]
meta_n = 0
set table $void
plot IN index "meta" using (meta_n = meta_n + 1, meta_key[meta_n] = strcol("key"), meta_value[meta_n] = strcol("value"), 0) with table
unset table
do for [meta_i = 1:meta_n] {
	eval meta_key[meta_i] . " = meta_value[meta_i]"
}
W = width + 0
H = height + 0

if (OUT[strlen(OUT) - 3:*] eq ".svg") {
	set terminal svg size W, H font "DejaVu Sans,11" fontscale 1.33 noenhanced background "#FFFFFF"
} else {
	set terminal pngcairo size W, H font "DejaVu Sans,11" noenhanced background "#FFFFFF"
}
set output OUT

# px from the top left, as screen coordinates.
sx(px) = px / (1.0 * W)
sy(px) = 1 - px / (1.0 * H)
# Neighbours overlap by a hair, or the background shines through.
hair(from, to, left, right) = 0.5 * (to - from) / (W - left - right)

# Axes in px from the top left over the whole picture: `eval canvas`. As a
# second layer, for what must not be clipped, within multiplot: `eval overlay`.
canvas = "unset border; unset tics; unset grid; unset xlabel; unset ylabel; unset logscale; unset colorbox; unset key; set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0; set xrange [0:W]; set yrange [H:0]"
overlay = canvas . "; unset arrow; unset label; unset object"

set border lc rgb colour_soft
set tics textcolor rgb colour_ink
set style fill solid 1 noborder
set tics out nomirror scale 0.6
set grid x lc rgb colour_line lt 1 lw 1
set boxwidth 1

set label 901 title at screen sx(24), sy(30) left font "DejaVu Sans Bold,17" tc rgb colour_ink
set label 902 subtitle at screen sx(24), sy(56) left font ",11" tc rgb colour_soft
set label 903 hint at screen sx(24), sy(77) left font ",11" tc rgb colour_soft
set label 904 source at screen sx(24), sy(H - 14) left font ",10" tc rgb colour_soft
set label 905 notes at screen sx(W - 24), sy(H - 14) right font ",10" tc rgb colour_alarm

# The legend: a box and a word each, where the table says (px from the left).
do for [i = 1:words(states)] {
	legend_x = word(states_px, i) + 0
	set object i rectangle from screen sx(legend_x), sy(top - 26) to screen sx(legend_x + 16), sy(top - 12) fc rgb colour(word(states, i)) fs solid 1 noborder
	set label 100 + i word(state_words, i) at screen sx(legend_x + 22), sy(top - 19) left font ",11" tc rgb colour_ink
}

if (strlen(empty)) {
	set label 906 empty at screen 0.5, 0.5 center font ",16" tc rgb colour_ink
	unset border
	unset tics
	unset grid
	unset key
	set xrange [0:1]
	set yrange [0:1]
	plot -1 notitle
}
