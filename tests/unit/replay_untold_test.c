/*
 * Acquisitions that were counted but not told, and CPUs that threads did not
 * get though they were free, where it can be worked out by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/replay.h"
#include "analysis/replay_demand.h"
#include "tests/feed.h"

#define MS   1000000ull
#define LOCK 0xA

/* The board: so many acquisitions by a thread, for so long in all. */
static void count(struct model *m, int32_t tid, uint64_t lock, uint64_t n,
		  uint64_t hold_ns)
{
	struct event e = { .ts_ns = 100 * MS,
			   .type = EVENT_LOCK_STATS,
			   .pid = FEED_PID,
			   .tid = tid,
			   .cpu = -1 };

	e.u.stats.address = lock;
	e.u.stats.site = 0x51;
	e.u.stats.acquisitions = n;
	e.u.stats.hold_ns = hold_ns;
	e.u.stats.hold_max_ns = hold_ns;
	model_event(m, &e);
}

/*
 * Two threads for 100 ms. The second one waits 1 ms for the first one's lock,
 * at 50 ms: that is told. Counted are `n` more sections of each, of 2 ms.
 */
static struct report *pair(uint64_t n, uint64_t lock)
{
	struct model *m = model_new(
		&(struct model_options){ .cpus = 2, .tape_bytes = 1 << 20 });
	struct report *r = report_new();

	feed_start(m, 1, 11);
	feed_start(m, 2, 12);
	feed_held(m, 51 * MS, 11, LOCK, 0x51, 0, 49 * MS, 51 * MS);
	feed_held(m, 53 * MS, 12, LOCK, 0x51, 50 * MS, 51 * MS, 53 * MS);
	for (int32_t tid = 11; tid <= 12; tid++) {
		uint64_t told = lock == LOCK;

		count(m, tid, lock, n + told, (n + told) * 2 * MS);
	}
	feed_exit(m, 100 * MS, 11);
	feed_exit(m, 100 * MS, 12);
	model_finish(m, r);
	assert_non_null(r->replay);
	return r;
}

struct untold {
	size_t n;
	uint64_t cpu_ns, other_ns; /* inside of them */
	bool nested;		   /* in each other, or in what was told */
};

static struct untold untold_of(const struct replay_script *script)
{
	struct untold u = { .n = 0 };
	int inside = 0, told = 0;

	for (size_t i = 0; i < script->n; i++) {
		const struct replay_step *step = &script->steps[i];

		if (step->does == REPLAY_ACQUIRE && step->untold) {
			u.n++;
			u.nested |= inside++ || told;
		} else if (step->does == REPLAY_ACQUIRE) {
			told++;
			u.nested |= inside > 0;
		} else if (step->does == REPLAY_RELEASE) {
			inside -= step->untold;
			told -= !step->untold;
		} else if (inside && step->does == REPLAY_CPU) {
			u.cpu_ns += step->ns;
		} else if (inside) {
			u.other_ns += step->ns;
		}
	}
	return u;
}

static void as_many_as_were_counted_and_as_long(void **state)
{
	struct report *r = pair(20, LOCK);

	(void)state;
	assert_int_equal(r->replay->n_threads, 2);
	for (size_t t = 0; t < 2; t++) {
		struct untold u = untold_of(&r->replay->scripts[t]);

		assert_int_equal(u.n, 20);
		assert_int_equal(u.cpu_ns, 40 * MS);
		assert_int_equal(u.other_ns, 0);
		assert_false(u.nested);
	}
	report_free(r);
}

/* 49 sections of 2 ms are more than 95 of the 97 ms that it computes. */
static void what_does_not_fit_is_left_out(void **state)
{
	struct report *r = pair(49, LOCK);

	(void)state;
	assert_int_equal(untold_of(&r->replay->scripts[0]).n, 0);
	assert_int_equal(untold_of(&r->replay->scripts[1]).n, 0);
	assert_false(r->replay->plays_untold);
	report_free(r);
}

static void locks_that_nobody_waited_for_are_left_out(void **state)
{
	struct report *r = pair(20, 0xB);

	(void)state;
	assert_int_equal(untold_of(&r->replay->scripts[0]).n, 0);
	assert_int_equal(untold_of(&r->replay->scripts[1]).n, 0);
	report_free(r);
}

/* Who is switched out while it holds a lock would have been waited for. */
static void none_spans_a_switch(void **state)
{
	struct model *m = model_new(
		&(struct model_options){ .cpus = 1, .tape_bytes = 1 << 20 });
	struct report *r = report_new();
	struct untold u = { .n = 0 };

	(void)state;
	feed_start(m, 1, 11);
	feed_start(m, 2, 12);
	for (uint64_t i = 0; i < 10; i++) {
		int32_t on = i % 2 ? 12 : 11, off = i % 2 ? 11 : 12;

		feed_switch(m, (10 * i + 5) * MS, 0, off, 0, on);
	}
	feed_held(m, 56 * MS, 12, LOCK, 0x51, 36 * MS, 46 * MS, 47 * MS);
	count(m, 11, LOCK, 11, 11 * MS);
	count(m, 12, LOCK, 11, 11 * MS);
	feed_exit(m, 100 * MS, 11);
	feed_exit(m, 101 * MS, 12);
	model_finish(m, r);
	assert_non_null(r->replay);
	for (size_t t = 0; t < r->replay->n_threads; t++) {
		struct untold one = untold_of(&r->replay->scripts[t]);

		u.n += one.n;
		u.other_ns += one.other_ns;
	}
	assert_int_equal(u.n, 21);
	assert_int_equal(u.other_ns, 0);
	report_free(r);
}

