# shellcheck disable=SC2154  # stderr and stderr_lines are set by run
setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	cd "$BATS_TEST_TMPDIR" || return
}

@test "what is not a recording is refused in one line, with 3" {
	mkdir empty
	echo text >file
	for dir in missing empty file; do
		run -3 --separate-stderr holdup report "$dir"
		[ "$output" = "" ]
		[ "${#stderr_lines[@]}" = 1 ]
		[[ "$stderr" == "holdup report: "*"'$dir'"* ]]
	done
}

@test "without a name, the recording is holdup.trace" {
	run -3 --separate-stderr holdup report
	[[ "$stderr" == *"'holdup.trace'"* ]]
}

@test "wrong options are usage errors, with 2" {
	for wrong in "--only nonsense" "--format xml" "--sort colour" \
		"--top 0" "--top x" "--from x" "--from 2s --to 1s" "a b"; do
		# shellcheck disable=SC2086  # several words
		run -2 --separate-stderr holdup report $wrong
		[ "$output" = "" ]
		[[ "${stderr_lines[0]}" == "holdup report: "* ]]
	done
}

@test "diff without two sides, or with a wrong condition, is a usage error" {
	run -2 --separate-stderr holdup diff
	run -2 --separate-stderr holdup diff a
	run -2 --separate-stderr holdup diff --before a
	run -2 --separate-stderr holdup diff a b --fail-if nonsense
	[[ "$stderr" == *"'nonsense' is not a condition"* ]]
	run -3 --separate-stderr holdup diff a b
	[[ "$stderr" == "holdup diff: "*"'a'"* ]]
}

@test "report and diff have help with an example" {
	for command in report diff; do
		run -0 holdup "$command" --help
		[[ "$output" == *"holdup $command"*example* ]]
	done
}
