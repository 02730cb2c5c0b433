/* Writes lessons as one page that needs nothing else: pictures are inline. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/lesson.h"
#include "workloads/lesson_words.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>holdup: lessons</title>\n<style>\n"
	"body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem "
	"auto; padding: 0 1rem; color: #222; background: #fff }\n"
	"h2 { margin-top: 3rem; border-top: 1px solid #ccc; padding-top: 1rem "
	"}\n"
	"table { border-collapse: collapse; font-size: .9rem; margin: 1rem 0 "
	"}\n"
	"th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px "
	"solid #ddd }\n"
	"th:first-child, td:first-child, .contents td, .contents th, "
	".figures td, .figures th { text-align: left }\n"
	".figures th, .contents td { vertical-align: top }\n"
	"code { background: #f2f2f2; padding: 0 .2rem }\n"
	"img { max-width: 100%; height: auto; border: 1px solid #ddd }\n"
	".yes { color: #1b6e3c } .no { color: #a01010 } .open { color: "
	"#8a5a00 }\n"
	".verdict { font-weight: bold }\n"
	"figcaption, .quiet { color: #555; font-size: .9rem }\n"
	".bar { display: inline-block; background: #2472c8; height: .7rem }\n"
	"</style>\n</head>\n<body>\n<h1>What holds a program up: the "
	"lessons</h1>\n";

static const char *class_of(enum answer answer)
{
	return answer == ANSWER_YES  ? "yes"
	       : answer == ANSWER_NO ? "no"
				     : "open";
}

/* Text for people: `names` in code, the rest as it is. */
static void write_escaped(FILE *out, const char *text)
{
	char **parts = g_strsplit(text, "`", -1);

	for (int i = 0; parts[i]; i++) {
		char *safe = g_markup_escape_text(parts[i], -1);
		bool code = i % 2 == 1 && parts[i + 1];

		fprintf(out, "%s%s%s", code ? "<code>" : "", safe,
			code ? "</code>" : "");
		g_free(safe);
	}
	g_strfreev(parts);
}

static void write_tagged(FILE *out, const char *open, const char *text,
			 const char *close)
{
	fputs(open, out);
	write_escaped(out, text);
	fputs(close, out);
}

static void write_contents(struct lesson_result *const *results, size_t n,
			   FILE *out)
{
	fputs("<table class=\"contents\">\n<tr><th>lesson</th><th>claim</th>"
	      "<th>verdict</th></tr>\n",
	      out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "<tr><td><a href=\"#%s\">%s</a></td>",
			results[i]->lesson->id, results[i]->lesson->id);
		write_tagged(out, "<td>", results[i]->lesson->claim, "</td>");
		fprintf(out, "<td class=\"%s\">%s</td></tr>\n",
			class_of(results[i]->answer),
			words_verdict(results[i]->answer));
	}
	fputs("</table>\n", out);
}

/* The texts' figures, and below them those measured here. */
static void write_figures(const struct lesson_result *result, FILE *out)
{
	const struct lesson *lesson = result->lesson;

	fputs("<table class=\"figures\">\n", out);
	if (lesson->text)
		write_tagged(out, "<tr><th>in the texts</th><td>", lesson->text,
			     "</td></tr>\n");
	for (const struct lesson_show *show = lesson->shows; show->measure;
	     show++) {
		char *text = words_show(result, show);

		write_tagged(out,
			     show == lesson->shows ? "<tr><th>here</th><td>"
						   : "<tr><th></th><td>",
			     text, "</td></tr>\n");
		g_free(text);
	}
	fputs("</table>\n", out);
}

