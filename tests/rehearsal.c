#include "tests/rehearsal.h"

#include <glib.h>
#include <string.h>

#include "tests/feed.h"

#define UNIT 100 /* ns between things that happen: room to tell them */

enum does {
	DOES_RUN,
	DOES_LOCK,
	DOES_UNLOCK,
	DOES_IO,
	DOES_JOIN,
	DOES_END,
};

struct step {
	enum does does;
	int what; /* lock, or thread */
	uint64_t length;
};

struct actor {
	GArray *steps;
	guint next;
	uint64_t at;	  /* when it goes on; NEVER while it waits */
	uint64_t waiting; /* since */
	int joining;	  /* thread, 0 none */
	GArray *held;	  /* locks, outermost first */
	GArray *acquired; /* when */
	GArray *waited;	  /* since when, 0 */
	GArray *pending;  /* struct event */
	uint64_t spoke;
};

struct room {
	struct actor actors[REHEARSAL_THREADS];
	int owner[REHEARSAL_LOCKS];
	GQueue queue[REHEARSAL_LOCKS];
	GArray *waits, *holds, *io, *joins, *events;
	struct rehearsal *r;
	GRand *rand;
};

#define NEVER UINT64_MAX

static uint64_t some(struct room *room, int low, int high)
{
	return (uint64_t)g_rand_int_range(room->rand, low, high) * UNIT;
}

static void plan(struct room *room, struct actor *a, enum does does, int what,
		 uint64_t length)
{
	struct step step = { does, what, length };

	(void)room;
	g_array_append_val(a->steps, step);
}

/* Locks in rising order only, so that nobody hangs. */
static void plan_locks(struct room *room, struct actor *a, int lowest, int deep)
{
	int lock = g_rand_int_range(room->rand, lowest, room->r->locks);

	plan(room, a, DOES_LOCK, lock, 0);
	plan(room, a, DOES_RUN, 0, some(room, 1, 30));
	if (deep < 3 && lock + 1 < room->r->locks &&
	    g_rand_int_range(room->rand, 0, 3) == 0)
		plan_locks(room, a, lock + 1, deep + 1);
	if (g_rand_int_range(room->rand, 0, 4) == 0)
		plan(room, a, DOES_IO, 0, some(room, 5, 60));
	plan(room, a, DOES_RUN, 0, some(room, 1, 10));
	plan(room, a, DOES_UNLOCK, lock, 0);
}

static void plan_actor(struct room *room, int thread, int steps)
{
	struct actor *a = &room->actors[thread];

	a->steps = g_array_new(FALSE, TRUE, sizeof(struct step));
	a->held = g_array_new(FALSE, TRUE, sizeof(int));
	a->acquired = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	a->waited = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	a->pending = g_array_new(FALSE, TRUE, sizeof(struct event));
	for (int i = 0; i < steps; i++) {
		plan(room, a, DOES_RUN, 0, some(room, 1, 40));
		if (g_rand_int_range(room->rand, 0, 4))
			plan_locks(room, a, 0, 0);
		else
			plan(room, a, DOES_IO, 0, some(room, 1, 80));
	}
	for (int other = 1; thread == 0 && other < room->r->threads; other++)
		plan(room, a, DOES_JOIN, other, 0);
	plan(room, a, DOES_RUN, 0, some(room, 1, 10));
	plan(room, a, DOES_END, 0, 0);
}

static void say(struct room *room, int thread, struct event e, uint64_t at)
{
	struct actor *a = &room->actors[thread];

	a->spoke = MAX(a->spoke + 1, at);
	e.ts_ns = a->spoke;
	e.pid = 1;
	e.tid = REHEARSAL_TID + thread;
	e.cpu = -1;
	g_array_append_val(room->events, e);
}

static void flush(struct room *room, int thread, uint64_t at)
{
	struct actor *a = &room->actors[thread];

	for (guint i = 0; i < a->pending->len; i++)
		say(room, thread, g_array_index(a->pending, struct event, i),
		    at);
	g_array_set_size(a->pending, 0);
}

