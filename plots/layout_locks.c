/* Which locks a picture shows, and what it calls them. */
#include "plots/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/select.h"

bool layout_lock_wanted(const struct report *report, size_t lock,
			const struct plot_options *options)
{
	return select_lock(&report->locks[lock], options->lock);
}

struct scored {
	uint64_t score;
	size_t index;
};

static int dearest_first(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

size_t layout_choose(const uint64_t *scores, size_t n_scores, size_t n,
		     size_t *chosen)
{
	struct scored *all = g_new(struct scored, n_scores + 1);
	size_t n_all = 0;

	for (size_t i = 0; i < n_scores; i++)
		if (scores[i])
			all[n_all++] = (struct scored){ scores[i], i };
	qsort(all, n_all, sizeof(all[0]), dearest_first);
	if (n > n_all)
		n = n_all;
	for (size_t i = 0; i < n; i++)
		chosen[i] = all[i].index;
	g_free(all);
	return n;
}

bool layout_is_lock(const struct lock *lock)
{
	return lock->kind == LOCK_MUTEX || lock->kind == LOCK_RWLOCK ||
	       lock->kind == LOCK_SPIN || lock->kind == LOCK_ANNOTATED;
}

bool layout_open_counts(const struct report *report, const struct open_wait *w)
{
	return w->lock >= 0 && layout_is_lock(&report->locks[w->lock]);
}

/* A flag whose waiters sleep on a condition: it is no idleness. */
static bool is_interpreter_lock(const struct lock *l)
{
	return l->kind == LOCK_CONDITION &&
	       g_str_has_prefix(l->label, NAMES_GIL);
}

/*
 * Locks proper with waits worth a look come first: waits for the others may be
 * mere idleness. Where there are none (an interpreter whose lock is a flag with
 * a condition), the others are what there is to see.
 */
static bool goes_first(const struct report *report, const struct lock *l,
		       uint64_t waited_ns)
{
	return (layout_is_lock(l) || is_interpreter_lock(l)) &&
	       waited_ns >= report->run.duration_ns / 100;
}

/*
 * By lock: for how long threads waited for it, and still wait at the end; who
 * waits for ever on a condition is mostly idle.
 */
static uint64_t *waited(const struct report *report)
{
	uint64_t *ns = g_new0(uint64_t, report->n_locks + 1);

	for (size_t i = 0; i < report->n_locks; i++)
		ns[i] = report->locks[i].wait.total;
	for (size_t i = 0; i < report->n_unfinished; i++)
		if (layout_open_counts(report, &report->unfinished[i]))
			ns[report->unfinished[i].lock] +=
				report->unfinished[i].wait_ns;
	return ns;
}

struct layout_open layout_open_waits(const struct report *report, size_t lock)
{
	struct layout_open sum = { 0, 0 };

	for (size_t i = 0; i < report->n_unfinished; i++) {
		const struct open_wait *w = &report->unfinished[i];

		if (w->lock != (int)lock || !layout_open_counts(report, w))
			continue;
		sum.n++;
		sum.ns += w->wait_ns;
	}
	return sum;
}

char *layout_waited(const struct report *report, size_t lock)
{
	struct layout_open open = layout_open_waits(report, lock);
	char *time = layout_time(report->locks[lock].wait.total + open.ns);
	char *out;

	if (!open.n)
		return time;
	out = g_strdup_printf("%s, %zu not ended", time, open.n);
	g_free(time);
	return out;
}

size_t layout_choose_locks(const struct report *report,
			   const struct plot_options *options, size_t n,
			   size_t *chosen, size_t *n_all)
{
	uint64_t *scores = g_new0(uint64_t, report->n_locks + 1);
	uint64_t *ns = waited(report);
	size_t found = 0;

	if (options->top)
		n = options->top;
	*n_all = 0;
	for (int first = 1; first >= 0; first--) {
		memset(scores, 0, sizeof(scores[0]) * report->n_locks);
		for (size_t i = 0; i < report->n_locks; i++) {
			if (goes_first(report, &report->locks[i], ns[i]) !=
				    first ||
			    !layout_lock_wanted(report, i, options))
				continue;
			scores[i] = ns[i];
			*n_all += scores[i] > 0;
		}
		found += layout_choose(scores, report->n_locks, n - found,
				       chosen + found);
	}
	g_free(scores);
	g_free(ns);
	return found;
}

struct report layout_by_label(const struct report *report,
			      const struct plot_options *options)
{
	struct report view = *report;
	bool grouped = report->n_groups && !options->lock;

	/* Copied in any case, so that it can be freed in any case. */
	view.unfinished = g_new(struct open_wait, report->n_unfinished + 1);
	for (size_t i = 0; i < report->n_unfinished; i++) {
		struct open_wait *w = &view.unfinished[i];

		*w = report->unfinished[i];
		if (grouped && w->lock >= 0)
			w->lock = report->locks[w->lock].group;
	}
	if (grouped) {
		view.locks = report->groups;
		view.n_locks = report->n_groups;
	}
	return view;
}

void layout_by_label_clear(struct report *view)
{
	g_free(view->unfinished);
	view->unfinished = NULL;
	view->n_unfinished = 0;
}

/* What a lock shares its label with. */
struct kin {
	bool in_process, elsewhere;
};

static struct kin kin_of(const struct report *report, const struct lock *l)
{
	struct kin kin = { false, false };

	for (size_t i = 0; i < report->n_locks; i++) {
		const struct lock *other = &report->locks[i];

		if (other == l || other->group != l->group)
			continue;
		if (other->pid != l->pid)
			kin.elsewhere = true;
		else
			kin.in_process = true;
	}
	return kin;
}

/*
 * " x12" for a group; for one lock of a group of several " @1a40", and " of
 * 4711" where the others are in other processes.
 */
static char *lock_suffix(const struct report *report, const struct lock *l)
{
	struct kin kin = { false, false };
	GString *out = g_string_new(NULL);

	if (l->instances > 1) {
		g_string_printf(out, " ×%" PRIu32, l->instances);
		return g_string_free(out, FALSE);
	}
	if (report->groups && l->group >= 0 &&
	    (size_t)l->group < report->n_groups &&
	    report->groups[l->group].instances > 1)
		kin = kin_of(report, l);
	if (kin.in_process && !strchr(l->label, '['))
		g_string_append_printf(out, " @%04" PRIx64,
				       l->address & 0xffff);
	if (kin.elsewhere)
		g_string_append_printf(out, " of %" PRId32, l->pid);
	return g_string_free(out, FALSE);
}

char *layout_place(const char *label, size_t chars)
{
	const char *place = strstr(label, " (");
	char *inner, *out;

	if (!place || place == label)
		return g_strdup("");
	inner = g_strndup(place + 2, strcspn(place + 2, ")"));
	out = layout_shorten(inner, chars);
	g_free(inner);
	return out;
}

char *layout_lock_name(const struct report *report, size_t lock, size_t chars)
{
	const struct lock *l = &report->locks[lock];
	const char *place = strstr(l->label, " (");
	char *suffix = lock_suffix(report, l);
	size_t length = (size_t)g_utf8_strlen(suffix, -1);
	char *bare = place && place != l->label
			     ? g_strndup(l->label, (gsize)(place - l->label))
			     : g_strdup(l->label);
	char *name = layout_shorten(bare, chars > length ? chars - length : 1);
	char *out = g_strconcat(name, suffix, NULL);

	g_free(bare);
	g_free(name);
	g_free(suffix);
	return out;
}

char *layout_lock(const struct report *report, size_t lock, size_t chars)
{
	const struct lock *l = &report->locks[lock];
	char *suffix = lock_suffix(report, l);
	size_t length = (size_t)g_utf8_strlen(suffix, -1);
	char *name = layout_shorten_label(l->label,
					  chars > length ? chars - length : 1);
	char *out = g_strconcat(name, suffix, NULL);

	g_free(name);
	g_free(suffix);
	return out;
}

enum state layout_wait_state(const struct lock *lock)
{
	switch (lock->kind) {
	case LOCK_CONDITION:
		return STATE_COND;
	case LOCK_BARRIER:
		return STATE_BARRIER;
	case LOCK_SEMAPHORE:
		return STATE_SEMAPHORE;
	case LOCK_FUTEX:
		return STATE_OTHER;
	default:
		return STATE_LOCK;
	}
}

void layout_set_chosen(struct table *table, size_t drawn, size_t all,
		       const char *rest)
{
	if (all > drawn)
		table_set(table, "hint",
			  "The %zu of %zu with the longest waits. %s", drawn,
			  all, rest);
	else
		table_set(table, "hint", "%s", rest);
}

void layout_set_no_contention(struct table *table, const struct report *report,
			      const struct plot_options *options)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_locks; i++)
		n += layout_lock_wanted(report, i, options);
	if (!report->n_locks)
		table_set(table, "empty", "No lock was recorded.");
	else if (!n)
		table_set(table, "empty", "No lock of that name.");
	else if (!report->run.duration_ns)
		table_set(table, "empty", "The recording has no length.");
	else if (report->n_unfinished)
		table_set(table, "empty",
			  "No wait for a lock has ended; %zu thread%s still "
			  "wait%s at the end.",
			  report->n_unfinished,
			  report->n_unfinished == 1 ? "" : "s",
			  report->n_unfinished == 1 ? "s" : "");
	else
		table_set(table, "empty",
			  "No contention: no thread waited for any of %zu "
			  "lock%s.",
			  n, n == 1 ? "" : "s");
}
