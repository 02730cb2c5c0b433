/* A comparison counts only when it lies outside the spread of both sides. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workloads/sample.h"

static struct sample of(size_t n, const double *values)
{
	struct sample sample = { 0 };

	for (size_t i = 0; i < n; i++)
		sample_add(&sample, (unsigned)i, values[i]);
	return sample;
}

#define OF(...)                                                      \
	of(sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double), \
	   (const double[]){ __VA_ARGS__ })

static enum answer compare(struct sample left, enum relation relation,
			   double factor, double tolerance, struct sample right)
{
	double low, high;

	return sample_compare(&left, relation, factor, tolerance, &right, &low,
			      &high);
}

static void median_is_the_middle_one(void **state)
{
	struct sample odd = OF(5, 1, 3), even = OF(4, 1, 3, 2), none = { 0 };

	(void)state;
	assert_true(sample_median(&odd) == 3);
	assert_true(sample_median(&even) == 2.5);
	assert_true(sample_median(&none) == 0);
}

static void five_values_are_bounded_by_their_ends(void **state)
{
	struct sample five = OF(5, 1, 3, 4, 2);
	double low, high;

	(void)state;
	sample_interval(&five, &low, &high);
	assert_true(low == 1 && high == 5);
}

static void many_values_are_bounded_inside_their_ends(void **state)
{
	struct sample many = { 0 };
	double low, high;

	(void)state;
	/* 15 values: 3 may be left out at each end (P = 0.965), 4 not. */
	for (int i = 1; i <= 15; i++)
		sample_add(&many, (unsigned)i, i);
	sample_interval(&many, &low, &high);
	assert_true(low == 4 && high == 12);
}

static void apart_is_decided_both_ways(void **state)
{
	(void)state;
	assert_int_equal(compare(OF(1, 1.1, 1.2), RELATION_BELOW, 0.5, 0,
				 OF(3, 3.1, 3.2)),
			 ANSWER_YES);
	assert_int_equal(compare(OF(3, 3.1, 3.2), RELATION_BELOW, 0.5, 0,
				 OF(1, 1.1, 1.2)),
			 ANSWER_NO);
	assert_int_equal(
		compare(OF(3, 3.1, 3.2), RELATION_ABOVE, 2, 0, OF(1, 1.1, 1.2)),
		ANSWER_YES);
	assert_int_equal(
		compare(OF(1, 1.1, 1.2), RELATION_ABOVE, 2, 0, OF(3, 3.1, 3.2)),
		ANSWER_NO);
}

static void overlap_decides_nothing(void **state)
{
	(void)state;
	assert_int_equal(
		compare(OF(1, 2, 3), RELATION_BELOW, 1, 0, OF(4, 3, 2)),
		ANSWER_UNDECIDED);
	assert_int_equal(
		compare(OF(1, 2, 3), RELATION_ABOVE, 1, 0, OF(4, 3, 2)),
		ANSWER_UNDECIDED);
	assert_int_equal(
		compare(OF(1, 2, 3), RELATION_ABOUT, 1, 0.1, OF(4, 3, 2)),
		ANSWER_UNDECIDED);
}

/* Both sides get slower and slower: their ratio does not. */
static void slow_spells_hit_both_sides_of_a_round(void **state)
{
	double low, high;
	struct sample left = OF(1, 2, 3, 4, 5);
	struct sample right = OF(2, 4, 6, 8, 10);

	(void)state;
	assert_int_equal(sample_compare(&left, RELATION_BELOW, 0.75, 0, &right,
					&low, &high),
			 ANSWER_YES);
	assert_true(low == 0.5 && high == 0.5);
}

static void one_spoilt_round_of_ten_decides_nothing(void **state)
{
	struct sample left = { 0 }, right = { 0 };
	double low, high;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		sample_add(&left, i, i == 3 ? 9 : 1);
		sample_add(&right, i, 2);
	}
	assert_int_equal(sample_compare(&left, RELATION_BELOW, 0.75, 0, &right,
					&low, &high),
			 ANSWER_YES);
	assert_true(low == 0.5 && high == 0.5);
	left.values[7] = 9; /* two are too many */
	assert_int_equal(sample_compare(&left, RELATION_BELOW, 0.75, 0, &right,
					&low, &high),
			 ANSWER_UNDECIDED);
}

