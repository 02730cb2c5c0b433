#include "tests/ensemble_parts.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "tests/feed.h"

const uint8_t ensemble_kinds[ENSEMBLE_NOBJECTS] = {
	[ENSEMBLE_RWLOCK] = LOCK_RWLOCK,
	[ENSEMBLE_MUTEX] = LOCK_MUTEX,
	[ENSEMBLE_INNER] = LOCK_MUTEX,
	[ENSEMBLE_SEMAPHORE] = LOCK_SEMAPHORE,
	[ENSEMBLE_CONDITION] = LOCK_CONDITION,
	[ENSEMBLE_BARRIER] = LOCK_BARRIER,
};

uint64_t ensemble_address(enum ensemble_object object)
{
	return 0xA0 + (uint64_t)object * 8;
}

/* An instant of the thread's own, after `at`. */
uint64_t ensemble_after(struct hall *hall, int thread, uint64_t at)
{
	uint64_t base = at / UNIT * UNIT + (uint64_t)thread * SHARE;

	return base + ensemble_some(hall, base > at ? 0 : 1, 9);
}

void ensemble_say(struct hall *hall, int thread, struct event event,
		  uint64_t at)
{
	struct actor *a = &hall->actors[thread];

	a->spoke = MAX(a->spoke + 1, at);
	event.ts_ns = a->spoke;
	event.pid = 1;
	event.tid = ENSEMBLE_TID + thread;
	event.cpu = -1;
	g_array_append_val(hall->events, event);
}

void ensemble_flush(struct hall *hall, int thread, uint64_t at)
{
	struct actor *a = &hall->actors[thread];

	for (guint i = 0; i < a->pending->len; i++)
		ensemble_say(hall, thread,
			     g_array_index(a->pending, struct event, i), at);
	g_array_set_size(a->pending, 0);
}

/* Now if it holds nothing, else when it does no more, or blocks. */
void ensemble_say_late(struct hall *hall, int thread, struct event event,
		       uint64_t at)
{
	struct actor *a = &hall->actors[thread];

	g_array_append_val(a->pending, event);
	if (!a->held->len)
		ensemble_flush(hall, thread, at);
}

void ensemble_begin_wait(struct hall *hall, int thread,
			 enum ensemble_object object, uint64_t limit)
{
	struct actor *a = &hall->actors[thread];

	a->wait = (struct ensemble_wait){ .begin = a->at,
					  .thread = thread,
					  .object = object,
					  .mode = LOCK_WRITE,
					  .waker = -1 };
	a->waiting = true;
	a->deadline = limit ? a->at + limit : NEVER;
	a->at = NEVER;
	if (object < ENSEMBLE_NOBJECTS)
		g_queue_push_tail(&hall->queue[object],
				  GINT_TO_POINTER(thread + 1));
}

void ensemble_end_wait(struct hall *hall, int thread, uint64_t at)
{
	struct actor *a = &hall->actors[thread];

	a->wait.end = at;
	a->waiting = a->relocking = false;
	a->deadline = NEVER;
	a->at = at;
	g_array_append_val(hall->waits, a->wait);
}

static bool fits(const struct hall *hall, int lock, uint8_t mode)
{
	return !hall->holders[lock] ||
	       (mode == LOCK_READ && hall->holding[lock] == LOCK_READ);
}

static void take(struct hall *hall, int thread, int lock, uint8_t mode,
		 uint64_t at)
{
	struct actor *a = &hall->actors[thread];
	struct ensemble_hold hold = {
		.acquired = at,
		.thread = thread,
		.object = (enum ensemble_object)lock,
		.mode = mode,
		.after_wait = a->relocking,
	};

	hall->holders[lock]++;
	hall->holding[lock] = mode;
	if (a->waiting && !a->relocking) {
		hold.waited = a->wait.begin;
		ensemble_end_wait(hall, thread, at);
	}
	g_array_append_val(a->held, hold);
	if (a->relocking)
		ensemble_end_object(hall, thread, at);
	a->at = at;
}

/* Those in front that may have it now get it, each on its own way to a CPU. */
void ensemble_grant(struct hall *hall, int lock, uint64_t at)
{
	for (;;) {
		int next =
			GPOINTER_TO_INT(g_queue_peek_head(&hall->queue[lock])) -
			1;
		const struct actor *a = &hall->actors[MAX(next, 0)];
		uint8_t mode = LOCK_WRITE;

		if (next >= 0 && !a->relocking)
			mode = a->wait.mode;
		if (next < 0 || !fits(hall, lock, mode))
			return;
		g_queue_pop_head(&hall->queue[lock]);
		take(hall, next, lock, mode, ensemble_after(hall, next, at));
	}
}

