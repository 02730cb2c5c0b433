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

@test "a copy that Babeltrace made gives the same figures" {
	babeltrace2 "$trace" -o ctf -w "$BATS_TEST_TMPDIR/copy"
	figures='del(.run.trace)'
	"$BUILD/bin/holdup" report --format json "$trace" | jq "$figures" > "$BATS_TEST_TMPDIR/a"
	"$BUILD/bin/holdup" report --format json "$BATS_TEST_TMPDIR/copy" | jq "$figures" > "$BATS_TEST_TMPDIR/b"
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	babeltrace2 --plugin-path "$plugins" "$BATS_TEST_TMPDIR/copy" \
		--component sink.holdup.report -p 'format="json"' | jq "$figures" > "$BATS_TEST_TMPDIR/c"
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/c"
}

@test "a part that is cut out of a recording is called one" {
	events=$(babeltrace2 "$trace/kernel" | wc -l)
	echo "{\"command\":[\"./orders\"],\"scheduler\":{\"source\":\"system\",\"events\":$events}}" > "$trace/holdup.json"
	run -0 in_babeltrace -p 'format="json"'
	jq -e '.run.truncated | not' <<< "$output"
	middle=$(babeltrace2 "$trace" | sed -n '10000s/^\[\([^]]*\).*/\1/p')
	run -0 in_babeltrace -p 'format="json"' --end="$middle"
	jq -e '.run.truncated' <<< "$output"
	run -0 in_babeltrace --end="$middle"
	[[ $output == *"kernel: only "*" of the $events events that were recorded are there"* ]]
}
