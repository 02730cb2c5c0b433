# What 'holdup report' and its kin make of a real recording.
# shellcheck disable=SC2154  # stderr is set by run

setup_file() {
	export TRACE=$BATS_FILE_TMPDIR/trace
	PATH="$BUILD/bin:$PATH"
	timeout 60 holdup record -o "$TRACE" -- \
		"$BUILD/aid/corpus_sleep_under_lock" >&2
}

setup() {
	# shellcheck source=tests/e2e/common.sh
	. "$BATS_TEST_DIRNAME/common.sh"
}

@test "the first screen names the lock, the place and who waits" {
	run -0 --separate-stderr holdup report "$TRACE"
	[ "$stderr" = "" ]
	screen=$(head -24 <<<"$output")
	[[ "$screen" == *"What's the holdup?"* ]]
	[[ "$screen" == *"Sleep under a lock"* ]]
	[[ "$screen" == *"gate (sleep_under_lock.c:4)"* ]]
	[[ "$screen" == *"rest (corpus.h:"* ]]
	# What others did meanwhile is told between the two.
	[[ "$output" == *"Locks"$'\n'*$'\n'"gate (sleep_under_lock.c:4) "*" 90 "* ]]
	[ "$(wc -L <<<"$output")" -le 80 ]
}

@test "a file called - is standard output" {
	holdup report "$TRACE" >one
	holdup report -o - "$TRACE" >other
	cmp one other
	holdup export --format csv -o - "$TRACE" | grep -q gate
	[ ! -e - ]
}

@test "the figures of the JSON fit together" {
	holdup report --format json "$TRACE" >report.json
	jq -e '.schema == "holdup-report/1"' report.json
	jq -e '[.locks[] | .blame as $blame | .wait_ns.total == .handoff_ns +
		([$blame[].wait_ns] | add // 0)] | all' report.json
	jq -e '[.locks[] | .hold_ns.total ==
		([.hold_breakdown_ns[]] | add)] | all' report.json
	jq -e '[.threads[] | .end_ns - .begin_ns ==
		([.state_ns[]] | add)] | all' report.json
	jq -e '[.locks[].id] as $ids | [.findings[].lock | select(. != "")] |
		all(. as $id | $ids | index($id) != null)' report.json
}

@test "the thread's routine and the places have names" {
	[ "$(json "$TRACE" '[.threads[].start_routine] | unique')" = \
		'["","worker"]' ]
	[ "$(json "$TRACE" '.locks[0].sites[0].function')" = '"worker"' ]
	json "$TRACE" '.locks[0].sites[0].file' | grep sleep_under_lock.c
}

@test "a section, a lock, a thread and a window can be asked for" {
	run -0 holdup report --only locks --lock gate "$TRACE"
	[[ "$output" == "Locks"*gate* ]]
	run -0 holdup report --only threads --thread corpus "$TRACE"
	[[ "$output" == "Threads"*corpus_* ]]
	whole=$(json "$TRACE" '.locks[0].acquisitions')
	half=$(holdup report --format json --to 60ms "$TRACE" |
		jq '.run.duration_ns <= 60000000')
	[ "$half" = true ]
	[ "$whole" = 90 ]
}

@test "a lock or thread that is not there is said to be none, with 2" {
	for wrong in "--lock nonsense" "--thread nonsense" "--thread 1"; do
		for command in report plot; do
			# shellcheck disable=SC2086  # several words
			run -2 --separate-stderr holdup $command $wrong "$TRACE"
			[ "$output" = "" ]
			[[ "$stderr" == "holdup $command: no "*" is called "* ]]
		done
	done
}

@test "HTML is one page that needs nothing else" {
	run -0 holdup report --format html -o page.html "$TRACE"
	[ "$output" = "" ]
	grep -q '<!DOCTYPE html>' page.html
	grep -q 'gate (sleep_under_lock.c:4)' page.html
	run -1 grep -E 'src=|href=|@import|url\(' page.html
}

@test "what cannot be written is said, with 3" {
	run -3 --separate-stderr holdup report -o missing/page "$TRACE"
	[[ "$stderr" == *"cannot write 'missing/page'"* ]]
	[ -w /dev/full ] || skip "no /dev/full"
	run -3 --separate-stderr holdup report -o /dev/full "$TRACE"
	[[ "$stderr" == *"cannot write '/dev/full'"* ]]
}

@test "the report of one recording is always the same" {
	for n in 1 2; do
		holdup report --format json "$TRACE" >"$n.json"
		holdup report "$TRACE" >"$n.txt"
	done
	cmp 1.json 2.json
	cmp 1.txt 2.txt
}

@test "a recording compared with itself has not changed" {
	run -0 holdup diff "$TRACE" "$TRACE" --fail-if 'lock.wait_ns +1%'
	[[ "$output" == *"gate (sleep_under_lock.c:4)"* ]]
	run -0 holdup diff --before "$TRACE" "$TRACE" --after "$TRACE" \
		"$TRACE" --format json
	jq -e '[.rows[] | .change == 0 and .significant == false] | all' \
		<<<"$output"
}

@test "more waiting than allowed exits 1 and says which" {
	record calm -- "$BUILD/aid/corpus_sleep_under_lock" innocent
	run -1 --separate-stderr holdup diff calm "$TRACE" \
		--fail-if 'lock[gate].wait_ns +10%'
	[[ "$stderr" == *"'lock[gate].wait_ns +10%' holds"* ]]
	run -0 holdup diff "$TRACE" calm --fail-if 'lock[gate].wait_ns +10%'
	run -2 holdup diff "$TRACE" calm --fail-if 'lock[gaet].wait_ns +10%'
	[[ $output == *"no lock's name contains 'gaet'"* ]]
}

@test "exports are what their tools read" {
	holdup export --format perfetto -o app.json "$TRACE"
	jq -e '[.traceEvents[] | select(.name == "hold gate (sleep_under_lock.c:4)")
		| .dur] | length > 0' app.json
	holdup export --format folded "$TRACE" |
		grep -E ';worker;gate \(sleep_under_lock.c:4\) [0-9]+$'
	holdup export --format csv "$TRACE" | grep -c '^[0-9]*:0x' | grep -x 1
	holdup export --format pprof -o app.pb "$TRACE"
	grep -q 'contentions' app.pb
	run -2 holdup export "$TRACE"
}

@test "reports of real recordings have every key of the schema, with its meaning" {
	local schema=$BATS_TEST_DIRNAME/../golden/schema.jq

	record system -- "$workloads/convoy" --scale 0.05
	record none --no-sched -- "$workloads/convoy" --scale 0.05
	timeout 60 holdup record -o hung -- "$BUILD/aid/corpus_deadlock" || true
	for trace in system none hung; do
		holdup report --format json "$trace" >report.json
		jq -r -f "$schema" report.json
	done | tee wrong.txt
	[ ! -s wrong.txt ]
}

@test "the critical path goes through the child that a shell waited for" {
	record trace -- sh -c "'$workloads/convoy' --scale 0.1; true"
	json trace . | jq -c '.threads[0].tid as $shell | [.threads[] | select(.pid != $shell)] as $child
		| { shell: $shell, path: .critical_path,
		    life: (($child | map(.end_ns) | max) - ($child | map(.begin_ns) | min)) }' |
		tee path.json
	# While the child lives it is the child's: the shell waits on it before
	# that at most, while the recorder takes the child in.
	jq -e '.shell as $shell | [.path.by_thread_ns[] | select(.tid != $shell).ns] |
		add' path.json
	jq -e '.life > 0 and .path.by_state_ns.join <= .path.length_ns - 0.8 * .life' path.json
}
