# Every lesson at a small scale. What rests on timings is for tests/bench: others
# may use the CPUs meanwhile. What rests on counts, orders or on what blocks is
# `firm`: it must not fail, but with two of the variants exchanged it must, on
# any machine. `exact` lessons rest on nothing else: they must hold; `cores` ones
# are about the number of CPUs, and need two of them for that.
setup_file() {
	bats_require_minimum_version 1.5.0
}

setup() {
	PATH="$BUILD/bin:$PATH"
	cd "$BATS_TEST_TMPDIR" || return
}

# lesson NAME SCALE [exact|cores]
lesson() {
	# Races are looked for with address randomisation as it is: TSan of
	# clang 14 may refuse some layouts, and is then run again by holdup race.
	run timeout 300 holdup lesson "$1" --scale "$2" --runs 2 \
		--no-plots --swapped -o out
	echo "$output"
	[[ "$output" != *"no trace"* ]]
	[[ "$output" == *"  verdict  "* ]]
	[[ "$output" != *"  firm     does not hold"* ]]
	if [[ "$output" == *"  verdict  does not hold"* ]]; then
		[ "$status" = 1 ]
	else
		[ "$status" = 0 ]
	fi
	# "Threads use all CPUs" cannot be told from its opposite on one CPU.
	[[ "${3:-}" == cores && "$(nproc)" -lt 2 ]] ||
		[[ "$output" == *"  swapped  does not hold"* ]]
	[ "${3:-}" != exact ] || [[ "$output" == *"  verdict  holds"* ]]
}

@test "io-pool: a pool overlaps the waiting" { lesson io-pool 0.002; }
@test "start-order: neither start nor finish in order" {
	lesson start-order 0.001
}
@test "http-fetch: requests overlap" { lesson http-fetch 0.1; }
@test "query-wait: queries overlap with work" { lesson query-wait 0.1; }
@test "cpu-one-core: threads on one core gain nothing" {
	lesson cpu-one-core 0.05 cores
}
@test "scrape: waiting overlaps in every way" { lesson scrape 0.1; }
@test "divide: computing divides over cores" {
	lesson divide 0.3 cores
	[[ "$output" == *"Amdahl, up to "*"threads: serial share "* ]]
	[[ "$output" == *"USL: contention "* ]]
	[ "$(grep -c ' knee$' <<<"$output")" = 1 ]
	[ "$(head -1 out/divide/curve.tsv 2>/dev/null)" = "" ] # no pictures
}
@test "async-cpu: an event loop saves CPU" { lesson async-cpu 0.5; }
@test "three-ways: processes, threads, coroutines" {
	lesson three-ways 0.3
}
@test "gil: one thread runs at a time" { lesson gil 0.05; }
@test "sum: without a lock, two are faster" { lesson sum 0.3; }
@test "naive-sum: a race, and what repairs cost" { lesson naive-sum 0.2; }
@test "thread-cost: the texts' figures are checked" {
	lesson thread-cost 1
	[[ "$output" == *"no       (aside) a thread takes megabytes of memory"* ]]
}
@test "virtual-threads: many coroutines" { lesson virtual-threads 0.02; }
@test "thread-vs-process: who survives a crash" {
	lesson thread-vs-process 0.05
	[[ "$output" == *"when a process crashes, 7 survive"* ]]
}
@test "executors: two waves" { lesson executors 0.05; }
@test "parallel-map: n jobs share the load" { lesson parallel-map 0.05; }
@test "ackermann: nothing but computing" { lesson ackermann 0.1; }
@test "preempt: switched out anywhere" { lesson preempt 0.05; }
@test "cooperate: switches only where it says so" { lesson cooperate 0.1 exact; }
@test "pool-size: six at once, and a knee" {
	lesson pool-size 0.3
	[[ "$output" == *"yes      never are more than six tasks in flight"* ]]
}
@test "dest-file: both lines in one file" { lesson dest-file 0.2; }
@test "lost-update: 1 instead of 2, step by step" {
	lesson lost-update 0.5
	[[ "$output" == *"A reads 0, A writes 1, B reads 1, B writes 2"* ]]
	# Who gets no CPU for as long as the other sleeps loses nothing.
	[[ "$output" == *"  verdict  holds"* ]] || return 0
	[[ "$output" == *"here     A reads 0, B reads 0, "* ]]
	[[ "$output" == *"yes      one addition is lost"* ]]
}
@test "scope-guard: the lock left behind is named" {
	lesson scope-guard 0.1 exact
}
@test "deadlock: the cycle is named, the fix is clean" {
	lesson deadlock 0.05 exact
}
@test "critical-section: never two inside" {
	lesson critical-section 0.05 exact
}
@test "three-creations: three start routines" {
	lesson three-creations 1 exact
}
@test "editor: ticks go on while it saves" { lesson editor 0.1; }
@test "oversubscribe: too many threads" { lesson oversubscribe 0.1; }
@test "lock-price: sharing less costs less" { lesson lock-price 0.1; }
@test "convoy: everyone queues" { lesson convoy 0.05; }
@test "bounded-queue: who waits for whom" { lesson bounded-queue 0.4; }
@test "readers-writers: readers overlap" { lesson readers-writers 0.2; }
@test "preempted-holder: switched out with the lock" {
	lesson preempted-holder 0.1
}

@test "every lesson has its test here" {
	for id in $(holdup lesson --list | cut -d' ' -f1); do
		grep -q "lesson $id " "$BATS_TEST_FILENAME"
	done
}

@test "pictures and traces lie where the lesson says" {
	run -0 holdup lesson pool-size --scale 0.1 --runs 1 -o out
	while read -r file; do
		[ "$(head -c 4 "$file" | tail -c 3)" = PNG ]
	done < <(sed -n 's/^  picture  //p' <<<"$output")
	[ "$(grep -c '^  picture  ' <<<"$output")" -ge 3 ]
	run -0 holdup report "$(sed -n 's/^  trace    //p' <<<"$output")"
}

@test "several lessons make a page that needs nothing else" {
	local page="file://$PWD/class/index.html"

	run -0 holdup lesson cooperate critical-section --scale 0.05 --runs 1 \
		-o class
	[[ "$output" == *"page: class/index.html"* ]]
	run ! grep -Eo '(src|href)="(http|/|\.)[^"]*' class/index.html
	[ "$(grep -c '<h2 id=' class/index.html)" = 2 ]
	[ "$(grep -c 'src="data:image/png;base64,iVBOR' class/index.html)" -ge 5 ]
	command -v chromium >/dev/null || skip "no chromium to show it"
	timeout 60 chromium --headless --no-sandbox --disable-gpu \
		--user-data-dir="$PWD/browser" --window-size=1000,3000 \
		--screenshot="$PWD/page.png" "$page" 2>/dev/null
	# A page without its pictures would be nearly white, and small.
	[ "$(stat -c %s page.png)" -gt 100000 ]
}
