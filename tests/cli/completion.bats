setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	# shellcheck source=/dev/null
	source "$BATS_TEST_DIRNAME/../../tracing/completion.bash"
}

# What completing these words, the last one unfinished, offers.
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_holdup
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "commands are completed, all of them" {
	[ "$(offers holdup rac)" = race ]
	for command in $(holdup help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
		offers holdup "" | grep -qx -- "$command"
	done
}

@test "options are completed from the command's own help" {
	offers holdup race --conf | grep -qx -- --confidence=
	offers holdup report --to | grep -qx -- --top=
}

@test "choices are completed, behind a blank and behind =" {
	[ "$(offers holdup race --format s)" = sarif ]
	[ "$(offers holdup race --format = j)" = json ]
	[ "$(offers holdup race --second h)" = helgrind ]
}

@test "directories and files are completed where they are asked for" {
	cd "$BATS_TEST_TMPDIR"
	mkdir trace.one
	touch trace.file
	[ "$(offers holdup report trace)" = trace.one ]
	[ "$(offers holdup race -o trace | sort | tr '\n' ' ')" = "trace.file trace.one " ]
}

@test "behind the program nothing is holdup's" {
	cd "$BATS_TEST_TMPDIR"
	touch --  orders.txt
	[ "$(offers holdup race --runs 3 cat ord)" = orders.txt ]
	[ -z "$(offers holdup race -- cat --conf)" ]
}
