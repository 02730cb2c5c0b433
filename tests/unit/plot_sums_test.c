/* The tables of pictures: their sums are the report's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "analysis/arena.h"
#include "plots/plot.h"
#include "tests/scratch.h"
#include "tests/unit/plot_shapes.h"
#include "tests/unit/plot_tsv.h"

/* Shapes with contention, so that each kind has something to draw. */
static const char *const busy[] = { "demo", "two", "threads", "locks", "hang" };

static struct tsv *table_of(void *state, const struct report *report,
			    const char *kind)
{
	struct plot_options options = { .folder = scratch_path(state, "plots"),
					.kinds = kind,
					.top = 1000,
					.tables_only = true };
	struct err err = { "" };
	struct tsv *tsv;
	char *path;

	if (plot_draw(report, &options, &err))
		fail_msg("%s", err.text);
	path = g_strdup_printf("%s/%s.tsv", options.folder, kind);
	tsv = tsv_read(path);
	assert_non_null(tsv);
	g_free(path);
	return tsv;
}

static int lock_called(const struct report *report, const char *id)
{
	for (size_t i = 0; i < report->n_locks; i++)
		if (!strcmp(report->locks[i].id, id))
			return (int)i;
	fail_msg("no lock '%s'", id);
	return -1;
}

/* The lock that row `row` of a picture of locks is about. */
static const struct lock *lock_of(const struct report *report,
				  const struct tsv *tsv, size_t row)
{
	return &report->locks[lock_called(report,
					  tsv_text(tsv, "locks", row, "id"))];
}

static uint64_t sum_series(const struct series *s, uint32_t row)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->n; i++)
		sum += s->values[(size_t)i * s->rows + row];
	return sum;
}

static void timeline_sums_to_the_states_of_each_thread(void **state)
{
	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++) {
		struct report *r = shape_make(busy[i]);
		struct tsv *tsv = table_of(*state, r, "timeline");

		for (size_t t = 0; t < r->n_threads; t++)
			assert_int_equal(tsv_sum(tsv, "spans", "ns", "thread",
						 (int64_t)t),
					 r->threads[t].end_ns -
						 r->threads[t].begin_ns);
		tsv_free(tsv);
		report_free(r);
	}
}

/* 200 threads: what is not drawn by itself is drawn in the sum. */
static void timeline_draws_the_rest_in_sum(void **state)
{
	struct report *r = shape_make("threads");
	struct plot_options options = { .folder = scratch_path(*state, "p"),
					.kinds = "timeline",
					.top = 5,
					.tables_only = true };
	uint64_t life[STATE_N] = { 0 };
	struct tsv *tsv;

	assert_int_equal(plot_draw(r, &options, NULL), 0);
	tsv = tsv_read(scratch_path(*state, "p/timeline.tsv"));
	assert_int_equal(tsv_rows(tsv, "threads"), 6);
	assert_non_null(strstr(tsv_meta(tsv, "hint"), "5 of 200 threads"));
	for (size_t t = 0; t < r->n_threads; t++)
		for (int s = 0; s < STATE_N; s++)
			life[s] += r->threads[t].state_ns[s];
	for (int s = 0; s < STATE_N; s++)
		assert_int_equal(tsv_sum(tsv, "spans", "ns", "state", s),
				 life[s]);
	tsv_free(tsv);
	report_free(r);
}

static void nothing_in_a_timeline_overlaps(void **state)
{
	struct report *r = shape_make("demo");
	struct tsv *tsv = table_of(*state, r, "timeline");
	size_t n = tsv_rows(tsv, "spans");

	for (size_t i = 1; i < n; i++) {
		uint64_t begin = tsv_u64(tsv, "spans", i, "begin_ns");

		assert_true(begin < tsv_u64(tsv, "spans", i, "end_ns"));
		if (tsv_u64(tsv, "spans", i, "row") !=
		    tsv_u64(tsv, "spans", i - 1, "row"))
			continue;
		if (begin == tsv_u64(tsv, "spans", i - 1, "begin_ns"))
			assert_true(tsv_real(tsv, "spans", i, "low") >=
				    tsv_real(tsv, "spans", i - 1, "high") -
					    1e-5);
		else
			assert_true(begin >=
				    tsv_u64(tsv, "spans", i - 1, "end_ns"));
	}
	tsv_free(tsv);
	report_free(r);
}

