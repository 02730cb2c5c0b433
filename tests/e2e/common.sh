# shellcheck shell=bash
# What the end-to-end tests share; sourced from setup().
bats_require_minimum_version 1.5.0
PATH="$BUILD/bin:$PATH"
# shellcheck disable=SC2034  # for the tests
workloads=$BUILD/lib/holdup/workloads
cd "$BATS_TEST_TMPDIR" || exit 1

# record DIR [OPTION...] -- CMD...: its output goes to DIR.log
record() {
	timeout 100 holdup record -o "$@" >"$1.log" 2>&1 || {
		local status=$?
		cat "$1.log"
		return "$status"
	}
}

# json DIR FILTER: what jq makes of its report
json() {
	holdup report --format json "$1" | jq -c "$2"
}

# A command until it succeeds, for 100 s at most.
await() {
	for ((i = 0; i < 2000; i++)); do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	return 1
}

# Nothing of the recording whose LTTNG_HOME stands in the file `home` is left:
# no directory, process or mount. Processes of the program are not counted.
nothing_left() {
	local run
	run=$(cat home)
	[ -n "$run" ] && [ ! -e "$run" ] || return 1
	! grep -lsz "^LTTNG_HOME=$run" /proc/[0-9]*/environ | grep -q . || return 1
	! grep -qs "$run" /proc/[0-9]*/mounts
}

# recorded STATUS CMD...: into t, with its home; the status is as expected.
recorded() {
	local wanted=$1 status=0
	shift
	# shellcheck disable=SC2016  # expanded by the recorded shell
	timeout 100 holdup record -o t -- sh -c 'echo "$LTTNG_HOME" >home; exec "$@"' \
		sh "$@" >t.log 2>&1 || status=$?
	cat t.log
	[ "$status" = "$wanted" ]
	await nothing_left
}
