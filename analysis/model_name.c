/* Who is who: threads, processes, locks and sites by what events call them. */
#include "analysis/model_parts.h"

#define FINE_THREADS 1024 /* others are seen over time in fewer bins */

#define SERIES_MOST	 (48u << 20) /* bytes of all series */
#define GENERATIONS_MOST 1000 /* of one address; later ones share the last */

/* What a table says, with the newest answers at hand. */
static uint32_t *recall(struct recent *recent, uint64_t a, uint64_t b)
{
	struct recent *r =
		&recent[(a ^ (a >> 6) ^ (a >> 12) ^ b << 5) & (RECENT - 1)];

	if (r->a != a || r->b != b)
		*r = (struct recent){ a, b, MAP_NONE };
	return &r->value;
}

struct m_process *model_process_find(const struct model *m, int32_t pid)
{
	uint32_t place = map_get(&m->process_of, (uint32_t)pid, 0);

	return place == MAP_NONE ? NULL : m->processes->pdata[place];
}

struct m_process *model_process(struct model *m, int32_t pid)
{
	uint32_t *place = map_at(&m->process_of, (uint64_t)(uint32_t)pid, 0);
	struct m_process *p;

	if (*place != MAP_NONE)
		return m->processes->pdata[*place];
	*place = m->processes->len;
	p = g_new0(struct m_process, 1);
	p->pid = pid;
	p->status = p->ender = -1;
	g_ptr_array_add(m->processes, p);
	return p;
}

struct m_thread *model_thread_find(struct model *m, int32_t tid)
{
	uint32_t *near = recall(m->recent_threads, (uint32_t)tid, 1);

	if (*near == MAP_NONE)
		*near = map_get(&m->thread_of, (uint32_t)tid, 0);
	return *near == MAP_NONE ? NULL : thread_at(m, (int32_t)*near);
}

void model_thread_bins(struct model *m, struct m_thread *t)
{
	tally_clear(&t->states);
	tally_init(&t->states, m->from,
		   t->index < FINE_THREADS ? m->options.bins
					   : m->options.bins / 16,
		   STATE_N);
}

uint32_t model_bins(struct model *m, uint32_t bytes_a_bin)
{
	uint32_t bins = m->options.bins;

	if (m->series_bytes > SERIES_MOST / 2)
		bins /= 8;
	if (m->series_bytes > SERIES_MOST)
		bins = 0;
	m->series_bytes += (uint64_t)bins * bytes_a_bin;
	return bins;
}

struct m_thread *model_thread_new(struct model *m, int32_t pid, int32_t tid,
				  uint64_t ns)
{
	struct m_thread *t = g_new0(struct m_thread, 1);
	uint32_t *place = map_at(&m->thread_of, (uint32_t)tid, 0);

	t->pid = pid;
	t->tid = tid;
	t->index = (int32_t)m->threads->len;
	t->earlier = *place == MAP_NONE ? -1 : (int32_t)*place;
	t->creator = t->start_site = t->create_site = -1;
	t->begin = t->settled = ns < m->begin ? m->begin : ns;
	t->end_how = END_RUNNING;
	t->limit = SETTLE_AT;
	model_thread_bins(m, t);
	t->wait_begin = NEVER;
	*place = (uint32_t)t->index;
	*recall(m->recent_threads, (uint32_t)tid, 1) = (uint32_t)t->index;
	g_ptr_array_add(m->threads, t);
	return t;
}

struct m_thread *model_task(struct model *m, int32_t tid, uint64_t ns)
{
	struct m_thread *t = model_thread_find(m, tid);

	/* One that is over still leaves its CPU; a new one is told as such. */
	return t ? t : model_thread_new(m, 0, tid, ns);
}

struct m_thread *model_thread(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread_find(m, e->tid);

	if (!t || t->gone || (t->pid && e->pid && t->pid != e->pid))
		t = model_thread_new(m, e->pid, e->tid, e->ts_ns);
	if (!t->told) {
		/* What was settled by then is in no sum but its own. */
		timeline_forget(t);
		t->told = true;
		t->pid = e->pid;
		model_process(m, e->pid)->told = true;
	}
	if (e->ts_ns > t->last_told)
		t->last_told = e->ts_ns;
	return t;
}

struct m_thread *model_outside(struct model *m, int32_t pid, int32_t tid)
{
	struct m_thread *t = model_thread_find(m, tid);