static void queues_and_heat_sum_to_the_waits(void **state)
{
	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++) {
		struct report *r = shape_make(busy[i]);
		struct tsv *locks = table_of(*state, r, "locks");
		struct tsv *heat = table_of(*state, r, "heat");

		assert_true(tsv_rows(locks, "locks") > 0);
		for (size_t row = 0; row < tsv_rows(locks, "locks"); row++) {
			const struct lock *l = lock_of(r, locks, row);

			assert_int_equal(tsv_sum(locks, "queue", "waiters_ns",
						 "row", (int64_t)row),
					 l->wait.total);
			assert_int_equal(tsv_sum(locks, "strips", "held_ns",
						 "row", (int64_t)row),
					 sum_series(&l->queue, 1));
		}
		for (size_t row = 0; row < tsv_rows(heat, "locks"); row++)
			assert_int_equal(tsv_sum(heat, "cells", "waiters_ns",
						 "row", (int64_t)row),
					 lock_of(r, heat, row)->wait.total);
		tsv_free(locks);
		tsv_free(heat);
		report_free(r);
	}
}

static void distributions_sum_to_their_counts(void **state)
{
	struct report *r = shape_make("demo");
	struct tsv *tsv = table_of(*state, r, "waits");

	for (size_t row = 0; row < tsv_rows(tsv, "locks"); row++) {
		const struct lock *l = lock_of(r, tsv, row);
		uint64_t counts[2] = { 0 };

		for (size_t i = 0; i < tsv_rows(tsv, "cells"); i++)
			if (tsv_u64(tsv, "cells", i, "row") == row)
				counts[tsv_u64(tsv, "cells", i, "what")] +=
					tsv_u64(tsv, "cells", i, "count");
		assert_int_equal(counts[0], l->wait.count);
		assert_int_equal(counts[1], l->hold.count);
	}
	assert_int_equal(tsv_u64(tsv, "marks", 0, "at_ns"),
			 lock_of(r, tsv, 0)->wait.p50);
	assert_int_equal(tsv_u64(tsv, "marks", 3, "at_ns"),
			 lock_of(r, tsv, 0)->wait.max);
	tsv_free(tsv);
	report_free(r);
}

static void both_matrices_and_handoff_sum_to_the_waits(void **state)
{
	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++) {
		struct report *r = shape_make(busy[i]);
		struct tsv *tsv = table_of(*state, r, "matrix");
		uint64_t waited = 0;

		for (size_t l = 0; l < r->n_locks; l++)
			waited +=
				r->locks[l].wait.total - r->locks[l].handoff_ns;
		for (size_t w = 0; w < r->n_unfinished; w++)
			waited += r->unfinished[w].wait_ns;
		for (int panel = 0; panel < 2; panel++)
			assert_int_equal(tsv_sum(tsv, "cells", "wait_ns",
						 "panel", panel),
					 waited);
		tsv_free(tsv);
		report_free(r);
	}
}

/* Two threads wait for each other from 200 to 900 ms: that is the holdup. */
static void waits_that_never_end_are_in_each_picture(void **state)
{
	struct report *r = shape_make("hang");
	struct tsv *tsv = table_of(*state, r, "timeline");
	struct open_hold holds[] = {
		{ .lock = 0, .thread = 0, .site = 1 },
		{ .lock = 1, .thread = 1, .site = 2 },
	};

	assert_non_null(strstr(tsv_meta(tsv, "waited"), ", 1 not ended; "));
	tsv_free(tsv);
	tsv = table_of(*state, r, "heat");
	assert_non_null(strstr(tsv_text(tsv, "locks", 1, "wait"), "not ended"));
	tsv_free(tsv);
	tsv = table_of(*state, r, "waits");
	assert_non_null(strstr(tsv_text(tsv, "locks", 0, "waits"),
			       "; 1 not ended, 700 ms so far"));
	tsv_free(tsv);
	r->open_holds = holds;
	r->n_open_holds = 2;
	tsv = table_of(*state, r, "matrix");
	assert_int_equal(tsv_u64(tsv, "cells", 0, "rows"), 3);
	assert_non_null(strstr(tsv_meta(tsv, "hint"), "1.40 s had not ended"));
	tsv_free(tsv);
	report_free(r);
}

