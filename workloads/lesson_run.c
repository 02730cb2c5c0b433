/* Runs a variant once and keeps what it measured and printed. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/base/paths.h"
#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"
#include "workloads/spawn.h"

#define LIMIT_S 120

static unsigned cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set)
		       ? 1
		       : (unsigned)CPU_COUNT(&set);
}

char **lesson_command(const char *args, const char *where, double scale)
{
	char **words = g_strsplit(args, " ", -1);
	GPtrArray *argv = g_ptr_array_new();
	char *name = g_strdup_printf("%s/%s", where, words[0]);
	char *program = paths_lib(name);

	g_ptr_array_add(argv, g_strdup(program));
	for (char **word = words + 1; *word; word++)
		if (!strcmp(*word, "@C"))
			g_ptr_array_add(argv, g_strdup_printf("%u", cpus()));
		else if (**word)
			g_ptr_array_add(argv, g_strdup(*word));
	g_ptr_array_add(argv, g_strdup_printf("--scale=%.9g", scale));
	g_ptr_array_add(argv, NULL);
	free(program);
	g_free(name);
	g_strfreev(words);
	return (char **)g_ptr_array_free(argv, FALSE);
}

void lesson_measure_add(struct lesson_outcome *outcome, const char *key,
			double value)
{
	struct sample *sample = g_hash_table_lookup(outcome->measures, key);

	if (!sample) {
		sample = g_new0(struct sample, 1);
		g_hash_table_insert(outcome->measures, g_strdup(key), sample);
	}
	sample_add(sample, value);
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

int lesson_run_variant(struct lesson_outcome *outcome, double scale,
		       struct err *err)
{
	char **argv =
		lesson_command(outcome->variant->args, "workloads", scale);
	struct spawned spawned;
	int result = spawn_run(argv, LIMIT_S, &spawned, err);
	char **lines;

	if (result == 0 && (spawned_status(&spawned) > 1 || spawned.timed_out))
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
