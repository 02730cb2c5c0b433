/* From the model to the report: waits and holds that had not ended, when the
 * trace did or their lock. */
#include "analysis/model_fill.h"

static struct cover *cover_at(const struct m_thread *t, uint32_t i)
{
	return queue_at(&t->covers, i, sizeof(struct cover));
}

/* Locks that the thread held, as the board said, else as its wait did. */
static void fill_held_locks(const struct model *m, const struct m_thread *t,
			    struct open_wait *out, struct fill *fill)
{
	int *held = arena_array(fill->arena, m->open_holds->len + HELD_MAX,
				sizeof(*held));
	size_t n = 0;

	for (guint i = 0; i < m->open_holds->len; i++) {
		const struct m_open_hold *o =
			&g_array_index(m->open_holds, struct m_open_hold, i);

		if (o->thread == t->index && fill->lock[o->lock] >= 0)
			held[n++] = fill->lock[o->lock];
	}
	for (uint8_t i = 0; !t->boarded && i < t->n_held; i++) {
		uint32_t place =
			map_get(&m->lock_of, t->held[i], (uint32_t)t->pid);

		if (place != MAP_NONE && fill->lock[place] >= 0)
			held[n++] = fill->lock[place];
	}
	out->held = held;
	out->n_held = n;
}

static int owner_of(const struct model *m, const struct m_open *open,
		    const struct fill *fill)
{
	const uint32_t place =
		open->owner > 0
			? map_get(&m->thread_of, (uint32_t)open->owner, 0)
			: MAP_NONE;

	for (guint i = 0; i < m->open_holds->len && open->lock >= 0; i++) {
		const struct m_open_hold *o =
			&g_array_index(m->open_holds, struct m_open_hold, i);

		if (o->lock == open->lock)
			return fill->thread[o->thread];
	}
	return place == MAP_NONE ? -1 : fill->thread[place];
}

static void fill_open(const struct model *m, const struct m_open *open,
		      struct fill *fill)
{
	const struct m_thread *t = thread_at(m, open->thread);
	struct report *r = fill->report;
	struct open_wait *out = &r->unfinished[r->n_unfinished++];

	*out = (struct open_wait){
		.thread = fill->thread[open->thread],
		.state = open->state,
		.lock = open->lock >= 0 ? fill->lock[open->lock] : -1,
		.owner = owner_of(m, open, fill),
		.since_ns = fill_time(m, open->since),
		.wait_ns = t->end > open->since ? t->end - open->since : 0,
		.site = open->site,
	};
	fill_held_locks(m, t, out, fill);
}

/* Without a board: calls that began and never ended, in threads that live. */
static void find_open(struct model *m, const struct m_thread *t)
{
	struct m_open open = { .thread = t->index,
			       .owner = t->wait_owner,
			       .joined = -1 };
	const struct m_process *p = model_process(m, t->pid);
	const struct cover *last = NULL;

	if (!t->told || t->ended || p->boarded || t->gone_told || t->open_told)
		return;
	for (uint32_t i = 0; i < t->covers.n; i++)
		if (cover_at(t, i)->end == NEVER)
			last = cover_at(t, i);
	if (!last)
		return;
	open.lock = last->state == STATE_IO ? -1 : last->lock;
	open.site = last->site;
	open.state = last->state;
	open.since = last->begin;
	if (last->begin != t->wait_begin)
		open.owner = 0;
	g_array_append_val(m->opens, open);
}

static int by_length(const void *a, const void *b)
{
	const struct open_wait *x = a, *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns > y->wait_ns ? -1 : 1;
	return (x->thread > y->thread) - (x->thread < y->thread);
}

static void fill_open_holds(const struct model *m, struct fill *fill)
{
	struct report *r = fill->report;

	r->open_holds = arena_array(fill->arena, m->open_holds->len,
				    sizeof(*r->open_holds));
	for (guint i = 0; i < m->open_holds->len; i++) {
		const struct m_open_hold *o =
			&g_array_index(m->open_holds, struct m_open_hold, i);
		const struct m_thread *t = thread_at(m, o->thread);

		if (fill->thread[o->thread] < 0 || fill->lock[o->lock] < 0)
			continue;
		r->open_holds[r->n_open_holds++] = (struct open_hold){
			.lock = fill->lock[o->lock],
			.thread = fill->thread[o->thread],
			.site = o->site,
			.since_ns = fill_time(m, o->acquired),
			.hold_ns = m->last > o->acquired ? m->last - o->acquired
							 : 0,
			.thread_ended = t->ended && t->end_how <= END_CANCEL,
		};
	}
}

/*
 * Destroyed in a hold that was told, or in one that never ended. An address
 * that began another life may have done so before its end was told, and that
 * hold be of it: then only an end that failed is proof.
 */
void fill_destroyed(const struct model *m, const struct m_lock *lock,
		    struct lock *out, const struct fill *fill)
{
	const struct m_destroy *d = lock->destroy;
	int32_t owner = d ? d->owner : -1, site = d ? d->owner_site : -1;

	for (guint i = 0; d && owner < 0 && i < m->open_holds->len; i++) {
		const struct m_open_hold *o =
			&g_array_index(m->open_holds, struct m_open_hold, i);

		if (o->lock == lock->index && o->acquired < d->ns) {
			owner = o->thread;
			site = o->site;
		}
	}
	if (!d || (!d->count && (owner < 0 || lock->followed)))
		return;
	out->destroyed_held.count = MAX(d->count, 1);
	out->destroyed_held.thread = fill->thread[d->thread];
	out->destroyed_held.site = d->site;
	out->destroyed_held.owner = owner < 0 ? -1 : fill->thread[owner];
	out->destroyed_held.owner_site = site;
}

void fill_unfinished(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;

	for (guint i = 0; i < m->threads->len; i++)
		find_open(m, thread_at(m, (int32_t)i));
	r->unfinished =
		arena_array(fill->arena, m->opens->len, sizeof(*r->unfinished));
	for (guint i = 0; i < m->opens->len; i++) {
		const struct m_open *open =
			&g_array_index(m->opens, struct m_open, i);

		if (fill->thread[open->thread] >= 0)
			fill_open(m, open, fill);
	}
	if (r->n_unfinished)
		qsort(r->unfinished, r->n_unfinished, sizeof(*r->unfinished),
		      by_length);
	fill_open_holds(m, fill);
}
