#include "analysis/overhead.h"

#include <math.h>

/* Half the width of a 95 % interval, in standard errors, for `n` samples
 * (Student's t); `n` is 2 or more. */
static double overhead_t95(size_t n)
{
	static const double t[] = { 0,	   0,	  12.71, 4.303, 3.182, 2.776,
				    2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
				    2.201, 2.179, 2.160, 2.145, 2.131 };
	const size_t known = sizeof(t) / sizeof(t[0]);

	return n < known ? t[n] : 2.1;
}

/*
 * The recorded run against the mean of the bare ones. The interval is that of
 * one more run: it holds the scatter of the recorded run, too.
 */
static void measured(const struct manifest *manifest, struct report *report)
{
	size_t n = manifest->n_baseline;
	double mean = 0, squares = 0, half = 0, ratio;

	for (size_t i = 0; i < n; i++)
		mean += (double)manifest->baseline[i].wall_ns / (double)n;
	if (mean <= 0 || !manifest->wall_ns)
		return;
	for (size_t i = 0; i < n; i++)
		squares += pow((double)manifest->baseline[i].wall_ns - mean, 2);
	if (n > 1)
		half = overhead_t95(n) *
		       sqrt(squares / (double)(n - 1) * (1 + 1 / (double)n)) /
		       mean;
	ratio = (double)manifest->wall_ns / mean - 1;
	report->overhead.baseline_runs = (uint32_t)n;
	/* Faster than bare is noise: nobody runs faster for being watched. */
	report->overhead.slowdown = fmax(ratio, 0);
	report->overhead.slowdown_low = fmax(ratio - half, 0);
	report->overhead.slowdown_high = fmax(ratio + half, 0);
}

void overhead_fill(const struct manifest *manifest, struct report *report)
{
	uint64_t cpu_ns = manifest->user_ns + manifest->system_ns;

	report->overhead.lock_operation_ns = manifest->pair_ns;
	report->overhead.cost_per_event_ns = manifest->event_ns;
	if (report->run.duration_ns)
		report->overhead.events_per_s = (double)report->run.events *
						1e9 /
						(double)report->run.duration_ns;
	if (cpu_ns)
		report->overhead.estimated_share = (double)report->run.events *
						   (double)manifest->event_ns /
						   (double)cpu_ns;
	if (manifest->n_baseline)
		measured(manifest, report);
}
