/* What each change does to a run, where it can be worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/replay.h"
#include "analysis/replay_demand.h"
#include "tests/feed.h"

#define MS	1000000ull
#define THREADS 8
#define STEPS	256

/* A run that is written down step by step. */
struct play {
	struct replay replay;
	struct replay_step steps[THREADS][STEPS];
	struct replay_script scripts[THREADS];
};

static struct play *play_new(uint32_t cpus, int threads)
{
	struct play *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->replay = (struct replay){ .n_threads = (size_t)threads,
				     .scripts = p->scripts,
				     .end = -1,
				     .n_locks = 1,
				     .n_devices = 1,
				     .cpus = cpus,
				     .slice_ns = 3 * MS,
				     .slowdown = 1,
				     .recorded_ns = 1 };
	for (int t = 0; t < threads; t++)
		p->scripts[t] = (struct replay_script){ .steps = p->steps[t],
							.thread = t };
	return p;
}

/* The step that it adds to thread `t`. */
static struct replay_step *add(struct play *p, int t, enum replay_does does,
			       uint64_t ns)
{
	struct replay_step *step = &p->steps[t][p->scripts[t].n++];

	assert_true(p->scripts[t].n <= STEPS);
	*step = (struct replay_step){ .ns = ns, .does = (uint8_t)does };
	return step;
}

static uint64_t run_with(const struct play *p, struct replay_change change)
{
	static const bool all[THREADS] = { true, true, true, true,
					   true, true, true, true };

	change.locks = all;
	change.threads = all;
	return replay_run(&p->replay, &change, 1).ns;
}

static uint64_t run(const struct play *p)
{
	return replay_run(&p->replay, NULL, 0).ns;
}

/* One CPU, two sections of 5 ms; the first thread loses its slice inside. */
static uint64_t switched_out(uint16_t spin)
{
	struct play *p = play_new(1, 2);
	uint64_t ns;

	for (int t = 0; t < 2; t++) {
		add(p, t, REPLAY_ACQUIRE, 0)->spin = spin;
		add(p, t, REPLAY_CPU, 5 * MS);
		add(p, t, REPLAY_RELEASE, 0);
	}
	ns = run(p);
	free(p);
	return ns;
}

static void a_waiter_that_spins_takes_the_cpu_of_the_owner(void **state)
{
	(void)state;
	assert_int_equal(switched_out(0), 10 * MS);
	/* 3 ms inside, a slice of 3 spent spinning, 2 more inside; then 5. */
	assert_int_equal(switched_out(REPLAY_SPINS_ON), 13 * MS);
}

static void a_burst_of_many_steps_is_one_slice(void **state)
{
	struct play *p = play_new(1, 2);

	(void)state;
	for (int i = 0; i < 10; i++) {
		add(p, 0, REPLAY_CPU, MS);
		add(p, 0, REPLAY_POST, 0);
	}
	p->replay.n_points = 1;
	p->replay.end = 1;
	add(p, 1, REPLAY_CPU, MS);
	/* It gets the CPU after 3 of the 10 ms. */
	assert_int_equal(run(p), 4 * MS);
	free(p);
}

static void who_releases_pays_for_waking_and_only_then(void **state)
{
	struct play *p = play_new(2, 2);

	(void)state;
	for (int t = 0; t < 2; t++) {
		add(p, t, REPLAY_ACQUIRE, 0);
		add(p, t, REPLAY_CPU, 5 * MS);
		add(p, t, REPLAY_RELEASE, MS);
	}
	p->replay.end = 0;
	assert_int_equal(run(p), 6 * MS);
	p->replay.end = 1;
	assert_int_equal(run(p), 10 * MS);
	assert_int_equal(run_with(p,
				  (struct replay_change){
					  .kind = REPLAY_NO_CONTENTION }),
			 5 * MS);
	free(p);
}

/* Eight threads, ten calls of 1 ms each, all onto one device. */
static uint64_t calls(enum replay_sharing sharing)
{
	struct play *p = play_new(THREADS, THREADS);
	uint64_t ns;

	for (int t = 0; t < THREADS; t++)
		for (int i = 0; i < 10; i++) {
			add(p, t, REPLAY_ENTER, 0);
			add(p, t, REPLAY_IO, MS);
			add(p, t, REPLAY_LEAVE, 0);
		}
	p->replay.sharing = sharing;
	ns = run(p);
	free(p);
	return ns;
}

static void calls_share_a_device_as_it_does(void **state)
{
	(void)state;
	assert_int_equal(calls(REPLAY_FREELY), 10 * MS);
	assert_int_equal(calls(REPLAY_IN_TURN), 80 * MS);
	/* One alone at first; then the last of a batch misses the next one. */
	assert_in_range(calls(REPLAY_BATCHES), 11 * MS, 14 * MS);
}

