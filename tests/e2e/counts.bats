# Counts of real recordings are exact, and their figures fit together.

# shellcheck source=tests/e2e/common.sh
setup() { . "${BATS_TEST_DIRNAME}/common.sh"; }

# as_primes DIR: the counts of tests/aid/primes.c
as_primes() {
	[ "$(json "$1" '.locks[] | select(.label | startswith("counter_lock"))
		| [.kind, .acquisitions, (.by_thread | length),
		   (.by_thread | map(.) | unique)]')" = '["mutex",161,7,[23]]' ]
	[ "$(json "$1" '.locks[] | select(.label | startswith("table_lock"))
		| [.kind, .read_acquisitions, .write_acquisitions]')" = '["rwlock",91,77]' ]
	[ "$(json "$1" '[.threads[] | select(.start_routine | startswith("work"))] | length')" = 7 ]
	[ "$(json "$1" '.run | [.threads, .events_lost, .truncated]')" = '[8,0,false]' ]
	# A thread may write before another has told what the pipe is: two rows.
	[ "$(json "$1" '[.io[] | select(.operation == "write" and .fd_kind == "pipe")]
		| [(map(.count) | add), (map(.bytes) | add)]')" = '[119,595]' ]
}

@test "23 acquisitions by 7 threads are found as such, in both details" {
	for detail in contended all; do
		record "$detail" --detail "$detail" -- "$BUILD/aid/primes"
		as_primes "$detail"
		"$BUILD/aid/check_report" "$detail"
	done
}

@test "they are exact without the scheduler, too" {
	record bare --no-sched -- "$BUILD/aid/primes"
	as_primes bare
	[ "$(json bare .run.scheduler)" = '"none"' ]
	"$BUILD/aid/check_report" bare
}

@test "they survive a kill -9 of the program" {
	run -137 record killed -- "$BUILD/aid/primes" killed
	as_primes killed
	[ "$(json killed .run.exit_status)" = 137 ]
}

@test "every section leaves one event with --detail all, none if uncontended by default" {
	record all --detail all -- "$BUILD/aid/primes"
	# 161 + 91 + 77 of ours; libc and others may add sections of their own.
	locks=$(json all '[.locks[] | select(.label | test("^(counter|table)_lock")) | .address]')
	told=$(babeltrace2 all | grep 'holdup:lock_held' |
		grep -ciE "lock = ($(jq -r 'join("|")' <<<"$locks"))")
	[ "$told" = 329 ]
}

@test "what a process tells before the session daemon has answered it is counted" {
	record late --detail all -- env LTTNG_HOME=/nonexistent \
		LTTNG_UST_REGISTER_TIMEOUT=0 "$BUILD/aid/primes"
	[ "$(json late '[.locks[] | select(.by_thread | length == 7) | .acquisitions] | add')" = 329 ]
	told=$(babeltrace2 late | grep -c 'holdup:lock_held') || true
	lost=$(json late .run.events_lost)
	echo "$told told, $lost not"
	[ "$((told + lost))" -ge 329 ]
	"$BUILD/aid/check_report" late
	[ "$lost" = 0 ] || holdup report late | tr -s '\n ' ' ' |
		grep -q 'the session daemon had not answered a process in time'
}

@test "babeltrace2 prints as many events as the report counts, in one time order" {
	record convoy -- "$workloads/convoy" --scale 0.1
	babeltrace2 --clock-seconds convoy >all.txt
	[ "$(wc -l <all.txt)" = "$(json convoy .run.events)" ]
	sed 's/^\[\([0-9.]*\)\].*/\1/' all.txt | sort -c
	grep -q sched_switch all.txt
	grep -q holdup:lock_wait all.txt
	grep -q lock_stats all.txt
}
