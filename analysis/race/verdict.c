#include "analysis/race/verdict.h"

#include <string.h>

#include "analysis/race/stats.h"
#include "tracing/base/exits.h"

const char *const verdict_ids[VERDICT_N] = {
	[VERDICT_CLEAN] = "clean",
	[VERDICT_RACES] = "races",
	[VERDICT_CONFIRMED] = "confirmed",
	[VERDICT_NOT_FIXED] = "not-fixed",
	[VERDICT_NEW_RACE] = "new-race",
	[VERDICT_INCONCLUSIVE] = "inconclusive",
};

const int verdict_exits[VERDICT_N] = {
	[VERDICT_CLEAN] = EXIT_DONE,
	[VERDICT_RACES] = EXIT_NO,
	[VERDICT_CONFIRMED] = EXIT_DONE,
	[VERDICT_NOT_FIXED] = EXIT_NO,
	[VERDICT_NEW_RACE] = EXIT_NO,
	[VERDICT_INCONCLUSIVE] = EXIT_INCONCLUSIVE,
};

static bool has_race(const struct campaign *c)
{
	for (guint i = 0; i < c->rows->rows->len; i++)
		if (!race_is_sign(rows_get(c->rows, i)->report->kind))
			return true;
	return false;
}

/* Signs have a say where there is nothing better. */
static bool counts(const struct campaign *before, const struct race_row *row)
{
	return !race_is_sign(row->report->kind) || !has_race(before);
}

uint64_t verdict_needed(const struct campaign *before, double confidence)
{
	uint64_t most = 0;

	for (guint i = 0; i < before->rows->rows->len; i++) {
		const struct race_row *row = rows_get(before->rows, i);

		if (counts(before, row))
			most = MAX(most,
				   stats_needed(row->seen_in, before->runs,
						confidence));
	}
	return before->rows->rows->len ? most : UINT64_MAX;
}

