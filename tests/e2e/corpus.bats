# Each program of the corpus has one problem, which the report must name first;
# its innocent twin must not be accused of it.
# shellcheck disable=SC2154  # stderr is set by run

setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	cd "$BATS_TEST_TMPDIR" || return
}

# kinds PROGRAM [innocent]: the kinds of its findings, in order; what other
# programs on this machine do to it is left out
kinds() {
	local status=0

	timeout 60 holdup record -o trace -- "$BUILD/aid/corpus_$1" \
		${2:+"$2"} >record.log 2>&1 || status=$?
	# 142: the alarm that ends a deadlock
	[ "$status" = 0 ] || [ "$status" = 142 ] || { cat record.log; return 1; }
	holdup report --format json trace |
		jq '.findings |= map(select(.kind != "foreign-load"))' \
			>report.json
	jq -r '.findings[].kind' report.json
}

# accused PROGRAM KIND LOCK: the first finding is this, and about this lock
accused() {
	kinds "$1" || return
	[ "$(jq -r '.findings[0].kind' report.json)" = "$2" ]
	jq -e --arg lock "$3" '.findings[0].lock as $id |
		[.locks[] | select(.id == $id) | .label | startswith($lock)] |
		any' report.json
}

# Work that computes says nothing where others have the CPUs.
quiet() {
	jq -e '.utilization.cpu_denied_ns < 0.2 * .run.duration_ns' \
		report.json ||
		skip "other programs use the CPUs"
}

# cleared PROGRAM KIND: the innocent one is not accused of it
cleared() {
	local found

	found=$(kinds "$1" innocent) || return
	echo "$found"
	[[ "$found" != *"$2"* ]]
}

@test "I/O under a lock is named, I/O outside is not" {
	accused io_under_lock io-under-lock ledger
	cleared io_under_lock io-under-lock
}

@test "a sleep under a lock is named, a sleep outside is not" {
	accused sleep_under_lock sleep-under-lock gate
	cleared sleep_under_lock sleep-under-lock
}

@test "a long section is named, the same work outside is not" {
	kinds long_section
	quiet
	[ "$(jq -r '.findings[0].kind' report.json)" = long-section ]
	cleared long_section long-section
}

@test "a wait for one lock under another is named" {
	kinds nested_wait | grep -x nested-wait
	cleared nested_wait nested-wait
}

@test "readers that keep writers out are named" {
	accused writer_starved reader-writer-starvation table
	cleared writer_starved reader-writer-starvation
}

@test "more busy threads than CPUs are named, sleepers are not" {
	kinds oversubscription | grep -x oversubscription
	cleared oversubscription oversubscription
}

@test "a consumer that cannot keep up is named, idle ones are not" {
	kinds slow_consumer | grep -x slow-consumer
	cleared slow_consumer slow-consumer
}

@test "a signal before the wait is named, a predicate is not" {
	accused lost_wakeup lost-wakeup news
	jq -e '.unfinished[] | select(.state == "cond")' report.json
	cleared lost_wakeup lost-wakeup
}

@test "broadcasts for one item are named, signals are not" {
	found=$(kinds wakeup_storm)
	grep -x wakeup-storm <<<"$found"
	# The queue for the mutex is its effect.
	[[ "$found" != *convoy* && "$found" != *-section* ]]
	jq -e '[.locks[] | select(.label | startswith("has_items"))][0] |
		.rewaits > 7 * .signals' report.json
	cleared wakeup_storm wakeup-storm
}

@test "work that one thread does alone is named, sleep is not" {
	kinds serial_phase | grep -x serial-phase
	cleared serial_phase serial-phase
}

@test "uneven work is named, a thread that sleeps on is not" {
	kinds unbalanced | grep -x unbalanced
	cleared unbalanced unbalanced
}

@test "a lock that its thread never released is named" {
	accused lock_held_at_exit lock-held-at-exit account
	cleared lock_held_at_exit lock-held-at-exit
}

