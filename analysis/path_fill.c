/* Whose path it is, and its shares for the report. */
#include "analysis/path.h"

#include <string.h>

#include "analysis/model_fill.h"
#include "analysis/path_sum.h"

const struct m_thread *path_last_thread(const struct model *m)
{
	const struct m_thread *last = NULL;

	for (guint i = 0; i < m->threads->len; i++) {
		const struct m_thread *t = thread_at(m, (int32_t)i);
		const struct m_process *p;

		if (!t->told || !t->pieces.n)
			continue;
		p = model_process_find(m, t->pid);
		/* Threads that die with their process are not waited for. */
		if (p && p->ender >= 0 && p->ender != t->index &&
		    t->end_how == END_RUNNING)
			continue;
		if (p && p->ender >= 0 && p->ender != t->index &&
		    t->end >= p->end)
			continue;
		if (!last || t->end > last->end ||
		    (t->end == last->end && t->tid == t->pid &&
		     last->tid != last->pid))
			last = t;
	}
	return last;
}

static int by_share(const void *a, const void *b)
{
	const struct path_share *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* Shares by the report's index; those without one are summed under -1. */
static struct path_share *fill_shares(const struct path_entry *from, size_t n,
				      const int *index, size_t *n_out,
				      struct fill *fill)
{
	struct path_share *out = arena_array(fill->arena, n + 1, sizeof(*out));
	uint64_t none = 0;

	*n_out = 0;
	for (size_t i = 0; i < n; i++) {
		int place = from[i].index >= 0 ? index[from[i].index] : -1;

		if (place < 0)
			none += from[i].ns;
		else
			out[(*n_out)++] =
				(struct path_share){ place, from[i].ns };
	}
	if (none)
		out[(*n_out)++] = (struct path_share){ -1, none };
	if (*n_out)
		qsort(out, *n_out, sizeof(*out), by_share);
	return out;
}

void path_fill(struct model *m, struct fill *fill)
{
	const struct m_thread *last = path_last_thread(m);
	struct report *r = fill->report;
	struct path_sum *sum = path_sum_new();

	if (last)
		path_sum_up(m, last->index, sum);
	memcpy(r->path.by_state_ns, sum->by_state, sizeof(sum->by_state));
	for (int s = 0; s < STATE_N; s++)
		r->path.length_ns += sum->by_state[s];
	r->path.by_lock = fill_shares(sum->locks.entries, sum->locks.n,
				      fill->lock, &r->path.n_by_lock, fill);
	r->path.by_thread =
		fill_shares(sum->threads.entries, sum->threads.n, fill->thread,
			    &r->path.n_by_thread, fill);
	for (size_t i = 0; i < r->path.n_by_lock; i++)
		if (r->path.by_lock[i].index >= 0)
			r->locks[r->path.by_lock[i].index].path_ns =
				r->path.by_lock[i].ns;
	path_sum_free(sum);
}
