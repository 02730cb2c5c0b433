/* Records a variant, has its report made and its pictures drawn. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/base/paths.h"
#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"
#include "workloads/spawn.h"

#define LIMIT_S 300 /* for what reads recordings */

/* Above this share of the CPUs, others than the recorder spoil a recording. */
#define OTHERS_MOST 0.1

/*
 * Where the tracing daemon gets no CPU for long, the recorder gives it up, or
 * the program goes on without it.
 */
#define TRIES 3

static char **holdup_argv(const char *const *more)
{
	GPtrArray *argv = g_ptr_array_new();
	char *self = paths_self();

	g_ptr_array_add(argv, g_strdup(self));
	for (; *more; more++)
		g_ptr_array_add(argv, g_strdup(*more));
	g_ptr_array_add(argv, NULL);
	free(self);
	return (char **)g_ptr_array_free(argv, FALSE);
}

int lesson_holdup_run(const char *const *args, unsigned limit_s,
		      struct spawned *spawned, struct err *err)
{
	char **argv = holdup_argv(args);
	int result = spawn_run(argv, limit_s, spawned, err);

	g_strfreev(argv);
	return result ? -1 : spawned_status(spawned);
}

void lesson_holdup(const char *const args[])
{
	struct spawned spawned = { 0 };
	struct err err = { "" };

	lesson_holdup_run(args, LIMIT_S, &spawned, &err);
	spawned_clear(&spawned);
}

static char *why_not(const char *what, const struct spawned *spawned,
		     const struct err *err)
{
	const char *words = err->text[0]	 ? err->text
			    : spawned->timed_out ? "took too long"
			    : spawned->complaint && *spawned->complaint
				    ? spawned->complaint
				    : "failed";

	if (g_str_has_prefix(words, "holdup: "))
		words += strlen("holdup: ");
	return g_strdup_printf("%s: %s", what, words);
}

void lesson_add_words(GPtrArray *args, const char *const *words)
{
	for (; *words; words++)
		g_ptr_array_add(args, (char *)(uintptr_t)*words);
}

static int remove_one(const char *path, const struct stat *status, int kind,
		      struct FTW *where)
{
	(void)status, (void)kind, (void)where;
	return remove(path);
}

