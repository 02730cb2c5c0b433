/* Which locks and threads of a report are meant by a name. */
#include <glib.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/whatif.h"

/* The group that is called so, or the only one of which it is a part. */
static int lock_group(const struct report *r, const char *name, struct err *err)
{
	int found = -1, n = 0;

	for (size_t i = 0; i < r->n_groups; i++) {
		const struct lock *l = &r->groups[i];

		if (!strcmp(l->label, name) || !strcmp(l->id, name) ||
		    (l->name && !strcmp(l->name, name)))
			return (int)i;
		if (strstr(l->label, name)) {
			found = (int)i;
			n++;
		}
	}
	if (n == 1)
		return found;
	return n ? err_set(err, "'%s' is a part of %d locks' labels", name, n)
		 : err_set(err, "no lock is called '%s'", name);
}

static const bool *locks_of(const struct report *r, int group)
{
	bool *locks = arena_array(r->arena, r->n_locks + 1, sizeof(*locks));

	for (size_t i = 0; i < r->n_locks; i++)
		locks[i] = r->locks[i].group == group;
	return locks;
}

static const char *routine_of(const struct report *r, const struct thread *t)
{
	const struct site *site =
		t->start_site >= 0 ? &r->sites[t->start_site] : NULL;

	if (!site)
		return "";
	return *site->function ? site->function : site->text;
}

/* Threads that began in the same routine do the like. */
static bool are_alike(const struct thread *a, const struct thread *b)
{
	return a->pid == b->pid && a->recorded && b->recorded &&
	       a->start_site >= 0 && a->start_site == b->start_site;
}

static size_t count_alike(const struct report *r, const struct thread *t)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_threads; i++)
		n += are_alike(t, &r->threads[i]);
	return n;
}

static bool is_called(const struct report *r, const struct thread *t,
		      const char *name)
{
	if (!name)
		return count_alike(r, t) > 1;
	return !strcmp(routine_of(r, t), name) ||
	       (t->name && !strcmp(t->name, name));
}

/* The first one of the only group that is meant. */
static const struct thread *team_of(const struct report *r, const char *name,
				    struct err *err)
{
	const struct thread *found = NULL;

	for (size_t i = 0; i < r->n_threads; i++) {
		const struct thread *t = &r->threads[i];

		if (t->start_site < 0 || !t->recorded ||
		    !is_called(r, t, name) || (found && are_alike(found, t)))
			continue;
		if (found) {
			err_set(err,
				"threads of %s and of %s: say which, as in "
				"'--threads=%s=4'",
				routine_of(r, found), routine_of(r, t),
				routine_of(r, t));
			return NULL;
		}
		found = t;
	}
	if (!found && name)
		err_set(err, "no threads are called '%s', or begin in it",
			name);
	else if (!found)
		err_set(err, "no two threads begin in the same routine");
	return found;
}

static const bool *threads_of(const struct report *r, const struct thread *team)
{
	bool *threads =
		arena_array(r->arena, r->n_threads + 1, sizeof(*threads));

	for (size_t i = 0; i < r->n_threads; i++)
		threads[i] = are_alike(team, &r->threads[i]);
	return threads;
}

static const char *words_of(const struct report *r, const struct whatif_wish *w,
			    const char *label)
{
	switch (w->kind) {
	case REPLAY_NO_CONTENTION:
		return arena_printf(r->arena, "no contention on %s", label);
	case REPLAY_HOLD:
		return arena_printf(r->arena, "sections of %s take %gx", label,
				    w->factor);
	case REPLAY_SHARDS:
		return arena_printf(r->arena, "%s split into %u", label, w->n);
	case REPLAY_OUTSIDE:
		return arena_printf(r->arena, "I/O and sleeps outside of %s",
				    label);
	case REPLAY_READERS:
		if (w->readers)
			return arena_printf(r->arena,
					    "%s shared by the threads of %s",
					    label, w->readers);
		return arena_printf(r->arena, "%g of the sections of %s read",
				    w->factor, label);
	case REPLAY_IO_TIME:
		return arena_printf(r->arena, "I/O takes %gx", w->factor);
	case REPLAY_CPUS:
		return arena_printf(r->arena, "%u CPU%s", w->n,
				    w->n == 1 ? "" : "s");
	default:
		return "";
	}
}

static int resolve_threads(const struct report *r, const struct whatif_wish *w,
			   struct replay_change *change, const char **words,
			   struct err *err)
{
	const struct thread *team = team_of(r, w->name, err);

	if (!team)
		return -1;
	change->threads = threads_of(r, team);
	*words = arena_printf(r->arena, "%u thread%s of %s instead of %zu",
			      w->n, w->n == 1 ? "" : "s", routine_of(r, team),
			      count_alike(r, team));
	return 0;
}

int whatif_resolve(const struct report *report, const struct whatif_wish *wish,
		   struct replay_change *change, const char **words,
		   struct err *err)
{
	const char *label = "";

	*change = (struct replay_change){ .factor = wish->factor,
					  .kind = wish->kind,
					  .n = wish->n };
	if (wish->kind == REPLAY_THREADS)
		return resolve_threads(report, wish, change, words, err);
	if (wish->name) {
		int group = lock_group(report, wish->name, err);

		if (group < 0)
			return -1;
		change->locks = locks_of(report, group);
		label = report->groups[group].label;
	}
	if (wish->readers) {
		const struct thread *team = team_of(report, wish->readers, err);

		if (!team)
			return -1;
		change->threads = threads_of(report, team);
	}
	*words = words_of(report, wish, label);
	return 0;
}
