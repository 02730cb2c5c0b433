#include "analysis/race/stats.h"

#include <math.h>

#define STEPS 100 /* of a bisection: beyond the precision of a double */

/* ln of C(n, k) p^k (1-p)^(n-k), for 0 < p < 1 */
static double log_term(uint64_t k, uint64_t n, double p)
{
	return lgamma((double)n + 1) - lgamma((double)k + 1) -
	       lgamma((double)(n - k) + 1) + (double)k * log(p) +
	       (double)(n - k) * log1p(-p);
}

/* P(from <= X <= to) of a binomial variable */
static double between(uint64_t from, uint64_t to, uint64_t n, double p)
{
	double sum = 0;

	if (p <= 0)
		return from == 0;
	if (p >= 1)
		return to == n;
	for (uint64_t k = from; k <= to; k++)
		sum += exp(log_term(k, n, p));
	return fmin(sum, 1);
}

double stats_lower(uint64_t seen, uint64_t runs, double alpha)
{
	double low = 0, high = 1;

	if (!seen)
		return 0;
	for (int i = 0; i < STEPS; i++) {
		double middle = (low + high) / 2;

		if (between(seen, runs, runs, middle) < alpha)
			low = middle;
		else
			high = middle;
	}
	return low;
}

double stats_upper(uint64_t seen, uint64_t runs, double alpha)
{
	double low = 0, high = 1;

	if (seen >= runs)
		return 1;
	for (int i = 0; i < STEPS; i++) {
		double middle = (low + high) / 2;

		if (between(0, seen, runs, middle) > alpha)
			low = middle;
		else
			high = middle;
	}
	return high;
}

uint64_t stats_needed(uint64_t seen, uint64_t runs, double confidence)
{
	double half = (1 - confidence) / 2;
	double chance = stats_lower(seen, runs, half);
	double needed;

	if (chance <= 0)
		return UINT64_MAX;
	if (chance >= 1)
		return 1;
	needed = ceil(log(half) / log1p(-chance));
	return needed < 1 ? 1 : needed > 1e18 ? UINT64_MAX : (uint64_t)needed;
}

double stats_miss(uint64_t seen, uint64_t runs, uint64_t clean)
{
	double low = 0, high = 1;

	if (!seen || !clean)
		return 1;
	for (int i = 0; i < STEPS; i++) {
		double middle = (low + high) / 2;

		if (stats_needed(seen, runs, 1 - middle) <= clean)
			high = middle;
		else
			low = middle;
	}
	return high;
}