@test "a lock destroyed under its owner is named, one after the join is not" {
	accused lock_destroyed_held lock-destroyed-while-held account
	jq -e '.findings[0].evidence |
		contains("held it, which took it at withdraw")' report.json
	cleared lock_destroyed_held lock-destroyed-while-held
}

@test "a deadlock is named with its cycle, one order is not" {
	kinds deadlock | head -1 | grep -x deadlock
	[ "$(jq '.deadlocks[0].cycle | length' report.json)" = 2 ]
	cleared deadlock deadlock
}

@test "opposite orders are named, those under a gate lock are not" {
	kinds inversion | grep -x lock-order-inversion
	cleared inversion lock-order-inversion
}

@test "a program without contention is told so and blamed for nothing" {
	kinds calm
	[ "$(jq -r '[.findings[].kind] | join(" ")' report.json)" = no-contention ]
	[ "$(jq '[.locks[] | select(.label | startswith("own")).acquisitions] |
		add' report.json)" = 2026 ]
	[ "$(jq '[.locks[].contended] | add' report.json)" = 0 ]
}

@test "a short section that is entered very often is named" {
	kinds hot_section >kinds.txt
	jq -e '[.locks[].contended] | add > 5000' report.json ||
		skip "the two threads hardly ever ran at the same time"
	grep -xE 'hot-section|convoy|preempted-holder' kinds.txt
	jq -e '.findings[0].lock as $id | [.locks[] | select(.id == $id) |
		.label | startswith("counters[0].lock")] | any' report.json
	found=$(kinds hot_section innocent)
	[[ "$found" != *-section* && "$found" != *convoy* ]]
}

@test "threads let in one by one are named, with a section each they are not" {
	kinds convoy >kinds.txt
	jq -e '[.locks[] | select(.label | startswith("line"))][0] |
		.queue.mean >= 2 and .handoff_ns >= 0.5 * .wait_ns.total and
		.hold_ns.mean < 20000' report.json ||
		skip "the threads hardly ever queued up"
	grep -x convoy kinds.txt
	cleared convoy convoy
}

@test "an owner that loses its CPU is named, one that does not is cleared" {
	kinds preempted_holder | grep -x preempted-holder
	jq -e '[.findings[] | select(.kind == "preempted-holder")][0].lock as $id |
		[.locks[] | select(.id == $id) | .label |
		startswith("counter")] | any' report.json
	cleared preempted_holder preempted-holder
}

@test "an owner that yields its CPU is told so, one that yields later is not" {
	kinds yield_under_lock | grep -x preempted-holder
	jq -e '[.findings[] | select(.kind == "preempted-holder")][0].evidence |
		contains("sched_yield called by worker (yield_under_lock.c")' \
		report.json
	jq -e '[.locks[].held_waits[] | select(.operation == "sched_yield")] |
		length > 0' report.json
	kinds yield_under_lock innocent
	[[ "$(jq -r '.findings[].evidence' report.json)" != *sched_yield* ]]
}

@test "CPUs without work are named, busy ones are not" {
	[ "$(nproc)" -gt 1 ] || skip "there is one CPU"
	kinds idle >kinds.txt
	quiet
	grep -x idle kinds.txt
	cleared idle idle
}

@test "spinning for long is named, spinning for a moment is not" {
	kinds spinning | grep -x spinning
	cleared spinning spinning
}

@test "false sharing is nobody's lock" {
	found=$(kinds false_sharing)
	[[ "$found" == *no-contention* ]]
	jq -e '[.findings[].lock] | all(. == "")' report.json
}

@test "a static program is told to be unrecorded, not free of contention" {
	printf 'int main(void) { return 0; }\n' >static.c
	gcc -static -o static static.c
	timeout 60 holdup record -o trace -- ./static
	holdup report --format json trace >report.json
	found=$(jq -r '[.findings[].kind] | join(" ")' report.json)
	[[ "$found" == *unrecorded* && "$found" != *no-contention* ]]
	[ "$(jq -r .run.scheduler report.json)" = system ] || skip "no scheduler records"
	jq -e '.threads | length == 1 and .[0].state_ns.running > 0' report.json
	"$BUILD/aid/check_report" trace
}