static struct ensemble_hold *innermost(struct actor *a)
{
	return &g_array_index(a->held, struct ensemble_hold, a->held->len - 1);
}

static void do_lock(struct hall *hall, int thread, const struct step *step)
{
	struct actor *a = &hall->actors[thread];
	int lock = step->what;
	struct event event = { .type = EVENT_LOCK_WAIT };

	if (fits(hall, lock, step->mode) &&
	    g_queue_is_empty(&hall->queue[lock])) {
		take(hall, thread, lock, step->mode, a->at);
		return;
	}
	ensemble_flush(hall, thread, a->at);
	event.u.lock.address = ensemble_address((enum ensemble_object)lock);
	event.u.lock.kind = ensemble_kinds[lock];
	event.u.lock.mode = step->mode;
	event.u.lock.site = ENSEMBLE_SITE;
	event.u.lock.begin_ns = a->at;
	ensemble_say(hall, thread, event, a->at);
	ensemble_begin_wait(hall, thread, (enum ensemble_object)lock,
			    step->length);
	a->wait.mode = step->mode;
}

static void give_back(struct hall *hall, int thread, uint8_t flags)
{
	struct actor *a = &hall->actors[thread];
	struct ensemble_hold hold = *innermost(a);
	struct event event = { .type = EVENT_LOCK_HELD };

	hold.released = a->at;
	g_array_append_val(hall->holds, hold);
	g_array_set_size(a->held, a->held->len - 1);
	event.u.lock.address = ensemble_address(hold.object);
	event.u.lock.kind = ensemble_kinds[hold.object];
	event.u.lock.mode = hold.mode;
	event.u.lock.site = ENSEMBLE_SITE;
	event.u.lock.flags =
		(uint8_t)(flags | (hold.after_wait ? LOCK_RELOCK : 0));
	event.u.lock.wait_begin_ns = hold.waited;
	event.u.lock.begin_ns = hold.acquired;
	event.u.lock.end_ns = hold.released;
	event.u.lock.weight = 1;
	ensemble_say_late(hall, thread, event, a->at);
	a->flags = hold.after_wait ? LOCK_RELOCK : 0;
	hall->holders[hold.object]--;
}

static void do_unlock(struct hall *hall, int thread, int lock)
{
	uint64_t at = hall->actors[thread].at;

	give_back(hall, thread, 0);
	hall->actors[thread].flags = 0;
	ensemble_grant(hall, lock, at);
}

static void do_cond_wait(struct hall *hall, int thread, uint64_t limit)
{
	uint64_t at = hall->actors[thread].at;

	give_back(hall, thread, LOCK_TO_COND);
	ensemble_begin_object(hall, thread, ENSEMBLE_CONDITION, limit);
	hall->actors[thread].flags = 0;
	ensemble_grant(hall, ENSEMBLE_MUTEX, at);
}

static void do_end(struct hall *hall, int thread)
{
	struct actor *a = &hall->actors[thread];
	struct actor *first = &hall->actors[0];
	uint64_t begin = first->wait.begin, end;

	ensemble_say(hall, thread, (struct event){ .type = EVENT_THREAD_EXIT },
		     a->at);
	hall->e->end[thread] = a->spoke;
	a->at = NEVER;
	if (!thread || !first->waiting ||
	    first->wait.object != ENSEMBLE_THREAD ||
	    first->wait.waker != thread)
		return;
	end = ensemble_after(hall, 0, a->spoke);
	ensemble_end_wait(hall, 0, end);
	ensemble_say(hall, 0,
		     ensemble_join_event(EVENT_JOIN_END, thread, begin, end),
		     end);
}

static void act(struct hall *hall, int thread)
{
	struct actor *a = &hall->actors[thread];
	const struct step step = g_array_index(a->steps, struct step, a->next);

	switch (step.does) {
	case DOES_RUN:
		a->at += step.length;
		break;
	case DOES_LOCK:
		do_lock(hall, thread, &step);
		break;
	case DOES_UNLOCK:
		do_unlock(hall, thread, step.what);
		break;
	case DOES_RELOCK:
		hall->e->relocks++;
		break;
	case DOES_WAIT:
		do_cond_wait(hall, thread, step.length);
		break;
	case DOES_SIGNAL:
	case DOES_BROADCAST:
		ensemble_signal(hall, thread, step.does == DOES_BROADCAST);
		break;
	case DOES_SEM_WAIT:
		if (hall->value)
			hall->value--;
		else
			ensemble_begin_object(hall, thread, ENSEMBLE_SEMAPHORE,
					      step.length);
		break;
	case DOES_POST:
		ensemble_post(hall, thread);
		break;
	case DOES_BARRIER:
		ensemble_barrier(hall, thread);
		break;
	case DOES_JOIN:
		ensemble_join(hall, step.what);
		break;
	case DOES_END:
		do_end(hall, thread);
		return;
	}
	a->next++;
}