	if (!t)
		t = model_thread_new(m, pid, tid, m->begin);
	t->told = t->outside = t->child = true;
	t->pid = pid;
	model_process(m, pid)->child = true;
	return t;
}

static struct m_lock *lock_new(struct model *m, int32_t pid, uint64_t address,
			       uint8_t kind)
{
	struct m_lock *lock = g_new0(struct m_lock, 1);

	lock->pid = pid;
	lock->address = address;
	lock->kind = kind;
	lock->index = (int32_t)m->locks->len;
	lock->earlier = lock->init_site = lock->mutex = -1;
	g_ptr_array_add(m->locks, lock);
	return lock;
}

struct m_lock *model_lock_next(struct model *m, struct m_lock *lock)
{
	struct m_lock *next;

	if (!lock->touched || lock->generation >= GENERATIONS_MOST) {
		lock->ended = false;
		return lock;
	}
	next = lock_new(m, lock->pid, lock->address, lock->kind);
	next->generation = lock->generation + 1;
	next->earlier = lock->index;
	lock->followed = true;
	*map_at(&m->lock_of, lock->address, (uint32_t)lock->pid) =
		(uint32_t)next->index;
	*recall(m->recent_locks, lock->address, (uint32_t)lock->pid) =
		(uint32_t)next->index;
	return next;
}

/*
 * The lock that `address` stood for at `ns`. One that is used after its end,
 * or as something else, is another one.
 */
struct m_lock *model_lock(struct model *m, int32_t pid, uint64_t address,
			  uint8_t kind, uint64_t ns)
{
	uint32_t *near = recall(m->recent_locks, address, (uint32_t)pid);
	struct m_lock *lock;
	uint32_t *place;

	if (*near == MAP_NONE) {
		place = map_at(&m->lock_of, address, (uint32_t)pid);
		if (*place == MAP_NONE)
			*place = (uint32_t)lock_new(m, pid, address, kind)
					 ->index;
		*near = *place;
	}
	lock = lock_at(m, (int32_t)*near);
	if (lock->kind != kind) {
		lock = model_lock_next(m, lock);
		lock->kind = kind;
	} else if (lock->ended && ns > lock->ended_ns) {
		lock = model_lock_next(m, lock);
	}
	return lock;
}

int32_t model_site(struct model *m, int32_t pid, uint64_t address)
{
	uint32_t *near;
	uint32_t *place;

	if (!address)
		return -1;
	near = recall(m->recent_sites, address, (uint32_t)pid);
	if (*near != MAP_NONE)
		return (int32_t)*near;
	place = map_at(&m->site_of, address, (uint32_t)pid);
	if (*place == MAP_NONE) {
		struct site_key key = { address, pid };

		*place = m->sites->len;
		g_array_append_val(m->sites, key);
	}
	*near = *place;
	return (int32_t)*place;
}

struct m_lock_site *model_lock_site(struct m_lock *lock, int32_t site)
{
	struct m_lock_site *found;

	if (!lock->sites)
		lock->sites =
			g_array_new(FALSE, TRUE, sizeof(struct m_lock_site));
	for (guint i = 0; i < lock->sites->len; i++) {
		found = &g_array_index(lock->sites, struct m_lock_site, i);
		if (found->site == site)
			return found;
	}
	g_array_set_size(lock->sites, lock->sites->len + 1);
	found = &g_array_index(lock->sites, struct m_lock_site,
			       lock->sites->len - 1);
	found->site = site;
	return found;
}

struct m_share *model_share(struct model *m, int32_t lock, int32_t thread)
{
	uint32_t *near =
		recall(m->recent_shares, (uint32_t)lock, (uint32_t)thread);
	uint32_t *place;

	if (*near != MAP_NONE)
		return &g_array_index(m->acquisitions, struct m_share, *near);
	place = map_at(&m->acquisitions_of, (uint32_t)lock, (uint32_t)thread);
	if (*place == MAP_NONE) {
		struct m_share share = { lock, thread, 0, 0 };

		*place = m->acquisitions->len;
		g_array_append_val(m->acquisitions, share);
	}
	*near = *place;
	return &g_array_index(m->acquisitions, struct m_share, *near);
}

struct m_detail *model_detail(struct model *m, struct m_lock *lock)
{
	struct m_detail *d = lock->detail;

	if (d)
		return d;
	d = lock->detail = g_new0(struct m_detail, 1);
	d->limit = SETTLE_AT / 4;
	d->swept = m->begin;
	return d;
}
