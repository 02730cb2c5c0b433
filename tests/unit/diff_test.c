#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "analysis/diff.h"
#include "analysis/groups.h"
#include "tests/unit/sample_report.h"

#define MS 1000000ull

static void assert_near(double value, double wanted, double within)
{
	if (!(fabs(value - wanted) <= within))
		fail_msg("%.9f is not %.9f", value, wanted);
}

static void add_run(struct diff *diff, enum diff_side side, uint64_t ms)
{
	struct report *report = sample_convoy();

	report->run.duration_ns = ms * MS;
	report->locks[0].wait.total = 10 * ms * MS;
	groups_make(report, false);
	diff_add(diff, side, report);
	report_free(report);
}

static const struct diff_row *row_of(struct diff *diff, enum diff_scope scope,
				     const char *metric)
{
	size_t n;
	const struct diff_row *rows = diff_rows(diff, &n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].scope == scope && !strcmp(rows[i].metric, metric))
			return &rows[i];
	fail_msg("no row '%s'", metric);
	return NULL;
}

static void welch_interval_is_that_computed_by_hand(void **state)
{
	struct diff *diff = diff_new();
	const struct diff_row *row;

	(void)state;
	/* means 200, 100; variances 100, 25; n 3: both means are known to
	 * sqrt(100 / 3) / 200 = 0.028868 of themselves, their ratio to sqrt(2)
	 * times that; freedom = 4, t(4) = 2.776: a factor of
	 * exp(2.776 * 0.040825) = 1.12 either way */
	add_run(diff, DIFF_BEFORE, 190);
	add_run(diff, DIFF_BEFORE, 200);
	add_run(diff, DIFF_BEFORE, 210);
	add_run(diff, DIFF_AFTER, 95);
	add_run(diff, DIFF_AFTER, 100);
	add_run(diff, DIFF_AFTER, 105);
	row = row_of(diff, DIFF_RUN, "duration_ns");
	assert_near(row->change, -0.5, 1e-9);
	assert_true(row->has_interval && row->significant);
	assert_near(1 + row->high, 0.5 * exp(2.776 * 0.0408248), 1e-6);
	assert_near(1 + row->low, 0.5 / exp(2.776 * 0.0408248), 1e-6);
	row = row_of(diff, DIFF_LOCK, "wait_ns");
	assert_string_equal(row->label, "ledger (orders.c:41)");
	assert_near(row->change, -0.5, 1e-9);
	diff_free(diff);
}

static void scatter_is_no_change(void **state)
{
	struct diff *diff = diff_new();
	struct diff_condition condition;

	(void)state;
	add_run(diff, DIFF_BEFORE, 100);
	add_run(diff, DIFF_BEFORE, 300);
	add_run(diff, DIFF_AFTER, 150);
	add_run(diff, DIFF_AFTER, 400);
	assert_false(row_of(diff, DIFF_RUN, "duration_ns")->significant);
	assert_int_equal(diff_parse("run.duration_ns +10%", &condition, NULL),
			 0);
	assert_null(diff_meets(diff, &condition));
	diff_free(diff);
}

static void one_recording_a_side_has_no_interval(void **state)
{
	struct diff *diff = diff_new();
	struct diff_condition condition;

	(void)state;
	add_run(diff, DIFF_BEFORE, 100);
	add_run(diff, DIFF_AFTER, 120);
	assert_false(row_of(diff, DIFF_RUN, "duration_ns")->has_interval);
	assert_int_equal(diff_parse("lock.wait_ns +10%", &condition, NULL), 0);
	assert_non_null(diff_meets(diff, &condition));
	assert_int_equal(diff_parse("lock.wait_ns +30%", &condition, NULL), 0);
	assert_null(diff_meets(diff, &condition));
	assert_int_equal(diff_parse("lock.wait_ns -1%", &condition, NULL), 0);
	assert_null(diff_meets(diff, &condition));
	assert_int_equal(
		diff_parse("lock[ledger].wait_ns +10%", &condition, NULL), 0);
	assert_non_null(diff_meets(diff, &condition));
	assert_int_equal(
		diff_parse("lock[other].wait_ns +10%", &condition, NULL), 0);
	assert_null(diff_meets(diff, &condition));
	diff_free(diff);
}

/* What is new and tiny, beside all that has gone, is nobody's regression. */
static void a_new_lock_of_no_weight_meets_no_condition(void **state)
{
	struct diff *diff = diff_new();
	struct report *report = sample_convoy();
	struct diff_condition condition;

	(void)state;
	add_run(diff, DIFF_BEFORE, 1000);
	report->locks[0].label = "new (orders.c:50)";
	report->locks[0].wait.total = 1000;
	groups_make(report, false);
	diff_add(diff, DIFF_AFTER, report);
	report_free(report);
	assert_int_equal(diff_parse("lock.wait_ns +10%", &condition, NULL), 0);
	assert_null(diff_meets(diff, &condition));
	assert_int_equal(diff_parse("lock[new].wait_ns +10%", &condition, NULL),
			 0);
	assert_non_null(diff_meets(diff, &condition));
	diff_free(diff);
}