/* The recorder keeps the one before; a lesson has no use for it. */
static void drop_older(const char *trace)
{
	char *old = g_strdup_printf("%s.old", trace);
	char *manifest = g_strdup_printf("%s/holdup.json", old);

	if (g_file_test(manifest, G_FILE_TEST_EXISTS))
		nftw(old, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	g_free(manifest);
	g_free(old);
}

static bool record(struct lesson_outcome *outcome, double scale)
{
	char **command =
		lesson_command(outcome->variant->args, "workloads", scale);
	GPtrArray *args = g_ptr_array_new();
	struct spawned spawned = { 0 };
	struct err err = { "" };
	int status;

	lesson_add_words(args,
			 (const char *const[]){ "record", "-o", outcome->trace,
						"--", NULL });
	lesson_add_words(args, (const char *const *)command);
	g_ptr_array_add(args, NULL);
	status = lesson_holdup_run((const char *const *)args->pdata,
				   60 + lesson_limit_s(scale), &spawned, &err);
	if (status < 0 || status > 1)
		outcome->no_trace = why_not("recording", &spawned, &err);
	else
		drop_older(outcome->trace);
	spawned_clear(&spawned);
	g_ptr_array_free(args, TRUE);
	g_strfreev(command);
	return !outcome->no_trace;
}

/* The share of the CPUs that others used, as far as the recording knows it. */
static double others(const json_t *report)
{
	json_t *utilization = json_object_get(report, "utilization");
	double duration = json_number_value(
		json_object_get(json_object_get(report, "run"), "duration_ns"));
	json_t *cpus = json_object_get(utilization, "cpu_foreign_ns"), *cpu;
	double sum = 0;
	size_t i;

	json_array_foreach(cpus, i, cpu) sum += json_number_value(cpu);
	return duration > 0 && json_array_size(cpus) > 0
		       ? sum / duration / (double)json_array_size(cpus)
		       : 0;
}

static json_t *read_report(struct lesson_outcome *outcome)
{
	const char *const args[] = { "report", outcome->trace, "--format",
				     "json", NULL };
	struct spawned spawned = { 0 };
	struct err err = { "" };
	json_t *report = NULL;
	json_error_t where;

	if (lesson_holdup_run(args, LIMIT_S, &spawned, &err) == 0)
		report = json_loads(spawned.out, 0, &where);
	if (!report)
		outcome->no_trace = why_not("report", &spawned, &err);
	spawned_clear(&spawned);
	return report;
}

/* Whether all that the program told of itself has been heard. */
static bool is_heard(const json_t *report)
{
	json_t *run = json_object_get(report, "run");

	return json_integer_value(json_object_get(run, "events_lost")) == 0;
}

/* One recording, kept in the outcome; false: it tells too little. */
static bool record_once(struct lesson_result *result,
			struct lesson_outcome *outcome, bool is_last)
{
	struct lesson_watch watch;
	json_t *report;
	bool is_quiet;

	lesson_run_begin(result, &watch);
	if (!record(outcome, result->scale))
		return false;
	is_quiet = lesson_run_was_quiet(result, &watch, true);
	report = read_report(outcome);
	if (!report)
		return false;
	outcome->is_quiet = is_quiet && others(report) <= OTHERS_MOST;
	if ((!is_heard(report) ||
	     (outcome->variant->events && !lesson_read_events(outcome))) &&
	    !is_last) {
		json_decref(report);
		return false;
	}
	if (outcome->n_reports < LESSON_REPORTS)
		outcome->reports[outcome->n_reports++] =
			(struct lesson_report){ report, outcome->is_quiet };
	else
		json_decref(report);
	return true;
}

static void draw(struct lesson_outcome *outcome, const char *kinds, bool again)
{
	char *dir = g_strdup_printf("%s.plots", outcome->trace);
	const char *const args[] = { "plot",   outcome->trace, "-o", dir,
				     "--kind", kinds,	       NULL };
	char **names = g_strsplit(kinds, ",", -1);

	lesson_holdup(args);
	for (char **name = names; *name; name++) {
		char *file = g_strdup_printf("%s/%s.png", dir, *name);

		if (!again && g_file_test(file, G_FILE_TEST_EXISTS))
			g_ptr_array_add(outcome->plots, file);
		else
			g_free(file);
	}
	g_strfreev(names);
	g_free(dir);
}

void lesson_record(struct lesson_result *result, struct lesson_outcome *outcome,
		   const struct lesson_options *options)
{
	const char *plots = result->lesson->plots;
	bool again = outcome->n_reports > 0, done = false;

	if (!outcome->trace)
		outcome->trace = g_strdup_printf("%s/%s/%s.trace", options->out,
						 result->lesson->id,
						 outcome->variant->name);
	for (int i = 1; i <= TRIES && !done; i++) {
		g_clear_pointer(&outcome->no_trace, g_free);
		done = record_once(result, outcome, i == TRIES);
	}
	if (done && plots && !options->no_plots)
		draw(outcome, plots, again);
}

void lesson_compare(struct lesson_result *result,
		    const struct lesson_options *options)
{
	char *dir = g_strdup_printf("%s/%s", options->out, result->lesson->id);
	char *picture = g_strdup_printf("%s/compare.png", dir);
	GPtrArray *args = g_ptr_array_new();

	lesson_add_words(args, (const char *const[]){ "plot", NULL });
	for (size_t i = 0; i < result->n_outcomes; i++)
		if (result->outcomes[i].n_reports > 0)
			g_ptr_array_add(args, result->outcomes[i].trace);
	if (args->len > 2) {
		lesson_add_words(args,
				 (const char *const[]){ "-o", dir, NULL });
		g_ptr_array_add(args, NULL);
		lesson_holdup((const char *const *)args->pdata);
		if (g_file_test(picture, G_FILE_TEST_EXISTS))
			result->compare_plot = g_strdup(picture);
	}
	g_ptr_array_free(args, TRUE);
	g_free(picture);
	g_free(dir);
}
