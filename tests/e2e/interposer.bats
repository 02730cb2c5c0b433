# The interposer by itself: programs must not notice it.

setup() {
	bats_require_minimum_version 1.5.0
	lib=$BUILD/lib/holdup/libholdup.so
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Runs a program with the interposer but without a recording.
preloaded() { LD_PRELOAD=$lib timeout 60 "$@"; }

@test "every call gives the same results and errors with the interposer" {
	run -7 timeout 60 "$BUILD/aid/conform"
	echo "$output" >bare
	run -7 preloaded "$BUILD/aid/conform"
	diff bare <(echo "$output")
}

@test "every call gives the same results with a board and every section told" {
	run -7 timeout 60 "$BUILD/aid/conform"
	echo "$output" >bare
	mkdir board
	HOLDUP_BOARD=$PWD/board HOLDUP_DETAIL=all run -7 preloaded "$BUILD/aid/conform"
	diff bare <(echo "$output")
	[ "$(find board -name '[0-9]*.[0-9]*' | wc -l)" -ge 3 ]
}

@test "a board that cannot be made leaves the program alone" {
	HOLDUP_BOARD=$PWD/nowhere run -0 preloaded /bin/echo hello
	[ "$output" = hello ]
	mkdir board
	chmod 500 board
	HOLDUP_BOARD=$PWD/board run -0 preloaded sh -c 'ulimit -f 0; echo hello'
	[ "$output" = hello ]
	HOLDUP_BOARD=$PWD/board run -0 preloaded sh -c 'ulimit -v 200000; exec /bin/echo hello'
	[ "$output" = hello ]
}

@test "only names of libc are exported, and the hooks of the annotations" {
	nm -D --defined-only "$lib" | awk '{ print $3 }' | sort -u >ours
	nm -D --defined-only "$(ldd "$lib" | awk '/libc\.so/ { print $3 }')" |
		awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u >libc
	[ "$(comm -23 ours libc)" = holdup_hooks_1 ]
}
