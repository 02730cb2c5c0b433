/* Verdicts follow from the measures alone, and the table is sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "workloads/lesson.h"

static const struct lesson made_up = {
	.id = "made-up",
	.claim = "Fast is faster than slow.",
	.variants = { { .name = "slow", .args = "x" },
		      { .name = "fast", .args = "x" } },
	.checks = { { .left = "fast.seconds",
		      RELATION_BELOW,
		      0.5,
		      .right = "slow.seconds",
		      .cpus = 1,
		      .says = "it takes less than half as long" },
		    { .left = "fast.count",
		      RELATION_ABOUT,
		      3,
		      .says = "it counts to three" } },
	.swap = { "slow", "fast" },
};

static struct lesson_result *result_of(const struct lesson *lesson)
{
	struct lesson_result *result = g_new0(struct lesson_result, 1);

	result->lesson = lesson;
	result->cpus = 2;
	for (; lesson->variants[result->n_outcomes].name; result->n_outcomes++)
		lesson_outcome_init(&result->outcomes[result->n_outcomes],
				    &lesson->variants[result->n_outcomes]);
	return result;
}

/* More runs of both variants: seconds around these, and a count. */
static void run_more(struct lesson_result *result, int runs, bool is_quiet,
		     double slow, double fast, double count)
{
	struct lesson_outcome *outcomes = result->outcomes;

	outcomes[0].is_quiet = outcomes[1].is_quiet = is_quiet;
	for (int i = 0; i < runs; i++) {
		int from_middle = i - runs / 2;
		double off = 1 + 0.05 * from_middle / runs;

		lesson_measure_add(&outcomes[0], "seconds", slow * off);
		lesson_measure_add(&outcomes[1], "seconds", fast / off);
		lesson_measure_add(&outcomes[0], "count", 1);
		lesson_measure_add(&outcomes[1], "count", count);
		outcomes[0].runs++;
		outcomes[1].runs++;
	}
}

static struct lesson_result *measured(double slow, double fast, double count)
{
	struct lesson_result *result = result_of(&made_up);

	run_more(result, 5, true, slow, fast, count);
	return result;
}

static enum answer judged(struct lesson_result *result)
{
	lesson_judge(result);
	return result->answer;
}

static void clear_difference_holds_and_fails_when_exchanged(void **state)
{
	struct lesson_result *result = measured(10, 1, 3);

	(void)state;
	assert_int_equal(judged(result), ANSWER_YES);
	assert_int_equal(result->swapped, ANSWER_NO);
	lesson_result_free(result);
}

static void false_claim_does_not_hold(void **state)
{
	struct lesson_result *result = measured(1, 10, 3);

	(void)state;
	assert_int_equal(judged(result), ANSWER_NO);
	lesson_result_free(result);
}

static void difference_within_the_spread_is_undecided(void **state)
{
	struct lesson_result *result = measured(2, 1, 3);

	(void)state;
	assert_int_equal(judged(result), ANSWER_UNDECIDED);
	assert_string_equal(result->findings[0].reason,
			    "the difference lies within the spread of the "
			    "runs");
	lesson_result_free(result);
}

static void one_false_check_is_enough(void **state)
{
	struct lesson_result *result = measured(10, 1, 4);

	(void)state;
	assert_int_equal(judged(result), ANSWER_NO);
	lesson_result_free(result);
}

static void firm_is_what_no_load_can_spoil(void **state)
{
	struct lesson_result *slow = measured(1, 10, 3);
	struct lesson_result *miscounted = measured(10, 1, 4);

	(void)state;
	assert_int_equal(judged(slow), ANSWER_NO);
	assert_int_equal(slow->firm, ANSWER_YES);
	assert_int_equal(judged(miscounted), ANSWER_NO);
	assert_int_equal(miscounted->firm, ANSWER_NO);
	lesson_result_free(slow);
	lesson_result_free(miscounted);
}

static void load_of_others_excuses_a_failure_but_no_success(void **state)
{
	struct lesson_result *slow = result_of(&made_up);
	struct lesson_result *fast = result_of(&made_up);

	(void)state;
	run_more(slow, 20, false, 1, 10, 3);
	run_more(fast, 20, false, 10, 1, 3);
	assert_int_equal(judged(slow), ANSWER_UNDECIDED);
	assert_true(slow->findings[0].is_doubtful);
	assert_int_equal(judged(fast), ANSWER_YES);
	assert_false(fast->findings[0].is_doubtful);
	lesson_result_free(slow);
	lesson_result_free(fast);
}

static void two_runs_are_too_few_for_a_no(void **state)
{
	struct lesson_result *result = result_of(&made_up);

	(void)state;
	run_more(result, 2, true, 1, 10, 3);
	assert_int_equal(judged(result), ANSWER_UNDECIDED);
	assert_true(result->findings[0].is_doubtful);
	run_more(result, 3, true, 1, 10, 3);
	assert_int_equal(judged(result), ANSWER_NO);
	lesson_result_free(result);
}

static void loud_runs_cannot_outvote_quiet_ones(void **state)
{
	struct lesson_result *result = result_of(&made_up);

	(void)state;
	run_more(result, 5, true, 10, 1, 3);
	run_more(result, 50, false, 10, 100, 3);
	assert_int_not_equal(judged(result), ANSWER_NO);
	lesson_result_free(result);
}

