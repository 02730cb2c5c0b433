#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/hist.h"
#include "analysis/series.h"

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void percentiles_are_within_one_percent(void **state)
{
	enum { N = 20000 };
	uint64_t *values = malloc(N * sizeof(*values));
	struct hist hist = { 0 };
	uint64_t x = 88172645463325252ull;

	(void)state;
	assert_non_null(values);
	for (int i = 0; i < N; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		values[i] = (x >> 20) >> (x % 40);
		hist_add(&hist, values[i], 1);
	}
	qsort(values, N, sizeof(*values), by_number);
	for (int p = 1; p < 100; p++) {
		uint64_t rank = (uint64_t)N * (uint64_t)p / 100;
		double truth = (double)values[rank - 1];
		double told = (double)hist_percentile(&hist, p / 100.0);

		assert_true(told >= truth * 0.99 - 1);
		assert_true(told <= truth * 1.01 + 1);
	}
	assert_int_equal(hist_percentile(&hist, 1), values[N - 1]);
	assert_int_equal(hist.count, N);
	hist_clear(&hist);
	free(values);
}

static void merged_histograms_are_as_one(void **state)
{
	struct hist a = { 0 }, b = { 0 }, both = { 0 };

	(void)state;
	for (uint64_t i = 1; i < 1000; i++) {
		hist_add(i % 3 ? &a : &b, i * i, 2);
		hist_add(&both, i * i, 2);
	}
	hist_merge(&a, &b);
	assert_int_equal(a.total, both.total);
	assert_int_equal(a.count, both.count);
	assert_int_equal(a.max, both.max);
	for (int p = 1; p <= 100; p++)
		assert_int_equal(hist_percentile(&a, p / 100.0),
				 hist_percentile(&both, p / 100.0));
	hist_clear(&a);
	hist_clear(&b);
	hist_clear(&both);
}

static uint64_t sum_of(const struct series *s, uint32_t row)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->n; i++)
		sum += s->values[(size_t)i * s->rows + row];
	return sum;
}

static void bins_that_widen_keep_their_sum(void **state)
{
	struct arena *arena = arena_new();
	struct tally tally, more;
	struct series series;
	uint64_t sum = 0;

	(void)state;
	tally_init(&tally, 500, 16, 3);
	tally_init(&more, 500, 16, 3);
	for (uint64_t i = 0; i < 5000; i++) {
		tally_add(&tally, 1, 500 + i * 977, 500 + i * 977 + 300, 2);
		sum += 600;
	}
	tally_add(&more, 1, 500, 700, 1);
	tally_merge(&tally, &more);
	tally_series(&tally, 500, 500 + 5000ull * 977, &series, arena);
	assert_int_equal(sum_of(&series, 1), sum + 200);
	assert_int_equal(sum_of(&series, 0), 0);
	assert_true(series.n <= 16);
	assert_true(series.n * series.width_ns >= 5000ul * 977);
	tally_clear(&tally);
	tally_clear(&more);
	arena_free(arena);
}

static void owner_of_most_of_a_bin_is_its_owner(void **state)
{
	struct arena *arena = arena_new();
	struct reign reign;
	struct series series;

	(void)state;
	reign_init(&reign, 0, 4);
	for (uint64_t t = 0; t < 400000; t += 1000) {
		reign_add(&reign, t < 200000 ? 11 : 12, t, t + 700);
		reign_add(&reign, 13, t + 700, t + 1000);
	}
	reign_series(&reign, 0, 400000, &series, arena);
	assert_int_equal(series.values[0], 11);
	assert_int_equal(series.values[series.n - 1], 12);
	reign_clear(&reign);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_within_one_percent),
		cmocka_unit_test(merged_histograms_are_as_one),
		cmocka_unit_test(bins_that_widen_keep_their_sum),
		cmocka_unit_test(owner_of_most_of_a_bin_is_its_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
