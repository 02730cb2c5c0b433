/*
 * Objects that threads wait at without holding them: conditions, barriers,
 * semaphores, futexes; and once, which is held by the thread that runs it.
 *
 * A wait at an object is blamed on the thread that ended it, up to the wake-up
 * (signal, post, wake; the arrival of the last one at a barrier); from there to
 * the return is handoff. A wait that nobody is known to have ended is handoff.
 */
#include "analysis/model_parts.h"

#include <errno.h>

#define AT_ONCE_NS 2000	   /* to look at a predicate takes less */
#define REWAIT_NS  1000000 /* so does it where the CPU is given to others */

static const enum state state_in[LOCK_NKINDS] = {
	[LOCK_MUTEX] = STATE_LOCK,     [LOCK_RWLOCK] = STATE_LOCK,
	[LOCK_SPIN] = STATE_LOCK,      [LOCK_SEMAPHORE] = STATE_SEMAPHORE,
	[LOCK_CONDITION] = STATE_COND, [LOCK_BARRIER] = STATE_BARRIER,
	[LOCK_ONCE] = STATE_LOCK,      [LOCK_FUTEX] = STATE_OTHER,
	[LOCK_ANNOTATED] = STATE_LOCK,
};

bool is_object(uint8_t kind)
{
	return kind == LOCK_SEMAPHORE || kind == LOCK_CONDITION ||
	       kind == LOCK_BARRIER || kind == LOCK_FUTEX;
}

static struct cover cover_of(struct model *m, const struct event *e,
			     const struct m_lock *lock)
{
	return (struct cover){
		.begin = e->u.wait.begin_ns,
		.end = NEVER,
		.lock = lock->index,
		.site = model_site(m, e->pid, e->u.wait.site),
		.state = (uint8_t)state_in[lock->kind],
	};
}

static void wake_add(struct model *m, struct m_lock *lock,
		     const struct event *e, uint64_t ns, bool all)
{
	timeline_alive(model_thread(m, e), ns);
	lock_add_hold(m, lock,
		      &(struct told_hold){
			      .acquired = ns,
			      .released = ns,
			      .thread = model_thread(m, e)->index,
			      .site = model_site(m, e->pid, e->u.wait.site),
			      .weight = 1,
			      .mode = all });
}

static void on_begin(struct model *m, const struct event *e,
		     struct m_lock *lock)
{
	struct m_thread *t = model_thread(m, e);
	struct cover cover = cover_of(m, e, lock);

	/* It was woken in vain: somebody else had been faster. */
	if (lock->kind == LOCK_CONDITION && t->cond == lock->index &&
	    t->cond_end && cover.begin >= t->cond_end &&
	    cover.begin - t->cond_end < AT_ONCE_NS)
		lock->told.stolen++;
	if (lock->kind == LOCK_CONDITION) {
		if (e->u.wait.mutex)
			lock->mutex = model_lock(m, e->pid, e->u.wait.mutex,
						 LOCK_MUTEX, cover.begin)
					      ->index;
		lock->signals.timed += e->u.wait.flags & LOCK_TIMED ? 1 : 0;
		t->again = e->u.wait.flags & LOCK_RELOCK ? cover.begin : 0;
	}
	if (e->u.wait.n_stack)
		stack_keep(m, t, cover.begin, e->u.wait.stack,
			   e->u.wait.n_stack);
	*(struct told_begin *)queue_push(&model_detail(m, lock)->open,
					 sizeof(struct told_begin)) =
		(struct told_begin){ cover.begin, t->index };
	timeline_open(m, t, &cover);
	if (lock->kind == LOCK_BARRIER)
		wake_add(m, lock, e, e->u.wait.begin_ns, true);
}

static void once_ran(struct model *m, const struct event *e,
		     struct m_lock *lock)
{
	struct m_thread *t = model_thread(m, e);

	timeline_cancel(t, e->u.wait.begin_ns, STATE_LOCK);
	lock_close_begin(lock, t->index, e->u.wait.end_ns);
	lock_add_hold(m, lock,
		      &(struct told_hold){
			      .acquired = e->u.wait.begin_ns,
			      .released = e->u.wait.end_ns,
			      .thread = t->index,
			      .site = model_site(m, e->pid, e->u.wait.site),
			      .weight = 1 });
}