/* Two threads, ten calls of 1 ms each, under a lock. */
static struct play *calls_under_lock(void)
{
	struct play *p = play_new(2, 2);

	for (int t = 0; t < 2; t++)
		for (int i = 0; i < 10; i++) {
			add(p, t, REPLAY_ACQUIRE, 0);
			add(p, t, REPLAY_ENTER, 0);
			add(p, t, REPLAY_IO, MS);
			add(p, t, REPLAY_LEAVE, 0);
			add(p, t, REPLAY_RELEASE, 0);
		}
	p->replay.sync_calls = 20;
	p->replay.recorded_ns = 20 * MS;
	return p;
}

static void calls_moved_outside_come_with_bounds(void **state)
{
	static const bool lock[] = { true };
	const struct replay_change outside = { .kind = REPLAY_OUTSIDE,
					       .locks = lock };
	struct play *p = calls_under_lock();
	struct replay_base base = replay_base(&p->replay);
	struct replay_prediction x =
		replay_predict(&p->replay, &base, &outside, 1, 40 * MS);

	(void)state;
	assert_int_equal(base.ns, 20 * MS);
	assert_true(base.trusted);
	/* The run took twice as long as what was recorded of it. */
	assert_int_equal(x.low_ns, 20 * MS);
	assert_int_equal(x.high_ns, 40 * MS);
	assert_in_range(x.ns, x.low_ns, x.high_ns);
	p->replay.learned = true;
	x = replay_predict(&p->replay, &base, &outside, 1, 40 * MS);
	assert_true(x.low_ns == x.ns && x.high_ns == x.ns);
	free(p);
}

static void a_replay_that_is_far_off_is_not_trusted(void **state)
{
	struct play *p = calls_under_lock();

	(void)state;
	p->replay.recorded_ns = 30 * MS;
	assert_false(replay_base(&p->replay).trusted);
	p->replay.recorded_ns = 18 * MS;
	assert_true(replay_base(&p->replay).trusted);
	free(p);
}

static void shards_spread_sections(void **state)
{
	struct play *p = play_new(2, 2);
	uint64_t one, four, many;

	(void)state;
	for (int t = 0; t < 2; t++)
		for (int i = 0; i < 80; i++) {
			add(p, t, REPLAY_ACQUIRE, 0);
			add(p, t, REPLAY_CPU, MS);
			add(p, t, REPLAY_RELEASE, 0);
		}
	one = run(p);
	four = run_with(
		p, (struct replay_change){ .kind = REPLAY_SHARDS, .n = 4 });
	many = run_with(
		p, (struct replay_change){ .kind = REPLAY_SHARDS, .n = 1024 });
	assert_int_equal(one, 160 * MS);
	/* A section meets another one of its shard one time in four. */
	assert_in_range(four, 85 * MS, 125 * MS);
	assert_in_range(many, 80 * MS, 82 * MS);
	free(p);
}

/* Two readers and a writer, 4 ms each under one lock. */
static void readers_share_a_lock_and_writers_do_not(void **state)
{
	static const bool all[THREADS] = { true };
	static const bool readers[THREADS] = { true, true };
	struct play *p = play_new(3, 3);
	const struct replay_change change = { .kind = REPLAY_READERS,
					      .locks = all,
					      .threads = readers };

	(void)state;
	for (int t = 0; t < 3; t++) {
		add(p, t, REPLAY_ACQUIRE, 0);
		add(p, t, REPLAY_CPU, 4 * MS);
		add(p, t, REPLAY_RELEASE, 0);
	}
	assert_int_equal(run(p), 12 * MS);
	assert_int_equal(replay_run(&p->replay, &change, 1).ns, 8 * MS);
	free(p);
}

/* A wait of 1 ms that stands for ten, and 20 ms that the others are in. */
static void unplayed_waits_change_in_proportion(void **state)
{
	struct play *p = play_new(1, 1);

	(void)state;
	add(p, 0, REPLAY_WAIT_BEGIN, 0)->weight = 10;
	add(p, 0, REPLAY_CPU, MS);
	add(p, 0, REPLAY_WAIT_END, 0);
	add(p, 0, REPLAY_CPU, 20 * MS);
	assert_int_equal(run(p), 21 * MS);
	assert_int_equal(run_with(p,
				  (struct replay_change){
					  .kind = REPLAY_NO_CONTENTION }),
			 11 * MS);
	assert_int_equal(
		run_with(p, (struct replay_change){ .kind = REPLAY_HOLD,
						    .factor = 0.5 }),
		16 * MS);
	free(p);
}

