/* The fits find the parameters of curves that were made from the laws. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workloads/scaling.h"

#define POINTS 8
static const double n[POINTS] = { 1, 2, 3, 4, 8, 16, 32, 64 };

static void about(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		fail_msg("%g is not %g +- %g", value, expected, tolerance);
}

static void amdahl_curve_gives_its_serial_share(void **state)
{
	const struct scaling_amdahl law = { .one = 250, .serial = 0.07 };
	struct scaling_amdahl fit;
	double x[POINTS];

	(void)state;
	for (int i = 0; i < POINTS; i++)
		x[i] = scaling_amdahl_at(&law, n[i]);
	assert_int_equal(scaling_fit_amdahl(n, x, POINTS, &fit), 0);
	about(fit.one, 250, 1e-6);
	about(fit.serial, 0.07, 1e-9);
	about(fit.error, 0, 1e-9);
}

static void usl_curve_gives_its_coefficients_and_peak(void **state)
{
	const struct scaling_usl law = { .one = 995,
					 .contention = 0.03,
					 .coherency = 0.0002 };
	struct scaling_usl fit;
	double x[POINTS];

	(void)state;
	for (int i = 0; i < POINTS; i++)
		x[i] = scaling_usl_at(&law, n[i]);
	assert_int_equal(scaling_fit_usl(n, x, POINTS, &fit), 0);
	about(fit.one, 995, 1e-6);
	about(fit.contention, 0.03, 1e-9);
	about(fit.coherency, 0.0002, 1e-10);
	about(fit.peak, sqrt(0.97 / 0.0002), 1e-3);
}

static void linear_curve_has_no_serial_share_and_no_peak(void **state)
{
	struct scaling_amdahl amdahl;
	struct scaling_usl usl;
	double x[POINTS];

	(void)state;
	for (int i = 0; i < POINTS; i++)
		x[i] = 10 * n[i];
	assert_int_equal(scaling_fit_amdahl(n, x, POINTS, &amdahl), 0);
	about(amdahl.serial, 0, 1e-9);
	assert_int_equal(scaling_fit_usl(n, x, POINTS, &usl), 0);
	about(usl.contention, 0, 1e-9);
	assert_true(usl.peak > 1e3);
}

static void flat_curve_is_all_serial(void **state)
{
	const double x[POINTS] = { 5, 5, 5, 5, 5, 5, 5, 5 };
	struct scaling_amdahl fit;

	(void)state;
	assert_int_equal(scaling_fit_amdahl(n, x, POINTS, &fit), 0);
	about(fit.serial, 1, 1e-9);
}

static void superlinear_points_give_no_negative_parameters(void **state)
{
	const double x[4] = { 10, 21, 33, 46 };
	struct scaling_amdahl amdahl;
	struct scaling_usl usl;

	(void)state;
	assert_int_equal(scaling_fit_amdahl(n, x, 4, &amdahl), 0);
	assert_true(amdahl.serial >= 0);
	assert_int_equal(scaling_fit_usl(n, x, 4, &usl), 0);
	assert_true(usl.contention >= 0 && usl.coherency >= 0);
}

static void noise_of_some_percent_moves_the_fit_little(void **state)
{
	const double noise[POINTS] = { 1.01, 0.98, 1.02,  0.99,
				       1.01, 1.02, 0.985, 1.0 };
	const struct scaling_usl law = { .one = 100,
					 .contention = 0.05,
					 .coherency = 0.001 };
	struct scaling_usl fit;
	double x[POINTS];

	(void)state;
	for (int i = 0; i < POINTS; i++)
		x[i] = noise[i] * scaling_usl_at(&law, n[i]);
	assert_int_equal(scaling_fit_usl(n, x, POINTS, &fit), 0);
	about(fit.contention, 0.05, 0.01);
	about(fit.coherency, 0.001, 0.0003);
	assert_true(fit.error < 0.03);
}

static void too_few_points_are_refused(void **state)
{
	const double x[2] = { 1, 2 };
	struct scaling_amdahl amdahl;
	struct scaling_usl usl;

	(void)state;
	assert_int_equal(scaling_fit_amdahl(n, x, 1, &amdahl), -1);
	assert_int_equal(scaling_fit_usl(n, x, 2, &usl), -1);
}

static void knee_is_the_first_point_near_the_top(void **state)
{
	const double x[6] = { 10, 19, 36, 55, 58, 40 };

	(void)state;
	assert_int_equal(scaling_knee(x, 6, 0.9), 3);
	assert_int_equal(scaling_knee(x, 6, 0.99), 4);
	assert_int_equal(scaling_knee(x, 1, 0.9), 0);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(amdahl_curve_gives_its_serial_share),
		cmocka_unit_test(usl_curve_gives_its_coefficients_and_peak),
		cmocka_unit_test(linear_curve_has_no_serial_share_and_no_peak),
		cmocka_unit_test(flat_curve_is_all_serial),
		cmocka_unit_test(
			superlinear_points_give_no_negative_parameters),
		cmocka_unit_test(noise_of_some_percent_moves_the_fit_little),
		cmocka_unit_test(too_few_points_are_refused),
		cmocka_unit_test(knee_is_the_first_point_near_the_top),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