/* The first wake-up told within [from, to), `from` if there is none. */
static uint64_t first_wake(const struct m_lock *lock, uint64_t from,
			   uint64_t to)
{
	const struct m_detail *d = lock->detail;
	uint64_t first = from;

	for (uint32_t i = d->holds.n; i; i--) {
		const struct told_hold *wake =
			queue_at(&d->holds, i - 1, sizeof(*wake));

		if (wake->acquired < from)
			break;
		if (wake->acquired < to)
			first = wake->acquired;
	}
	return first;
}

/*
 * A condition wait takes its mutex again before it returns, inside the C
 * library. A thread that was woken and blocked once more waited for the mutex:
 * that part of the wait is the mutex' own. Who woke it, and was preempted right
 * then, may not have told of its signal yet; so only one that is known to have
 * come later speaks against it.
 */
static uint64_t relock(struct model *m, const struct event *e,
		       struct m_thread *t, const struct m_lock *cond)
{
	uint64_t begin = e->u.wait.begin_ns, end = e->u.wait.end_ns;
	struct told_wait w = { .end = end, .thread = t->index, .weight = 1 };
	uint64_t again;
	struct m_lock_site *site;
	struct m_lock *mutex;

	if (cond->kind != LOCK_CONDITION || !e->u.wait.mutex || !cond->detail)
		return end;
	again = timeline_blocked_again(t, first_wake(cond, begin, end), end);
	if (!again)
		return end;
	mutex = model_lock(m, e->pid, e->u.wait.mutex, LOCK_MUTEX, again);
	w.begin = again;
	w.site = model_site(m, e->pid, e->u.wait.site);
	mutex->touched = true;
	mutex->told.relock_waits++;
	mutex->told.relock_wait_ns += end - again;
	mutex->told.contended++;
	site = model_lock_site(mutex, w.site);
	site->told.relock_waits++;
	site->told.relock_wait_ns += end - again;
	timeline_close(m, t,
		       &(struct cover){ .begin = again,
					.end = end,
					.lock = mutex->index,
					.site = w.site,
					.state = STATE_LOCK });
	lock_wait_done(m, mutex, t, &w);
	return again;
}

static void on_end(struct model *m, const struct event *e, struct m_lock *lock)
{
	struct m_thread *t = model_thread(m, e);
	struct cover cover = cover_of(m, e, lock);
	struct m_lock_site *site = model_lock_site(lock, cover.site);
	uint64_t begin = MAX(cover.begin, m->from);
	uint64_t end = MIN(MAX(e->u.wait.end_ns, begin), m->to);

	if (lock->kind == LOCK_ONCE && e->u.wait.result == 1) {
		once_ran(m, e, lock);
		return;
	}
	cover.end = relock(m, e, t, lock);
	cover.end = MAX(cover.end, cover.begin);
	cover.timed_out = e->u.wait.result == ETIMEDOUT;
	timeline_close(m, t, &cover);
	if (lock->kind == LOCK_CONDITION) {
		t->cond = lock->index;
		t->cond_end = cover.timed_out ? 0 : e->u.wait.end_ns;
	}
	if (begin > end || (m->windowed && begin == end))
		return;
	stack_move(t, site, cover.begin, end - begin);
	lock->told.waits++;
	site->told.waits++;
	lock->told.wait_ns += end - begin;
	site->told.wait_ns += end - begin;
	lock->told.wait_max_ns = MAX(lock->told.wait_max_ns, end - begin);
	lock->told.waits_told++;
	hist_add(&model_detail(m, lock)->wait[LOCK_WRITE], end - begin, 1);
	lock_add_wait(m, lock,
		      &(struct told_wait){ .begin = begin,
					   .end = end,
					   .thread = t->index,
					   .site = cover.site,
					   .weight = 1,
					   .gave_up = cover.timed_out,
					   .again = t->again &&
						    t->again == cover.begin });
}

static void note_signal(struct model *m, const struct event *e,
			struct m_lock *lock)
{
	struct m_signals *s = &lock->signals;
	bool unheard = !e->u.wait.waiters;
	uint64_t ns = e->u.wait.begin_ns;

	if (unheard && ns >= m->from && ns < m->to)
		s->unheard++;
	if (ns < s->last_ns)
		return;
	s->last_ns = ns;
	s->last_thread = model_thread(m, e)->index;
	s->last_site = model_site(m, e->pid, e->u.wait.site);
	s->last_unheard = unheard;
}