static void doubt(struct race_result *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void doubt(struct race_result *r, const char *format, ...)
{
	va_list args;

	if (r->reason->len)
		g_string_append(r->reason, "; ");
	va_start(args, format);
	g_string_append_vprintf(r->reason, format, args);
	va_end(args);
}

static void weigh(struct race_result *r)
{
	const struct campaign *before = r->before;
	double half = (1 - r->confidence) / 2;

	for (guint i = 0; i < before->rows->rows->len; i++) {
		const struct race_row *row = rows_get(before->rows, i);
		uint64_t n = before->runs;
		struct evidence e = {
			.before = row,
			.after = rows_match(r->after->rows, row),
			.counts = counts(before, row),
			.low = stats_lower(row->seen_in, n, half),
			.high = stats_upper(row->seen_in, n, half),
			.needed = stats_needed(row->seen_in, n, r->confidence),
		};

		e.miss = e.after ? 1
				 : stats_miss(row->seen_in, n, r->after->runs);
		if (e.counts)
			r->miss = MAX(r->miss, e.miss);
		g_array_append_val(r->evidence, e);
	}
}

static bool is_still_there(const struct race_result *r)
{
	for (guint i = 0; i < r->evidence->len; i++)
		if (g_array_index(r->evidence, struct evidence, i).after &&
		    g_array_index(r->evidence, struct evidence, i).counts)
			return true;
	return false;
}

static const char *unit(uint64_t n)
{
	return n == 1 ? "run" : "runs";
}

/* Things that keep silence from being good news. */
static void doubt_runs(struct race_result *r)
{
	const struct campaign *c = r->after;
	unsigned long long runs = c->runs;

	if (!c->runs)
		doubt(r, "no run came to its end");
	if (c->hung)
		doubt(r, "%llu of %llu %s hung", (unsigned long long)c->hung,
		      runs, unit(c->runs));
	if (c->failed == c->runs && c->runs)
		doubt(r, "every run ended with status %d", c->status);
	if (*c->fatal)
		doubt(r, "%s", c->fatal);
	if (c->interrupted)
		doubt(r, "interrupted after %llu %s", runs, unit(c->runs));
	if (c->rows->broken)
		doubt(r, "%llu reports could not be read",
		      (unsigned long long)c->rows->broken);
}

/* Some races may be ruled out where others were seen too rarely before. */
static void doubt_rare(struct race_result *r)
{
	GString *open = g_string_new(NULL);
	unsigned long long runs = r->after->runs;
	guint n_gone = 0, n = 0;

	for (guint i = 0; i < r->evidence->len; i++) {
		const struct evidence *e =
			&g_array_index(r->evidence, struct evidence, i);

		if (!e->counts)
			continue;
		n++;
		if (e->needed <= r->after->runs)
			n_gone++;
		else
			g_string_append_printf(open, "%srace %u",
					       open->len ? ", " : "", i + 1);
	}
	if (n_gone)
		doubt(r,
		      "%u of %u races are gone; for %s, rare before, %llu "
		      "clean runs are too few: a confidence of %g takes %llu",
		      n_gone, n, open->str, runs, r->confidence,
		      (unsigned long long)r->needed);
	else
		doubt(r,
		      "%llu clean %s too few for a confidence of %g: it takes "
		      "%llu",
		      runs, runs == 1 ? "run is" : "runs are", r->confidence,
		      (unsigned long long)r->needed);
	g_string_free(open, TRUE);
}

static void doubt_before(struct race_result *r)
{
	unsigned long long runs = r->before->runs;

	for (guint i = 0; i < r->evidence->len; i++) {
		const struct evidence *e =
			&g_array_index(r->evidence, struct evidence, i);

		if (e->after && !e->counts && r->after->failed < r->after->runs)
			doubt(r, "%s %s as before",
			      race_kind_words[e->after->report->kind],
			      e->after->report->variable);
	}
	if (!r->evidence->len)
		doubt(r,
		      "nothing was found in %llu %s of the program before: "
		      "there is nothing to compare with",
		      runs, unit(r->before->runs));
	else if (r->needed > r->after->runs)
		doubt_rare(r);
}

static void doubt_second(struct race_result *r)
{
	const struct second *s = r->second;

	if (!s || !s->tool)
		return;
	if (s->errors)
		doubt(r,
		      "%s does not agree: %llu kind%s of error (it knows no "
		      "C11 atomics: judge them by hand)",
		      s->tool, (unsigned long long)s->errors,
		      s->errors == 1 ? "" : "s");
	else if (s->hung)
		doubt(r, "under %s it hung", s->tool);
}

void verdict_judge(struct race_result *r)
{
	const struct campaign *after = r->after;

	r->evidence = g_array_new(FALSE, TRUE, sizeof(struct evidence));
	r->reason = g_string_new(NULL);
	/* None of so many runs: the exact upper bound, 1 - alpha^(1/n). */
	r->bound = stats_upper(0, after->runs, 1 - r->confidence);
	r->needed = 0;
	r->miss = 0;
	if (r->before) {
		r->needed = verdict_needed(r->before, r->confidence);
		weigh(r);
	}
	if (r->before && is_still_there(r)) {
		r->verdict = VERDICT_NOT_FIXED;
		return;
	}
	if (has_race(after)) {
		r->verdict = r->before && r->evidence->len ? VERDICT_NEW_RACE
							   : VERDICT_RACES;
		return;
	}
	doubt_runs(r);
	if (r->before)
		doubt_before(r);
	doubt_second(r);
	if (r->reason->len)
		r->verdict = VERDICT_INCONCLUSIVE;
	else
		r->verdict = r->before ? VERDICT_CONFIRMED : VERDICT_CLEAN;
}

void verdict_clear(struct race_result *r)
{
	if (r->evidence)
		g_array_free(r->evidence, TRUE);
	if (r->reason)
		g_string_free(r->reason, TRUE);
	r->evidence = NULL;
	r->reason = NULL;
}
