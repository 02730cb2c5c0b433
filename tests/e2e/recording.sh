# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # dollars for the recorded shell; what tests set and use
# What the tests of `holdup record` share: a directory for each, a recording in
# the background, and what must be gone after it.
bats_require_minimum_version 1.5.0

setup() {
	PATH="$BUILD/bin:$PATH"
	work=$(mktemp -d)
	cd "$work" || return 1
	mkfifo gate
	command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
}

teardown() { cd / && rm -rf "$work"; }

# A command of ours until it succeeds, for 100 s at most.
await() {
	for ((i = 0; i < 2000; i++)); do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	return 1
}

manifest() { jq -r "$1" "$work/${2:-holdup.trace}/holdup.json"; }

# Nothing of a recording's own may be left: its directory, daemons, mounts. The
# run directory's name stands in the environment of the program and daemons.
nothing_left() {
	local run=$1
	[ -n "$run" ] && [ ! -e "$run" ] || return 1
	! grep -lsz "$run" /proc/[0-9]*/environ | grep -q . || return 1
	! grep -qs "$run" /proc/[0-9]*/mounts
}

# Starts a recording in the background; $pid, and $run once the program runs.
record() {
	holdup record "$@" -- sh -c 'echo $$ $LTTNG_HOME >told; exec "$@"' \
		sh "${program[@]}" >out 2>err &
	pid=$!
	await test -s told
	read -r main run <told
}

# Lets the program `cat gate` go on to its end.
open_gate() { timeout 60 sh -c ': >gate'; }

session_daemon() { pgrep -P "$(pgrep -P "$pid" holdup-keeper)" lttng-sessiond; }

ends_as() {
	local status=0
	wait "$pid" || status=$?
	[ "$status" = "$1" ]
}
