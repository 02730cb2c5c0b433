/*
 * Laws of scaling, fitted to throughput measured at 1 to N workers.
 *
 * Amdahl:  X(n) = X1 / (s + (1 - s) / n)
 * USL:     X(n) = X1 n / (1 + a (n - 1) + b n (n - 1))
 *
 * Both by least squares of the relative error of n / X(n), in which both are
 * linear; shares and coefficients are kept from being negative.
 */
#ifndef WORKLOADS_SCALING_H
#define WORKLOADS_SCALING_H

#include <stddef.h>

struct scaling_amdahl {
	double one;    /* X1 */
	double serial; /* s: share that does not divide, 0 to 1 */
	double error;  /* root mean square, relative */
};

struct scaling_usl {
	double one;	   /* X1 */
	double contention; /* a: queueing for what is shared */
	double coherency;  /* b: keeping it coherent */
	double peak;	   /* n of the largest X; INFINITY: none */
	double error;
};

/* Each returns 0, or -1 if there are fewer points than unknowns. */
int scaling_fit_amdahl(const double *n, const double *x, size_t points,
		       struct scaling_amdahl *fit);
int scaling_fit_usl(const double *n, const double *x, size_t points,
		    struct scaling_usl *fit);

double scaling_amdahl_at(const struct scaling_amdahl *fit, double n);
double scaling_usl_at(const struct scaling_usl *fit, double n);

/* Index of the first point with at least `share` of the largest x. */
size_t scaling_knee(const double *x, size_t points, double share);

#endif
