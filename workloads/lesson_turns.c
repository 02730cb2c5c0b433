/* Draws how long each turn of a coroutine on its kernel thread took. */
#include <stdio.h>

#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"

static gint by_length(gconstpointer a, gconstpointer b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static bool write_turns(const struct lesson_result *result, FILE *out)
{
	bool any = false;

	fprintf(out,
		"# title: %s: for how long a coroutine keeps the thread\n"
		"# subtitle: a turn lasts from one switch to the next; the "
		"longest first\n"
		"# source: holdup lesson %s, scale %g\n"
		"# x: turn\n# y: its length (ms)\n# log: xy\nseries\tx\ty\n",
		result->lesson->id, result->lesson->id, result->scale);
	for (size_t i = 0; i < result->n_outcomes; i++) {
		const struct lesson_outcome *outcome = &result->outcomes[i];

		g_array_sort(outcome->turns, by_length);
		for (guint j = 0; j < outcome->turns->len; j++)
			fprintf(out, "%s\t%u\t%.9g\n", outcome->variant->name,
				j + 1,
				1e3 * g_array_index(outcome->turns, double, j));
		any |= outcome->turns->len > 0;
	}
	return any;
}

void lesson_turns_draw(struct lesson_result *result,
		       const struct lesson_options *options)
{
	char *dir = g_strdup_printf("%s/%s/turns", options->out,
				    result->lesson->id);
	char *table = g_strdup_printf("%s.tsv", dir);
	char *picture = g_strdup_printf("%s/sweep.png", dir);
	const char *const args[] = {
		"plot", "--sweep", table, "-o", dir, NULL
	};
	FILE *out = fopen(table, "we");
	bool any = out && write_turns(result, out);

	if (out && fclose(out) == 0 && any)
		lesson_holdup(args);
	if (!any)
		remove(table);
	else if (g_file_test(picture, G_FILE_TEST_EXISTS))
		result->turns_plot = g_strdup(picture);
	g_free(picture);
	g_free(table);
	g_free(dir);
}
