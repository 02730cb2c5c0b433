# How recordings end: by signals, by the death of any part, without their program.
# shellcheck disable=SC2016,SC2030,SC2031,SC2119,SC2154  # as in record.bats; options of record are rare; set by run
# shellcheck source=tests/e2e/recording.sh
source "$BATS_TEST_DIRNAME/recording.sh"

@test "kill -9 of the program: the recording is whole" {
	program=(sleep 60)
	record
	kill -KILL "$main"
	ends_as 137
	[ "$(manifest .ended)" = signal ]
	[ "$(manifest .entered)" = true ]
	await nothing_left "$run"
	babeltrace2 holdup.trace >/dev/null
}

@test "kill -9 of holdup record: the recording is finished without it" {
	program=(sleep 60)
	record
	kill -KILL "$pid"
	ends_as 137
	await eval '[ "$(manifest .ended)" = recorder-killed ]'
	kill -0 "$main" # the program goes on undisturbed
	kill -KILL "$main"
	await nothing_left "$run"
	[ "$(manifest .outlived)" = 1 ]
	babeltrace2 holdup.trace >/dev/null
}

@test "kill -9 of the background process: the program goes on, all is cleared" {
	program=(cat gate)
	record
	kill -KILL "$(pgrep -P "$pid" holdup-keeper)"
	open_gate
	ends_as 0
	grep -q 'background process was killed' err
	await nothing_left "$run"
	[ "$(manifest .ended)" = not-finished ]
	babeltrace2 holdup.trace >/dev/null
}

@test "all of the recorder killed at once: the next recording clears it away" {
	program=(sleep 60)
	record
	kill -KILL "$pid" "$(pgrep -P "$pid" holdup-keeper)"
	ends_as 137
	kill -KILL "$main"
	[ -d "$run" ]
	touch -d '1 minute ago' "$run"
	await flock -n holdup.trace true # it is dead, but not yet gone
	await flock -n "$run" true
	holdup record true
	await nothing_left "$run"
	[ "$(manifest .ended holdup.trace.old)" = not-finished ]
}

@test "the session daemon dies: the program goes on and the loss is told" {
	program=(cat gate)
	record
	daemon=$(session_daemon)
	kill -KILL "$daemon"
	await eval '! kill -0 "$daemon" 2>/dev/null' # its end was seen
	open_gate
	ends_as 0
	grep -q 'session daemon ended' err
	[ "$(manifest .exit_status)" = 0 ]
	await nothing_left "$run"
}

@test "SIGTERM to holdup record reaches the program" {
	program=(sleep 60)
	record
	kill -TERM "$pid"
	ends_as 143
	[ "$(manifest .interrupted)" = 15 ]
	await nothing_left "$run"
}

# A terminal of its own, on which "$1" is typed once the program runs.
typed() {
	command -v script >/dev/null || skip "no script(1)"
	(
		await test -s told >&2
		printf '%b' "$1"
		sleep 0.2
	) | timeout 100 script -qec "holdup record -- sh -c '$2'" /dev/null >"$work/tty"
}

@test "Ctrl-C reaches the program once, and the recording is whole" {
	run -130 typed '\003' 'trap "echo INT >>got" INT; echo $$ $LTTNG_HOME >told; sleep 60; trap - INT; kill -INT $$'
	[ "$(cat got)" = INT ]
	read -r _ run <told
	[ "$(manifest .interrupted)" = 2 ]
	await nothing_left "$run"
}

@test "Ctrl-backslash ends the program and leaves a recording" {
	ulimit -c 0
	run -131 typed '\034' 'echo $$ $LTTNG_HOME >told; exec sleep 60'
	read -r _ run <told
	[ "$(manifest .signal)" = 3 ]
	await nothing_left "$run"
}

@test "children that outlive the program end the recording with it, and it says so" {
	run -0 --separate-stderr holdup record -- sh -c \
		'setsid sleep 60 & echo $! $LTTNG_HOME >told'
	[[ "$stderr" == *"1 process of the program still runs"* ]]
	read -r child run <told
	kill -0 "$child"
	kill "$child"
	[ "$(manifest .outlived)" = 1 ]
	await nothing_left "$run"
}
