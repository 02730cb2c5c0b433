#include "analysis/race/link.h"

#include <string.h>

#include "analysis/race/frame.h"
#include "analysis/report.h"

#define CALLERS 3 /* lines of the program's own that count as the place */

struct candidate {
	const struct lock *lock;  /* NULL: none found */
	uint64_t acquisitions[2]; /* by the functions of each side */
	bool held[2];		  /* as ThreadSanitizer saw it */
	bool is_beside; /* in the same variable as what is raced for */
};

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_joint(char c)
{
	return c == '\0' || strchr("-._", c);
}

/* "app-tsan", "app.plain" and "app" are one program. */
static bool is_same_name(const char *one, const char *other)
{
	size_t n = 0;

	while (one[n] && one[n] == other[n])
		n++;
	/* Back to where a word ended in both. */
	while (n && !(is_joint(one[n]) && is_joint(other[n])))
		n--;
	return n > 0;
}

bool link_is_same(const struct campaign *c, const struct report *report)
{
	const char *name = base_of(c->path);

	if (report->run.argc &&
	    is_same_name(name, base_of(report->run.argv[0])))
		return true;
	for (size_t i = 0; i < report->n_processes; i++) {
		const char *executable = report->processes[i].executable;

		if (executable && is_same_name(name, base_of(executable)))
			return true;
	}
	return false;
}

/* Is `function` where the access is, or one of its nearest callers? */
static bool is_in(const struct race_stack *stack, const char *function)
{
	const struct race_frame *end = stack->frames + stack->n;
	int n = 0;

	for (const struct race_frame *f = stack->own; f && f < end; f++) {
		char *name;
		bool is_it;

		if (frame_is_runtime(f) || frame_is_system(f))
			continue;
		name = frame_function(f);
		is_it = *function && (!strcmp(name, function) ||
				      !strcmp(f->function, function));
		g_free(name);
		if (is_it)
			return true;
		if (++n == CALLERS)
			break;
	}
	return false;
}

static uint64_t acquisitions_in(const struct report *report,
				const struct lock *lock,
				const struct race_stack *stack)
{
	uint64_t n = 0;

	for (size_t i = 0; i < lock->n_sites; i++) {
		const struct lock_site *at = &lock->sites[i];

		if (at->site >= 0 &&
		    is_in(stack, report->sites[at->site].function))
			n += at->acquisitions;
	}
	return n;
}

/* "accounts" of ThreadSanitizer and "accounts (bank.c:8)" of a report. */
static bool is_named(const struct lock *lock, const char *name)
{
	size_t n = strlen(name);

	return lock->label && !strncmp(lock->label, name, n) &&
	       (!lock->label[n] || lock->label[n] == ' ');
}

static bool holds(const struct race_access *a, const struct lock *lock)
{
	for (guint i = 0; i < a->n_locks; i++)
		if (is_named(lock, a->locks[i]))
			return true;
	return false;
}

/* "store.lock" beside "store.sum": a member of the same variable. */
static bool is_beside(const struct lock *lock, const char *variable)
{
	size_t n = strcspn(variable, ".[+ ");

	return n && lock->label && !strncmp(lock->label, variable, n) &&
	       strchr(".[", lock->label[n]) && lock->label[n] &&
	       (!variable[n] || strchr(".[+", variable[n]));
}

static struct candidate weigh(const struct report *report,
			      const struct lock *lock,
			      const struct race_report *race)
{
	struct candidate c = {
		.lock = lock,
		.is_beside = is_beside(lock, race->variable),
	};

	for (int side = 0; side < 2; side++) {
		const struct race_access *a = &race->accesses[side];

		c.acquisitions[side] = acquisitions_in(report, lock, &a->stack);
		c.held[side] = holds(a, lock);
	}
	return c;
}

static bool is_exclusive(const struct lock *lock)
{
	return lock->kind == LOCK_MUTEX || lock->kind == LOCK_RWLOCK ||
	       lock->kind == LOCK_SPIN || lock->kind == LOCK_ANNOTATED;
}

static bool is_better(const struct candidate *c, const struct candidate *best)
{
	int held = c->held[0] + c->held[1];
	int best_held = best->held[0] + best->held[1];
	uint64_t n = c->acquisitions[0] + c->acquisitions[1];

	if (held != best_held)
		return held > best_held;
	if (c->is_beside != best->is_beside)
		return c->is_beside;
	return n > best->acquisitions[0] + best->acquisitions[1];
}

/* The lock that one side holds, else one beside the variable, else the one
 * that is acquired there most often. */
static struct candidate find_best(const struct report *report,
				  const struct race_report *race)
{
	struct candidate best = { .lock = NULL };

	for (size_t i = 0; i < report->n_locks; i++) {
		struct candidate c;

		if (!is_exclusive(&report->locks[i]))
			continue;
		c = weigh(report, &report->locks[i], race);
		/* Held on both sides and a race all the same: not this one. */
		if (c.held[0] && c.held[1])
			continue;
		if (is_better(&c, &best))
			best = c;
	}
	return best;
}

static char *place_text(const struct race_access *a)
{
	return a->stack.own ? frame_text(a->stack.own)
			    : g_strdup("a place that is not known");
}

/* "PLACE holds it (23 acquisitions there)" */
static void add_side(GString *text, const struct race_access *a,
		     const struct candidate *c, int side)
{
	uint64_t n = c->acquisitions[side];
	char *place = place_text(a);

	g_string_append_printf(text, "%s %s it (%llu acquisition%s there)",
			       place, c->held[side] ? "holds" : "does not hold",
			       (unsigned long long)n, n == 1 ? "" : "s");
	g_free(place);
}

static char *hint_text(const struct race_report *race,
		       const struct candidate *c, const char *trace)
{
	GString *text;

	if (!c->lock)
		return g_strdup_printf(
			"Which lock is missing, %s cannot tell: no function on "
			"either side acquires one in it.",
			trace);
	text = g_string_new("Probably missing: ");
	g_string_append_printf(text, "%s%s. ", c->lock->label,
			       c->is_beside ? ", which lies beside it" : "");
	add_side(text, &race->accesses[0], c, 0);
	g_string_append(text, "; ");
	add_side(text, &race->accesses[1], c, 1);
	g_string_append_printf(text, ". Counted in %s.", trace);
	return g_string_free(text, FALSE);
}

void link_report(struct campaign *campaign, const struct report *report,
		 const char *trace)
{
	for (guint i = 0; i < campaign->rows->rows->len; i++) {
		struct race_row *row = rows_get(campaign->rows, i);
		struct candidate best;
		char *text;

		if (row->report->kind != RACE_DATA ||
		    row->report->n_accesses != 2)
			continue;
		best = find_best(report, row->report);
		text = hint_text(row->report, &best, trace);
		row->hint = race_pool_text(campaign->pool, text);
		g_free(text);
	}
}