static void conditions_that_mean_nothing_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"lock",
		"lock.wait_ns",
		"lock.wait_ns 10%",
		"lock.wait_ns +10",
		"lock.wait_ns +x%",
		"lock.nonsense +10%",
		"run.wait_ns +1%",
		"locks.wait_p99_ns +1%",
		"run[x].duration_ns +1%",
		"lock[].wait_ns +1%",
		"lock[x.wait_ns +1%",
	};
	struct diff_condition condition;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!diff_parse(bad[i], &condition, NULL))
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(diff_parse("lock[a[*].b (c.c:1)].hold_ns-5.5%",
				    &condition, NULL),
			 0);
	assert_string_equal(condition.lock, "a[*].b (c.c:1)");
	assert_near(condition.change, -0.055, 1e-9);
}

/* To a third, and what scatters by a third: a factor, no difference. */
static void a_fall_by_a_factor_is_significant_for_all_its_scatter(void **state)
{
	struct diff *diff = diff_new();
	const struct diff_row *row;

	(void)state;
	add_run(diff, DIFF_BEFORE, 555);
	add_run(diff, DIFF_BEFORE, 440);
	add_run(diff, DIFF_BEFORE, 330);
	add_run(diff, DIFF_AFTER, 128);
	add_run(diff, DIFF_AFTER, 90);
	add_run(diff, DIFF_AFTER, 100);
	row = row_of(diff, DIFF_RUN, "duration_ns");
	assert_true(row->significant);
	assert_true(row->low > -1 && row->high < -0.5);
	diff_free(diff);
}

static void what_is_gone_is_less(void **state)
{
	struct diff *diff = diff_new();
	const struct diff_row *row;

	(void)state;
	add_run(diff, DIFF_BEFORE, 190);
	add_run(diff, DIFF_BEFORE, 210);
	add_run(diff, DIFF_AFTER, 0);
	add_run(diff, DIFF_AFTER, 0);
	row = row_of(diff, DIFF_LOCK, "wait_ns");
	assert_near(row->change, -1, 1e-9);
	assert_near(row->low, -1, 1e-9);
	assert_true(row->significant);
	diff_free(diff);
}

static void a_lock_that_no_recording_has_is_not_known(void **state)
{
	struct diff *diff = diff_new();
	struct diff_condition condition;

	(void)state;
	add_run(diff, DIFF_BEFORE, 190);
	add_run(diff, DIFF_AFTER, 200);
	assert_int_equal(
		diff_parse("lock[ledger].wait_ns +1%", &condition, NULL), 0);
	assert_true(diff_knows(diff, &condition));
	assert_int_equal(
		diff_parse("lock[legder].wait_ns +1%", &condition, NULL), 0);
	assert_false(diff_knows(diff, &condition));
	assert_int_equal(diff_parse("lock.wait_ns +1%", &condition, NULL), 0);
	assert_true(diff_knows(diff, &condition));
	diff_free(diff);
}

static void what_speaks_against_a_comparison_is_noted(void **state)
{
	struct diff *diff = diff_new();
	struct report *report = sample_convoy();
	const char *const *notes;
	size_t n;

	(void)state;
	report->run.truncated = false;
	report->run.events_lost = report->run.untold = 0;
	diff_add(diff, DIFF_BEFORE, report);
	(void)diff_notes(diff, &n);
	assert_int_equal(n, 0);
	report->run.truncated = true;
	report->run.argc = 0;
	report->run.command = "/bin/other";
	diff_add(diff, DIFF_AFTER, report);
	notes = diff_notes(diff, &n);
	assert_int_equal(n, 2);
	assert_non_null(strstr(notes[0], "is damaged or cut off."));
	assert_non_null(strstr(notes[1], "is of another program."));
	report_free(report);
	diff_free(diff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(welch_interval_is_that_computed_by_hand),
		cmocka_unit_test(scatter_is_no_change),
		cmocka_unit_test(one_recording_a_side_has_no_interval),
		cmocka_unit_test(a_new_lock_of_no_weight_meets_no_condition),
		cmocka_unit_test(conditions_that_mean_nothing_are_refused),
		cmocka_unit_test(
			a_fall_by_a_factor_is_significant_for_all_its_scatter),
		cmocka_unit_test(what_is_gone_is_less),
		cmocka_unit_test(a_lock_that_no_recording_has_is_not_known),
		cmocka_unit_test(what_speaks_against_a_comparison_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
