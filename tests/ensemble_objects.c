/* Waits at what nobody owns, and who ends them. */
#include "tests/ensemble_parts.h"

#include <errno.h>

static struct event object_event(enum event_type type,
				 const struct ensemble_wait *w)
{
	struct event event = { .type = type };

	event.u.wait.object = ensemble_address(w->object);
	event.u.wait.kind = ensemble_kinds[w->object];
	event.u.wait.site = ENSEMBLE_SITE;
	event.u.wait.begin_ns = w->begin;
	if (w->object == ENSEMBLE_CONDITION)
		event.u.wait.mutex = ensemble_address(ENSEMBLE_MUTEX);
	if (type == EVENT_WAIT_END) {
		event.u.wait.end_ns = w->end;
		event.u.wait.result = w->gave_up ? ETIMEDOUT : 0;
	}
	return event;
}

void ensemble_begin_object(struct hall *hall, int thread,
			   enum ensemble_object object, uint64_t limit)
{
	struct actor *a = &hall->actors[thread];
	struct event event;

	ensemble_flush(hall, thread, a->at);
	ensemble_begin_wait(hall, thread, object, limit);
	event = object_event(EVENT_WAIT_BEGIN, &a->wait);
	event.u.wait.flags = (uint8_t)(a->flags | (limit ? LOCK_TIMED : 0));
	a->wait.again = (a->flags & LOCK_RELOCK) != 0;
	hall->e->timed += object == ENSEMBLE_CONDITION && limit;
	ensemble_say(hall, thread, event, a->wait.begin);
}

void ensemble_end_object(struct hall *hall, int thread, uint64_t at)
{
	ensemble_end_wait(hall, thread, at);
	ensemble_say_late(
		hall, thread,
		object_event(EVENT_WAIT_END, &hall->actors[thread].wait), at);
}

/* Out of the condition, and into the queue for its mutex. */
void ensemble_rouse(struct hall *hall, int thread, int waker, uint64_t at)
{
	struct actor *a = &hall->actors[thread];

	a->wait.waker = waker;
	a->wait.woken = at;
	a->deadline = NEVER;
	a->relocking = true;
	g_queue_push_tail(&hall->queue[ENSEMBLE_MUTEX],
			  GINT_TO_POINTER(thread + 1));
	if (g_queue_get_length(&hall->queue[ENSEMBLE_MUTEX]) == 1)
		ensemble_grant(hall, ENSEMBLE_MUTEX, at);
}

void ensemble_signal(struct hall *hall, int thread, bool all)
{
	struct actor *a = &hall->actors[thread];
	GQueue *queue = &hall->queue[ENSEMBLE_CONDITION];
	const struct ensemble_wait w = { .begin = a->at,
					 .object = ENSEMBLE_CONDITION };
	struct event event =
		object_event(all ? EVENT_BROADCAST : EVENT_SIGNAL, &w);

	event.u.wait.end_ns = a->at;
	event.u.wait.waiters = g_queue_get_length(queue);
	hall->e->signals++;
	hall->e->unheard += g_queue_is_empty(queue);
	ensemble_say_late(hall, thread, event, a->at);
	while (!g_queue_is_empty(queue)) {
		int next = GPOINTER_TO_INT(g_queue_pop_head(queue)) - 1;

		hall->actors[next].wait.by_all = all;
		ensemble_rouse(hall, next, thread, a->at);
		if (!all)
			return;
	}
}

/* Told only where somebody waits. */
void ensemble_post(struct hall *hall, int thread)
{
	const struct actor *a = &hall->actors[thread];
	GQueue *queue = &hall->queue[ENSEMBLE_SEMAPHORE];
	const struct ensemble_wait w = { .begin = a->at,
					 .object = ENSEMBLE_SEMAPHORE };
	struct event event = object_event(EVENT_SIGNAL, &w);
	int next = GPOINTER_TO_INT(g_queue_pop_head(queue)) - 1;

	if (next < 0) {
		hall->value++;
		return;
	}
	event.u.wait.waiters = 1;
	hall->e->posts++;
	ensemble_say_late(hall, thread, event, a->at);
	hall->actors[next].wait.waker = thread;
	hall->actors[next].wait.woken = a->at;
	hall->sem_end = ensemble_after(hall, next, MAX(a->at, hall->sem_end));
	ensemble_end_object(hall, next, hall->sem_end);
}

void ensemble_barrier(struct hall *hall, int thread)
{
	GQueue *queue = &hall->queue[ENSEMBLE_BARRIER];
	uint64_t at = hall->actors[thread].at;

	ensemble_begin_object(hall, thread, ENSEMBLE_BARRIER, 0);
	if (g_queue_get_length(queue) < (guint)hall->e->threads)
		return;
	while (!g_queue_is_empty(queue)) {
		int next = GPOINTER_TO_INT(g_queue_pop_head(queue)) - 1;

		hall->actors[next].wait.waker = thread;
		hall->actors[next].wait.woken = at;
		ensemble_end_object(hall, next, ensemble_after(hall, next, at));
	}
}

struct event ensemble_join_event(enum event_type type, int other,
				 uint64_t begin, uint64_t end)
{
	struct event event = { .type = type };

	event.u.thread.other = ENSEMBLE_TID + other;
	event.u.thread.begin_ns = begin;
	event.u.thread.end_ns = end;
	return event;
}

/* The first one's alone; the other's end wakes it. */
void ensemble_join(struct hall *hall, int other)
{
	struct actor *a = &hall->actors[0];
	uint64_t at = a->at;

	ensemble_say(hall, 0,
		     ensemble_join_event(EVENT_JOIN_BEGIN, other, at, 0), at);
	ensemble_begin_wait(hall, 0, ENSEMBLE_THREAD, 0);
	a->wait.waker = other;
	if (!hall->e->end[other])
		return;
	ensemble_end_wait(hall, 0, at);
	ensemble_say(hall, 0,
		     ensemble_join_event(EVENT_JOIN_END, other, at, at), at);
}
