/*
 * Locks that are held: mutexes, rwlocks, spin locks, annotated ones. Counts
 * what events tell and queues waits and holds for blame (model_blame.c).
 */
#include "analysis/model_parts.h"

#include <errno.h>
#include <string.h>

#define DETAIL_ALL  (1u << 19) /* queued waits and holds, over all locks */
#define DETAIL_MOST 1024

static uint32_t detail_most(const struct model *m)
{
	uint32_t share = DETAIL_ALL / (m->locks->len + 1);

	return CLAMP(share, SETTLE_AT / 4, DETAIL_MOST);
}

/* The earliest wait of which only the begin was told. */
static uint64_t open_safe(const struct m_detail *d, uint64_t now)
{
	for (uint32_t i = 0; i < d->open.n; i++) {
		const struct told_begin *o = queue_at(&d->open, i, sizeof(*o));

		now = MIN(now, o->begin);
	}
	return now;
}

void lock_close_begin(struct m_lock *lock, int32_t thread, uint64_t ns)
{
	struct m_detail *d = lock->detail;
	uint32_t kept = 0;

	if (!d)
		return;
	for (uint32_t i = 0; i < d->open.n; i++) {
		struct told_begin *o = queue_at(&d->open, i, sizeof(*o));

		if (o->thread == thread && o->begin <= ns)
			continue;
		*(struct told_begin *)queue_at(&d->open, kept++, sizeof(*o)) =
			*o;
	}
	d->open.n = kept;
	if (!kept)
		d->open.head = 0;
}

static void press(struct model *m, struct m_lock *lock)
{
	struct m_detail *d = lock->detail;
	uint32_t n = d->waits.n + d->holds.n;
	bool waited = d->waits.n || d->open.n;

	if (n == d->limit / 2)
		d->half_ns = m->last;
	if (n < d->limit)
		return;
	lock_settle(m, lock, MIN(d->half_ns, open_safe(d, m->last)));
	if (d->waits.n + d->holds.n > d->limit - d->limit / 4) {
		if (waited && d->limit < detail_most(m)) {
			d->limit *= 2;
		} else {
			lock_settle(m, lock, d->half_ns);
			if (d->waits.n + d->holds.n > d->limit - d->limit / 4)
				lock_settle(m, lock, m->last);
		}
	}
	if (d->waits.n + d->holds.n >= d->limit / 2)
		d->half_ns = m->last;
}

void lock_add_hold(struct model *m, struct m_lock *lock,
		   const struct told_hold *hold)
{
	struct queue *q = &model_detail(m, lock)->holds;
	uint32_t i = q->n;
	struct told_hold *at;

	queue_push(q, sizeof(*at));
	for (; i; i--) {
		at = queue_at(q, i - 1, sizeof(*at));
		if (at->acquired <= hold->acquired)
			break;
		at[1] = at[0];
	}
	*(struct told_hold *)queue_at(q, i, sizeof(*at)) = *hold;
	press(m, lock);
}

void lock_add_wait(struct model *m, struct m_lock *lock,
		   const struct told_wait *wait)
{
	struct m_detail *d = model_detail(m, lock);

	lock_close_begin(lock, wait->thread, wait->end);
	*(struct told_wait *)queue_push(&d->waits, sizeof(*wait)) = *wait;
	press(m, lock);
}

void stack_keep(struct model *m, struct m_thread *t, uint64_t begin,
		const uint64_t *stack, uint8_t most)
{
	uint8_t n = 0;

	/* A frame at 0 is none, and ends the stack. */
	while (n < MIN(most, STACK_MAX) && stack[n])
		n++;
	t->wait_begin = begin;
	t->n_stack = n;
	if (n && !t->stack)
		t->stack = g_new(int32_t, STACK_MAX);
	for (uint8_t i = 0; i < n; i++)
		t->stack[i] = model_site(m, t->pid, stack[i]);
}

static void wait_keep(struct model *m, struct m_thread *t,
		      const struct event *e)
{
	stack_keep(m, t, e->u.lock.begin_ns, e->u.lock.stack,
		   e->u.lock.n_stack);
	t->wait_owner = e->u.lock.owner;
	t->n_held = MIN(e->u.lock.n_held, HELD_MAX);
	if (t->n_held && !t->held)
		t->held = g_new(uint64_t, HELD_MAX);
	for (uint8_t i = 0; i < t->n_held; i++)
		t->held[i] = e->u.lock.held[i];
}

static void on_wait(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread(m, e);
	struct m_lock *lock = model_lock(m, e->pid, e->u.lock.address,
					 e->u.lock.kind, e->u.lock.begin_ns);
	struct m_detail *d = model_detail(m, lock);
	struct told_begin *o = queue_push(&d->open, sizeof(*o));

	lock->touched = true;
	*o = (struct told_begin){ e->u.lock.begin_ns, t->index };
	timeline_open(m, t,
		      &(struct cover){
			      .begin = e->u.lock.begin_ns,
			      .end = NEVER,
			      .lock = lock->index,
			      .site = model_site(m, e->pid, e->u.lock.site),
			      .state = STATE_LOCK,
		      });
	wait_keep(m, t, e);
	order_wait(m, t, lock, e);
}