static void on_wake(struct model *m, const struct event *e, struct m_lock *lock)
{
	struct m_thread *t = model_thread(m, e);
	uint64_t ns = e->u.wait.begin_ns;

	if (lock->kind == LOCK_CONDITION)
		note_signal(m, e, lock);
	if (ns < m->from || ns >= m->to)
		return;
	lock->told.signals++;
	model_lock_site(lock, model_site(m, e->pid, e->u.wait.site))
		->told.signals++;
	model_share(m, lock->index, t->index);
	wake_add(m, lock, e, ns, e->type == EVENT_BROADCAST);
}

void model_object_event(struct model *m, const struct event *e)
{
	struct m_lock *lock = model_lock(m, e->pid, e->u.wait.object,
					 e->u.wait.kind, e->u.wait.begin_ns);

	lock->touched = true;
	if (e->type == EVENT_WAIT_BEGIN)
		on_begin(m, e, lock);
	else if (e->type == EVENT_WAIT_END)
		on_end(m, e, lock);
	else
		on_wake(m, e, lock);
}

static struct told_hold *wake_at(const struct m_detail *d, uint32_t i)
{
	return queue_at(&d->holds, i, sizeof(struct told_hold));
}

/* The wake-up that ended the wait, or NULL. */
static struct told_hold *wake_find(const struct m_lock *lock,
				   const struct told_wait *w)
{
	const struct m_detail *d = lock->detail;
	struct told_hold *found = NULL;

	if (w->gave_up)
		return NULL;
	for (uint32_t i = 0; i < d->holds.n; i++) {
		struct told_hold *wake = wake_at(d, i);

		if (wake->acquired > w->end)
			break;
		if (wake->acquired < w->begin || wake->used)
			continue;
		found = wake;
		if (lock->kind != LOCK_BARRIER)
			break;
	}
	if (found && !found->mode)
		found->used = true;
	return found;
}

/* Woken with all others, it found nothing to do and went back to wait. */
static void note_rewait(struct model *m, struct m_lock *lock,
			const struct told_wait *w, const struct told_hold *wake)
{
	struct m_thread *t = thread_at(m, w->thread);

	if (lock->kind != LOCK_CONDITION)
		return;
	if (w->again && t->roused_end && t->roused == lock->index &&
	    w->begin >= t->roused_end && w->begin - t->roused_end < REWAIT_NS) {
		lock->signals.rewaits++;
		lock->signals.rewait_ns += w->begin - t->roused_begin;
	}
	if (wake && wake->mode) {
		t->roused = lock->index;
		t->roused_begin = wake->acquired;
		t->roused_end = w->end;
	} else if (t->roused == lock->index) {
		t->roused_end = 0;
	}
}

static int by_end(const void *a, const void *b)
{
	const struct told_wait *x = a, *y = b;
	int order = (x->end > y->end) - (x->end < y->end);

	return order ? order : (x->begin > y->begin) - (x->begin < y->begin);
}

void object_settle(struct model *m, struct m_lock *lock, uint64_t until)
{
	struct m_detail *d = lock->detail;
	struct told_wait *waits = queue_at(&d->waits, 0, sizeof(*waits));

	if (d->waits.n)
		qsort(waits, d->waits.n, sizeof(*waits), by_end);
	for (uint32_t i = 0; i < d->waits.n && waits[i].end <= until; i++) {
		const struct told_wait *w = &waits[i];
		const struct told_hold *wake = wake_find(lock, w);

		if (wake && wake->thread != w->thread &&
		    wake->acquired > w->begin)
			model_hop(m, &(struct hop){ .ns = wake->acquired,
						    .begin = w->begin,
						    .end = w->end,
						    .from = wake->thread,
						    .to = w->thread,
						    .lock = -1 });
		if (wake && wake->thread != w->thread &&
		    wake->acquired > w->begin)
			blame_add(m, lock, w, wake->thread, wake->site,
				  wake->acquired - w->begin);
		if (!wake && !w->gave_up && lock->kind == LOCK_CONDITION)
			lock->told.spurious++;
		note_rewait(m, lock, w, wake);
		d->told_wait_ns += w->end - w->begin;
	}
}
