#include "workloads/lesson_words.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void words_wrap(FILE *out, const char *head, const char *text)
{
	size_t indent = strlen(head), column = indent;
	char **words = g_strsplit(text, " ", -1);

	fputs(head, out);
	for (char **word = words; *word; word++) {
		size_t n = (size_t)g_utf8_strlen(*word, -1);

		if (column > indent && column + 1 + n > 79) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fputs(*word, out);
		column += n;
	}
	fputc('\n', out);
	g_strfreev(words);
}

static void scaled(double value, double step, const char *const *units,
		   char cell[WORDS_CELL])
{
	while (units[1] && fabs(value) >= step) {
		value /= step;
		units++;
	}
	snprintf(cell, WORDS_CELL, "%.*f%s%s",
		 fabs(value) >= 100 || value == floor(value) ? 0
		 : fabs(value) >= 10			     ? 1
							     : 2,
		 value, **units ? " " : "", *units);
}

/* "1.23 s", "45.6 ms" */
static void words_time(double seconds, char cell[WORDS_CELL])
{
	static const char *const units[] = { "ns", "us", "ms", "s", NULL };

	scaled(seconds * 1e9, 1000, units, cell);
}

void words_number(double value, char cell[WORDS_CELL])
{
	static const char *const units[] = { "", "k", "M", "G", "T", NULL };

	if (fabs(value) < 10000 && value == floor(value))
		snprintf(cell, WORDS_CELL, "%.0f", value);
	else if (value != 0 && fabs(value) < 0.01)
		snprintf(cell, WORDS_CELL, "%.2g", value);
	else
		scaled(value, 1000, units, cell);
}

static double median_of(const struct lesson_outcome *outcome, const char *key)
{
	const struct sample *sample =
		g_hash_table_lookup(outcome->measures, key);

	return sample ? sample_median(sample) : (double)NAN;
}

static void words_kib(double kib, char cell[WORDS_CELL])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", NULL };

	scaled(kib, 1024, units, cell);
}

void words_cells(const struct lesson_result *result,
		 const struct lesson_outcome *outcome,
		 char cells[WORDS_CELLS][WORDS_CELL])
{
	const struct sample *time =
		g_hash_table_lookup(outcome->measures, "seconds");
	double first = median_of(&result->outcomes[0], "seconds");
	double seconds = median_of(outcome, "seconds");

	for (int i = 0; i < WORDS_CELLS; i++)
		strcpy(cells[i], "-");
	snprintf(cells[0], WORDS_CELL, "%s", outcome->variant->name);
	if (time) {
		words_time(seconds, cells[1]);
		snprintf(cells[2], WORDS_CELL, "%.1f %%",
			 100 * sample_spread(time));
	}
	if (seconds > 0 && first > 0)
		snprintf(cells[3], WORDS_CELL, "%.2f", first / seconds);
	words_time(median_of(outcome, "cpu"), cells[4]);
	words_number(median_of(outcome, "voluntary"), cells[5]);
	words_number(median_of(outcome, "involuntary"), cells[6]);
	if (isfinite(median_of(outcome, "peak_kib")))
		words_kib(median_of(outcome, "peak_kib"), cells[7]);
}

const char *words_verdict(enum answer answer)
{
	static const char *const words[] = {
		[ANSWER_YES] = "holds",
		[ANSWER_NO] = "does not hold",
		[ANSWER_UNDECIDED] = "not decided on this machine",
	};

	return words[answer];
}

static void bounds(double low, double high, char text[64])
{
	char a[WORDS_CELL], b[WORDS_CELL];

	words_number(low, a);
	words_number(high, b);
	if (low >= DBL_MAX)
		snprintf(text, 64, "beyond all bounds");
	else if (high >= DBL_MAX)
		snprintf(text, 64, "%s or more", a);
	else if (!strcmp(a, b))
		snprintf(text, 64, "%s", a);
	else
		snprintf(text, 64, "%s to %s", a, b);
}

/* What was asked, and what came out: "a / b < 0.5: 0.1 to 0.12". */
char *words_finding(const struct lesson_finding *finding)
{
	const struct lesson_check *check = finding->check;
	static const char *const signs[] = { [RELATION_NONE] = "?",
					     [RELATION_BELOW] = "<",
					     [RELATION_ABOVE] = ">",
					     [RELATION_ABOUT] = "=" };
	char tolerance[32] = "", came[64] = "";
	GString *text = g_string_new(check->aside ? "(aside) " : "");

	g_string_append(text, check->says);
	if (check->relation == RELATION_ABOUT && check->tolerance > 0)
		snprintf(tolerance, sizeof(tolerance), " +- %g",
			 check->tolerance);
	g_string_append_printf(
		text, " (%s%s%s %s %g%s", check->left,
		check->right ? " / " : "", check->right ? check->right : "",
		signs[check->relation], finding->factor, tolerance);
	if (finding->low != 0 || finding->high != 0 || !finding->reason) {
		bounds(finding->low, finding->high, came);
		g_string_append_printf(text, ": %s", came);
	}
	g_string_append(text, ")");
	if (finding->reason)
		g_string_append_printf(text, ": %s", finding->reason);
	return g_string_free(text, FALSE);
}

