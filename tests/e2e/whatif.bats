# What a replay of a recorded run predicts; how near to the run that was really
# repaired is measured by tests/bench/whatif.bench.sh.
# shellcheck disable=SC2154  # stderr is set by run

setup_file() {
	bats_require_minimum_version 1.5.0
	export PATH="$BUILD/bin:$PATH"
	cd "$BATS_FILE_TMPDIR" || return
	timeout 60 holdup record -o inside -- \
		"$BUILD/lib/holdup/workloads/convoy" -v inside -n 200 >/dev/null
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
}

# A prediction, trusted or not: on a busy machine the replay may be off.
predict() {
	holdup whatif "$@" --format json >what.json || [ $? -eq 1 ]
}

@test "whatif without contention predicts a faster convoy, and says how sure" {
	predict inside --no-contention ledger
	jq -e '.schema == "holdup-whatif/1" and .speedup > 1.05' what.json
	jq -e '.replay_error | . > -0.5 and . < 0.5' what.json
	jq -e '.assumptions | length > 0' what.json
}

@test "whatif knows the writing outside of the lock as a way out" {
	predict inside --outside ledger
	jq -e '.low_ns < 0.8 * .recorded_ns' what.json
}

@test "report suggests changes that the replay found to help" {
	holdup report inside --format json >inside.json
	predict inside --cpus 2
	# None at all from a replay that is too far off.
	jq -e --slurpfile what what.json 'if $what[0].trusted
		then .what_if | length > 0 and all(.speedup > 1)
		else .what_if == [] end' inside.json
}

@test "whatif changes nothing where nothing is changed" {
	predict inside --io 1x
	jq -e '.speedup | . > 0.999 and . < 1.001' what.json
}

@test "whatif refuses a lock that is not there, and no change at all" {
	run -2 --separate-stderr holdup whatif inside --hold nosuch=0.5x
	[ "$stderr" = "holdup whatif: no lock is called 'nosuch'" ]
	run -2 holdup whatif inside
	run -2 holdup whatif inside --shards ledger
	run -2 holdup whatif inside --cpus 0
	run -3 holdup whatif /nonexistent --cpus 2
}

@test "calls to disk that never overlapped come with bounds, in words too" {
	predict inside --outside ledger
	jq -e '.low_ns <= .predicted_ns and .predicted_ns <= .high_ns' what.json
	jq -e '.low_ns < 0.9 * .high_ns and .trusted != null' what.json
	jq -e '.assumptions | any(contains("write to disk"))' what.json
	holdup whatif inside --outside ledger >what.txt || [ $? -eq 1 ]
	grep -q '^between .*, if calls that write to disk overlap freely' what.txt
}

@test "whatif splits a lock, shares it among readers, or takes it away" {
	timeout 60 holdup record -o mutex -- \
		"$BUILD/lib/holdup/workloads/readers-writers" -v mutex >/dev/null
	for change in --shards=store.mutex=8 --readers=store.mutex=reader \
		--no-contention=store.mutex; do
		predict mutex "$change"
		jq -e '.speedup > 1.1' what.json
	done
	predict mutex --hold=store.mutex=2x
	jq -e '.speedup < 0.9' what.json
}

@test "whatif shares the work of threads among fewer and more" {
	timeout 60 holdup record -o adders -- \
		"$BUILD/lib/holdup/workloads/lost-update" -v outside -t 4 -n 10 \
		-s 0.1 >/dev/null
	predict adders --threads adder_run=2
	jq -e '.changes == ["2 threads of adder_run instead of 4"]' what.json
	jq -e '.predicted_ns > 1.4 * .recorded_ns' what.json
	predict adders --threads 4
	jq -e '.speedup | . > 0.8 and . < 1.25' what.json
	predict adders --threads 8
	jq -e '.speedup > 1.25' what.json
}

@test "whatif refuses threads that are not there, and names those that are" {
	run -2 --separate-stderr holdup whatif inside --threads nosuch=2
	[ "$stderr" = "holdup whatif: no threads are called 'nosuch', or begin in it" ]
	run -2 holdup whatif inside --threads worker=0
	run -2 holdup whatif inside --threads worker=x
}
