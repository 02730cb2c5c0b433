setup() { bats_require_minimum_version 1.5.0; PATH="$BUILD/bin:$PATH"; }

@test "doctor judges by a real recording and fits in 80 columns" {
	command -v lttng-sessiond >/dev/null || skip "no lttng-sessiond"
	run -0 --separate-stderr holdup doctor
	# shellcheck disable=SC2154  # set by run
	[ "$stderr" = "" ]
	[[ "$output" == *"ok       recording       'true' was recorded"* ]]
	[[ "$output" == *"scheduler "* ]]
	[ "$(awk 'length > 80 && !/->/' <<<"$output")" = "" ]
}

@test "doctor exits 3 where nothing can be recorded and says what is missing" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	for tool in sh true; do ln -s "$(type -P $tool)" "$BATS_TEST_TMPDIR/bin"; done
	run -3 env PATH="$BATS_TEST_TMPDIR/bin" "$BUILD/bin/holdup" doctor
	[[ "$output" == *"-> apt-get install lttng-tools"* ]]
	[[ "$output" == *"-> apt-get install gnuplot-nox"* ]]
}
