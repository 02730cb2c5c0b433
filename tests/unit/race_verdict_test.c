#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "analysis/race/stats.h"
#include "analysis/race/verdict.h"
#include "tracing/base/exits.h"

static void near(double is, double should)
{
	if (fabs(is - should) > 5e-5)
		fail_msg("%.6f instead of %.6f", is, should);
}

static void bounds_are_those_of_clopper_and_pearson(void **state)
{
	(void)state;
	/* All of n: the lower bound solves p^n = alpha. */
	near(stats_lower(10, 10, 0.025), 0.691503);
	near(stats_upper(10, 10, 0.025), 1);
	/* None of n: the upper bound solves (1 - p)^n = alpha. */
	near(stats_upper(0, 10, 0.025), 0.308497);
	near(stats_lower(0, 10, 0.025), 0);
	/* 5 of 10: 0.187086 to 0.812914; 1 of 20: 0.001265 to 0.248733. */
	near(stats_lower(5, 10, 0.025), 0.187086);
	near(stats_upper(5, 10, 0.025), 0.812914);
	near(stats_lower(1, 20, 0.025), 0.001265);
	near(stats_upper(1, 20, 0.025), 0.248733);
	/* One run: p = alpha. */
	near(stats_lower(1, 1, 0.05), 0.05);
	/* The rule of three: none of 100 is below 2.95 % at 95 %. */
	near(stats_upper(0, 100, 0.05), 0.029513);
}

static void clean_runs_needed_follow_from_the_chance_before(void **state)
{
	(void)state;
	/* p >= 0.005^(1/10) = 0.588704; 0.411296^6 = 0.00484 <= 0.005 */
	assert_int_equal(stats_needed(10, 10, 0.99), 6);
	/* p >= 0.025 (one run of one); 0.975^146 = 0.02479, ^145 = 0.02543 */
	assert_int_equal(stats_needed(1, 1, 0.95), 146);
	assert_true(stats_needed(0, 10, 0.99) == UINT64_MAX);
	assert_true(stats_needed(1, 400, 0.99) > 100000);
}

static void a_longer_silence_is_a_smaller_probability_of_a_miss(void **state)
{
	(void)state;
	near(stats_miss(0, 10, 10), 1);
	near(stats_miss(10, 10, 0), 1);
	assert_true(stats_miss(10, 10, 6) <= 0.01);
	assert_true(stats_miss(10, 10, 5) > 0.01);
	assert_true(stats_miss(10, 10, 20) < stats_miss(10, 10, 10));
	assert_true(stats_miss(5, 10, 20) > stats_miss(10, 10, 20));
}

/* A campaign by hand: runs, and in how many of them races were seen. */
struct made {
	struct campaign campaign;
	struct race_report reports[4];
};

static void make(struct made *made, struct race_pool *pool, uint64_t runs)
{
	*made = (struct made){ .campaign = { .runs = runs,
					     .pool = pool,
					     .rows = rows_new(),
					     .fatal = "" } };
}

static void add(struct made *made, enum race_kind kind, const char *variable,
		uint64_t seen_in)
{
	struct campaign *c = &made->campaign;
	struct race_report *report = &made->reports[c->rows->rows->len];

	*report = (struct race_report){ .kind = kind,
					.title = "",
					.variable = variable };
	for (uint64_t run = 0; run < seen_in; run++)
		rows_add_report(c->rows, report, run, run + 1, c->pool);
}

static enum verdict judge(struct made *before, struct made *after,
			  const struct second *second)
{
	struct race_result result = {
		.confidence = 0.99,
		.before = before ? &before->campaign : NULL,
		.after = &after->campaign,
		.second = second,
	};
	enum verdict verdict;

	verdict_judge(&result);
	verdict = result.verdict;
	assert_true((verdict == VERDICT_INCONCLUSIVE) ==
		    (result.reason->len > 0));
	verdict_clear(&result);
	return verdict;
}

static void clear(struct made *made)
{
	rows_free(made->campaign.rows);
}

static void one_program_is_clean_or_racy_or_in_doubt(void **state)
{
	struct race_pool *pool = race_pool_new();
	struct made clean, racy, hung, failing, none;

	(void)state;
	make(&clean, pool, 20);
	make(&racy, pool, 20);
	add(&racy, RACE_DATA, "x", 1);
	make(&hung, pool, 20);
	hung.campaign.hung = 1;
	add(&hung, RACE_HANG, "", 1);
	make(&failing, pool, 20);
	failing.campaign.failed = 20;
	add(&failing, RACE_STATUS, "1", 20);
	make(&none, pool, 0);
	assert_int_equal(judge(NULL, &clean, NULL), VERDICT_CLEAN);
	assert_int_equal(judge(NULL, &racy, NULL), VERDICT_RACES);
	assert_int_equal(judge(NULL, &hung, NULL), VERDICT_INCONCLUSIVE);
	assert_int_equal(judge(NULL, &failing, NULL), VERDICT_INCONCLUSIVE);
	assert_int_equal(judge(NULL, &none, NULL), VERDICT_INCONCLUSIVE);
	clear(&clean);
	clear(&racy);
	clear(&hung);
	clear(&failing);
	clear(&none);
	race_pool_free(pool);
}

