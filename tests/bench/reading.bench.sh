#!/bin/bash
# usage: BUILD=DIR reading.bench.sh [RUNS] [MILLIONS...]
#
# What `holdup report` takes for synthesised traces of 1, 10 and 50 million
# events, beside babeltrace2 that reads the same trace and does nothing with it.
# The two take turns; the ratio is that of the medians. Peak memory is that of
# the process and of the child that decodes for it. 50 million take 3.3 GB.
set -eu
runs=${1:-3}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 1 10 50
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Seconds and KiB of a command, appended to file $1.
measure() {
	local to=$1
	shift
	/usr/bin/time -a -o "$to" -f '%e %M' "$@" >/dev/null
}

median() { awk -v c="$2" '{ print $c }' "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '%9s %12s %10s %7s %10s   %s\n' events babeltrace2 report ratio memory 'reach: 1.25x, 200 MB'
for millions in "$@"; do
	"$BUILD/aid/trace_gen" "$work/trace" $((millions * 1000000))
	for _ in $(seq "$runs"); do
		measure "$work/theirs" babeltrace2 "$work/trace" --component sink.utils.dummy
		measure "$work/ours" "$BUILD/bin/holdup" report "$work/trace"
	done
	awk -v n="$millions" -v t="$(median "$work/theirs" 1)" -v o="$(median "$work/ours" 1)" \
		-v m="$(median "$work/ours" 2)" \
		'BEGIN { printf "%8dM %11.2fs %9.2fs %6.2fx %7.0f MB\n", n, t, o, o / t, m / 1024 }'
	rm -rf "${work:?}"/*
done