static void take_out(struct hall *hall, int thread)
{
	(void)g_queue_remove(&hall->queue[hall->actors[thread].wait.object],
			     GINT_TO_POINTER(thread + 1));
}

/* The section is left out; who stood behind may fit now. */
static void give_up_lock(struct hall *hall, int thread)
{
	struct actor *a = &hall->actors[thread];
	struct event event = { .type = EVENT_LOCK_FAILED };
	int lock = (int)a->wait.object;

	ensemble_end_wait(hall, thread, a->deadline);
	event.u.lock.address = ensemble_address(a->wait.object);
	event.u.lock.kind = ensemble_kinds[lock];
	event.u.lock.mode = a->wait.mode;
	event.u.lock.site = ENSEMBLE_SITE;
	event.u.lock.weight = 1;
	event.u.lock.result = ETIMEDOUT;
	event.u.lock.wait_begin_ns = a->wait.begin;
	event.u.lock.begin_ns = a->wait.begin;
	event.u.lock.end_ns = a->wait.end;
	ensemble_say_late(hall, thread, event, a->at);
	a->next = g_array_index(a->steps, struct step, a->next - 1).after;
	ensemble_grant(hall, lock, a->at);
}

static void give_up(struct hall *hall, int thread)
{
	struct actor *a = &hall->actors[thread];

	take_out(hall, thread);
	a->wait.gave_up = true;
	if (a->wait.object == ENSEMBLE_CONDITION)
		ensemble_rouse(hall, thread, -1, a->deadline);
	else if (a->wait.object == ENSEMBLE_SEMAPHORE)
		ensemble_end_object(hall, thread, a->deadline);
	else
		give_up_lock(hall, thread);
}

static void open_hall(struct hall *hall)
{
	for (int t = 0; t < hall->e->threads; t++) {
		struct event event = { .type = EVENT_THREAD_START };

		hall->e->begin[t] =
			10 * UNIT + (uint64_t)t * (4 * UNIT + SHARE);
		event.u.thread.other = t ? ENSEMBLE_TID : 0;
		event.u.thread.thread = 0x1000 + (uint64_t)t;
		ensemble_say(hall, t, event, hall->e->begin[t]);
		hall->actors[t].at = hall->e->begin[t] + UNIT;
	}
}

static uint64_t turn_of(const struct actor *a)
{
	return MIN(a->at, a->deadline);
}

static void play(struct hall *hall)
{
	for (;;) {
		int first = 0;

		for (int t = 1; t < hall->e->threads; t++)
			if (turn_of(&hall->actors[t]) <
			    turn_of(&hall->actors[first]))
				first = t;
		if (turn_of(&hall->actors[first]) == NEVER)
			return;
		if (hall->actors[first].at == NEVER)
			give_up(hall, first);
		else
			act(hall, first);
	}
}

#define KEEP(field)                          \
	e->n_##field = (int)hall.field->len; \
	e->field = (void *)g_array_free(hall.field, FALSE)

struct ensemble *ensemble_new(unsigned int seed, int threads, int steps,
			      bool board)
{
	struct ensemble *e = g_new0(struct ensemble, 1);
	struct hall hall = { .e = e, .rand = g_rand_new_with_seed(seed) };

	assert(threads > 0 && threads <= ENSEMBLE_THREADS);
	e->threads = threads;
	hall.waits = g_array_new(FALSE, TRUE, sizeof(struct ensemble_wait));
	hall.holds = g_array_new(FALSE, TRUE, sizeof(struct ensemble_hold));
	hall.events = g_array_new(FALSE, TRUE, sizeof(struct event));
	for (int t = 0; t < threads; t++)
		ensemble_plan(&hall, t, steps);
	open_hall(&hall);
	play(&hall);
	if (board)
		ensemble_tell_board(&hall);
	g_array_sort(hall.events, feed_by_ts);
	KEEP(waits);
	KEEP(holds);
	KEEP(events);
	for (int t = 0; t < threads; t++) {
		g_array_free(hall.actors[t].steps, TRUE);
		g_array_free(hall.actors[t].held, TRUE);
		g_array_free(hall.actors[t].pending, TRUE);
	}
	for (int o = 0; o < ENSEMBLE_NOBJECTS; o++)
		g_queue_clear(&hall.queue[o]);
	g_rand_free(hall.rand);
	return e;
}

void ensemble_free(struct ensemble *e)
{
	g_free(e->waits);
	g_free(e->holds);
	g_free(e->events);
	g_free(e);
}
