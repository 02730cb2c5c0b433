/* Tells a lesson on a terminal, in 80 columns. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/lesson.h"
#include "workloads/lesson_words.h"

static void write_variants(const struct lesson_result *result, FILE *out)
{
	if (result->n_outcomes == 0)
		return;
	fprintf(out, "\n  %-16s %9s %7s %8s %9s %7s %7s %8s\n", "variant",
		"time", "+-", "speed-up", "CPU time", "vol.", "invol.",
		"memory");
	for (size_t i = 0; i < result->n_outcomes; i++) {
		char cells[WORDS_CELLS][WORDS_CELL];

		words_cells(result, &result->outcomes[i], cells);
		fprintf(out, "  %-16s %9s %7s %8s %9s %7s %7s %8s\n", cells[0],
			cells[1], cells[2], cells[3], cells[4], cells[5],
			cells[6], cells[7]);
	}
}

static void write_sweep(const struct lesson_result *result, FILE *out)
{
	const struct lesson_curve *curve = &result->curve;
	double most = sample_median(&curve->point[curve->best].throughput);

	if (curve->points == 0)
		return;
	fprintf(out, "\n  %7s  %-12s %6s  speed-up\n", "threads",
		result->lesson->sweep.unit, "+-");
	for (size_t i = 0; i < curve->points; i++) {
		const struct sample *at = &curve->point[i].throughput;
		double value = sample_median(at);
		double one = sample_median(&curve->point[0].throughput);
		int width = most > 0 ? (int)lround(30 * value / most) : 0;
		char text[WORDS_CELL];

		words_number(value, text);
		fprintf(out, "  %7u  %-12s %4.0f %%  %8.2f  %.*s%s\n",
			curve->point[i].n, text, 100 * sample_spread(at),
			one > 0 ? value / one : 0, width,
			"##############################",
			i == curve->knee ? " knee" : "");
	}
	for (int law = 0; law < 2; law++) {
		char *text = words_law(curve, law);

		if (text)
			words_wrap(out, "  ", text);
		g_free(text);
	}
}

static void write_findings(const struct lesson_result *result, FILE *out)
{
	fputc('\n', out);
	for (size_t i = 0; i < result->n_findings; i++) {
		static const char *const heads[] = {
			[ANSWER_YES] = "  yes      ",
			[ANSWER_NO] = "  no       ",
			[ANSWER_UNDECIDED] = "  open     ",
		};
		char *text = words_finding(&result->findings[i]);

		words_wrap(out, heads[result->findings[i].answer], text);
		g_free(text);
	}
}

static void write_places(const struct lesson_result *result, FILE *out)
{
	for (size_t i = 0; i < result->n_outcomes; i++) {
		const struct lesson_outcome *outcome = &result->outcomes[i];

		for (guint j = 0; j < outcome->plots->len; j++)
			fprintf(out, "  picture  %s\n",
				(const char *)outcome->plots->pdata[j]);
		if (outcome->trace && !outcome->no_trace)
			fprintf(out, "  trace    %s\n", outcome->trace);
		else if (outcome->no_trace)
			fprintf(out, "  no trace %s (%s)\n",
				outcome->variant->name, outcome->no_trace);
	}
	if (result->compare_plot)
		fprintf(out, "  picture  %s\n", result->compare_plot);
	if (result->turns_plot)
		fprintf(out, "  picture  %s\n", result->turns_plot);
	if (result->sweep_plot)
		fprintf(out, "  picture  %s\n", result->sweep_plot);
}

void lesson_write_text(const struct lesson_result *result, FILE *out)
{
	const struct lesson *lesson = result->lesson;
	char *head = g_strdup_printf("%s: ", lesson->id);
	char *text;

	words_wrap(out, head, lesson->claim);
	fprintf(out,
		"  scale %g, %u run%s each, %u CPU%s, %.0f %% of them used by "
		"others\n",
		result->scale, result->runs, result->runs == 1 ? "" : "s",
		result->cpus, result->cpus == 1 ? "" : "s",
		100 * result->foreign);
	write_variants(result, out);
	write_sweep(result, out);
	fputc('\n', out);
	if (lesson->text)
		words_wrap(out, "  text     ", lesson->text);
	for (const struct lesson_show *show = lesson->shows; show->measure;
	     show++) {
		text = words_show(result, show);
		words_wrap(out, "  here     ", text);
		g_free(text);
	}
	write_findings(result, out);
	fprintf(out, "\n  verdict  %s\n\n", words_verdict(result->answer));
	for (int i = 0; i < 3 && lesson->look[i]; i++)
		words_wrap(out, i == 0 ? "  look at  " : "           ",
			   lesson->look[i]);
	write_places(result, out);
	g_free(head);
}