/* Below or above the bound, as a coin says: which median would be at it. */
static double toss(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 63 ? 0.5 : 1.5;
}

static bool is_found_below(uint64_t *state)
{
	struct sample left = { 0 }, right = { 0 };
	double low, high;

	for (unsigned i = 1; i <= 20; i++) {
		sample_add(&left, i, toss(state));
		sample_add(&right, i, 1);
		if ((i == 5 || i == 10 || i == 20) &&
		    sample_compare(&left, RELATION_BELOW, 1, 0, &right, &low,
				   &high) == ANSWER_YES)
			return true;
	}
	return false;
}

static void three_looks_err_no_more_often_than_told(void **state)
{
	uint64_t random = 88172645463325252;
	unsigned errors = 0, trials = 20000;

	(void)state;
	for (unsigned i = 0; i < trials; i++)
		errors += is_found_below(&random);
	assert_in_range(errors, trials / 25, trials * 63 / 1000);
}

/* Quiet runs of one side need not be those of the other. */
static void sides_without_common_rounds_are_compared_by_their_ends(void **state)
{
	struct sample left = { 0 }, right = { 0 };
	double low, high;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		sample_add(&left, i, 1 + i);
		sample_add(&right, i + 5, 2 + i);
	}
	assert_int_equal(sample_compare(&left, RELATION_BELOW, 1, 0, &right,
					&low, &high),
			 ANSWER_UNDECIDED);
	assert_true(low == 1 / 7.0 && high == 6 / 2.0);
}

static void equal_counts_are_equal(void **state)
{
	(void)state;
	assert_int_equal(compare(OF(6, 6, 6), RELATION_ABOUT, 6, 0, OF(1)),
			 ANSWER_YES);
	assert_int_equal(compare(OF(7, 7, 7), RELATION_ABOUT, 6, 0, OF(1)),
			 ANSWER_NO);
	assert_int_equal(compare(OF(6, 7, 6), RELATION_ABOUT, 6, 0, OF(1)),
			 ANSWER_UNDECIDED);
}

static void zero_below_is_no_division(void **state)
{
	struct sample left = OF(190, 191), right = OF(0, 1);
	double low, high;

	(void)state;
	assert_int_equal(sample_compare(&left, RELATION_ABOVE, 2, 0, &right,
					&low, &high),
			 ANSWER_YES);
	assert_true(low == 191);
	/* A small part of nothing is beyond all bounds, and so not below. */
	assert_int_equal(
		compare(OF(0.1, 0.2), RELATION_BELOW, 0.5, 0, OF(0, 0)),
		ANSWER_NO);
	assert_int_equal(
		compare(OF(0.1, 0.2), RELATION_BELOW, 0.5, 0, OF(0, 0.1)),
		ANSWER_NO);
	assert_int_equal(compare(OF(0, 0), RELATION_ABOVE, 2, 0, OF(0, 0)),
			 ANSWER_NO);
}

static void nothing_measured_decides_nothing(void **state)
{
	struct sample none = { 0 };

	(void)state;
	assert_int_equal(compare(none, RELATION_BELOW, 1, 0, OF(1)),
			 ANSWER_UNDECIDED);
	assert_int_equal(compare(OF(1), RELATION_BELOW, 1, 0, none),
			 ANSWER_UNDECIDED);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(median_is_the_middle_one),
		cmocka_unit_test(five_values_are_bounded_by_their_ends),
		cmocka_unit_test(many_values_are_bounded_inside_their_ends),
		cmocka_unit_test(apart_is_decided_both_ways),
		cmocka_unit_test(overlap_decides_nothing),
		cmocka_unit_test(slow_spells_hit_both_sides_of_a_round),
		cmocka_unit_test(one_spoilt_round_of_ten_decides_nothing),
		cmocka_unit_test(three_looks_err_no_more_often_than_told),
		cmocka_unit_test(
			sides_without_common_rounds_are_compared_by_their_ends),
		cmocka_unit_test(equal_counts_are_equal),
		cmocka_unit_test(zero_below_is_no_division),
		cmocka_unit_test(nothing_measured_decides_nothing),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