/* The text of a measure that is no number, such as an order. */
static const char *text_of(const struct lesson_result *result, const char *name)
{
	const char *dot = strchr(name, '.');

	for (size_t i = 0; dot && i < result->n_outcomes; i++) {
		const struct lesson_outcome *outcome = &result->outcomes[i];
		size_t n = (size_t)(dot - name);

		if (strlen(outcome->variant->name) == n &&
		    !strncmp(outcome->variant->name, name, n))
			return g_hash_table_lookup(outcome->texts, dot + 1);
	}
	return NULL;
}

/* The unit of a measure that is a time, in seconds; 0: it is none. */
static double time_unit(const char *name)
{
	static const struct {
		const char *in; /* the name */
		double unit;
	} units[] = {
		/* the first that fits */
		{ "ns_per_", 1e-9 },
		{ "us_per_", 1e-6 },
		{ "_us", 1e-6 },
		{ "_ms", 1e-3 },
		{ ".seconds", 1 },
		{ ".wall", 1 },
		{ ".cpu", 1 },
		{ "ing_s", 1 },
		{ ".one_task", 1 },
		{ ".one_operation", 1 },
		{ "trace.lock_wait:", 1 },
		{ "trace.lock_hold:", 1 },
		{ "trace.io_wait:", 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		if (strstr(name, units[i].in))
			return units[i].unit;
	return 0;
}

/* Whether a text is a whole number that was the same in all runs. */
static bool is_exact(const struct sample *sample, const char *text)
{
	for (size_t i = 1; i < sample->n; i++)
		if (sample->values[i] != sample->values[0])
			return false;
	return text && text[strspn(text, "0123456789")] == '\0';
}

/* `words` has one %s, for the value. */
char *words_show(const struct lesson_result *result,
		 const struct lesson_show *show)
{
	char **around = g_strsplit(show->words, "%s", 2);
	char cell[WORDS_CELL];
	struct lesson_measure measure;
	const char *value = cell;
	double unit = time_unit(show->measure);
	char *text;

	if (lesson_measure(result, show->measure, &measure)) {
		double median = sample_median(&measure.all);
		bool is_kib = strstr(show->measure, "_kib") != NULL;

		if (unit == 0 && !is_kib &&
		    is_exact(&measure.all, text_of(result, show->measure)))
			value = text_of(result, show->measure);
		else if (g_str_has_prefix(around[1] ? around[1] : "", " %"))
			snprintf(cell, sizeof(cell), "%.1f", 100 * median);
		else if (unit > 0)
			words_time(median * unit, cell);
		else if (is_kib)
			words_kib(median, cell);
		else
			words_number(median, cell);
	} else {
		value = text_of(result, show->measure);
	}
	text = value ? g_strdup_printf("%s%s%s", around[0], value,
				       around[1] ? around[1] : "")
		     : g_strdup_printf("%s?%s (%s)", around[0],
				       around[1] ? around[1] : "",
				       measure.reason);
	g_strfreev(around);
	return text;
}

static char *words_amdahl(const struct lesson_curve *curve)
{
	char limit[64] = "no limit";

	if (curve->amdahl.serial > 1e-6)
		snprintf(limit, sizeof(limit), "at most %.3g times one thread",
			 1 / curve->amdahl.serial);
	return g_strdup_printf("Amdahl, up to %u threads: serial share %.3f, "
			       "hence %s (error of the fit %.1f %%)",
			       curve->amdahl_most, curve->amdahl.serial, limit,
			       100 * curve->amdahl.error);
}

static char *words_usl(const struct lesson_curve *curve)
{
	char peak[64] = "no peak";

	if (isfinite(curve->usl.peak))
		snprintf(peak, sizeof(peak), "peak at %.1f threads",
			 curve->usl.peak);
	return g_strdup_printf("USL: contention %.4f, coherency %.2g, %s "
			       "(error of the fit %.1f %%)",
			       curve->usl.contention, curve->usl.coherency,
			       peak, 100 * curve->usl.error);
}

char *words_law(const struct lesson_curve *curve, int law)
{
	if (law == 0)
		return curve->has_amdahl ? words_amdahl(curve) : NULL;
	return curve->has_usl ? words_usl(curve) : NULL;
}
