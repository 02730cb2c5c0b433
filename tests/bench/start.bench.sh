#!/bin/bash
# What a recording costs before and behind the program, in ms.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# row NAME REACH RUNS CMD...: median, least and most of RUNS runs
row() {
	local name=$1 reach=$2 runs=$3 begin end
	shift 3
	for ((i = 0; i < runs; i++)); do
		begin=${EPOCHREALTIME/[.,]/}
		"$@" >/dev/null 2>&1
		end=${EPOCHREALTIME/[.,]/}
		echo $((end - begin))
	done | sort -n | awk -v name="$name" -v reach="$reach" '
		{ us[NR] = $1 }
		END {
			printf "%-34s %8.1f %8.1f %8.1f   <= %s\n", name,
				us[int((NR + 1) / 2)] / 1000, us[1] / 1000,
				us[NR] / 1000, reach
		}'
}

echo "Start and stop, ms                   median    least     most   reach"
row "holdup --help" 10 21 "$BUILD/bin/holdup" --help
"$BUILD/bin/holdup" record true # calibrates once
row "holdup record true" 500 11 "$BUILD/bin/holdup" record true
row "holdup record --no-sched true" 500 11 "$BUILD/bin/holdup" record --no-sched true
row "holdup record, 20 processes" - 5 "$BUILD/bin/holdup" record -- \
	sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; /bin/true; done'
