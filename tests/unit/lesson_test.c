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
	for (; lesson->variants[result->n_outcomes].name;
	     result->n_outcomes++) {
		struct lesson_outcome *outcome =
			&result->outcomes[result->n_outcomes];

		outcome->variant = &lesson->variants[result->n_outcomes];
		outcome->measures = g_hash_table_new_full(
			g_str_hash, g_str_equal, g_free, g_free);
		outcome->texts = g_hash_table_new_full(g_str_hash, g_str_equal,
						       g_free, g_free);
		outcome->plots = g_ptr_array_new_with_free_func(g_free);
	}
	return result;
}

/* Three runs of both variants: seconds around these, and a count. */
static struct lesson_result *measured(double slow, double fast, double count)
{
	struct lesson_result *result = result_of(&made_up);

	for (int i = -1; i <= 1; i++) {
		lesson_measure_add(&result->outcomes[0], "seconds",
				   slow * (1 + 0.05 * i));
		lesson_measure_add(&result->outcomes[1], "seconds",
				   fast * (1 + 0.05 * i));
		lesson_measure_add(&result->outcomes[0], "count", 1);
		lesson_measure_add(&result->outcomes[1], "count", count);
	}
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

static void load_of_others_excuses_a_failure_but_no_success(void **state)
{
	struct lesson_result *slow = measured(1, 10, 3);
	struct lesson_result *fast = measured(10, 1, 3);

	(void)state;
	slow->foreign = fast->foreign = 0.9;
	assert_int_equal(judged(slow), ANSWER_UNDECIDED);
	assert_int_equal(judged(fast), ANSWER_YES);
	lesson_result_free(slow);
	lesson_result_free(fast);
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
	struct sample sample;
	const char *reason;

	(void)state;
	assert_true(
		lesson_measure(result, "slow.seconds@min", &sample, &reason));
	assert_int_equal(sample.n, 1);
	assert_true(sample.values[0] == 9.5);
	assert_true(
		lesson_measure(result, "slow.seconds@max", &sample, &reason));
	assert_true(sample.values[0] == 10.5);
	assert_false(lesson_measure(result, "slow.weight", &sample, &reason));
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
		cmocka_unit_test(
			load_of_others_excuses_a_failure_but_no_success),
		cmocka_unit_test(too_few_cpus_decide_nothing),
		cmocka_unit_test(what_was_not_measured_decides_nothing),
		cmocka_unit_test(smallest_and_largest_can_be_asked_for),
		cmocka_unit_test(every_lesson_names_what_it_has),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
