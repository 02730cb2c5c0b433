#include "analysis/race/render.h"

#include <string.h>

#include "analysis/race/frame.h"

#define WIDTH	  80
#define MAX_STACK 6

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static char *command_text(char **argv)
{
	return g_strjoinv(" ", argv);
}

/* Words of `text` in lines of at most WIDTH, after `indent` blanks. */
static void wrap(FILE *out, int indent, const char *text)
{
	char **words = g_strsplit(text, " ", -1);
	int column = 0;

	for (char **word = words; *word; word++) {
		int n = (int)g_utf8_strlen(*word, -1);

		if (column && column + 1 + n > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += fprintf(out, "%*s", column ? 1 : indent, "");
		fputs(*word, out);
		column += n;
	}
	fputc('\n', out);
	g_strfreev(words);
}

static void write_side(const struct campaign *c, const char *what, FILE *out)
{
	char *command = command_text(c->argv);

	fprintf(out, "%s%s: %llu run%s, %u kind%s of report", what, command,
		(unsigned long long)c->runs, plural(c->runs),
		c->rows->rows->len, plural(c->rows->rows->len));
	if (c->hung)
		fprintf(out, ", %llu hung", (unsigned long long)c->hung);
	if (c->killed)
		fprintf(out, ", %llu killed by signal %d",
			(unsigned long long)c->killed, c->signal);
	if (c->failed)
		fprintf(out, ", %llu ended with status %d",
			(unsigned long long)c->failed, c->status);
	if (c->rows->suppressed)
		fprintf(out, ", %llu suppressed",
			(unsigned long long)c->rows->suppressed);
	if (c->rows->cut || c->rows->broken)
		fprintf(out, ", %llu cut, %llu unreadable",
			(unsigned long long)c->rows->cut,
			(unsigned long long)c->rows->broken);
	fputc('\n', out);
	g_free(command);
}

static void write_locks(const struct race_access *a, FILE *out)
{
	fputs("holds ", out);
	for (guint i = 0; i < a->n_locks; i++)
		fprintf(out, "%s%s", i ? ", " : "", a->locks[i]);
	if (!a->n_locks)
		fputs("no lock", out);
}

/* Who called it: the next lines of the program's own code. */
static void write_callers(const struct race_stack *stack, FILE *out)
{
	const struct race_frame *end = stack->frames + stack->n;
	int n = 0;

	for (const struct race_frame *f = stack->own ? stack->own + 1 : end;
	     f < end && n < MAX_STACK; f++) {
		char *text;

		if (frame_is_system(f) || frame_is_runtime(f))
			continue;
		text = frame_text(f);
		fprintf(out, "%*s<- %s\n", 29, "", text);
		g_free(text);
		n++;
	}
}

static void write_access(const struct race_report *report,
			 const struct race_access *a, FILE *out)
{
	char *place = a->stack.own ? frame_text(a->stack.own)
				   : g_strdup("(stack lost)");

	if (report->kind == RACE_HANG || report->kind == RACE_DEADLOCK)
		fprintf(out, "    %s %s\n", a->thread, a->operation);
	else if (report->kind == RACE_ORDER)
		fprintf(out, "    %s\n    %-11s  in %s\n", a->operation,
			a->thread, place);
	else
		fprintf(out, "    %-13s%-12s%s\n", a->operation, a->thread,
			place);
	if (report->kind == RACE_DATA || report->kind == RACE_USE_AFTER_FREE) {
		fprintf(out, "%*s", 29, "");
		write_locks(a, out);
		fputc('\n', out);
	}
	write_callers(&a->stack, out);
	g_free(place);
}

static bool is_shared(const struct race_access *a, const struct race_access *b)
{
	for (guint i = 0; i < a->n_locks; i++)
		for (guint k = 0; k < b->n_locks; k++)
			if (!strcmp(a->locks[i], b->locks[k]))
				return true;
	return false;
}

static void write_lock_note(const struct race_report *r, FILE *out)
{
	if (r->kind != RACE_DATA || r->n_accesses < 2)
		return;
	if (!r->accesses[0].n_locks && !r->accesses[1].n_locks)
		return;
	if (is_shared(&r->accesses[0], &r->accesses[1]))
		wrap(out, 4,
		     "Both hold a lock of the same name: two locks, or held "
		     "for reading only.");
	else
		wrap(out, 4, "No lock is held on both sides.");
}

/* What stands between the kind and the variable. */
static const char *join_word(const struct race_report *r)
{
	if (!*r->variable)
		return "";
	if (r->kind == RACE_STATUS)
		return " ";
	if (r->kind == RACE_CRASH)
		return " by signal ";
	return r->kind == RACE_HANG ? ", waits for " : " on ";
}

static void write_row(guint number, const struct race_row *row,
		      const struct campaign *c, FILE *out)
{
	const struct race_report *r = row->report;
	char *title;

	title = g_strdup_printf("%2u. %s%s%s", number, race_kind_words[r->kind],
				join_word(r), r->variable);
	fputc('\n', out);
	wrap(out, 0, title);
	g_free(title);
	fprintf(out, "    seen in %llu of %llu run%s, first with seed %llu\n",
		(unsigned long long)row->seen_in, (unsigned long long)c->runs,
		plural(c->runs), (unsigned long long)row->first_seed);
	if (r->kind == RACE_OTHER)
		fprintf(out, "    %s\n", r->title);
	if (r->said) {
		char *said = g_strdup_printf("it said: %s", r->said);

		wrap(out, 4, said);
		g_free(said);
	}
	for (guint i = 0; i < r->n_accesses; i++)
		write_access(r, &r->accesses[i], out);
	write_lock_note(r, out);
	if (*row->hint)
		wrap(out, 4, row->hint);
	if (r->is_cut)
		fputs("    (the report was cut off)\n", out);
}

static void write_rows(const struct campaign *c, FILE *out)
{
	for (guint i = 0; i < c->rows->rows->len; i++)
		write_row(i + 1, rows_get(c->rows, i), c, out);
}

static void write_evidence(const struct race_result *r, FILE *out)
{
	if (!r->evidence->len)
		return;
	fprintf(out,
		"\nEvidence     before    chance a run   clean runs needed   "
		"after\n");
	for (guint i = 0; i < r->evidence->len; i++) {
		const struct evidence *e =
			&g_array_index(r->evidence, struct evidence, i);
		char interval[32], before[32], after[32];

		g_snprintf(before, sizeof(before), "%llu of %llu",
			   (unsigned long long)e->before->seen_in,
			   (unsigned long long)r->before->runs);
		g_snprintf(interval, sizeof(interval), "%.1f-%.1f %%",
			   100 * e->low, 100 * e->high);
		g_snprintf(after, sizeof(after), "%llu of %llu",
			   e->after ? (unsigned long long)e->after->seen_in : 0,
			   (unsigned long long)r->after->runs);
		fprintf(out, "  race %-3u %10s %15s %19llu   %s\n", i + 1,
			before, interval, (unsigned long long)e->needed, after);
	}
}

static void write_second(const struct race_result *r, FILE *out)
{
	const struct second *s = r->second;

	if (!s || !s->tool)
		return;
	fprintf(out,
		"\n%s on the plain build: %llu run%s, %llu kind%s of "
		"error%s\n",
		s->tool, (unsigned long long)s->runs, plural(s->runs),
		(unsigned long long)s->errors, plural(s->errors),
		s->errors ? ":" : "");
	for (guint i = 0; s->texts && i < s->texts->len; i++)
		wrap(out, 4, s->texts->pdata[i]);
}

static char *verdict_text(const struct race_result *r)
{
	unsigned long long runs = r->after->runs;
	double percent = 100 * r->confidence;

	switch (r->verdict) {
	case VERDICT_CLEAN:
		return g_strdup_printf(
			"clean. Nothing was reported in %llu run%s: at a "
			"confidence of %g %%, a race that is left shows in "
			"fewer than %.2g %% of such runs. That is no proof: "
			"ThreadSanitizer sees only what a run does.",
			runs, plural(runs), percent, 100 * r->bound);
	case VERDICT_RACES:
		return g_strdup("races found.");
	case VERDICT_CONFIRMED:
		return g_strdup_printf(
			"confirmed. What was there before never came back in "
			"%llu run%s; were it still there, that would happen "
			"with a probability of %.2g at most (asked for: %.2g). "
			"Anything new shows in fewer than %.2g %% of such "
			"runs.",
			runs, plural(runs), r->miss, 1 - r->confidence,
			100 * r->bound);
	case VERDICT_NOT_FIXED:
		return g_strdup("not fixed: what was there before is still "
				"there.");
	case VERDICT_NEW_RACE:
		return g_strdup("new race: what was there before was not seen "
				"again, but something else was.");
	default:
		return g_strdup_printf("inconclusive: %s.", r->reason->str);
	}
}

int render_race_text(const struct race_result *r, FILE *out)
{
	char *verdict = verdict_text(r), *line;

	if (r->before) {
		write_side(r->before, "before  ", out);
		write_side(r->after, "after   ", out);
		if (r->before->rows->rows->len)
			fputs("\nBefore", out);
		write_rows(r->before, out);
		if (r->after->rows->rows->len)
			fputs("\nAfter", out);
		write_rows(r->after, out);
		write_evidence(r, out);
	} else {
		write_side(r->after, "", out);
		write_rows(r->after, out);
	}
	write_second(r, out);
	fputc('\n', out);
	line = g_strdup_printf("Verdict: %s", verdict);
	wrap(out, 0, line);
	g_free(line);
	g_free(verdict);
	return ferror(out) ? -1 : 0;
}
