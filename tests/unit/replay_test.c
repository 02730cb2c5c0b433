#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/replay.h"
#include "tests/feed.h"
#include "tests/rehearsal.h"

#define MS 1000000ull

/* Two threads, each ten times: 1 ms of I/O under one lock, 0.1 ms outside. */
static struct replay convoy(struct replay_step *steps,
			    struct replay_script *scripts)
{
	size_t n = 0;

	for (int i = 0; i < 10; i++) {
		steps[n++] =
			(struct replay_step){ .ns = 0, .does = REPLAY_ACQUIRE };
		steps[n++] =
			(struct replay_step){ .ns = MS, .does = REPLAY_IO };
		steps[n++] =
			(struct replay_step){ .ns = 0, .does = REPLAY_RELEASE };
		steps[n++] = (struct replay_step){ .ns = MS / 10,
						   .does = REPLAY_CPU };
	}
	for (int t = 0; t < 2; t++)
		scripts[t] = (struct replay_script){ .steps = steps, .n = n };
	return (struct replay){ .n_threads = 2,
				.scripts = scripts,
				.end = -1,
				.n_locks = 1,
				.cpus = 2,
				.slice_ns = 3 * MS };
}

static uint64_t with(const struct replay *r, struct replay_change change)
{
	static const bool all[] = { true };

	change.locks = all;
	return replay_run(r, &change, 1).ns;
}

static void convoy_takes_turns_and_goes_away(void **state)
{
	struct replay_step steps[40];
	struct replay_script scripts[2];
	struct replay r = convoy(steps, scripts);

	(void)state;
	/* One holds while the other waits: 20 holds, and the last burst. */
	assert_int_equal(replay_run(&r, NULL, 0).ns, 20 * MS + MS / 10);
	assert_int_equal(
		with(&r,
		     (struct replay_change){ .kind = REPLAY_NO_CONTENTION }),
		11 * MS);
	assert_int_equal(with(&r, (struct replay_change){ .kind = REPLAY_HOLD,
							  .factor = 0.5 }),
			 10 * MS + MS / 10);
	assert_int_equal(
		with(&r, (struct replay_change){ .kind = REPLAY_OUTSIDE }),
		11 * MS);
	assert_int_equal(
		with(&r, (struct replay_change){ .kind = REPLAY_READERS,
						 .factor = 1 }),
		11 * MS);
	assert_int_equal(
		with(&r, (struct replay_change){ .kind = REPLAY_IO_TIME,
						 .factor = 0 }),
		MS);
}

static void bursts_share_the_cpus(void **state)
{
	const struct replay_step burst = { .ns = 30 * MS, .does = REPLAY_CPU };
	struct replay_script scripts[4];
	struct replay r = { .n_threads = 4,
			    .scripts = scripts,
			    .end = -1,
			    .cpus = 2,
			    .slice_ns = 3 * MS };

	(void)state;
	for (int t = 0; t < 4; t++)
		scripts[t] = (struct replay_script){ .steps = &burst, .n = 1 };
	assert_int_equal(replay_run(&r, NULL, 0).ns, 60 * MS);
	assert_int_equal(
		with(&r, (struct replay_change){ .kind = REPLAY_CPUS, .n = 4 }),
		30 * MS);
	assert_int_equal(
		with(&r, (struct replay_change){ .kind = REPLAY_CPUS, .n = 1 }),
		120 * MS);
}

static void points_order_threads(void **state)
{
	const struct replay_step first[] = {
		{ .ns = 5 * MS, .does = REPLAY_CPU },
		{ .ns = 0, .does = REPLAY_POST },
		{ .ns = 9 * MS, .does = REPLAY_CPU }
	};
	const struct replay_step second[] = { { .ns = MS, .does = REPLAY_PEND },
					      { .ns = 2 * MS,
						.does = REPLAY_CPU } };
	struct replay_script scripts[] = { { .steps = first, .n = 3 },
					   { .steps = second, .n = 2 } };
	struct replay r = { .n_threads = 2,
			    .scripts = scripts,
			    .end = 1,
			    .n_points = 1,
			    .point_ns = &(uint64_t){ 5 * MS },
			    .cpus = 2,
			    .slice_ns = 3 * MS };

	(void)state;
	assert_int_equal(replay_run(&r, NULL, 0).ns, 8 * MS);
	scripts[0].n = 1; /* it never posts */
	assert_int_equal(replay_run(&r, NULL, 0).forced, 1);
}

/*
 * Recorded schedules played again take as long as they did: not to the ns,
 * since a lock may go to another waiter than it did.
 */
static void unchanged_runs_come_out_as_recorded(void **state)
{
	double sum = 0;

	(void)state;
	for (unsigned int seed = 1; seed <= 40; seed++) {
		struct rehearsal *h = rehearsal_new(seed, 4, 2, 30);
		struct model *m = model_new(&(struct model_options){
			.cpus = 8, .tape_bytes = 1 << 20 });
		struct report *r = report_new();
		double ratio;

		for (int i = 0; i < h->n_events; i++)
			model_event(m, &h->events[i]);
		model_finish(m, r);
		assert_non_null(r->replay);
		ratio = (double)replay_run(r->replay, NULL, 0).ns /
			(double)r->replay->recorded_ns;
		sum += ratio;
		if (ratio < 0.8 || ratio > 1.2)
			fail_msg("seed %u: %.3f", seed, ratio);
		report_free(r);
		rehearsal_free(h);
	}
	assert_true(sum / 40 > 0.97 && sum / 40 < 1.03);
}

/* Whatever is changed, the replay ends, and nothing takes no time. */
static void every_change_comes_to_an_end(void **state)
{
	static const double factors[] = { 0, 0.5, 1, 3 };

	(void)state;
	for (unsigned int seed = 1; seed <= 10; seed++) {
		struct rehearsal *h = rehearsal_new(seed, 5, 3, 30);
		struct model *m = model_new(&(struct model_options){
			.cpus = 2, .tape_bytes = 1 << 20 });
		struct report *r = report_new();
		bool all[REHEARSAL_THREADS + REHEARSAL_LOCKS];

		for (size_t i = 0; i < sizeof(all); i++)
			all[i] = i % 3 != 2;
		for (int i = 0; i < h->n_events; i++)
			model_event(m, &h->events[i]);
		model_finish(m, r);
		assert_non_null(r->replay);
		assert_true(r->n_threads <= sizeof(all));
		assert_true(r->n_locks <= sizeof(all));
		for (int kind = 0; kind < REPLAY_NKINDS; kind++)
			for (uint32_t n = 0; n < 4; n++) {
				const struct replay_change change = {
					.locks = all,
					.threads = all,
					.factor = kind == REPLAY_READERS
							  ? factors[n] / 3
							  : factors[n],
					.kind = (enum replay_kind)kind,
					.n = kind == REPLAY_SHARING ? n % 3
								    : n + 1,
				};

				assert_true(
					replay_run(r->replay, &change, 1).ns >
					0);
			}
		report_free(r);
		rehearsal_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(convoy_takes_turns_and_goes_away),
		cmocka_unit_test(bursts_share_the_cpus),
		cmocka_unit_test(points_order_threads),
		cmocka_unit_test(unchanged_runs_come_out_as_recorded),
		cmocka_unit_test(every_change_comes_to_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
