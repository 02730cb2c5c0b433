#!/bin/bash
# usage: BUILD=DIR recording.bench.sh [RUNS] [WHAT...]
#
# What recording costs a program: lockbench bare, recorded, and recorded with
# --detail all, in turns. Prints medians, with the spread of each, and what
# DESIGN asks for. Times of threads on one lock depend on who else uses the
# CPUs: judge by ratios, and run it twice.
set -eu
runs=${1:-5}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- pair rwpair nested mix hot2 hot8 rw create
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
bench=$BUILD/aid/lockbench
holdup=$BUILD/bin/holdup

# Medians, minimum and maximum of column $2 of file $1.
spread() {
	awk -v c="$2" '{ print $c }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { printf "%.2f %.2f %.2f", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

printf '%-7s %-8s %9s %21s %8s %7s %9s\n' what how 'ns/op' spread added ratio 'switches'
for what in "$@"; do
	for _ in $(seq "$runs"); do
		"$bench" "$what" >>"$out/$what.bare"
		"$holdup" record -o "$out/t" "$bench" "$what" >>"$out/$what.default"
		"$holdup" record -o "$out/t" --detail all "$bench" "$what" >>"$out/$what.all"
		rm -rf "$out"/t*
	done
	read -r bare _ < <(spread "$out/$what.bare" 1; echo)
	for how in bare default all; do
		read -r median low high < <(spread "$out/$what.$how" 1; echo)
		read -r switches _ < <(spread "$out/$what.$how" 2; echo)
		awk -v w="$what" -v h="$how" -v m="$median" -v l="$low" -v t="$high" -v b="$bare" -v s="$switches" \
			'BEGIN { printf "%-7s %-8s %9.1f %10.1f .. %7.1f %+8.1f %6.2fx %9.2f\n", w, h, m, l, t, m - b, m / b, s }'
	done
done