static void counts_decide_under_any_load(void **state)
{
	struct lesson_result *result = result_of(&made_up);

	(void)state;
	run_more(result, 2, false, 10, 1, 4);
	assert_int_equal(judged(result), ANSWER_NO);
	assert_true(result->findings[1].is_doubtful); /* more runs, please */
	run_more(result, 3, false, 10, 1, 4);
	assert_int_equal(judged(result), ANSWER_NO);
	assert_false(result->findings[1].is_doubtful);
	lesson_result_free(result);
}

static void too_few_cpus_decide_nothing(void **state)
{
	struct lesson_result *result = measured(10, 1, 3);

	(void)state;
	result->cpus = 0;
	assert_int_equal(judged(result), ANSWER_UNDECIDED);
	lesson_result_free(result);
}

static void what_was_not_measured_decides_nothing(void **state)
{
	struct lesson_result *result = result_of(&made_up);

	(void)state;
	assert_int_equal(judged(result), ANSWER_UNDECIDED);
	assert_string_equal(result->findings[0].reason, "it was not measured");
	lesson_result_free(result);
}

static void smallest_and_largest_can_be_asked_for(void **state)
{
	struct lesson_result *result = measured(10, 1, 3);
	struct lesson_measure measure;

	(void)state;
	assert_true(lesson_measure(result, "slow.seconds@min", &measure));
	assert_int_equal(measure.all.n, 1);
	assert_int_equal(measure.quiet_runs, 5);
	assert_true(measure.all.values[0] == 10 * (1 - 0.02));
	assert_true(lesson_measure(result, "slow.seconds@max", &measure));
	assert_true(measure.all.values[0] == 10 * (1 + 0.02));
	assert_false(lesson_measure(result, "slow.weight", &measure));
	lesson_result_free(result);
}

/* The table. */

static bool has_variant(const struct lesson *lesson, const char *name)
{
	size_t n = strcspn(name, ".");

	if (lesson->sweep.args && n == 5 && !strncmp(name, "sweep", n))
		return true;
	for (const struct lesson_variant *v = lesson->variants; v->name; v++)
		if (strlen(v->name) == n && !strncmp(v->name, name, n))
			return true;
	return false;
}

static void check_names(const struct lesson *lesson)
{
	size_t verdicts = 0;

	for (const struct lesson_check *c = lesson->checks; c->left; c++) {
		assert_true(has_variant(lesson, c->left));
		assert_true(!c->right || has_variant(lesson, c->right));
		assert_true(c->relation != RELATION_NONE);
		assert_non_null(c->says);
		verdicts += !c->aside;
	}
	assert_true(verdicts > 0);
	for (const struct lesson_show *s = lesson->shows; s->measure; s++) {
		assert_true(has_variant(lesson, s->measure));
		assert_non_null(strstr(s->words, "%s"));
	}
}

static bool is_about(const char *measure, const char *variant)
{
	size_t n = strlen(variant);

	return measure && !strncmp(measure, variant, n) && measure[n] == '.';
}

/* So that exchanging its variants can be seen on a loaded machine. */
static void every_swap_can_be_told_by_more_than_time(void **state)
{
	(void)state;
	for (size_t i = 0; lessons[i]; i++) {
		const char *const *swap = lessons[i]->swap;
		unsigned coarse = 0;

		print_message("# %s\n", lessons[i]->id);
		for (const struct lesson_check *c = lessons[i]->checks; c->left;
		     c++)
			coarse += !c->aside && (c->cpus == 0 || c->coarse) &&
				  (is_about(c->left, swap[0]) ||
				   is_about(c->left, swap[1]));
		assert_true(coarse > 0);
	}
}

static void every_lesson_names_what_it_has(void **state)
{
	(void)state;
	for (size_t i = 0; lessons[i]; i++) {
		const struct lesson *lesson = lessons[i];
		bool records = false;

		print_message("# %s\n", lesson->id);
		assert_ptr_equal(lesson_find(lesson->id), lesson);
		assert_non_null(lesson->claim);
		assert_true(lesson->scale > 0);
		assert_non_null(lesson->variants[1].name);
		for (const struct lesson_variant *v = lesson->variants; v->name;
		     v++)
			records |= v->records;
		assert_true(records && lesson->plots);
		assert_non_null(lesson->swap[0]);
		assert_true(has_variant(lesson, lesson->swap[0]));
		assert_true(has_variant(lesson, lesson->swap[1]));
		for (int line = 0; line < 3; line++)
			assert_non_null(lesson->look[line]);
		check_names(lesson);
	}
	assert_null(lesson_find("nonsense"));
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(
			clear_difference_holds_and_fails_when_exchanged),
		cmocka_unit_test(false_claim_does_not_hold),
		cmocka_unit_test(difference_within_the_spread_is_undecided),
		cmocka_unit_test(one_false_check_is_enough),
		cmocka_unit_test(firm_is_what_no_load_can_spoil),
		cmocka_unit_test(
			load_of_others_excuses_a_failure_but_no_success),
		cmocka_unit_test(two_runs_are_too_few_for_a_no),
		cmocka_unit_test(loud_runs_cannot_outvote_quiet_ones),
		cmocka_unit_test(counts_decide_under_any_load),
		cmocka_unit_test(too_few_cpus_decide_nothing),
		cmocka_unit_test(what_was_not_measured_decides_nothing),
		cmocka_unit_test(smallest_and_largest_can_be_asked_for),
		cmocka_unit_test(every_swap_can_be_told_by_more_than_time),
		cmocka_unit_test(every_lesson_names_what_it_has),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
