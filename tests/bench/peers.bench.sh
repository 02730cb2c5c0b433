#!/bin/bash
# usage: BUILD=DIR peers.bench.sh [RUNS] [WHAT...]
#
# The same work (WHAT: of lockbench; pair and mix unless given) bare, recorded,
# and under other tools that watch locks, in one table: medians of RUNS rounds
# with their spread. The tools take turns within each round, so that a change of
# the machine meets all of them. A tool that is not installed, or not allowed
# here, is left out; slow ones do fewer operations. Root sees most of it.
#
# "floor" is the pair with two readings of the TSC, the least by which hold times
# can be known. On the VM of our figures a pair takes 18.0 ns, the floor 42.7, and
# 47.1 where a preloaded library does that which tries for the lock first, as only
# that tells whether it was contended. Recorded it is 50.3: the rest is the search
# for the counters (2 ns more were it made while the lock is held) and some dozen
# stores. Of the 148 ns more of --detail all LTTng takes 125: two locked
# instructions, the clock (20), two context fields (18), ten look-ups of
# thread-local memory.
set -eu
rounds=${1:-5}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- pair mix
bench=$BUILD/aid/lockbench
holdup=$BUILD/bin/holdup
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"
wrapper=$(ldconfig -p | awk '/liblttng-ust-pthread-wrapper\.so/ { print $NF; exit }')
libc=$(ldd "$bench" | awk '/libc\.so/ { print $3 }')

# A session of LTTng with its own daemon, as root: nobody else's is touched.
wrapped() {
	# shellcheck disable=SC2016  # expanded by the inner shell
	unshare -m --propagation private bash -c '
		mkdir -p run home /run/lttng
		mount --bind run /run/lttng
		export LTTNG_HOME=$PWD/home
		{
			lttng-sessiond --no-kernel --daemonize
			lttng create wrapped --output="$PWD/wrapped"
			lttng enable-channel -u c --subbuf-size=4M
			lttng enable-event -u -c c "lttng_ust_pthread:*"
			lttng add-context -u -c c -t vpid -t vtid
			lttng start
		} >/dev/null
		LTTNG_UST_REGISTER_TIMEOUT=-1 LD_PRELOAD=$1 "${@:2}"
		{ lttng stop; lttng destroy; } >/dev/null
		kill "$(cat /run/lttng/lttng-sessiond.pid)"
		umount -l /run/lttng' wrapped "$wrapper" "$@"
}

tools='bare
floor
holdup record
holdup record --detail all
LTTng wrapper, no session
LTTng wrapper, recording
gprofng -s on
uftrace
perf trace -e futex
valgrind drd
valgrind helgrind
bpftrace, two uprobes'

# One run of a tool, in which lockbench prints its two figures.
run() { # TOOL WHAT
	case $1 in
	bare) "$bench" "$2" ;;
	floor) [ "$2" = pair ] && "$bench" floor ;;
	"holdup record") "$holdup" record -o t "$bench" "$2" ;;
	"holdup record --detail all") "$holdup" record -o t --detail all "$bench" "$2" ;;
	"LTTng wrapper, no session") [ -n "$wrapper" ] && env LD_PRELOAD="$wrapper" "$bench" "$2" ;;
	"LTTng wrapper, recording") [ -n "$wrapper" ] && wrapped "$bench" "$2" ;;
	"gprofng -s on") gprofng collect app -s on -p off -o g.er "$bench" "$2" ;;
	uftrace) uftrace record --no-pager --force -d u "$bench" "$2" ;;
	"perf trace -e futex") perf trace -o p -e futex "$bench" "$2" ;;
	"valgrind drd") valgrind --tool=drd -q "$bench" "$2" 2000 ;;
	"valgrind helgrind") valgrind --tool=helgrind -q "$bench" "$2" 2000 ;;
	# They are set in every process: be brief.
	"bpftrace, two uprobes") bpftrace -e "uprobe:$libc:pthread_mutex_lock { @n++; }
		uprobe:$libc:pthread_mutex_unlock { @n++; }" -c "$bench $2 200" ;;
	esac
}

# Lines `ns/op switches` of all rounds of a tool, each in a file of its own.
for what in "$@"; do
	for _ in $(seq "$rounds"); do
		while read -r tool; do
			run "$tool" "$what" 2>/dev/null </dev/null | awk 'NF == 2 && $1 + 0 > 0' >>"$what.$tool" || true
			rm -rf t t.old g.er u p run home wrapped
		done <<<"$tools"
	done
done

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '%-27s %9s %21s %9s %8s\n' with ns/op spread added ratio
for what in "$@"; do
	echo "$what"
	bare=$(median "$what.bare")
	while read -r tool; do
		[ -s "$what.$tool" ] || continue
		sort -n "$what.$tool" | awk -v t="$tool" -v b="$bare" '
			{ v[NR] = $1 }
			END {
				m = v[int((NR + 1) / 2)]
				printf "  %-25s %9.1f %9.1f .. %8.1f %+9.1f %7.2fx\n", t, m, v[1], v[NR], m - b, m / b
			}'
	done <<<"$tools"
done
