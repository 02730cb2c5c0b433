# What a replay of a recorded run predicts, against the run that was repaired.
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

@test "whatif without contention predicts a faster convoy, and says how sure" {
	holdup whatif inside --no-contention ledger --format json >what.json
	jq -e '.schema == "holdup-whatif/1" and .speedup > 1.5' what.json
	jq -e '.replay_error | . > -0.25 and . < 0.25' what.json
	jq -e '.assumptions | length > 0' what.json
}

@test "whatif knows the writing outside of the lock as a way out" {
	holdup whatif inside --outside ledger --format json >out.json
	jq -e '.predicted_ns < 0.8 * .recorded_ns' out.json
}

@test "report suggests changes that the replay found to help" {
	holdup report inside --format json |
		jq -e '.what_if | length > 0 and all(.speedup > 1)'
}

@test "whatif changes nothing where nothing is changed" {
	cpus=$(holdup report inside --format json | jq .run.cpus)
	holdup whatif inside --cpus "$cpus" --format json |
		jq -e '.speedup | . > 0.999 and . < 1.001'
}

@test "whatif refuses a lock that is not there, and no change at all" {
	run -2 --separate-stderr holdup whatif inside --hold nosuch=0.5x
	[ "$stderr" = "holdup whatif: no lock is called 'nosuch'" ]
	run -2 holdup whatif inside
	run -2 holdup whatif inside --shards ledger
	run -2 holdup whatif inside --cpus 0
	run -3 holdup whatif /nonexistent --cpus 2
}