/* A first contention that never ends leaves no other wait to go by. */
static void a_lock_that_nobody_ever_got_is_drawn(void **state)
{
	static const char *const kinds[] = { "locks", "waits", "heat" };
	struct report *r = shape_make("hang");

	for (size_t i = 0; i < r->n_locks; i++) {
		r->locks[i].wait = (struct dist){ 0 };
		r->locks[i].n_blame = 0;
		r->locks[i].handoff_ns = 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct tsv *tsv = table_of(*state, r, kinds[i]);

		assert_int_equal(tsv_rows(tsv, "locks"), 2);
		tsv_free(tsv);
	}
	struct tsv *tsv = table_of(*state, r, "matrix");

	assert_int_equal(tsv_sum(tsv, "cells", "wait_ns", "panel", 0),
			 1400000000);
	tsv_free(tsv);
	report_free(r);
}

/* The path of a hang lies in a wait: not behind "no lock". */
static void a_path_that_ends_in_a_wait_does_not_deny_it(void **state)
{
	struct report *r = shape_make("hang");
	struct path_share share = { .index = -1, .ns = 900000000 };
	struct tsv *tsv;

	r->path.length_ns = 900000000;
	memset(r->path.by_state_ns, 0, sizeof(r->path.by_state_ns));
	r->path.by_state_ns[STATE_LOCK] = 900000000;
	r->path.by_lock = &share;
	r->path.n_by_lock = 1;
	tsv = table_of(*state, r, "path");
	assert_string_equal(tsv_text(tsv, "bars", 0, "name"),
			    "none, or one not got by the end");
	tsv_free(tsv);
	report_free(r);
}

/* CPython's lock is a flag with a condition, beside a mutex of little use. */
static void the_lock_of_an_interpreter_is_a_lock(void **state)
{
	struct report *r = shape_make("demo");
	struct lock *gil = &r->locks[1];
	struct tsv *tsv;

	gil->kind = LOCK_CONDITION;
	gil->label = "Python GIL (libpython3.11.so.1.0)";
	gil->wait.total = r->locks[0].wait.total * 10;
	tsv = table_of(*state, r, "locks");
	assert_string_equal(tsv_text(tsv, "locks", 0, "label"), "Python GIL");
	tsv_free(tsv);
	report_free(r);
}

/* While a program still runs, its waits are on the board alone. */
static void waits_of_unknown_times_are_not_drawn_as_none(void **state)
{
	struct report *r = shape_make("two");
	struct tsv *tsv;

	for (size_t i = 0; i < r->n_locks; i++)
		r->locks[i].queue.n = 0;
	tsv = table_of(*state, r, "heat");
	assert_true(tsv_rows(tsv, "locks") > 0);
	assert_int_equal(tsv_rows(tsv, "cells"), 0);
	assert_non_null(strstr(tsv_meta(tsv, "hint"), "no event tells when"));
	tsv_free(tsv);
	report_free(r);
}

static void how_it_was_killed_is_said_in_words(void **state)
{
	struct report *r = shape_make("hang");
	struct tsv *tsv;

	r->run.ended = "signal";
	r->run.exit_status = 128 + 9;
	tsv = table_of(*state, r, "timeline");
	assert_non_null(strstr(tsv_meta(tsv, "notes"), "killed by signal 9 ("));
	tsv_free(tsv);
	report_free(r);
}

/* A distribution of 2 holds is none of 6,362. */
static void what_no_event_told_has_no_percentiles(void **state)
{
	struct report *r = shape_make("demo");
	struct lock *l = &r->locks[0];
	struct tsv *tsv;

	l->wait.n_bins = 0;
	l->hold.n_bins = 1;
	l->hold.bin_count[0] = 2;
	l->hold.count = 6362;
	tsv = table_of(*state, r, "waits");
	assert_string_equal(tsv_text(tsv, "locks", 0, "id"), l->id);
	assert_non_null(
		strstr(tsv_text(tsv, "locks", 0, "waits"), ", none told"));
	assert_non_null(
		strstr(tsv_text(tsv, "locks", 0, "holds"), "6,362 holds, "));
	assert_non_null(strstr(tsv_text(tsv, "locks", 0, "holds"), ", 2 told"));
	for (size_t i = 0; i < tsv_rows(tsv, "marks"); i++)
		assert_false(!tsv_u64(tsv, "marks", i, "row") &&
			     !tsv_u64(tsv, "marks", i, "what"));
	tsv_free(tsv);
	report_free(r);
}