static void a_fix_is_judged_by_what_was_seen_before(void **state)
{
	struct race_pool *pool = race_pool_new();
	struct made often, rare, clean, same, other, nothing;

	(void)state;
	make(&often, pool, 10);
	add(&often, RACE_DATA, "x", 10);
	make(&rare, pool, 10);
	add(&rare, RACE_DATA, "x", 1);
	make(&clean, pool, 6);
	make(&same, pool, 6);
	add(&same, RACE_DATA, "x", 1);
	make(&other, pool, 6);
	add(&other, RACE_DATA, "y", 1);
	make(&nothing, pool, 10);
	assert_int_equal(judge(&often, &clean, NULL), VERDICT_CONFIRMED);
	assert_int_equal(judge(&rare, &clean, NULL), VERDICT_INCONCLUSIVE);
	assert_int_equal(judge(&often, &same, NULL), VERDICT_NOT_FIXED);
	assert_int_equal(judge(&often, &other, NULL), VERDICT_NEW_RACE);
	assert_int_equal(judge(&nothing, &clean, NULL), VERDICT_INCONCLUSIVE);
	assert_int_equal(judge(&nothing, &other, NULL), VERDICT_RACES);
	clear(&often);
	clear(&rare);
	clear(&clean);
	clear(&same);
	clear(&other);
	clear(&nothing);
	race_pool_free(pool);
}

/* One race that shows in 1 of 10 runs hides no fix of those in 10 of 10. */
static void the_races_that_are_gone_are_told_from_the_rare(void **state)
{
	struct race_pool *pool = race_pool_new();
	struct made before, after;
	struct race_result result = { .confidence = 0.99,
				      .before = &before.campaign,
				      .after = &after.campaign };

	(void)state;
	make(&before, pool, 10);
	add(&before, RACE_DATA, "x", 10);
	add(&before, RACE_ORDER, "y", 10);
	add(&before, RACE_USE_AFTER_FREE, "z", 1);
	make(&after, pool, 6);
	verdict_judge(&result);
	assert_int_equal(result.verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(strstr(result.reason->str,
			       "2 of 3 races are gone; for race 3, rare"));
	verdict_clear(&result);
	clear(&before);
	clear(&after);
	race_pool_free(pool);
}

static void signs_count_where_there_is_nothing_better(void **state)
{
	struct race_pool *pool = race_pool_new();
	struct made hung, racy_and_wrong, clean;

	(void)state;
	make(&hung, pool, 10);
	hung.campaign.hung = 10;
	add(&hung, RACE_HANG, "", 10);
	make(&racy_and_wrong, pool, 10);
	add(&racy_and_wrong, RACE_DATA, "x", 10);
	add(&racy_and_wrong, RACE_STATUS, "1", 1);
	make(&clean, pool, 6);
	assert_int_equal(judge(&hung, &clean, NULL), VERDICT_CONFIRMED);
	assert_int_equal(judge(&hung, &hung, NULL), VERDICT_NOT_FIXED);
	assert_int_equal(judge(&racy_and_wrong, &clean, NULL),
			 VERDICT_CONFIRMED);
	clear(&hung);
	clear(&racy_and_wrong);
	clear(&clean);
	race_pool_free(pool);
}

static void a_second_detector_has_to_agree(void **state)
{
	static const struct second agrees = { .tool = "drd", .runs = 3 };
	static const struct second differs = { .tool = "helgrind",
					       .runs = 3,
					       .errors = 1 };
	struct race_pool *pool = race_pool_new();
	struct made clean;

	(void)state;
	make(&clean, pool, 20);
	assert_int_equal(judge(NULL, &clean, &agrees), VERDICT_CLEAN);
	assert_int_equal(judge(NULL, &clean, &differs), VERDICT_INCONCLUSIVE);
	clear(&clean);
	race_pool_free(pool);
}

static void exit_statuses_are_those_of_the_manual(void **state)
{
	(void)state;
	assert_int_equal(verdict_exits[VERDICT_CLEAN], 0);
	assert_int_equal(verdict_exits[VERDICT_CONFIRMED], 0);
	assert_int_equal(verdict_exits[VERDICT_RACES], 1);
	assert_int_equal(verdict_exits[VERDICT_NOT_FIXED], 1);
	assert_int_equal(verdict_exits[VERDICT_NEW_RACE], 1);
	assert_int_equal(verdict_exits[VERDICT_INCONCLUSIVE], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_those_of_clopper_and_pearson),
		cmocka_unit_test(
			clean_runs_needed_follow_from_the_chance_before),
		cmocka_unit_test(
			a_longer_silence_is_a_smaller_probability_of_a_miss),
		cmocka_unit_test(one_program_is_clean_or_racy_or_in_doubt),
		cmocka_unit_test(a_fix_is_judged_by_what_was_seen_before),
		cmocka_unit_test(
			the_races_that_are_gone_are_told_from_the_rare),
		cmocka_unit_test(signs_count_where_there_is_nothing_better),
		cmocka_unit_test(a_second_detector_has_to_agree),
		cmocka_unit_test(exit_statuses_are_those_of_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