void stack_move(const struct m_thread *t, struct m_lock_site *site,
		uint64_t begin, uint64_t ns)
{
	if (t->wait_begin > begin + APART_MOST ||
	    t->wait_begin + APART_MOST < begin || !t->n_stack ||
	    ns <= site->longest_ns)
		return;
	site->longest_ns = ns;
	if (!site->stack)
		site->stack = g_new(int32_t, STACK_MAX);
	memcpy(site->stack, t->stack, t->n_stack * sizeof(*t->stack));
	site->n_stack = t->n_stack;
}

static void counts_wait(struct m_counts *c, uint64_t ns, uint32_t weight)
{
	c->waits_told += weight;
	c->wait_ns += ns * weight;
	c->wait_max_ns = MAX(c->wait_max_ns, ns);
}

void lock_wait_done(struct model *m, struct m_lock *lock, struct m_thread *t,
		    const struct told_wait *w)
{
	struct m_lock_site *site = model_lock_site(lock, w->site);
	uint64_t begin = MAX(w->begin, m->from);
	uint64_t end = MIN(MAX(w->end, begin), m->to);
	uint64_t ns = end - begin;

	lock_close_begin(lock, t->index, w->end);
	if (begin > end || (m->windowed && begin == end))
		return;
	hist_add(&model_detail(m, lock)->wait[w->mode], ns, w->weight);
	counts_wait(&lock->told, ns, w->weight);
	counts_wait(&site->told, ns, w->weight);
	stack_move(t, site, w->begin, ns);
	lock_add_wait(m, lock,
		      &(struct told_wait){ .begin = begin,
					   .end = end,
					   .thread = t->index,
					   .site = w->site,
					   .weight = w->weight,
					   .mode = w->mode,
					   .gave_up = w->gave_up });
}

static void wait_done(struct model *m, struct m_thread *t, struct m_lock *lock,
		      const struct event *e, uint64_t end)
{
	const struct told_wait w = {
		.begin = e->u.lock.wait_begin_ns,
		.end = MAX(end, e->u.lock.wait_begin_ns),
		.thread = t->index,
		.site = model_site(m, e->pid, e->u.lock.site),
		.weight = e->u.lock.weight,
		.mode = e->u.lock.mode == LOCK_READ ? LOCK_READ : LOCK_WRITE,
		.gave_up = e->type == EVENT_LOCK_FAILED,
	};

	timeline_close(m, t,
		       &(struct cover){
			       .begin = w.begin,
			       .end = w.end,
			       .lock = lock->index,
			       .site = w.site,
			       .state = STATE_LOCK,
			       .timed_out = w.gave_up,
		       });
	lock_wait_done(m, lock, t, &w);
}

static void counts_hold(struct m_counts *c, uint64_t ns, uint32_t weight,
			bool waited)
{
	c->acquisitions += weight;
	c->contended += waited ? weight : 0;
	c->holds_told += weight;
	c->hold_ns += ns * weight;
	c->hold_max_ns = MAX(c->hold_max_ns, ns);
}

/* A hold is told when it is over: only then it shows who was in the way. */
static void destroy_within(struct m_lock *lock, const struct told_hold *hold)
{
	struct m_destroy *d = lock->destroy;

	if (!d || d->owner >= 0 || hold->acquired >= d->ns ||
	    hold->released <= d->ns)
		return;
	d->owner = hold->thread;
	d->owner_site = hold->site;
}

static void on_held(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread(m, e);
	uint64_t acquired = e->u.lock.begin_ns;
	uint64_t released = MAX(e->u.lock.end_ns, acquired);
	struct m_lock *lock = model_lock(m, e->pid, e->u.lock.address,
					 e->u.lock.kind, acquired);
	int32_t site = model_site(m, e->pid, e->u.lock.site);
	uint8_t mode = e->u.lock.mode == LOCK_READ ? LOCK_READ : LOCK_WRITE;
	bool waited = e->u.lock.wait_begin_ns != 0;

	lock->touched = true;
	if (e->u.lock.weight > 1)
		lock->sampled = true;
	destroy_within(lock, &(struct told_hold){ .acquired = acquired,
						  .released = released,
						  .thread = t->index,
						  .site = site });
	if (e->u.lock.wait_begin_ns)
		wait_done(m, t, lock, e, acquired);
	acquired = MAX(acquired, m->from);
	released = MIN(released, m->to);
	if (acquired > released || (m->windowed && acquired == released))
		return;
	hist_add(&model_detail(m, lock)->hold, released - acquired,
		 e->u.lock.weight);
	counts_hold(&lock->told, released - acquired, e->u.lock.weight, waited);
	lock->told.by_mode[mode] += e->u.lock.weight;
	lock->told.cond_relocks +=
		e->u.lock.flags & LOCK_RELOCK ? e->u.lock.weight : 0;
	counts_hold(&model_lock_site(lock, site)->told, released - acquired,
		    e->u.lock.weight, waited);
	model_share(m, lock->index, t->index)->told += e->u.lock.weight;
	timeline_section(m, t,
			 &(struct section){ acquired, released, lock->index,
					    e->u.lock.weight });
	tape_hold(m->tape,
		  &(struct tape_hold){ e->u.lock.wait_begin_ns, acquired,
				       released, t->index, lock->index,
				       e->u.lock.weight, mode });
	lock_add_hold(m, lock,
		      &(struct told_hold){ .acquired = acquired,
					   .released = released,
					   .thread = t->index,
					   .site = site,
					   .weight = e->u.lock.weight,
					   .mode = mode });
}

