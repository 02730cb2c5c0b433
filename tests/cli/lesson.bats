# holdup lesson without recordings, and the workloads by themselves.
# shellcheck disable=SC2030,SC2031,SC2154  # one shell a test; set by run
setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	loads=$BUILD/lib/holdup/workloads
	cd "$BATS_TEST_TMPDIR" || return
}

@test "lessons are listed, each with its claim" {
	run -0 holdup lesson --list
	[ "$(grep -c "^[a-z]" <<<"$output")" = 34 ]
	[ "$(awk "length > 80" <<<"$output")" = "" ]
	[[ "$output" == *"gil "*"A global interpreter lock"* ]]
}

@test "an unknown lesson and wrong options are usage errors, with 2" {
	for wrong in nonsense "" "--scale 0 gil" "--scale x gil" "--runs 0 gil" \
		"--runs 65 gil" "--colour gil"; do
		# shellcheck disable=SC2086  # several words
		run -2 --separate-stderr holdup lesson $wrong
		[ "$output" = "" ]
		[ -n "$stderr" ]
	done
	run -2 --separate-stderr holdup lesson nonsense
	[[ "$stderr" == *"no lesson 'nonsense'"* ]]
}

@test "a folder that cannot be made is one line and 3" {
	touch file
	run -3 --separate-stderr holdup lesson sum -o file
	[[ "$stderr" == "holdup: lesson 'sum': cannot make 'file/sum': "* ]]
}

@test "every workload has --help, and refuses what it does not know" {
	for load in "$loads"/*; do
		run -0 --separate-stderr "$load" --help
		[[ "$output" == *"Variants (the first is the default):"* ]]
		[[ "$output" == *"example: holdup record "* ]]
		run -2 --separate-stderr "$load" --variant nonsense
		[ "$output" = "" ]
		run -2 --separate-stderr "$load" --threads 0
		run -2 --separate-stderr "$load" --set nonsense=1
		run -2 --separate-stderr "$load" more
	done
}

@test "right variants say so and exit 0" {
	while read -r load variant scale; do
		echo "# $load $variant"
		run -0 "$loads/$load" --variant "$variant" --scale "$scale"
		[ "${lines[-1]}" = "result: right" ]
	done <<-END
		ackermann two 0.1
		bounded-queue two-locks 0.1
		busy one-cpu 0.01
		convoy inside 0.05
		convoy outside 0.05
		convoy writer 0.05
		cooperate hog 0.1
		critical-section lock 0.05
		deadlock back-off 1
		deadlock dinner-ordered 1
		dest-file lock 0.1
		editor io-thread 0.05
		executors process-waves 0.01
		gil cpu-threads 0.02
		gil cpu-processes 0.02
		gil io-threads 0.05
		http-fetch async 0.1
		io-pool pool 0.002
		lock-price rwlock 0.02
		lock-price packed 0.02
		lost-update mutex 0.1
		naive-sum local 0.1
		naive-sum lock 0.1
		oversubscribe locked 0.05
		parallel-map uneven 0.01
		pool-size pool 0.1
		preempted-holder mutex 0.02
		query-wait async 0.1
		readers-writers copy 0.1
		scope-guard guard 0.1
		scrape async 0.1
		sum processes 0.1
		thread-cost coroutines 1
		thread-vs-process processes 0.01
		three-creations executor 1
		three-ways async-io 0.1
		virtual-threads coroutines 0.02
		waits async 0.1
	END
}

# Who gets no CPU for long meets nobody: some go wrong nearly always.
goes_wrong() { # LOAD VARIANT SCALE
	for ((i = 0; i < 20; i++)); do
		run "$loads/$1" --variant "$2" --scale "$3"
		[ "$status${lines[-1]}" = "0result: right" ] || break
	done
	[ "$status${lines[-1]}" = "1result: wrong" ]
}

@test "wrong variants say so and exit 1" {
	while read -r load variant scale; do
		echo "# $load $variant"
		goes_wrong "$load" "$variant" "$scale"
	done <<-END
		critical-section open 0.1
		deadlock opposite 0.05
		deadlock dinner 0.05
		dest-file racy 0.2
		lost-update racy 0.3
		scope-guard forget 0.1
		thread-vs-process process-crash 0.01
		thread-vs-process thread-crash 0.01
	END
}

@test "what takes two CPUs is not decided on one" {
	run -0 taskset -c 0 holdup lesson sum --scale 0.02 --runs 1 --no-plots -o out
	[[ "$output" == *"it takes 2 CPUs, and there is 1"* ]]
	[[ "$output" == *"verdict  not decided on this machine"* ]]
}

@test "nothing is left behind in the folder for files" {
	mkdir files
	TMPDIR=$PWD/files run -0 "$loads/convoy" --scale 0.02
	TMPDIR=$PWD/files run -0 "$loads/query-wait" --scale 0.02
	[ "$(ls files)" = "" ]
}

@test "Redis instead of SQLite, where it is installed" {
	command -v redis-server >/dev/null || skip "no redis-server"
	run -0 "$loads/query-wait" --set database=1 --scale 0.1
	[[ "$output" == *"database: redis"* ]]
	[ "${lines[-1]}" = "result: right" ]
}

@test "without Redis, the package is named" {
	run -3 --separate-stderr env PATH=/nowhere "$loads/query-wait" \
		--set database=1
	[[ "$stderr" == *"install the package redis-server"* ]]
}

@test "the demo names the lock, its line and the I/O under it" {
	[ -x "$BUILD/bin/holdup" ]
	repo=${BATS_TEST_FILENAME%/tests/*}
	run -0 "$repo/tests/demo.sh" "$BUILD"
	[[ "$output" == *"ledger.lock (convoy.c:"* ]]
	[[ "$output" == *"timeline.png"* ]]
}
