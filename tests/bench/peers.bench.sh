#!/bin/bash
# usage: BUILD=DIR peers.bench.sh [WHAT]
#
# The same work under tools that watch locks, each beside the bare program:
# what a pair of lock and unlock costs with each (WHAT: of lockbench, "pair").
# A tool that is not installed, or not allowed here, is left out.
set -eu
what=${1:-pair}
bench=$BUILD/aid/lockbench
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

row() { awk -v n="$1" -v m="$2" -v b="$3" 'BEGIN { printf "%-28s %10.1f %+10.1f %8.1fx\n", n, m, m - b, m / b }'; }

# The best of three runs of "$@", of which lockbench prints the figure.
best() {
	for _ in 1 2 3; do
		timeout 120 "$@" 2>/dev/null | awk 'NF == 2 && $1 + 0 > 0 { print $1 }'
	done | sort -n | head -1
}

try() { # NAME COMMAND...
	local name=$1 figure
	shift
	command -v "$1" >/dev/null || return 0
	figure=$(best "$@") || return 0
	[ -z "$figure" ] || row "$name" "$figure" "$bare"
}

bare=$(best "$bench" "$what")
printf '%-28s %10s %10s %9s\n' "$what with" ns/op added ratio
row bare "$bare" "$bare"
try "holdup record" "$BUILD/bin/holdup" record -o "$out/t" "$bench" "$what"
try "holdup record --detail all" "$BUILD/bin/holdup" record -o "$out/t" --detail all "$bench" "$what"
wrapper=$(ldconfig -p | awk '/liblttng-ust-pthread-wrapper\.so/ { print $NF; exit }')
[ -z "$wrapper" ] || try "LTTng wrapper, no session" env LD_PRELOAD="$wrapper" "$bench" "$what"
try "gprofng -s on" gprofng collect app -s on -p off -o "$out/g.er" -O "$out/g.er" "$bench" "$what"
try "valgrind drd" valgrind --tool=drd -q "$bench" "$what" 2000
try "valgrind helgrind" valgrind --tool=helgrind -q "$bench" "$what" 2000
libc=$(ldd "$bench" | awk '/libc\.so/ { print $3 }')
try "bpftrace, two uprobes" bpftrace -e "uprobe:$libc:pthread_mutex_lock { @n++; } uprobe:$libc:pthread_mutex_unlock { @n++; }" -c "$bench $what 2000"
try "perf trace -e futex" perf trace -o "$out/p" -e futex "$bench" "$what"
