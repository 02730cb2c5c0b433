#!/bin/bash
# usage: BUILD=DIR reading.bench.sh [RUNS] [MILLIONS...]
#
# What `holdup report` takes for synthesised traces of 1, 10 and 50 million
# events, beside babeltrace2 that reads the same trace and does nothing with it.
# The two take turns; the ratio is that of the medians. Peak memory is that of
# the process and of the child that decodes for it, summed: what they share is in
# it twice. 50 million events take 3.3 GB below TMPDIR.
set -eu
runs=${1:-3}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 1 10 50
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Seconds of a command, appended to file $1.
measure() {
	local to=$1
	shift
	/usr/bin/time -a -o "$to" -f '%e' "$@" >/dev/null
}

# Peak KiB of process $1 and of its children, asked for while they run.
peak() {
	local pid=$1 most=0 now
	while now=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
		# shellcheck disable=SC2086 # a list of numbers
		now=$(printf '/proc/%s/status\n' "$pid" $now | xargs cat 2>/dev/null |
			awk '/^VmHWM/ { sum += $2 } END { print sum + 0 }')
		[ "$now" -gt 0 ] || break
		[ "$now" -lt "$most" ] || most=$now
		sleep 0.1
	done
	echo "$most"
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '%9s %12s %10s %7s %10s   %s\n' events babeltrace2 report ratio memory 'reach: 1.25x, 200 MB'
for millions in "$@"; do
	"$BUILD/aid/trace_gen" "$work/trace" $((millions * 1000000))
	for _ in $(seq "$runs"); do
		measure "$work/theirs" babeltrace2 "$work/trace" --component sink.utils.dummy
		measure "$work/ours" "$BUILD/bin/holdup" report "$work/trace"
	done
	"$BUILD/bin/holdup" report "$work/trace" >/dev/null &
	most=$(peak $!)
	wait $!
	awk -v n="$millions" -v t="$(median "$work/theirs")" -v o="$(median "$work/ours")" -v m="$most" \
		'BEGIN { printf "%8dM %11.2fs %9.2fs %6.2fx %7.0f MB\n", n, t, o, o / t, m / 1024 }'
	rm -rf "${work:?}"/*
done