/* Now if it holds nothing, else when it does no more. */
static void say_late(struct room *room, int thread, struct event e, uint64_t at)
{
	struct actor *a = &room->actors[thread];

	g_array_append_val(a->pending, e);
	if (!a->held->len)
		flush(room, thread, at);
}

static void take(struct room *room, int thread, int lock, uint64_t at,
		 uint64_t since)
{
	struct actor *a = &room->actors[thread];

	room->owner[lock] = thread;
	g_array_append_val(a->held, lock);
	g_array_append_val(a->acquired, at);
	g_array_append_val(a->waited, since);
	a->waiting = 0;
	a->at = at;
	if (since) {
		struct rehearsal_wait w = { since, at, thread, lock };

		g_array_append_val(room->waits, w);
	}
}

static void do_lock(struct room *room, int thread, int lock)
{
	struct actor *a = &room->actors[thread];
	struct event e = { .type = EVENT_LOCK_WAIT };

	if (room->owner[lock] < 0) {
		take(room, thread, lock, a->at, 0);
		return;
	}
	flush(room, thread, a->at);
	e.u.lock.address = REHEARSAL_LOCK + (uint64_t)lock;
	e.u.lock.site = REHEARSAL_SITE;
	e.u.lock.begin_ns = a->at;
	say(room, thread, e, a->at);
	g_queue_push_tail(&room->queue[lock], GINT_TO_POINTER(thread + 1));
	a->waiting = a->at;
	a->at = NEVER;
}

static void do_unlock(struct room *room, int thread, int lock)
{
	struct actor *a = &room->actors[thread];
	guint top = a->held->len - 1;
	struct event e = { .type = EVENT_LOCK_HELD };
	struct rehearsal_hold h = { g_array_index(a->acquired, uint64_t, top),
				    a->at, thread, lock };
	int next = GPOINTER_TO_INT(g_queue_pop_head(&room->queue[lock])) - 1;

	g_array_append_val(room->holds, h);
	e.u.lock.address = REHEARSAL_LOCK + (uint64_t)lock;
	e.u.lock.site = REHEARSAL_SITE;
	e.u.lock.wait_begin_ns = g_array_index(a->waited, uint64_t, top);
	e.u.lock.begin_ns = h.acquired;
	e.u.lock.end_ns = h.released;
	e.u.lock.weight = 1;
	g_array_set_size(a->held, top);
	g_array_set_size(a->acquired, top);
	g_array_set_size(a->waited, top);
	say_late(room, thread, e, a->at);
	room->owner[lock] = -1;
	if (next >= 0)
		take(room, next, lock, a->at + some(room, 1, 12),
		     room->actors[next].waiting);
}

static void do_io(struct room *room, int thread, uint64_t length)
{
	struct actor *a = &room->actors[thread];
	struct rehearsal_io io = { a->at, a->at + length, thread };
	struct event e = { .type = EVENT_IO_BEGIN };

	flush(room, thread, a->at);
	e.u.io.op = IO_FSYNC;
	e.u.io.fd = -1;
	e.u.io.begin_ns = io.begin;
	e.u.io.weight = 1;
	say(room, thread, e, a->at);
	e.type = EVENT_IO_END;
	e.u.io.end_ns = io.end;
	say_late(room, thread, e, io.end);
	g_array_append_val(room->io, io);
	a->at = io.end;
}

/* False while the other still runs. */
static bool do_join(struct room *room, int thread, int other)
{
	struct actor *a = &room->actors[thread];
	struct event e = { .type = EVENT_JOIN_BEGIN };
	struct rehearsal_io join;

	if (!a->waiting) {
		e.u.thread.other = REHEARSAL_TID + other;
		e.u.thread.begin_ns = a->at;
		say(room, thread, e, a->at);
		a->waiting = a->at;
		a->joining = other;
	}
	if (room->r->end[other] == 0) {
		a->at = NEVER;
		return false;
	}
	if (room->r->end[other] > a->waiting)
		a->at = room->r->end[other] + some(room, 1, 9);
	join = (struct rehearsal_io){ a->waiting, a->at, other };
	g_array_append_val(room->joins, join);
	e.type = EVENT_JOIN_END;
	e.u.thread.other = REHEARSAL_TID + other;
	e.u.thread.begin_ns = a->waiting;
	e.u.thread.end_ns = a->at;
	say(room, thread, e, a->at);
	a->waiting = 0;
	a->joining = 0;
	return true;
}

