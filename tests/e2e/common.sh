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
