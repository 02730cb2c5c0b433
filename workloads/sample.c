#include "workloads/sample.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE   0.93 /* 5 values: 0.9375 between smallest and largest */
#define ROUNDS_LEAST 5	  /* that make an interval of that confidence */

void sample_add(struct sample *sample, unsigned round, double value)
{
	if (sample->n >= SAMPLE_MOST)
		return;
	sample->rounds[sample->n] = round;
	sample->values[sample->n++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sorted(const struct sample *sample, double values[SAMPLE_MOST])
{
	memcpy(values, sample->values, sample->n * sizeof(double));
	qsort(values, sample->n, sizeof(double), by_value);
}

double sample_median(const struct sample *sample)
{
	double values[SAMPLE_MOST];
	size_t n = sample->n;

	if (n == 0)
		return 0;
	sorted(sample, values);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* How many values to leave out at each end. */
static size_t outside(size_t n)
{
	double term = pow(0.5, (double)n); /* P(exactly k below the median) */
	double tail = term;
	size_t k = 0;

	/* Leaving out k at each end misses the median with 2 * P(<= k). */
	while (2 * (k + 1) < n) {
		term *= (double)(n - k) / (double)(k + 1);
		if (1 - 2 * (tail + term) < CONFIDENCE)
			return k;
		tail += term;
		k++;
	}
	return k;
}

void sample_interval(const struct sample *sample, double *low, double *high)
{
	double values[SAMPLE_MOST];
	size_t k;

	*low = *high = 0;
	if (sample->n == 0)
		return;
	sorted(sample, values);
	k = outside(sample->n);
	*low = values[k];
	*high = values[sample->n - 1 - k];
}

double sample_spread(const struct sample *sample)
{
	double median = sample_median(sample), low, high;

	sample_interval(sample, &low, &high);
	return median > 0 ? (high - low) / 2 / median : 0;
}

static enum answer within(double low, double high, double from, double to)
{
	if (low >= from && high <= to)
		return ANSWER_YES;
	return high < from || low > to ? ANSWER_NO : ANSWER_UNDECIDED;
}

/* Of what may be nothing: beyond all bounds then, unless both are. */
static double ratio(double left, double right)
{
	return right > 0 ? left / right : left > 0 ? DBL_MAX : 0;
}

/* The ratios within the rounds that both have. */
static void pair(const struct sample *left, const struct sample *right,
		 struct sample *ratios)
{
	size_t j = 0;

	for (size_t i = 0; i < left->n; i++) {
		while (j < right->n && right->rounds[j] < left->rounds[i])
			j++;
		if (j < right->n && right->rounds[j] == left->rounds[i])
			sample_add(ratios, left->rounds[i],
				   ratio(left->values[i], right->values[j]));
	}
}

static void ratio_interval(const struct sample *left,
			   const struct sample *right, double *low,
			   double *high)
{
	struct sample ratios = { 0 };
	double right_low, right_high;

	pair(left, right, &ratios);
	if (ratios.n >= ROUNDS_LEAST ||
	    (ratios.n == left->n && ratios.n == right->n)) {
		sample_interval(&ratios, low, high);
		return;
	}
	sample_interval(left, low, high);
	sample_interval(right, &right_low, &right_high);
	*low = ratio(*low, right_high);
	*high = ratio(*high, right_low);
}

enum answer sample_compare(const struct sample *left, enum relation relation,
			   double factor, double tolerance,
			   const struct sample *right, double *low,
			   double *high)
{
	*low = *high = 0;
	if (left->n == 0 || (right && right->n == 0))
		return ANSWER_UNDECIDED;
	if (right)
		ratio_interval(left, right, low, high);
	else
		sample_interval(left, low, high);
	switch (relation) {
	case RELATION_BELOW:
		return *high < factor	? ANSWER_YES
		       : *low >= factor ? ANSWER_NO
					: ANSWER_UNDECIDED;
	case RELATION_ABOVE:
		return *low > factor	 ? ANSWER_YES
		       : *high <= factor ? ANSWER_NO
					 : ANSWER_UNDECIDED;
	case RELATION_ABOUT:
		return within(*low, *high, factor - tolerance,
			      factor + tolerance);
	case RELATION_NONE:
		break;
	}
	return ANSWER_UNDECIDED;
}
