setup() { bats_require_minimum_version 1.5.0; PATH="$BUILD/bin:$PATH"; }

@test "an unknown command exits 2 and names itself on stderr" {
	run -2 --separate-stderr holdup nonsense
	[ "$output" = "" ]
	# shellcheck disable=SC2154  # set by run
	[[ "$stderr" == "holdup: no command 'nonsense'"* ]]
}

@test "no command at all shows the list on stderr and exits 2" {
	run -2 --separate-stderr holdup
	[ "$output" = "" ]
	[[ "$stderr" == "usage: holdup COMMAND"* ]]
}

@test "help and version go to stdout and exit 0" {
	run -0 --separate-stderr holdup help
	[[ "$output" == *"usage: holdup"* ]]
	[ "$stderr" = "" ]
	run -0 holdup --version
	[[ "$output" == "holdup "* ]]
}