static void write_variants(const struct lesson_result *result, FILE *out)
{
	if (result->n_outcomes == 0)
		return;
	fputs("<table>\n<tr><th>variant</th><th>time</th><th>&plusmn;</th>"
	      "<th>speed-up</th><th>CPU time</th><th>voluntary switches</th>"
	      "<th>involuntary</th><th>memory</th></tr>\n",
	      out);
	for (size_t i = 0; i < result->n_outcomes; i++) {
		char cells[WORDS_CELLS][WORDS_CELL];

		words_cells(result, &result->outcomes[i], cells);
		fputs("<tr>", out);
		for (int j = 0; j < WORDS_CELLS; j++)
			write_tagged(out, "<td>", cells[j], "</td>");
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void write_sweep(const struct lesson_result *result, FILE *out)
{
	const struct lesson_curve *curve = &result->curve;
	double best = sample_median(&curve->point[curve->best].throughput);

	if (curve->points == 0)
		return;
	fputs("<table>\n<tr><th>threads</th><th>", out);
	write_escaped(out, result->lesson->sweep.unit);
	fputs("</th><th></th></tr>\n", out);
	for (size_t i = 0; i < curve->points; i++) {
		double value = sample_median(&curve->point[i].throughput);
		char cell[WORDS_CELL];

		words_number(value, cell);
		fprintf(out,
			"<tr><td>%u</td><td>%s</td><td style=\"text-align: "
			"left\"><span class=\"bar\" style=\"width: "
			"%.0fpx\"></span>%s</td></tr>\n",
			curve->point[i].n, cell,
			best > 0 ? 300 * value / best : 0,
			i == curve->knee ? " knee" : "");
	}
	fputs("</table>\n", out);
	for (int law = 0; law < 2; law++) {
		char *text = words_law(curve, law);

		if (text)
			write_tagged(out, "<p>", text, "</p>\n");
		g_free(text);
	}
}

static void write_picture(const char *path, const char *caption, FILE *out)
{
	gchar *bytes = NULL, *coded;
	gsize n = 0;

	if (!g_file_get_contents(path, &bytes, &n, NULL))
		return;
	coded = g_base64_encode((const guchar *)bytes, n);
	fprintf(out,
		"<figure><img alt=\"%s\" src=\"data:image/png;base64,%s\">",
		caption, coded);
	write_tagged(out, "<figcaption>", caption, "</figcaption></figure>\n");
	g_free(coded);
	g_free(bytes);
}

static void write_pictures(const struct lesson_result *result, FILE *out)
{
	for (size_t i = 0; i < result->n_outcomes; i++) {
		const struct lesson_outcome *outcome = &result->outcomes[i];

		for (guint j = 0; j < outcome->plots->len; j++) {
			const char *path = outcome->plots->pdata[j];
			char *kind = g_path_get_basename(path);
			char *caption = g_strdup_printf(
				"%s: %.*s", outcome->variant->name,
				(int)strcspn(kind, "."), kind);

			write_picture(path, caption, out);
			g_free(caption);
			g_free(kind);
		}
	}
	if (result->compare_plot)
		write_picture(result->compare_plot,
			      "all recordings on one scale", out);
	if (result->turns_plot)
		write_picture(result->turns_plot, "turns of the coroutines",
			      out);
	if (result->sweep_plot)
		write_picture(result->sweep_plot, "throughput over threads",
			      out);
}

static void write_findings(const struct lesson_result *result, FILE *out)
{
	fputs("<ul>\n", out);
	for (size_t i = 0; i < result->n_findings; i++) {
		const struct lesson_finding *finding = &result->findings[i];
		char *text = words_finding(finding);

		fprintf(out, "<li class=\"%s\">%s: ", class_of(finding->answer),
			class_of(finding->answer));
		write_escaped(out, text);
		fputs("</li>\n", out);
		g_free(text);
	}
	fputs("</ul>\n", out);
}

static void write_lesson(const struct lesson_result *result, FILE *out)
{
	const struct lesson *lesson = result->lesson;

	fprintf(out, "<h2 id=\"%s\">%s</h2>\n", lesson->id, lesson->id);
	write_tagged(out, "<p>", lesson->claim, "</p>\n");
	fprintf(out,
		"<p class=\"quiet\">scale %g, %u run%s each, %u CPU%s, %.0f %% of "
		"them used by other programs</p>\n",
		result->scale, result->runs, result->runs == 1 ? "" : "s",
		result->cpus, result->cpus == 1 ? "" : "s",
		100 * result->foreign);
	write_variants(result, out);
	write_sweep(result, out);
	write_figures(result, out);
	write_findings(result, out);
	fprintf(out, "<p class=\"verdict %s\">The claim %s%s.</p>\n",
		class_of(result->answer),
		result->answer == ANSWER_UNDECIDED ? "is " : "",
		words_verdict(result->answer));
	fputs("<p>What to look at:</p>\n<ul>\n", out);
	for (int i = 0; i < 3 && lesson->look[i]; i++)
		write_tagged(out, "<li>", lesson->look[i], "</li>\n");
	fputs("</ul>\n", out);
	write_pictures(result, out);
}

int lesson_write_html(struct lesson_result *const *results, size_t n,
		      const char *path, struct err *err)
{
	FILE *out = fopen(path, "we");
	bool bad;

	if (!out)
		return err_errno(err, errno, "cannot write '%s'", path);
	fputs(head, out);
	write_contents(results, n, out);
	for (size_t i = 0; i < n; i++)
		write_lesson(results[i], out);
	fputs("</body>\n</html>\n", out);
	bad = ferror(out);
	if (fclose(out) || bad)
		return err_errno(err, errno, "cannot write '%s'", path);
	return 0;
}
