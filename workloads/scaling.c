#include "workloads/scaling.h"

#include <math.h>
#include <stdbool.h>

#define UNKNOWNS 3

/* Least squares: sum over points of (target - sum_j a[j] * basis[j])^2. */
struct squares {
	double matrix[UNKNOWNS][UNKNOWNS];
	double right[UNKNOWNS];
};

static void squares_add(struct squares *squares, const double basis[UNKNOWNS],
			double target)
{
	for (int i = 0; i < UNKNOWNS; i++) {
		for (int j = 0; j < UNKNOWNS; j++)
			squares->matrix[i][j] += basis[i] * basis[j];
		squares->right[i] += basis[i] * target;
	}
}

/* Solves for the unknowns in `use`, the others are 0; false: singular. */
static bool squares_solve(const struct squares *squares,
			  const bool use[UNKNOWNS], double a[UNKNOWNS])
{
	double m[UNKNOWNS][UNKNOWNS + 1];

	for (int i = 0; i < UNKNOWNS; i++) {
		for (int j = 0; j < UNKNOWNS; j++)
			m[i][j] = use[i] && use[j] ? squares->matrix[i][j]
						   : (double)(i == j);
		m[i][UNKNOWNS] = use[i] ? squares->right[i] : 0;
	}
	for (int i = 0; i < UNKNOWNS; i++) {
		if (fabs(m[i][i]) < 1e-12)
			return false; /* positive definite but for this */
		for (int k = 0; k < UNKNOWNS; k++) {
			double f = m[k][i] / m[i][i];

			for (int j = i; k != i && j <= UNKNOWNS; j++)
				m[k][j] -= f * m[i][j];
		}
	}
	for (int i = 0; i < UNKNOWNS; i++)
		a[i] = m[i][UNKNOWNS] / m[i][i];
	return true;
}

/* What is left of the sum of squares, but for the constant term. */
static double squares_rest(const struct squares *squares,
			   const double a[UNKNOWNS])
{
	double rest = 0;

	for (int i = 0; i < UNKNOWNS; i++) {
		rest -= 2 * a[i] * squares->right[i];
		for (int j = 0; j < UNKNOWNS; j++)
			rest += a[i] * a[j] * squares->matrix[i][j];
	}
	return rest;
}

/*
 * The best solution without negative unknowns: with so few of them, every
 * subset is tried. The first unknown is always in use.
 */
static bool squares_solve_positive(const struct squares *squares,
				   unsigned unknowns, double best[UNKNOWNS])
{
	double best_rest = (double)INFINITY;

	for (unsigned set = 1; set < 1U << unknowns; set += 2) {
		bool use[UNKNOWNS] = { set & 1, set & 2, set & 4 };
		double a[UNKNOWNS], rest;

		if (!squares_solve(squares, use, a) || a[0] <= 0 || a[1] < 0 ||
		    a[2] < 0)
			continue;
		rest = squares_rest(squares, a);
		if (rest >= best_rest)
			continue;
		best_rest = rest;
		for (int i = 0; i < UNKNOWNS; i++)
			best[i] = a[i];
	}
	return isfinite(best_rest);
}

/* Points in which n / X is linear; weighed so that its error is relative. */
static void add_points(struct squares *squares, const double *n,
		       const double *x, size_t points, bool usl)
{
	*squares = (struct squares){ 0 };
	for (size_t i = 0; i < points; i++) {
		double w = x[i] / n[i];
		const double amdahl[UNKNOWNS] = { w, w * (n[i] - 1), 0 };
		const double full[UNKNOWNS] = { w, w * (n[i] - 1),
						w * n[i] * (n[i] - 1) };

		squares_add(squares, usl ? full : amdahl, 1);
	}
}

double scaling_amdahl_at(const struct scaling_amdahl *fit, double n)
{
	return fit->one / (fit->serial + (1 - fit->serial) / n);
}

double scaling_usl_at(const struct scaling_usl *fit, double n)
{
	return fit->one * n /
	       (1 + fit->contention * (n - 1) + fit->coherency * n * (n - 1));
}

int scaling_fit_amdahl(const double *n, const double *x, size_t points,
		       struct scaling_amdahl *fit)
{
	struct squares squares;
	double a[UNKNOWNS] = { 0 }, sum = 0;

	/* n / X = 1/X1 + s/X1 (n - 1) */
	add_points(&squares, n, x, points, false);
	if (points < 2 || !squares_solve_positive(&squares, 2, a))
		return -1;
	fit->one = 1 / a[0];
	fit->serial = fmin(a[1] / a[0], 1);
	for (size_t i = 0; i < points; i++)
		sum += pow(scaling_amdahl_at(fit, n[i]) / x[i] - 1, 2);
	fit->error = sqrt(sum / (double)points);
	return 0;
}

int scaling_fit_usl(const double *n, const double *x, size_t points,
		    struct scaling_usl *fit)
{
	struct squares squares;
	double a[UNKNOWNS] = { 0 }, sum = 0;

	/* n / X = 1/X1 + a/X1 (n - 1) + b/X1 n (n - 1) */
	add_points(&squares, n, x, points, true);
	if (points < 3 || !squares_solve_positive(&squares, 3, a))
		return -1;
	fit->one = 1 / a[0];
	fit->contention = a[1] / a[0];
	fit->coherency = a[2] / a[0];
	if (fit->coherency <= 0)
		fit->peak = (double)INFINITY;
	else if (fit->contention >= 1)
		fit->peak = 1;
	else
		fit->peak = sqrt((1 - fit->contention) / fit->coherency);
	for (size_t i = 0; i < points; i++)
		sum += pow(scaling_usl_at(fit, n[i]) / x[i] - 1, 2);
	fit->error = sqrt(sum / (double)points);
	return 0;
}

size_t scaling_knee(const double *x, size_t points, double share)
{
	double most = 0;
	size_t knee = 0;

	for (size_t i = 0; i < points; i++)
		most = fmax(most, x[i]);
	while (knee + 1 < points && x[knee] < share * most)
		knee++;
	return knee;
}