static void other_programs_keep_their_share_in_a_crowd(void **state)
{
	struct play *p = play_new(1, 2);

	(void)state;
	for (int t = 0; t < 2; t++)
		add(p, t, REPLAY_CPU, 30 * MS);
	assert_int_equal(run(p), 60 * MS);
	p->replay.slowdown = 2;
	p->replay.foreign_slice_ns = 2 * MS;
	/* As long as both want the CPU they have half of it. */
	assert_in_range(run(p), 110 * MS, 125 * MS);
	assert_in_range(run_with(p, (struct replay_change){ .kind = REPLAY_CPUS,
							    .n = 2 }),
			30 * MS, 30 * MS);
	free(p);
}

/* Four threads, created by a fifth, that each wait ten times 1 ms. */
static struct play *team(void)
{
	struct play *p = play_new(2, 5);
	static const uint64_t when[9];

	for (int t = 1; t < 5; t++) {
		add(p, 0, REPLAY_POST, 0)->what = t - 1;
		add(p, t, REPLAY_PEND, 0)->what = t - 1;
		for (int i = 0; i < 10; i++)
			add(p, t, REPLAY_DELAY, MS);
		add(p, t, REPLAY_POST, 0)->what = t + 3;
	}
	for (int t = 1; t < 5; t++)
		add(p, 0, REPLAY_PEND, 0)->what = t + 3;
	p->replay.n_points = 8;
	p->replay.point_ns = when;
	p->replay.end = 0;
	return p;
}

static uint64_t with_threads(const struct play *p, uint32_t n)
{
	static const bool workers[THREADS] = { false, true, true, true, true };
	const struct replay_change change = { .kind = REPLAY_THREADS,
					      .n = n,
					      .threads = workers };
	struct replay_result result = replay_run(&p->replay, &change, 1);

	assert_int_equal(result.forced, 0);
	return result.ns;
}

static void threads_share_the_work_of_a_team(void **state)
{
	struct play *p = team();

	(void)state;
	assert_int_equal(run(p), 10 * MS);
	assert_int_equal(with_threads(p, 4), 10 * MS);
	assert_int_equal(with_threads(p, 1), 40 * MS);
	assert_int_equal(with_threads(p, 2), 20 * MS);
	assert_int_equal(with_threads(p, 8), 5 * MS);
	free(p);
}

/* Long bursts can be divided; sections cannot. */
static void threads_share_bursts_but_not_sections(void **state)
{
	struct play *p = play_new(8, 1);

	(void)state;
	add(p, 0, REPLAY_CPU, 8 * MS);
	add(p, 0, REPLAY_ACQUIRE, 0);
	add(p, 0, REPLAY_CPU, 8 * MS);
	add(p, 0, REPLAY_RELEASE, 0);
	add(p, 0, REPLAY_CPU, 8 * MS);
	assert_int_equal(run(p), 24 * MS);
	/* 17 ms of pieces beside the section; the last one comes last. */
	assert_in_range(
		run_with(p, (struct replay_change){ .kind = REPLAY_THREADS,
						    .n = 8 }),
		8 * MS, 11 * MS);
	free(p);
}

/* A part does not begin before the task was there that it belongs to. */
static void no_part_begins_before_its_task(void **state)
{
	struct play *p = play_new(8, 2);
	static const uint64_t when[1];
	static const bool worker[THREADS] = { false, true };
	const struct replay_change four = { .kind = REPLAY_THREADS,
					    .n = 4,
					    .threads = worker };

	(void)state;
	add(p, 0, REPLAY_DELAY, 10 * MS);
	add(p, 0, REPLAY_POST, 0);
	add(p, 1, REPLAY_CPU, MS / 2);
	add(p, 1, REPLAY_PEND, 0);
	for (int i = 0; i < 8; i++)
		add(p, 1, REPLAY_DELAY, MS);
	p->replay.n_points = 1;
	p->replay.point_ns = when;
	assert_int_equal(run(p), 18 * MS);
	/* Seven of them in two rounds, and the last one after all others. */
	assert_int_equal(replay_run(&p->replay, &four, 1).ns, 13 * MS);
	free(p);
}

static void demand_explains_waiting_by_too_many_threads(void **state)
{
	/* Two run, a third is ready; then one of the CPUs is someone else's. */
	const struct demand_span spans[] = {
		{ 0, 100, 1 },
		{ 0, 50, 1 },
		{ 50, 100, 0 },
		{ 0, 100, 0 },
	};
	struct demand *d = demand_new(spans, 4, 2);

	(void)state;
	assert_int_equal(demand_ready(d, 10, 90), 80);
	assert_int_equal(demand_not_running(d, 0, 100), 0);
	/* 200 of CPU time in 100, of which they had 150. */
	assert_true(demand_slowdown(d) > 1.33 && demand_slowdown(d) < 1.34);
	assert_int_equal(demand_foreign_slice(d), 50);
	demand_free(d);
	/* Without a scheduler's word, all seem to run. */
	d = demand_new(spans, 2, 1);
	assert_int_equal(demand_not_running(d, 0, 50), 25);
	demand_free(d);
}

