#include "workloads/lesson.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const struct lesson *lesson_find(const char *id)
{
	for (size_t i = 0; lessons[i]; i++)
		if (!strcmp(lessons[i]->id, id))
			return lessons[i];
	return NULL;
}

static unsigned cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set)
		       ? 1
		       : (unsigned)CPU_COUNT(&set);
}

static void say(const struct lesson_options *options,
		const struct lesson *lesson, const char *what)
{
	if (options->progress)
		options->progress(lesson->id, what);
}

/* One variant after the other, round by round: a slow spell hits all alike. */
static int run_all(struct lesson_result *result,
		   const struct lesson_options *options, struct err *err)
{
	for (unsigned run = 0; run < result->runs; run++)
		for (size_t i = 0; i < result->n_outcomes; i++) {
			struct lesson_outcome *outcome = &result->outcomes[i];
			char *what = g_strdup_printf("%s, run %u of %u",
						     outcome->variant->name,
						     run + 1, result->runs);

			say(options, result->lesson, what);
			g_free(what);
			if (lesson_run_variant(outcome, result->scale, err))
				return -1;
		}
	return 0;
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

/* CPU seconds since the machine started: all that was used, in `own` ours. */
static double cpu_seconds(double *own)
{
	struct rusage usage;
	char *text = NULL, *at;
	double busy = 0;

	getrusage(RUSAGE_CHILDREN, &usage);
	*own = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	if (!g_file_get_contents("/proc/stat", &text, NULL, NULL))
		return 0;
	/* cpu user nice system idle iowait irq softirq steal */
	at = text + strcspn(text, " ");
	for (int i = 0; i < 8; i++) {
		double ticks = g_ascii_strtod(at, &at);

		if (i != 3 && i != 4)
			busy += ticks;
	}
	g_free(text);
	return busy / (double)sysconf(_SC_CLK_TCK);
}

/* Runs everything, and finds out what others used of the CPUs meanwhile. */
static int measure(struct lesson_result *result,
		   const struct lesson_options *options, struct err *err)
{
	gint64 begin_us = g_get_monotonic_time();
	double own_before, own, before = cpu_seconds(&own_before);
	double busy, elapsed;

	if (run_all(result, options, err) ||
	    (result->lesson->sweep.args &&
	     lesson_sweep_do(result, options, err)))
		return -1;
	busy = cpu_seconds(&own) - before - (own - own_before);
	elapsed = (double)(g_get_monotonic_time() - begin_us) / 1e6;
	result->foreign = MAX(0, busy / elapsed / g_get_num_processors());
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
	result->cpus = cpus();
	for (; variant->name; variant++) {
		struct lesson_outcome *outcome =
			&result->outcomes[result->n_outcomes++];

		outcome->variant = variant;
		outcome->measures = g_hash_table_new_full(
			g_str_hash, g_str_equal, g_free, g_free);
		outcome->texts = g_hash_table_new_full(g_str_hash, g_str_equal,
						       g_free, g_free);
		outcome->plots = g_ptr_array_new_with_free_func(g_free);
	}
	if (make_folder(lesson, options, err) ||
	    measure(result, options, err)) {
		err_prefix(err, "lesson '%s'", lesson->id);
		lesson_result_free(result);
		return NULL;
	}
	if (lesson->sweep.args && !options->no_plots)
		lesson_sweep_draw(result, options);
	record_all(result, options);
	if (!options->no_plots)
		lesson_compare(result, options);
	lesson_judge(result);
	return result;
}

void lesson_result_free(struct lesson_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; i < result->n_outcomes; i++) {
		struct lesson_outcome *outcome = &result->outcomes[i];

		g_hash_table_destroy(outcome->measures);
		g_hash_table_destroy(outcome->texts);
		g_ptr_array_free(outcome->plots, TRUE);
		g_free(outcome->trace);
		g_free(outcome->no_trace);
		json_decref(outcome->report);
	}
	for (size_t i = 0; i < result->n_findings; i++)
		g_free(result->findings[i].reason);
	g_free(result->sweep_plot);
	g_free(result->compare_plot);
	g_free(result);
}
