/* Runs a variant once and keeps what it measured and printed. */
#include <stdlib.h>
#include <string.h>

#include "tracing/base/paths.h"
#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"
#include "workloads/spawn.h"

#define LIMIT_S 300 /* at the texts' own scale or a smaller one */

/* Above this share of the CPUs, others spoil a run. */
#define OTHERS_MOST 0.05
/* And below this one, the CPUs were not there, whoever had them. */
#define THERE_LEAST 0.85

char **lesson_command(const char *args, const char *where, double scale)
{
	char **words = g_strsplit(args, " ", -1);
	GPtrArray *argv = g_ptr_array_new();
	char *name = g_strdup_printf("%s/%s", where, words[0]);
	char *program = paths_lib(name);

	g_ptr_array_add(argv, g_strdup(program));
	for (char **word = words + 1; *word; word++)
		if (!strcmp(*word, "@C"))
			g_ptr_array_add(argv,
					g_strdup_printf("%u", lesson_cpus()));
		else if (**word)
			g_ptr_array_add(argv, g_strdup(*word));
	g_ptr_array_add(argv, g_strdup_printf("--scale=%.9g", scale));
	g_ptr_array_add(argv, NULL);
	free(program);
	g_free(name);
	g_strfreev(words);
	return (char **)g_ptr_array_free(argv, FALSE);
}

struct lesson_outcome *lesson_outcome_init(struct lesson_outcome *outcome,
					   const struct lesson_variant *variant)
{
	*outcome = (struct lesson_outcome){
		.variant = variant,
		.measures = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, g_free),
		.quiet = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       g_free),
		.texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       g_free),
		.plots = g_ptr_array_new_with_free_func(g_free),
		.turns = g_array_new(FALSE, FALSE, sizeof(double)),
	};
	return outcome;
}

void lesson_outcome_clear(struct lesson_outcome *outcome)
{
	g_hash_table_destroy(outcome->measures);
	g_hash_table_destroy(outcome->quiet);
	g_hash_table_destroy(outcome->texts);
	g_ptr_array_free(outcome->plots, TRUE);
	g_array_free(outcome->turns, TRUE);
	g_free(outcome->trace);
	g_free(outcome->no_trace);
	for (size_t i = 0; i < outcome->n_reports; i++)
		json_decref(outcome->reports[i].json);
}

static void add_to(GHashTable *samples, const char *key, unsigned round,
		   double value)
{
	struct sample *sample = g_hash_table_lookup(samples, key);

	if (!sample) {
		sample = g_new0(struct sample, 1);
		g_hash_table_insert(samples, g_strdup(key), sample);
	}
	sample_add(sample, round, value);
}

void lesson_measure_add(struct lesson_outcome *outcome, const char *key,
			double value)
{
	add_to(outcome->measures, key, outcome->runs, value);
	if (outcome->is_quiet)
		add_to(outcome->quiet, key, outcome->runs, value);
}

/* A list of numbers, such as an order: kept as text, and whether it rises. */
static void keep_list(struct lesson_outcome *outcome, const char *key,
		      const char *value)
{
	char **items = g_strsplit(value, " ", -1);
	char *rises = g_strdup_printf("%s.rises", key);
	bool is_rising = true;

	for (char **item = items; item[0] && item[1]; item++)
		is_rising &= g_ascii_strtod(item[0], NULL) <
			     g_ascii_strtod(item[1], NULL);
	lesson_measure_add(outcome, rises, is_rising);
	g_free(rises);
	g_strfreev(items);
}

void lesson_keep_line(struct lesson_outcome *outcome, const char *key,
		      const char *text)
{
	char *end;
	double value = g_ascii_strtod(text, &end);

	if (end != text && *end == '\0')
		lesson_measure_add(outcome, key, value);
	else if (end != text && *end == ' ')
		keep_list(outcome, key, text);
	g_hash_table_insert(outcome->texts, g_strdup(key), g_strdup(text));
}

/* A "key: value" line of the workload. */
static void keep_line(struct lesson_outcome *outcome, const char *line)
{
	const char *colon = strstr(line, ": ");
	char *key;

	if (!colon)
		return;
	key = g_strndup(line, (size_t)(colon - line));
	lesson_keep_line(outcome, key, colon + 2);
	g_free(key);
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void keep_usage(struct lesson_outcome *outcome,
		       const struct spawned *spawned)
{
	const struct rusage *usage = &spawned->usage;

	lesson_measure_add(outcome, "wall", spawned->wall_s);
	lesson_measure_add(outcome, "cpu",
			   seconds_of(usage->ru_utime) +
				   seconds_of(usage->ru_stime));
	lesson_measure_add(outcome, "voluntary", (double)usage->ru_nvcsw);
	lesson_measure_add(outcome, "involuntary", (double)usage->ru_nivcsw);
	lesson_measure_add(outcome, "right", spawned_status(spawned) == 0);
}

void lesson_run_begin(struct lesson_result *result, struct lesson_watch *watch)
{
	if (result->probe_s <= 0) /* learn how long it takes at best */
		for (int i = 0; i < 3; i++)
			lesson_cpus_there(&result->probe_s);
	if (result->there <= 0)
		result->there = lesson_cpus_there(&result->probe_s);
	lesson_watch_begin(watch);
}

/* The CPUs were there before and after, and nobody used them between. */
bool lesson_run_was_quiet(struct lesson_result *result,
			  const struct lesson_watch *watch, bool is_recording)
{
	double others = is_recording ? 0 : lesson_watch_end(watch);
	bool throttled = lesson_watch_throttled(watch);
	double before = result->there;

	result->there = lesson_cpus_there(&result->probe_s);
	return !throttled && others <= OTHERS_MOST && before >= THERE_LEAST &&
	       result->there >= THERE_LEAST;
}

unsigned lesson_limit_s(double scale)
{
	return (unsigned)(LIMIT_S * MAX(scale, 1));
}

int lesson_run_variant(struct lesson_result *lesson,
		       struct lesson_outcome *outcome, struct err *err)
{
	char **argv = lesson_command(outcome->variant->args, "workloads",
				     lesson->scale);
	struct lesson_watch watch;
	struct spawned spawned;
	char **lines;
	int result;

	lesson_run_begin(lesson, &watch);
	result = spawn_run(argv, lesson_limit_s(lesson->scale), &spawned, err);
	outcome->is_quiet = lesson_run_was_quiet(lesson, &watch, false);
	if (result == 0 && spawned.timed_out)
		result = err_set(err, "'%s' did not end within %u s",
				 outcome->variant->args,
				 lesson_limit_s(lesson->scale));
	if (result == 0 && spawned_status(&spawned) > 1)
		result = err_set(
			err, "'%s' failed (%d)%s%s", outcome->variant->args,
			spawned_status(&spawned),
			*spawned.complaint ? ": " : "", spawned.complaint);
	if (result == 0) {
		lines = g_strsplit(spawned.out, "\n", -1);
		for (char **line = lines; *line; line++)
			keep_line(outcome, *line);
		g_strfreev(lines);
		keep_usage(outcome, &spawned);
		outcome->runs++;
	}
	spawned_clear(&spawned);
	g_strfreev(argv);
	return result;
}
