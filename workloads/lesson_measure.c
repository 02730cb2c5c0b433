/*
 * Looks up what was measured, by name. Each measure comes twice: from all runs,
 * and from the quiet ones alone, in which the CPUs were there.
 */
#include <string.h>

#include "workloads/lesson.h"

static const struct lesson_outcome *
outcome_named(const struct lesson_result *result, const char *name, size_t n)
{
	for (size_t i = 0; i < result->n_outcomes; i++) {
		const char *its = result->outcomes[i].variant->name;

		if (strlen(its) == n && !strncmp(its, name, n))
			return &result->outcomes[i];
	}
	return NULL;
}

static void point_figure(const struct lesson_point *point,
			 struct lesson_measure *out)
{
	out->all = point->throughput;
	out->quiet = point->quiet;
}

/* A number of threads, which the whole curve tells. */
static void threads_figure(const struct lesson_curve *curve, size_t at,
			   struct lesson_measure *out)
{
	sample_add(&out->all, 0, curve->point[at].n);
	sample_add(&out->quiet, 0, curve->point[at].n);
	out->quiet_runs = curve->point[0].quiet.n;
	for (size_t i = 1; i < curve->points; i++)
		out->quiet_runs = MIN(out->quiet_runs, curve->point[i].quiet.n);
}

/* The first point with that many threads, or with more; else the last. */
static size_t point_from(const struct lesson_curve *curve, unsigned threads)
{
	size_t i = 0;

	while (i + 1 < curve->points && curve->point[i].n < threads)
		i++;
	return i;
}

/* Figures of the sweep's curve. */
static bool curve_figure(const struct lesson_result *result, const char *key,
			 struct lesson_measure *out)
{
	const struct lesson_curve *curve = &result->curve;

	if (curve->points == 0)
		return false;
	if (!strcmp(key, "first"))
		point_figure(&curve->point[0], out);
	else if (!strcmp(key, "best"))
		point_figure(&curve->point[curve->best], out);
	else if (!strcmp(key, "last"))
		point_figure(&curve->point[curve->points - 1], out);
	else if (!strcmp(key, "knee"))
		threads_figure(curve, curve->knee, out);
	else if (!strcmp(key, "most"))
		threads_figure(curve, curve->points - 1, out);
	else if (!strcmp(key, "cores")) /* where threads = CPUs, or next */
		point_figure(&curve->point[point_from(curve, result->cpus)],
			     out);
	return out->all.n > 0;
}

static bool trace_figure(const struct lesson_outcome *outcome, const char *name,
			 struct lesson_measure *out)
{
	double value;

	if (outcome->n_reports == 0) {
		out->reason = outcome->no_trace ? outcome->no_trace
						: "it was not recorded";
		return false;
	}
	for (size_t i = 0; i < outcome->n_reports; i++) {
		const struct lesson_report *report = &outcome->reports[i];

		if (!lesson_report_figure(report->json, name, &value))
			continue;
		sample_add(&out->all, (unsigned)i, value);
		if (report->is_quiet)
			sample_add(&out->quiet, (unsigned)i, value);
	}
	out->reason = "the recording does not tell";
	return out->all.n > 0;
}

static bool find_measure(const struct lesson_result *result, const char *name,
			 struct lesson_measure *out)
{
	const char *dot = strchr(name, '.');
	const struct lesson_outcome *outcome;
	const struct sample *sample;

	out->reason = "it was not measured";
	if (!dot)
		return false;
	if (g_str_has_prefix(name, "sweep."))
		return curve_figure(result, dot + 1, out);
	outcome = outcome_named(result, name, (size_t)(dot - name));
	if (!outcome)
		return false;
	if (g_str_has_prefix(dot + 1, "trace."))
		return trace_figure(outcome, dot + 1 + strlen("trace."), out);
	sample = g_hash_table_lookup(outcome->measures, dot + 1);
	if (!sample)
		return false;
	out->all = *sample;
	sample = g_hash_table_lookup(outcome->quiet, dot + 1);
	if (sample)
		out->quiet = *sample;
	return true;
}

/* The smallest or the largest value alone. */
static void reduce(struct sample *sample, const char *which)
{
	double value = sample->values[0];

	if (sample->n == 0)
		return;
	for (size_t i = 1; i < sample->n; i++)
		value = !strcmp(which, "min") ? MIN(value, sample->values[i])
					      : MAX(value, sample->values[i]);
	*sample = (struct sample){ .n = 0 };
	sample_add(sample, 0, value);
}

bool lesson_measure(const struct lesson_result *result, const char *name,
		    struct lesson_measure *out)
{
	char **parts = g_strsplit(name, "@", 2);
	bool found;

	memset(out, 0, sizeof(*out));
	found = find_measure(result, parts[0], out);
	if (found) {
		out->reason = NULL;
		if (out->runs == 0) {
			out->runs = out->all.n;
			out->quiet_runs = out->quiet.n;
		}
		if (parts[1]) {
			reduce(&out->all, parts[1]);
			reduce(&out->quiet, parts[1]);
		}
	}
	g_strfreev(parts);
	return found;
}