/* Two threads that sync a file in turns, under a lock, five times each. */
static struct report *recorded_convoy(void)
{
	struct model *m = model_new(
		&(struct model_options){ .cpus = 2, .tape_bytes = 1 << 20 });
	struct report *r = report_new();
	uint64_t ns = MS;

	feed_start(m, 1, 1);
	feed_start(m, 2, 2);
	for (int i = 0; i < 10; i++, ns += MS) {
		int32_t tid = 1 + i % 2;
		uint64_t waits = i > 1 ? ns - MS + 1000 : i ? ns - MS : 0;

		feed_io(m, ns + 1000, tid, EVENT_IO_BEGIN, IO_FSYNC, 0x51,
			ns + 1000);
		feed_io(m, ns + MS - 1000, tid, EVENT_IO_END, IO_FSYNC, 0x51,
			ns + 1000);
		feed_held(m, ns + MS, tid, 0xA, 0x51, waits, ns, ns + MS);
	}
	feed_exit(m, ns + 1000, 1);
	feed_exit(m, ns + 1000, 2);
	model_finish(m, r);
	return r;
}

static void a_recorded_convoy_comes_with_bounds(void **state)
{
	struct report *r = recorded_convoy();
	static const bool lock[] = { true };
	const struct replay_change outside = { .kind = REPLAY_OUTSIDE,
					       .locks = lock };
	struct replay_base base;
	struct replay_prediction x;

	(void)state;
	assert_non_null(r->replay);
	assert_int_equal(r->replay->sync_calls, 10);
	assert_int_equal(r->replay->sync_overlaps, 0);
	assert_false(r->replay->learned);
	base = replay_base(r->replay);
	assert_true(base.trusted);
	x = replay_predict(r->replay, &base, &outside, 1, base.ns);
	assert_true(x.low_ns < base.ns * 7 / 10);
	assert_true(x.high_ns > base.ns * 9 / 10);
	assert_true(x.ns / x.low_ns <= x.high_ns / x.ns + 1);
	assert_true(x.ns > x.low_ns && x.ns < x.high_ns);
	report_free(r);
}

/* The first thread joins the second, and then the third, which was over. */
static void a_join_that_did_not_wait_may_have_to(void **state)
{
	struct model *m = model_new(
		&(struct model_options){ .cpus = 4, .tape_bytes = 1 << 20 });
	struct report *r = report_new();
	size_t pends = 0;

	(void)state;
	for (int32_t tid = 1; tid <= 3; tid++)
		feed_start(m, (uint64_t)tid, tid);
	feed_join(m, 10, 1, EVENT_JOIN_BEGIN, 2, 10);
	feed_exit(m, 2 * MS, 3);
	feed_exit(m, 3 * MS, 2);
	feed_join(m, 3 * MS + 10, 1, EVENT_JOIN_END, 2, 10);
	feed_join(m, 3 * MS + 20, 1, EVENT_JOIN_END, 3, 3 * MS + 11);
	feed_exit(m, 4 * MS, 1);
	model_finish(m, r);
	assert_non_null(r->replay);
	for (size_t t = 0; t < r->replay->n_threads; t++)
		for (size_t i = 0; i < r->replay->scripts[t].n; i++)
			pends += r->replay->scripts[t].steps[i].does ==
				 REPLAY_PEND;
	assert_int_equal(pends, 2);
	assert_true(replay_base(r->replay).trusted);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_waiter_that_spins_takes_the_cpu_of_the_owner),
		cmocka_unit_test(a_burst_of_many_steps_is_one_slice),
		cmocka_unit_test(who_releases_pays_for_waking_and_only_then),
		cmocka_unit_test(calls_share_a_device_as_it_does),
		cmocka_unit_test(calls_moved_outside_come_with_bounds),
		cmocka_unit_test(a_replay_that_is_far_off_is_not_trusted),
		cmocka_unit_test(shards_spread_sections),
		cmocka_unit_test(readers_share_a_lock_and_writers_do_not),
		cmocka_unit_test(unplayed_waits_change_in_proportion),
		cmocka_unit_test(other_programs_keep_their_share_in_a_crowd),
		cmocka_unit_test(threads_share_the_work_of_a_team),
		cmocka_unit_test(threads_share_bursts_but_not_sections),
		cmocka_unit_test(no_part_begins_before_its_task),
		cmocka_unit_test(demand_explains_waiting_by_too_many_threads),
		cmocka_unit_test(a_recorded_convoy_comes_with_bounds),
		cmocka_unit_test(a_join_that_did_not_wait_may_have_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
