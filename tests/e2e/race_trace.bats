setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	tsan=$BUILD/race/tsan
	plain=$BUILD/race/plain
	cd "$BATS_TEST_TMPDIR" || exit
}

@test "a recording tells which lock is probably missing" {
	run -0 holdup record -- "$plain/wrong-lock" racy
	run -1 holdup race --runs 2 --format json "$tsan/wrong-lock" racy
	jq -e '.races[0].hint | startswith("Probably missing: accounts (wrong-lock.c:") and
		contains("holds it (46 acquisitions there)") and
		contains("does not hold it (0 acquisitions there)")' <<<"$output"
}

@test "a recording without a lock there says that it cannot tell" {
	run -0 holdup record -o none -- "$plain/ring" racy
	run -1 holdup race --runs 2 --trace none "$tsan/ring" racy
	[[ "${output//[$'\n ']/}" == *"Whichlockismissing,nonecannottell"* ]]
}

@test "a recording of another program is not asked, one that is none is an error" {
	run -0 holdup record -- "$plain/wrong-lock" racy
	run -1 holdup race --runs 2 --format json "$tsan/ring" racy
	jq -e '.races[0] | has("hint") | not' <<<"$output"
	run -3 holdup race --runs 1 --trace nowhere "$tsan/ring" racy
}
