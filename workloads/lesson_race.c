/* Has `holdup race` look at a variant, or judge it as the repair of another. */
#include <string.h>

#include "workloads/lesson.h"
#include "workloads/lesson_parts.h"
#include "workloads/spawn.h"

#define RUNS	   "3"	/* where no repair is judged */
#define MOST_RUNS  "40" /* where one is: ends as soon as it is confirmed */
#define LIMIT_S	   300
#define MOST_SCALE 0.002 /* ThreadSanitizer needs no long runs */

static char **tsan_command(const struct lesson_result *result, const char *args)
{
	return lesson_command(args, "workloads-tsan",
			      MIN(result->scale, MOST_SCALE));
}

/* The command line of the variant that this one repairs, as one argument. */
static char *command_before(const struct lesson_result *result,
			    const char *variant)
{
	GString *text = g_string_new(NULL);
	char **command = NULL;

	for (size_t i = 0; i < result->n_outcomes; i++)
		if (!strcmp(result->outcomes[i].variant->name, variant))
			command = tsan_command(
				result, result->outcomes[i].variant->args);
	for (char **word = command; word && *word; word++) {
		char *quoted = g_shell_quote(*word);

		g_string_append_printf(text, "%s%s", text->len ? " " : "",
				       quoted);
		g_free(quoted);
	}
	g_strfreev(command);
	return g_string_free(text, FALSE);
}

static void keep_verdict(struct lesson_outcome *outcome, const json_t *report)
{
	const char *verdict =
		json_string_value(json_object_get(report, "verdict"));
	json_t *before = json_object_get(report, "before");
	json_t *evidence =
		json_array_get(json_object_get(report, "evidence"), 0);

	lesson_measure_add(
		outcome, "races",
		(double)json_array_size(json_object_get(report, "races")));
	/* What stayed open says nothing about the claim. */
	if (!json_is_object(before) || !verdict ||
	    !strcmp(verdict, "inconclusive"))
		return;
	lesson_measure_add(
		outcome, "races_before",
		(double)json_array_size(json_object_get(before, "races")));
	lesson_measure_add(outcome, "confirmed", !strcmp(verdict, "confirmed"));
	lesson_measure_add(
		outcome, "miss",
		json_number_value(json_object_get(evidence, "miss")));
}

void lesson_race(struct lesson_result *result, struct lesson_outcome *outcome)
{
	const char *fixes = outcome->variant->fixes;
	char *before = fixes ? command_before(result, fixes) : NULL;
	char **command = tsan_command(result, outcome->variant->args);
	GPtrArray *args = g_ptr_array_new();
	struct spawned spawned = { 0 };
	struct err err = { "" };
	json_error_t where;
	json_t *report = NULL;

	lesson_add_words(args, (const char *const[]){
				       "race", "--format", "json", "--runs",
				       fixes ? MOST_RUNS : RUNS, NULL });
	if (before)
		lesson_add_words(args, (const char *const[]){ "--before",
							      before, NULL });
	lesson_add_words(args, (const char *const[]){ "--", NULL });
	lesson_add_words(args, (const char *const *)command);
	g_ptr_array_add(args, NULL);
	if (lesson_holdup_run((const char *const *)args->pdata, LIMIT_S,
			      &spawned, &err) >= 0)
		report = json_loads(spawned.out, 0, &where);
	if (report)
		keep_verdict(outcome, report);
	json_decref(report);
	spawned_clear(&spawned);
	g_ptr_array_free(args, TRUE);
	g_strfreev(command);
	g_free(before);
}
