/* Decides a lesson's checks from what was measured, and from nothing else. */
#include <math.h>
#include <string.h>

#include "workloads/lesson.h"

/* Above this share of the CPUs, others spoil what needs them. */
#define FOREIGN_LOAD 0.1

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

/* Figures of the sweep's curve. */
static bool curve_figure(const struct lesson_curve *curve, const char *key,
			 struct sample *out)
{
	const struct lesson_point *point = curve->point;
	unsigned n;

	if (curve->points == 0)
		return false;
	if (g_str_has_prefix(key, "at:")) { /* throughput there */
		n = (unsigned)g_ascii_strtoull(key + 3, NULL, 10);
		for (size_t i = 0; i < curve->points; i++)
			if (point[i].n == n)
				*out = point[i].throughput;
		return out->n > 0;
	}
	if (!strcmp(key, "first"))
		*out = point[0].throughput;
	else if (!strcmp(key, "best"))
		*out = point[curve->best].throughput;
	else if (!strcmp(key, "last"))
		*out = point[curve->points - 1].throughput;
	else if (!strcmp(key, "knee"))
		sample_add(out, point[curve->knee].n);
	else if (!strcmp(key, "most"))
		sample_add(out, point[curve->points - 1].n);
	else if (!strcmp(key, "cores")) { /* where threads = CPUs, or next */
		size_t i = 0;
		unsigned cpus = g_get_num_processors();

		while (i + 1 < curve->points && point[i].n < cpus)
			i++;
		*out = point[i].throughput;
	}
	return out->n > 0;
}

static bool trace_figure(const struct lesson_outcome *outcome, const char *name,
			 struct sample *out, const char **reason)
{
	double value;

	if (!outcome->report) {
		*reason = outcome->no_trace ? outcome->no_trace
					    : "it was not recorded";
		return false;
	}
	if (!lesson_trace_figure(outcome, name, &value)) {
		*reason = "the recording does not tell";
		return false;
	}
	sample_add(out, value);
	return true;
}

static bool find_measure(const struct lesson_result *result, const char *name,
			 struct sample *out, const char **reason)
{
	const char *dot = strchr(name, '.');
	const struct lesson_outcome *outcome;
	const struct sample *sample;

	memset(out, 0, sizeof(*out));
	*reason = "it was not measured";
	if (!dot)
		return false;
	if (g_str_has_prefix(name, "sweep."))
		return curve_figure(&result->curve, dot + 1, out);
	outcome = outcome_named(result, name, (size_t)(dot - name));
	if (!outcome)
		return false;
	if (g_str_has_prefix(dot + 1, "trace."))
		return trace_figure(outcome, dot + 1 + strlen("trace."), out,
				    reason);
	sample = g_hash_table_lookup(outcome->measures, dot + 1);
	if (!sample)
		return false;
	*out = *sample;
	return true;
}

/* The smallest or the largest value alone. */
static void reduce(struct sample *sample, const char *which)
{
	double value = sample->values[0];

	for (size_t i = 1; i < sample->n; i++)
		value = !strcmp(which, "min") ? MIN(value, sample->values[i])
					      : MAX(value, sample->values[i]);
	*sample = (struct sample){ .n = 1, .values = { value } };
}

bool lesson_measure(const struct lesson_result *result, const char *name,
		    struct sample *out, const char **reason)
{
	char **parts = g_strsplit(name, "@", 2);
	bool found = find_measure(result, parts[0], out, reason);

	if (found && parts[1] && out->n > 0)
		reduce(out, parts[1]);
	g_strfreev(parts);
	return found;
}

/* The name with one of the two variants put for the other. */
static char *exchanged(const char *name, const char *const swap[2])
{
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(swap[i]);

		if (!strncmp(name, swap[i], n) && name[n] == '.')
			return g_strdup_printf("%s%s", swap[1 - i], name + n);
	}
	return g_strdup(name);
}

static enum answer decide(const struct lesson_result *result,
			  const struct lesson_check *check,
			  const char *left_name, const char *right_name,
			  struct lesson_finding *finding)
{
	struct sample left, right;
	const char *reason = NULL;
	double factor =
		check->factor * pow((double)result->cpus, check->cpus_power);
	enum answer answer;

	finding->factor = factor;
	if (check->cpus > result->cpus) {
		finding->reason = g_strdup_printf(
			"it takes %u CPUs, and there %s %u", check->cpus,
			result->cpus == 1 ? "is" : "are", result->cpus);
		return ANSWER_UNDECIDED;
	}
	if (!lesson_measure(result, left_name, &left, &reason) ||
	    (right_name &&
	     !lesson_measure(result, right_name, &right, &reason))) {
		finding->reason = g_strdup(reason);
		return ANSWER_UNDECIDED;
	}
	answer = sample_compare(&left, check->relation, factor,
				check->tolerance, right_name ? &right : NULL,
				&finding->low, &finding->high);
	if (answer == ANSWER_UNDECIDED)
		finding->reason = g_strdup("the difference lies within the "
					   "spread of the runs");
	if (answer == ANSWER_NO && check->cpus > 0 &&
	    result->foreign > FOREIGN_LOAD) {
		finding->reason = g_strdup_printf(
			"other programs used %.0f %% of the CPUs meanwhile",
			100 * result->foreign);
		answer = ANSWER_UNDECIDED;
	}
	return answer;
}

static enum answer worse(enum answer a, enum answer b)
{
	if (a == ANSWER_NO || b == ANSWER_NO)
		return ANSWER_NO;
	return a == ANSWER_UNDECIDED ? a : b;
}

/* The verdict that the lesson would have got with its variants exchanged. */
static enum answer judge_swapped(const struct lesson_result *result)
{
	const struct lesson *lesson = result->lesson;
	enum answer answer = ANSWER_YES;

	for (const struct lesson_check *check = lesson->checks; check->left;
	     check++) {
		struct lesson_finding unused = { 0 };
		char *left = exchanged(check->left, lesson->swap);
		char *right = check->right
				      ? exchanged(check->right, lesson->swap)
				      : NULL;

		if (!check->aside)
			answer = worse(answer, decide(result, check, left,
						      right, &unused));
		g_free(unused.reason);
		g_free(right);
		g_free(left);
	}
	return answer;
}

void lesson_judge(struct lesson_result *result)
{
	result->answer = ANSWER_YES;
	result->n_findings = 0;
	for (const struct lesson_check *check = result->lesson->checks;
	     check->left; check++) {
		struct lesson_finding *finding =
			&result->findings[result->n_findings++];

		finding->check = check;
		finding->answer = decide(result, check, check->left,
					 check->right, finding);
		if (!check->aside)
			result->answer = worse(result->answer, finding->answer);
	}
	result->swapped = result->lesson->swap[0] ? judge_swapped(result)
						  : ANSWER_UNDECIDED;
}
