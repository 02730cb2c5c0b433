/*
 * Repeated measurements and what may be concluded from them.
 *
 * A comparison only counts when it lies outside the spread of both sides;
 * otherwise it is undecided. Values have the unit of whoever fills them in.
 */
#ifndef WORKLOADS_SAMPLE_H
#define WORKLOADS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#define SAMPLE_MOST 64

struct sample {
	size_t n;
	double values[SAMPLE_MOST];
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

/* Keeps the value if there is room for it. */
void sample_add(struct sample *sample, double value);

/* Middle value; 0 of none. */
double sample_median(const struct sample *sample);

/*
 * The interval in which the median lies with 94 % confidence, by order
 * statistics; from fewer than 5 values: all of them.
 */
void sample_interval(const struct sample *sample, double *low, double *high);

/* Half the width of that interval over the median, 0 to 1 and above. */
double sample_spread(const struct sample *sample);

/*
 * Compares left with factor * right. `low` and `high` (not NULL) get the bounds
 * of left / right; of left itself where right is NULL, which stands for 1.
 */
enum answer sample_compare(const struct sample *left, enum relation relation,
			   double factor, double tolerance,
			   const struct sample *right, double *low,
			   double *high);

#endif