/* Forked, a lock has one address, label and place in all processes. */
static void locks_of_several_processes_are_told_apart(void **state)
{
	struct report *r = shape_make("two");
	struct lock *locks = g_new(struct lock, 2);
	struct tsv *tsv;

	for (int i = 0; i < 2; i++) {
		locks[i] = r->locks[0];
		locks[i].pid = 100 + i;
		locks[i].group = 0;
		locks[i].instances = 1;
	}
	r->locks = locks;
	r->n_locks = 2;
	r->groups = arena_array(r->arena, 1, sizeof(r->groups[0]));
	r->groups[0] = locks[0];
	r->groups[0].instances = 2;
	r->n_groups = 1;
	tsv = table_of(*state, r, "locks");
	for (size_t i = 0; i < 2; i++)
		assert_true(g_str_has_suffix(tsv_text(tsv, "locks", i, "label"),
					     i ? " of 101" : " of 100"));
	tsv_free(tsv);
	g_free(locks);
	report_free(r);
}

/* One more thread than rows: a row is less than the sum of one. */
static void few_more_threads_than_rows_are_all_drawn(void **state)
{
	struct report *r = shape_make("threads");
	struct plot_options options = { .folder = scratch_path(*state, "p"),
					.kinds = "timeline",
					.tables_only = true };
	struct tsv *tsv;

	for (size_t i = 0; i < 25; i++)
		r->threads[i].name = "late";
	options.thread = "late";
	assert_int_equal(plot_draw(r, &options, NULL), 0);
	tsv = tsv_read(scratch_path(*state, "p/timeline.tsv"));
	assert_int_equal(tsv_rows(tsv, "threads"), 25);
	tsv_free(tsv);
	report_free(r);
}

static void utilization_sums_to_the_states_of_all_threads(void **state)
{
	struct report *r = shape_make("demo");
	struct tsv *tsv = table_of(*state, r, "utilization");

	for (int s = 0; s < STATE_N; s++) {
		uint64_t sum = 0;

		for (size_t t = 0; t < r->n_threads; t++)
			sum += r->threads[t].state_ns[s];
		assert_int_equal(tsv_sum(tsv, "stack", "ns", "state", s), sum);
	}
	for (uint32_t cpu = 0; cpu < r->run.cpus; cpu++)
		assert_int_equal(tsv_sum(tsv, "busy", "busy_ns", "cpu", cpu),
				 r->utilization.cpu_busy_ns[cpu]);
	tsv_free(tsv);
	report_free(r);
}

static void concurrency_keeps_all_time_when_bars_are_merged(void **state)
{
	struct report *r = shape_make("threads");
	struct tsv *tsv = table_of(*state, r, "concurrency");
	uint64_t running = 0, wanting = 0;

	for (size_t i = 0; i < r->utilization.n_concurrency; i++)
		running += r->utilization.concurrency_ns[i];
	for (size_t i = 0; i < r->utilization.n_demand; i++)
		wanting += r->utilization.demand_ns[i];
	assert_int_equal(tsv_sum(tsv, "bars", "running_ns", NULL, 0), running);
	assert_int_equal(tsv_sum(tsv, "bars", "wanting_ns", NULL, 0), wanting);
	tsv_free(tsv);
	report_free(r);
}

static void breakdowns_sum_to_the_holds(void **state)
{
	struct report *r = shape_make("locks");
	struct tsv *tsv = table_of(*state, r, "breakdown");

	assert_int_equal(tsv_rows(tsv, "locks"), 1000);
	for (size_t row = 0; row < tsv_rows(tsv, "locks"); row += 37)
		assert_int_equal(
			tsv_sum(tsv, "parts", "ns", "row", (int64_t)row),
			lock_of(r, tsv, row)->hold.total);
	tsv_free(tsv);
	report_free(r);
}

static void the_path_sums_to_its_length(void **state)
{
	struct report *r = shape_make("threads");
	struct tsv *tsv = table_of(*state, r, "path");
	uint64_t by_lock = 0;

	for (size_t i = 0; i < r->path.n_by_lock; i++)
		by_lock += r->path.by_lock[i].ns;
	assert_int_equal(tsv_sum(tsv, "states_bar", "ns", NULL, 0),
			 r->path.length_ns);
	assert_int_equal(tsv_sum(tsv, "bars", "ns", "panel", 0), by_lock);
	assert_int_equal(tsv_sum(tsv, "bars", "ns", "panel", 1),
			 r->path.length_ns);
	tsv_free(tsv);
	report_free(r);
}

