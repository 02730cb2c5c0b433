#include "workloads/lesson.h"

#include <errno.h>
#include <string.h>

#include "workloads/lesson_parts.h"

/*
 * Where a claim stays open or looks false, rounds are doubled, twice at most,
 * and judged again each time: more looks would find something by chance
 * (sample.h).
 */
#define ROUNDS_TIMES 4
#define ROUNDS_LEAST 8	/* for a check that few runs seem to refute */
#define MORE_S	     15 /* that those of the last look may take */
#define RUNS_USUAL   5

const struct lesson *lesson_find(const char *id)
{
	for (size_t i = 0; lessons[i]; i++)
		if (!strcmp(lessons[i]->id, id))
			return lessons[i];
	return NULL;
}

static void say(const struct lesson_options *options,
		const struct lesson *lesson, const char *what)
{
	if (options->progress)
		options->progress(lesson->id, what);
}

/*
 * One variant after the other: a slow spell hits all alike. Every other round
 * goes backwards, so that no variant always follows the same one.
 */
static int run_round(struct lesson_result *result,
		     const struct lesson_options *options, struct err *err)
{
	size_t n = result->n_outcomes;
	bool is_backwards = n > 0 && result->outcomes[0].runs % 2 == 1;

	for (size_t i = 0; i < n; i++) {
		struct lesson_outcome *outcome =
			&result->outcomes[is_backwards ? n - 1 - i : i];
		char *what = g_strdup_printf(
			"%s, run %u of %u%s", outcome->variant->name,
			outcome->runs + 1, MAX(result->runs, outcome->runs + 1),
			outcome->runs < result->runs ? "" : ", to be sure");

		say(options, result->lesson, what);
		g_free(what);
		if (lesson_run_variant(result, outcome, err))
			return -1;
	}
	return lesson_sweep_round(result, options, err);
}

static void record_all(struct lesson_result *result,
		       const struct lesson_options *options)
{
	for (size_t i = 0; i < result->n_outcomes; i++) {
		struct lesson_outcome *outcome = &result->outcomes[i];

		if (outcome->variant->records) {
			say(options, result->lesson, "recording");
			lesson_record(result, outcome, options);
		}
		if (outcome->variant->races) {
			say(options, result->lesson, "looking for races");
			lesson_race(result, outcome);
		}
	}
}

/* Runs everything, and finds out what others used of the CPUs meanwhile. */
static int measure(struct lesson_result *result,
		   const struct lesson_options *options, struct err *err)
{
	struct lesson_watch watch;

	lesson_watch_begin(&watch);
	for (unsigned run = 0; run < result->runs; run++)
		if (run_round(result, options, err))
			return -1;
	lesson_sweep_fit(result);
	result->foreign = lesson_watch_end(&watch);
	return 0;
}

static double now_s(void)
{
	return (double)g_get_monotonic_time() / 1e6;
}

static bool is_recorded(const char *measure, const char *variant)
{
	size_t n = strlen(variant);

	return measure && !strncmp(measure, variant, n) &&
	       g_str_has_prefix(measure + n, ".trace");
}

/* Whether an answer that is not certain came from its recording. */
static bool is_asked(const struct lesson_result *result, const char *variant)
{
	for (size_t i = 0; i < result->n_findings; i++) {
		const struct lesson_finding *finding = &result->findings[i];

		if ((finding->is_doubtful || finding->is_open) &&
		    (is_recorded(finding->check->left, variant) ||
		     is_recorded(finding->check->right, variant)))
			return true;
	}
	return false;
}

static void record_again(struct lesson_result *result,
			 const struct lesson_options *options)
{
	for (size_t i = 0; i < result->n_outcomes; i++) {
		struct lesson_outcome *outcome = &result->outcomes[i];

		if (!outcome->variant->records ||
		    !is_asked(result, outcome->variant->name))
			continue;
		say(options, result->lesson, "recording once more");
		lesson_record(result, outcome, options);
	}
}

/* Whether more runs might change the verdict, or lend it more weight. */
static bool wants_more(const struct lesson_result *result, bool has_time)
{
	for (size_t i = 0; i < result->n_findings; i++) {
		const struct lesson_finding *finding = &result->findings[i];
		bool is_fickle = lesson_check_is_spoilable(finding->check);

		if (finding->check->aside)
			continue;
		if (finding->is_doubtful && (has_time || !is_fickle))
			return true;
		if (finding->is_open && has_time)
			return true;
	}
	return false;
}

static int run_more(struct lesson_result *result, unsigned rounds,
		    const struct lesson_options *options, struct err *err)
{
	for (; rounds > 0; rounds--) {
		if (run_round(result, options, err))
			return -1;
		record_again(result, options);
	}
	lesson_sweep_fit(result);
	return 0;
}

/* A claim that looks false gets more runs before anybody says so. */
static int judge(struct lesson_result *result,
		 const struct lesson_options *options, struct err *err)
{
	unsigned asked = result->runs, rounds = asked;
	unsigned most =
		MIN(MAX(ROUNDS_TIMES * asked, ROUNDS_LEAST), SAMPLE_MOST);
	/* Few runs were asked for: then to be fast is worth more. */
	bool has_time = asked >= RUNS_USUAL;

	lesson_judge(result);
	while (rounds < most && wants_more(result, has_time)) {
		unsigned more = MIN(rounds, most - rounds);
		double begin_s = now_s();

		if (run_more(result, more, options, err))
			return -1;
		rounds += more;
		lesson_judge(result);
		/* The next ones are twice as many. */
		has_time &= 2 * (now_s() - begin_s) <
			    MORE_S * MAX(result->scale, 1);
	}
	for (size_t i = 0; i < result->n_outcomes; i++)
		result->runs = MAX(result->runs, result->outcomes[i].runs);
	return 0;
}

static int make_folder(const struct lesson *lesson,
		       const struct lesson_options *options, struct err *err)
{
	char *dir = g_strdup_printf("%s/%s", options->out, lesson->id);
	int status = g_mkdir_with_parents(dir, 0777)
			     ? err_errno(err, errno, "cannot make '%s'", dir)
			     : 0;

	g_free(dir);
	return status;
}

struct lesson_result *lesson_do(const struct lesson *lesson,
				const struct lesson_options *options,
				struct err *err)
{
	struct lesson_result *result = g_new0(struct lesson_result, 1);
	const struct lesson_variant *variant = lesson->variants;

	result->lesson = lesson;
	result->scale = options->scale > 0 ? options->scale : lesson->scale;
	result->runs = MIN(options->runs, SAMPLE_MOST);
	result->cpus = lesson_cpus();
	for (; variant->name; variant++)
		lesson_outcome_init(&result->outcomes[result->n_outcomes++],
				    variant);
	if (make_folder(lesson, options, err) || measure(result, options, err))
		goto fail;
	record_all(result, options);
	if (judge(result, options, err))
		goto fail;
	if (!options->no_plots) {
		lesson_sweep_draw(result, options);
		lesson_turns_draw(result, options);
		lesson_compare(result, options);
	}
	return result;
fail:
	err_prefix(err, "lesson '%s'", lesson->id);
	lesson_result_free(result);
	return NULL;
}

void lesson_result_free(struct lesson_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; i < result->n_outcomes; i++)
		lesson_outcome_clear(&result->outcomes[i]);
	for (size_t i = 0; i < result->n_findings; i++)
		g_free(result->findings[i].reason);
	g_free(result->sweep_plot);
	g_free(result->compare_plot);
	g_free(result->turns_plot);
	g_free(result);
}
