/*
 * Decides a lesson's checks from what was measured, and from nothing else.
 *
 * That a claim does not hold must never be said for the load of others: others
 * on the CPUs, and neighbours of a virtual machine, slow single runs down at
 * will. So a check that depends on them may only fail on quiet runs, in which
 * the CPUs were there, and on so many that the interval of the median
 * (sample.h) lies beyond the bound. Short of that it is doubtful, and more runs
 * are made (lesson.c); what is still doubtful then stays undecided. A check of
 * counts, orders or what blocks fails on any runs, but gets as many.
 */
#include <math.h>
#include <string.h>

#include "workloads/lesson.h"

/* Quiet runs that it takes to say no. */
#define RUNS_LEAST	 5
#define RECORDINGS_LEAST 3

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

static bool is_of_trace(const char *name)
{
	return strstr(name, ".trace.") || strstr(name, ".traced.");
}

/* Quiet or not. */
static bool has_few_runs(const char *name, const struct lesson_measure *measure)
{
	return measure->runs <
	       (is_of_trace(name) ? RECORDINGS_LEAST : RUNS_LEAST);
}

static bool is_enough(const char *name, const struct lesson_measure *measure)
{
	return measure->quiet_runs >=
	       (is_of_trace(name) ? RECORDINGS_LEAST : RUNS_LEAST);
}

/* What the quiet runs alone say, if there are enough of them. */
static enum answer decide_quietly(const struct lesson_check *check,
				  const struct lesson_measure *left,
				  const struct lesson_measure *right,
				  enum answer answer,
				  struct lesson_finding *finding)
{
	double low, high;
	enum answer quiet = sample_compare(
		&left->quiet, check->relation, finding->factor,
		check->tolerance, right ? &right->quiet : NULL, &low, &high);

	if (is_enough(check->left, left) &&
	    (!right || is_enough(check->right, right))) {
		finding->low = low;
		finding->high = high;
		return quiet;
	}
	finding->is_doubtful = answer == ANSWER_NO;
	return ANSWER_UNDECIDED;
}

static char *why_open(const struct lesson_finding *finding,
		      const struct lesson_measure *left,
		      const struct lesson_measure *right)
{
	const struct lesson_measure *least =
		right && right->quiet_runs < left->quiet_runs ? right : left;
	size_t needed = is_of_trace(finding->check->left) ? RECORDINGS_LEAST
							  : RUNS_LEAST;

	if (finding->is_doubtful)
		return g_strdup_printf("it looks false, but to say so takes "
				       "%zu runs with all CPUs free, and %zu "
				       "of %zu had them",
				       needed, least->quiet_runs, least->runs);
	if (least->quiet_runs == least->runs)
		return g_strdup("the difference lies within the spread of the "
				"runs");
	return g_strdup_printf("the difference lies within the spread of the "
			       "runs; not all CPUs were free in %zu of %zu",
			       least->runs - least->quiet_runs, least->runs);
}

bool lesson_check_is_spoilable(const struct lesson_check *check)
{
	return check->cpus > 0 && !check->coarse;
}

static enum answer decide(const struct lesson_result *result,
			  const struct lesson_check *check,
			  const char *left_name, const char *right_name,
			  struct lesson_finding *finding)
{
	struct lesson_measure left, right;
	enum answer answer;

	finding->factor =
		check->factor * pow((double)result->cpus, check->cpus_power);
	if (check->cpus > result->cpus) {
		finding->reason = g_strdup_printf(
			"it takes %u CPUs, and there %s %u", check->cpus,
			result->cpus == 1 ? "is" : "are", result->cpus);
		return ANSWER_UNDECIDED;
	}
	if (!lesson_measure(result, left_name, &left)) {
		finding->reason = g_strdup(left.reason);
		return ANSWER_UNDECIDED;
	}
	if (right_name && !lesson_measure(result, right_name, &right)) {
		finding->reason = g_strdup(right.reason);
		return ANSWER_UNDECIDED;
	}
	answer = sample_compare(
		&left.all, check->relation, finding->factor, check->tolerance,
		right_name ? &right.all : NULL, &finding->low, &finding->high);
	if (answer != ANSWER_YES && lesson_check_is_spoilable(check))
		answer =
			decide_quietly(check, &left, right_name ? &right : NULL,
				       answer, finding);
	/* Counts need no quiet; but a no deserves a second look. */
	if (answer == ANSWER_NO)
		finding->is_doubtful =
			has_few_runs(left_name, &left) ||
			(right_name && has_few_runs(right_name, &right));
	if (answer == ANSWER_UNDECIDED)
		finding->reason =
			why_open(finding, &left, right_name ? &right : NULL);
	finding->is_open = answer == ANSWER_UNDECIDED && check->cpus > 0;
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
		struct lesson_finding unused = { .check = check };
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
	result->answer = result->firm = ANSWER_YES;
	for (size_t i = 0; i < result->n_findings; i++)
		g_free(result->findings[i].reason);
	memset(result->findings, 0, sizeof(result->findings));
	result->n_findings = 0;
	for (const struct lesson_check *check = result->lesson->checks;
	     check->left; check++) {
		struct lesson_finding *finding =
			&result->findings[result->n_findings++];

		finding->check = check;
		finding->answer = decide(result, check, check->left,
					 check->right, finding);
		if (check->aside)
			continue;
		result->answer = worse(result->answer, finding->answer);
		if (!lesson_check_is_spoilable(check))
			result->firm = worse(result->firm, finding->answer);
	}
	result->swapped = result->lesson->swap[0] ? judge_swapped(result)
						  : ANSWER_UNDECIDED;
}