static void the_order_graph_marks_inversions(void **state)
{
	struct report *r = shape_make("hang");
	struct tsv *tsv = table_of(*state, r, "order");

	assert_int_equal(tsv_rows(tsv, "nodes"), 2);
	assert_int_equal(tsv_rows(tsv, "edges"), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(tsv_u64(tsv, "nodes", i, "inverted"), 1);
		assert_int_equal(tsv_u64(tsv, "edges", i, "look"), 2);
	}
	assert_string_equal(tsv_text(tsv, "edges", 0, "first"), r->locks[0].id);
	assert_string_equal(tsv_text(tsv, "edges", 0, "second"),
			    r->locks[1].id);
	tsv_free(tsv);
	report_free(r);
}

static void comparisons_sum_to_the_states_of_each_recording(void **state)
{
	struct report *reports[] = { shape_make("demo"), shape_make("two") };
	struct plot_options options = { .folder = scratch_path(*state, "c"),
					.tables_only = true };
	struct tsv *tsv;

	assert_int_equal(plot_compare((const struct report *const *)reports, 2,
				      &options, NULL),
			 0);
	tsv = tsv_read(scratch_path(*state, "c/compare.tsv"));
	for (int i = 0; i < 2; i++) {
		uint64_t life = 0;

		for (size_t t = 0; t < reports[i]->n_threads; t++)
			life += reports[i]->threads[t].end_ns -
				reports[i]->threads[t].begin_ns;
		assert_int_equal(tsv_sum(tsv, "sums", "ns", "recording", i),
				 life);
		assert_int_equal(tsv_sum(tsv, "stack", "ns", "recording", i),
				 life);
		report_free(reports[i]);
	}
	tsv_free(tsv);
}

/* What gnuplot gets does not grow with the events: only px count. */
static void tables_are_bounded_by_the_picture(void **state)
{
	struct report *r = shape_make("threads");
	struct plot_options options = { .folder = scratch_path(*state, "b"),
					.tables_only = true };
	char *text;
	gsize bytes;

	assert_int_equal(plot_draw(r, &options, NULL), 0);
	assert_true(g_file_get_contents(scratch_path(*state, "b/timeline.tsv"),
					&text, &bytes, NULL));
	assert_true(bytes < (gsize)27 * PLOT_BINS * 5 * 60);
	g_free(text);
	report_free(r);
}

static void only_the_lock_and_thread_asked_for_are_drawn(void **state)
{
	struct report *r = shape_make("demo");
	struct plot_options options = { .folder = scratch_path(*state, "o"),
					.lock = "ledger2",
					.thread = "4003",
					.tables_only = true };
	struct tsv *tsv;

	assert_int_equal(plot_draw(r, &options, NULL), 0);
	tsv = tsv_read(scratch_path(*state, "o/waits.tsv"));
	assert_int_equal(tsv_rows(tsv, "locks"), 1);
	assert_string_equal(tsv_text(tsv, "locks", 0, "place"), "orders.c:43");
	tsv_free(tsv);
	tsv = tsv_read(scratch_path(*state, "o/timeline.tsv"));
	assert_int_equal(tsv_rows(tsv, "threads"), 1);
	assert_int_equal(tsv_u64(tsv, "threads", 0, "tid"), 4003);
	tsv_free(tsv);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(timeline_sums_to_the_states_of_each_thread),
		scratch_test(timeline_draws_the_rest_in_sum),
		scratch_test(nothing_in_a_timeline_overlaps),
		scratch_test(queues_and_heat_sum_to_the_waits),
		scratch_test(distributions_sum_to_their_counts),
		scratch_test(both_matrices_and_handoff_sum_to_the_waits),
		scratch_test(waits_that_never_end_are_in_each_picture),
		scratch_test(a_lock_that_nobody_ever_got_is_drawn),
		scratch_test(a_path_that_ends_in_a_wait_does_not_deny_it),
		scratch_test(the_lock_of_an_interpreter_is_a_lock),
		scratch_test(waits_of_unknown_times_are_not_drawn_as_none),
		scratch_test(how_it_was_killed_is_said_in_words),
		scratch_test(what_no_event_told_has_no_percentiles),
		scratch_test(locks_of_several_processes_are_told_apart),
		scratch_test(few_more_threads_than_rows_are_all_drawn),
		scratch_test(utilization_sums_to_the_states_of_all_threads),
		scratch_test(concurrency_keeps_all_time_when_bars_are_merged),
		scratch_test(breakdowns_sum_to_the_holds),
		scratch_test(the_path_sums_to_its_length),
		scratch_test(the_order_graph_marks_inversions),
		scratch_test(comparisons_sum_to_the_states_of_each_recording),
		scratch_test(tables_are_bounded_by_the_picture),
		scratch_test(only_the_lock_and_thread_asked_for_are_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
