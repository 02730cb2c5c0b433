setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "record: usage errors exit 125, name the option and make no directory" {
	for args in "" "--detail some true" "--budget x true" "--budget -1 true" \
		"--baseline 100000 true" "--buffer 1 true" "--nonsense true"; do
		# shellcheck disable=SC2086  # words
		run -125 --separate-stderr holdup record $args
		# shellcheck disable=SC2154  # set by run
		[[ "$stderr" == "holdup record: "* ]]
	done
	[ ! -e holdup.trace ]
}

@test "record: options end where the command begins" {
	run -127 holdup record no-such-program -o elsewhere --help
	[ ! -e elsewhere ]
	run -127 holdup record -- no-such-program
}

@test "record: an output directory that cannot be made exits 125" {
	touch file
	run -125 --separate-stderr holdup record -o file/trace true
	[[ "$stderr" == "holdup: cannot create 'file/trace'"* ]]
	run -125 --separate-stderr holdup record -o file true
	[ -f file ]
}

@test "record --help shows an example and exits 0" {
	run -0 holdup record --help
	[[ "$output" == *"example: holdup record"* ]]
	[[ "$output" != *calibration* ]]
}