static void do_end(struct room *room, int thread)
{
	struct actor *a = &room->actors[thread];
	struct event e = { .type = EVENT_THREAD_EXIT };

	/* The last word may come a little after the last deed. */
	say(room, thread, e, a->at);
	room->r->end[thread] = a->spoke;
	a->at = NEVER;
	a->next = a->steps->len;
	if (thread && room->actors[0].joining == thread)
		room->actors[0].at = a->spoke;
}

static void act(struct room *room, int thread)
{
	struct actor *a = &room->actors[thread];
	const struct step step = g_array_index(a->steps, struct step, a->next);

	switch (step.does) {
	case DOES_RUN:
		a->at += step.length;
		break;
	case DOES_LOCK:
		do_lock(room, thread, step.what);
		break;
	case DOES_UNLOCK:
		do_unlock(room, thread, step.what);
		break;
	case DOES_IO:
		do_io(room, thread, step.length);
		break;
	case DOES_JOIN:
		if (!do_join(room, thread, step.what))
			return;
		break;
	case DOES_END:
		do_end(room, thread);
		return;
	}
	a->next++;
}

static void open_room(struct room *room)
{
	for (int t = 0; t < room->r->threads; t++) {
		struct event e = { .type = EVENT_THREAD_START };

		room->r->begin[t] = 1000 + (uint64_t)t * UNIT * 3;
		room->actors[t].at = room->r->begin[t];
		e.u.thread.other = t ? REHEARSAL_TID : 0;
		e.u.thread.thread = 0x1000 + (uint64_t)t;
		say(room, t, e, room->r->begin[t]);
		room->actors[t].at += UNIT;
	}
}

static void play(struct room *room)
{
	for (;;) {
		int first = -1;

		for (int t = 0; t < room->r->threads; t++)
			if (room->actors[t].at != NEVER &&
			    (first < 0 ||
			     room->actors[t].at < room->actors[first].at))
				first = t;
		if (first < 0)
			return;
		act(room, first);
	}
}

#define KEEP(field)                          \
	r->n_##field = (int)room.field->len; \
	r->field = (void *)g_array_free(room.field, FALSE)

struct rehearsal *rehearsal_new(unsigned int seed, int threads, int locks,
				int steps)
{
	struct rehearsal *r = g_new0(struct rehearsal, 1);
	struct room room = { .r = r, .rand = g_rand_new_with_seed(seed) };

	r->threads = threads;
	r->locks = locks;
	room.waits = g_array_new(FALSE, TRUE, sizeof(struct rehearsal_wait));
	room.holds = g_array_new(FALSE, TRUE, sizeof(struct rehearsal_hold));
	room.io = g_array_new(FALSE, TRUE, sizeof(struct rehearsal_io));
	room.joins = g_array_new(FALSE, TRUE, sizeof(struct rehearsal_io));
	room.events = g_array_new(FALSE, TRUE, sizeof(struct event));
	for (int l = 0; l < locks; l++) {
		room.owner[l] = -1;
		g_queue_init(&room.queue[l]);
	}
	for (int t = 0; t < threads; t++)
		plan_actor(&room, t, steps);
	open_room(&room);
	play(&room);
	g_array_sort(room.events, feed_by_ts);
	KEEP(waits);
	KEEP(holds);
	KEEP(io);
	KEEP(joins);
	KEEP(events);
	for (int t = 0; t < threads; t++) {
		g_array_free(room.actors[t].steps, TRUE);
		g_array_free(room.actors[t].held, TRUE);
		g_array_free(room.actors[t].acquired, TRUE);
		g_array_free(room.actors[t].waited, TRUE);
		g_array_free(room.actors[t].pending, TRUE);
	}
	g_rand_free(room.rand);
	return r;
}

void rehearsal_free(struct rehearsal *r)
{
	g_free(r->waits);
	g_free(r->holds);
	g_free(r->io);
	g_free(r->joins);
	g_free(r->events);
	g_free(r);
}