/* Two threads that meet in a section of 10 ms that no event told. */
static void they_are_played_if_that_is_nearer_to_the_truth(void **state)
{
	static const struct replay_step steps[] = {
		{ .does = REPLAY_ACQUIRE, .untold = true },
		{ .does = REPLAY_CPU, .ns = 10 * MS },
		{ .does = REPLAY_RELEASE, .untold = true },
	};
	const struct replay_script scripts[] = { { .steps = steps, .n = 3 },
						 { .steps = steps, .n = 3 } };
	struct replay r = { .n_threads = 2,
			    .scripts =
				    (struct replay_script *)(uintptr_t)scripts,
			    .end = -1,
			    .n_locks = 1,
			    .cpus = 2,
			    .slice_ns = 100 * MS,
			    .recorded_ns = 11 * MS };

	(void)state;
	replay_learn_untold(&r);
	assert_false(r.plays_untold);
	assert_int_equal(replay_run(&r, NULL, 0).ns, 10 * MS);
	r.recorded_ns = 19 * MS;
	replay_learn_untold(&r);
	assert_true(r.plays_untold);
	assert_int_equal(replay_run(&r, NULL, 0).ns, 20 * MS);
}

static void a_free_cpu_is_not_taken_by_others(void **state)
{
	/* Two are ready, one runs; the other CPU is idle for half the time. */
	static const struct demand_span spans[] = {
		{ 0, 100, DEMAND_RUNNING },
		{ 0, 100, DEMAND_READY },
		{ 0, 100, DEMAND_READY },
		{ 0, 50, DEMAND_IDLE },
	};
	struct demand *d = demand_new(spans, 4, 2);

	(void)state;
	/* One of them could run there: half of what each waits is no crowd. */
	assert_int_equal(demand_ready(d, 0, 50), 25);
	assert_int_equal(demand_ready(d, 50, 100), 50);
	/* Of 200 they had or could have 150. */
	assert_true(demand_slowdown(d) > 1.33 && demand_slowdown(d) < 1.34);
	assert_int_equal(demand_foreign_slice(d), 50);
	assert_true(demand_crowded(d) > 0.99);
	demand_free(d);
	d = demand_new(spans, 2, 2);
	assert_true(demand_crowded(d) < 0.01);
	demand_free(d);
}

/* The model hears of it: two threads queue on one CPU, the other is idle. */
static void idle_cpus_are_on_the_tape(void **state)
{
	struct model *m = model_new(
		&(struct model_options){ .cpus = 2, .tape_bytes = 1 << 20 });
	struct report *r = report_new();

	(void)state;
	for (int32_t tid = 11; tid <= 13; tid++)
		feed_start(m, (uint64_t)tid, tid);
	feed_switch(m, 20, 0, 99, 1, 11);
	feed_switch(m, 20, 1, 99, 1, 12);
	feed_switch(m, 30, 1, 12, 1, 0);
	feed_waking(m, 10 * MS, 0, 11, 12);
	feed_waking(m, 10 * MS, 0, 11, 13);
	feed_switch(m, 20 * MS, 0, 11, 1, 12);
	feed_switch(m, 20 * MS, 1, 0, 0, 13);
	feed_exit(m, 21 * MS, 12);
	feed_exit(m, 21 * MS, 13);
	model_finish(m, r);
	assert_non_null(r->replay);
	/* No other program took anything. */
	assert_true(r->replay->slowdown < 1.01);
	report_free(r);
}

/* One thread, 30 ms, on a CPU that others want as much. */
static void others_come_between_slices_crowd_or_not(void **state)
{
	static const struct replay_step burst = { .does = REPLAY_CPU,
						  .ns = 30 * MS };
	struct replay_script script = { .steps = &burst, .n = 1 };
	struct replay r = { .n_threads = 1,
			    .scripts = &script,
			    .end = -1,
			    .cpus = 2,
			    .slice_ns = 3 * MS,
			    .slowdown = 2,
			    .foreign_slice_ns = 2 * MS };

	(void)state;
	assert_int_equal(replay_run(&r, NULL, 0).ns, 30 * MS);
	/* Before the last slice: half a turn to begin with, and 27 ms. */
	r.crowded = 1;
	assert_int_equal(replay_run(&r, NULL, 0).ns, (30 + 28) * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_were_counted_and_as_long),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(locks_that_nobody_waited_for_are_left_out),
		cmocka_unit_test(none_spans_a_switch),
		cmocka_unit_test(
			they_are_played_if_that_is_nearer_to_the_truth),
		cmocka_unit_test(a_free_cpu_is_not_taken_by_others),
		cmocka_unit_test(idle_cpus_are_on_the_tape),
		cmocka_unit_test(others_come_between_slices_crowd_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
