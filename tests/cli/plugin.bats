#!/usr/bin/env bats
# The Babeltrace plugin gives the report that `holdup report` gives.

setup() {
	bats_require_minimum_version 1.5.0
	plugins=$BUILD/lib/holdup/babeltrace2/plugins
	trace=$BATS_TEST_TMPDIR/trace
	"$BUILD/aid/trace_gen" "$trace" 20000 3
}

in_babeltrace() {
	babeltrace2 --plugin-path "$plugins" "$trace" \
		--component sink.holdup.report "$@"
}

@test "sink.holdup.report prints the same JSON as holdup report" {
	in_babeltrace -p "format=\"json\",trace=\"$trace\"" > "$BATS_TEST_TMPDIR/a"
	"$BUILD/bin/holdup" report --format json "$trace" > "$BATS_TEST_TMPDIR/b"
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	[ "$(jq .run.events "$BATS_TEST_TMPDIR/a")" = 20000 ]
}

@test "it finds the manifest of the recording by itself" {
	echo '{"command":["./orders","8"],"cpus":3}' > "$trace/holdup.json"
	run -0 in_babeltrace -p 'format="json"'
	[ "$(jq -r '.run.command[0]' <<< "$output")" = ./orders ]
}

@test "it writes to a file, and refuses a format that does not exist" {
	run -0 in_babeltrace -p "output=\"$BATS_TEST_TMPDIR/page\""
	[ -z "$output" ]
	grep -q "lock operations" "$BATS_TEST_TMPDIR/page"
	run -1 in_babeltrace -p 'format="pdf"'
	[[ $output == *"is not text, json or"* ]]
}