static int failed_index(int32_t result)
{
	static const int numbers[LOCK_NERRORS] = {
		[LOCK_EBUSY] = EBUSY,
		[LOCK_ETIMEDOUT] = ETIMEDOUT,
		[LOCK_EDEADLK] = EDEADLK,
		[LOCK_EPERM] = EPERM,
		[LOCK_EOWNERDEAD] = EOWNERDEAD,
		[LOCK_ENOTRECOVERABLE] = ENOTRECOVERABLE,
	};

	for (int i = 0; i < LOCK_NERRORS; i++)
		if (numbers[i] == result)
			return i;
	return -1;
}

static void on_failed(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread(m, e);
	struct m_lock *lock = model_lock(m, e->pid, e->u.lock.address,
					 e->u.lock.kind, e->u.lock.end_ns);
	int index = failed_index(e->u.lock.result);

	lock->touched = true;
	if (index >= 0)
		lock->told.failed[index] += e->u.lock.weight;
	if (e->u.lock.wait_begin_ns) {
		lock->told.gave_up += e->u.lock.weight;
		wait_done(m, t, lock, e, e->u.lock.end_ns);
	}
}

static void on_init(struct model *m, const struct event *e)
{
	struct m_lock *lock = model_lock(m, e->pid, e->u.lock.address,
					 e->u.lock.kind, e->ts_ns);

	lock = model_lock_next(m, lock);
	lock->attributes = e->u.lock.attributes;
	lock->init_site = model_site(m, e->pid, e->u.lock.site);
}

static void note_destroy(struct model *m, struct m_lock *lock,
			 const struct event *e)
{
	struct m_destroy *d = lock->destroy;
	bool busy = e->u.lock.result == EBUSY || e->u.lock.owner > 0;
	const struct m_thread *owner;

	if (is_object(lock->kind) || (e->u.lock.result && !busy) ||
	    e->ts_ns < m->from || e->ts_ns >= m->to)
		return;
	if (!d)
		d = lock->destroy = g_new0(struct m_destroy, 1);
	if (!d->count) {
		d->ns = e->ts_ns;
		d->thread = model_thread(m, e)->index;
		d->site = model_site(m, e->pid, e->u.lock.site);
		d->owner = d->owner_site = -1;
		owner = e->u.lock.owner > 0
				? model_thread_find(m, e->u.lock.owner)
				: NULL;
		if (owner) {
			d->owner = owner->index;
			d->owner_site =
				model_site(m, e->pid, e->u.lock.owner_site);
		}
	}
	d->count += busy;
}

static void on_destroy(struct model *m, const struct event *e)
{
	struct m_lock *lock = model_lock(m, e->pid, e->u.lock.address,
					 e->u.lock.kind, e->ts_ns);

	note_destroy(m, lock, e);
	if (e->u.lock.result)
		return;
	lock->ended = true;
	lock->ended_ns = e->ts_ns;
}

static void on_name(struct model *m, const struct event *e)
{
	struct m_lock *lock = model_lock(m, e->pid, e->u.lock.address,
					 e->u.lock.kind, e->ts_ns);

	g_free(lock->name);
	lock->name = g_strdup(e->u.lock.name);
	lock->named_ns = e->ts_ns;
}

void model_lock_event(struct model *m, const struct event *e)
{
	switch (e->type) {
	case EVENT_LOCK_INIT:
		on_init(m, e);
		break;
	case EVENT_LOCK_DESTROY:
		on_destroy(m, e);
		break;
	case EVENT_LOCK_NAME:
		on_name(m, e);
		break;
	case EVENT_LOCK_WAIT:
		on_wait(m, e);
		break;
	case EVENT_LOCK_HELD:
		on_held(m, e);
		break;
	case EVENT_LOCK_FAILED:
		on_failed(m, e);
		break;
	default:
		break;
	}
}
