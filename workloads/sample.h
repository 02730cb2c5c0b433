/*
 * Repeated measurements and what may be concluded from them.
 *
 * Runs of all sides are interleaved: each round runs every side once, every
 * other one in the opposite order, so that a slow spell of the machine hits all
 * of a round alike. Two sides are compared by the ratios within the rounds, and
 * what is judged is the median of those ratios. The interval in which it lies
 * comes from order statistics (the inverse of the sign test; David and
 * Nagaraja, Order Statistics, 7.1): of n ratios in order, the k smallest and
 * the k largest are left out, where k is the largest number for which 1 - 2 P(B
 * <= k) is 93 % or more, B being binomial with n and 1/2: 0 of 5 (93.8 %), 1 of
 * 10 (97.9 %), 5 of 20 (95.9 %). It assumes that rounds are independent and
 * nothing about how ratios are distributed, so that a run that was slowed down
 * costs no more than its rank.
 *
 * A claim is said to hold or not where all of that interval lies on one side
 * of its bound, and is undecided otherwise. Were its median ratio just at the
 * bound, a look at 5, 10 or 20 rounds would take it to one given side with a
 * chance of 3.1, 1.1 or 2.1 %; all three looks together with 6.3 % at most.
 *
 * Values have the unit of whoever fills them in.
 */
#ifndef WORKLOADS_SAMPLE_H
#define WORKLOADS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#define SAMPLE_MOST 64

struct sample {
	size_t n;
	double values[SAMPLE_MOST];
	unsigned rounds[SAMPLE_MOST]; /* that they come from; rising */
};

enum answer {
	ANSWER_YES,
	ANSWER_NO,
	ANSWER_UNDECIDED,
};

/* How a left side stands to a right side. */
enum relation {
	RELATION_NONE,	/* ends a list */
	RELATION_BELOW, /* left < factor * right */
	RELATION_ABOVE, /* left > factor * right */
	RELATION_ABOUT, /* left is factor * right, give or take a tolerance */
};

/* Keeps the value of a round if there is room for it. */
void sample_add(struct sample *sample, unsigned round, double value);

/* Middle value; 0 of none. */
double sample_median(const struct sample *sample);

/*
 * The interval in which the median lies, as above; from fewer than 5 values:
 * all of them.
 */
void sample_interval(const struct sample *sample, double *low, double *high);

/* Half the width of that interval over the median, 0 to 1 and above. */
double sample_spread(const struct sample *sample);

/*
 * Compares left with factor * right. `low` and `high` (not NULL) get the bounds
 * of left / right; of left itself where right is NULL, which stands for 1.
 * Sides with fewer than 5 rounds in common, and not all of them, are compared
 * by the ends of their two intervals instead, which is wider.
 */
enum answer sample_compare(const struct sample *left, enum relation relation,
			   double factor, double tolerance,
			   const struct sample *right, double *low,
			   double *high);

#endif
