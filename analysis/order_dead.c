/*
 * Deadlocks that happened: cycles of threads of which each waits for a lock
 * that the next one holds, or for its end (a join).
 */
#include "analysis/model_fill.h"
#include "analysis/order.h"

#include <string.h>

#define CYCLE_MOST 64

struct dead {
	struct model *m;
	struct fill *fill;
	const struct m_open *path[CYCLE_MOST];
	size_t length;
	GArray *found;
};

static const struct m_open *open_at(const struct model *m, guint i)
{
	return &g_array_index(m->opens, struct m_open, i);
}

static const struct m_open_hold *hold_at(const struct model *m, guint i)
{
	return &g_array_index(m->open_holds, struct m_open_hold, i);
}

static bool is_stuck(const struct m_open *open)
{
	return (open->state == STATE_LOCK && open->lock >= 0) ||
	       (open->state == STATE_JOIN && open->joined >= 0);
}

static int held_site(const struct model *m, int32_t thread, int32_t lock)
{
	for (guint i = 0; i < m->open_holds->len; i++)
		if (hold_at(m, i)->thread == thread &&
		    hold_at(m, i)->lock == lock)
			return hold_at(m, i)->site;
	return -1;
}

/* Told once: from its thread with the least number on. */
static void keep(struct dead *d)
{
	struct deadlock dead = { .n = d->length };

	for (size_t i = 1; i < d->length; i++)
		if (d->path[i]->thread <= d->path[0]->thread)
			return;
	dead.cycle =
		arena_array(d->fill->arena, d->length, sizeof(*dead.cycle));
	for (size_t i = 0; i < d->length; i++) {
		const struct m_open *open = d->path[i];
		int32_t owner = d->path[(i + 1) % d->length]->thread;

		dead.cycle[i].thread = d->fill->thread[open->thread];
		dead.cycle[i].lock =
			open->lock >= 0 ? d->fill->lock[open->lock] : -1;
		dead.cycle[i].owner = d->fill->thread[owner];
		dead.cycle[i].site = open->site;
		dead.cycle[i].held_site = held_site(d->m, owner, open->lock);
	}
	g_array_append_val(d->found, dead);
}

static void search(struct dead *d, int32_t thread);

static void visit(struct dead *d, int32_t owner)
{
	if (owner < 0 || d->fill->thread[owner] < 0)
		return;
	if (owner == d->path[0]->thread) {
		keep(d);
		return;
	}
	for (size_t i = 1; i < d->length; i++)
		if (d->path[i]->thread == owner)
			return; /* a cycle, but not through the first */
	if (d->length < CYCLE_MOST)
		search(d, owner);
}

/* Everybody that the open wait waits for. */
static void search(struct dead *d, int32_t thread)
{
	const struct model *m = d->m;

	for (guint i = 0; i < m->opens->len; i++) {
		const struct m_open *open = open_at(m, i);
		bool held = false;

		if (open->thread != thread || !is_stuck(open))
			continue;
		d->path[d->length++] = open;
		if (open->state == STATE_JOIN) {
			visit(d, open->joined);
			d->length--;
			continue;
		}
		for (guint j = 0; j < m->open_holds->len; j++)
			if (hold_at(m, j)->lock == open->lock) {
				held = true;
				visit(d, hold_at(m, j)->thread);
			}
		if (!held && open->owner > 0) {
			uint32_t place = map_get(&m->thread_of,
						 (uint32_t)open->owner, 0);

			visit(d, place == MAP_NONE ? -1 : (int32_t)place);
		}
		d->length--;
	}
}

void deadlock_fill(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;
	struct dead d = {
		.m = m,
		.fill = fill,
		.found = g_array_new(FALSE, TRUE, sizeof(struct deadlock)),
	};

	for (guint i = 0; i < m->opens->len; i++)
		if (is_stuck(open_at(m, i)) &&
		    fill->thread[open_at(m, i)->thread] >= 0)
			search(&d, open_at(m, i)->thread);
	r->n_deadlocks = d.found->len;
	r->deadlocks =
		arena_array(fill->arena, d.found->len, sizeof(*r->deadlocks));
	if (d.found->len)
		memcpy(r->deadlocks, d.found->data,
		       d.found->len * sizeof(*r->deadlocks));
	g_array_free(d.found, TRUE);
}
