#include "analysis/replay.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

#define SLICE_NS   3000000u
#define SLICES_MAX 1000000u /* in all; runs of hours get longer ones */
#define NOBODY	   (-1)

struct actor {
	const struct replay_step *steps;
	size_t n, next;
	uint64_t left;	     /* of the burst that it is in */
	uint64_t put_off;    /* delays moved behind the section */
	uint64_t wake_delay; /* of the lock that it waits for */
	uint32_t inside;     /* sections of changed locks */
	int32_t later;	     /* next in a queue */
	bool on_cpu, done, waking, reads;
	uint32_t drawn; /* state of its own random numbers */
};

struct line { /* of actors */
	int32_t first, last;
};

struct sim_lock {
	struct line waiters;
	uint32_t readers;
	bool written, waking;
};

struct point {
	uint64_t at; /* when it was posted */
	struct line waiters;
	bool posted;
};

struct due {
	uint64_t ns;
	uint64_t order;
	int32_t actor;
};

struct sim {
	const struct replay *replay;
	const struct replay_change *changes;
	size_t n_changes;
	struct actor *actors;
	struct sim_lock *locks; /* shards of a lock side by side */
	uint32_t shards;
	struct point *points;
	struct line ready;
	uint32_t cpus, busy;
	struct due *heap;
	size_t n_heap;
	uint64_t now, order, end, forced;
	double io;
	uint64_t slice_ns;
	GHashTable *shard_of; /* actor and lock -> shard + 1, while it has it */
};

static void line_put(struct sim *s, struct line *line, int32_t actor)
{
	s->actors[actor].later = NOBODY;
	if (line->first == NOBODY)
		line->first = actor;
	else
		s->actors[line->last].later = actor;
	line->last = actor;
}

static int32_t line_take(struct sim *s, struct line *line)
{
	int32_t actor = line->first;

	if (actor != NOBODY)
		line->first = s->actors[actor].later;
	return actor;
}

static bool is_before(const struct due *a, const struct due *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

/* An actor is due once at most: the heap never outgrows them. */
static void due_put(struct sim *s, int32_t actor, uint64_t ns)
{
	struct due due = { s->now + ns, s->order++, actor };
	size_t i = s->n_heap++;

	while (i && is_before(&due, &s->heap[(i - 1) / 2])) {
		s->heap[i] = s->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->heap[i] = due;
}

static struct due due_take(struct sim *s)
{
	struct due first = s->heap[0];
	struct due last = s->heap[--s->n_heap];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= s->n_heap)
			break;
		if (child + 1 < s->n_heap &&
		    is_before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!is_before(&s->heap[child], &last))
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = last;
	return first;
}

static const struct replay_change *change_of(const struct sim *s, int32_t lock,
					     enum replay_kind kind)
{
	for (size_t i = 0; i < s->n_changes; i++)
		if (s->changes[i].kind == kind && s->changes[i].locks &&
		    s->changes[i].locks[lock])
			return &s->changes[i];
	return NULL;
}

static uint32_t draw(struct actor *a)
{
	a->drawn ^= a->drawn << 13;
	a->drawn ^= a->drawn >> 17;
	a->drawn ^= a->drawn << 5;
	return a->drawn;
}

/* How long it takes to do the next slice of a burst. */
static uint64_t slice(const struct sim *s, const struct actor *a)
{
	uint64_t ns = MIN(a->left, s->slice_ns);

	return s->ready.first == NOBODY
		       ? ns
		       : (uint64_t)((double)ns * s->replay->slowdown);
}

/* Gives free CPUs to those that are ready. */
static void dispatch(struct sim *s)
{
	while (s->busy < s->cpus && s->ready.first != NOBODY) {
		int32_t actor = line_take(s, &s->ready);
		struct actor *a = &s->actors[actor];

		s->busy++;
		a->on_cpu = true;
		due_put(s, actor, slice(s, a));
	}
}

static void leave_cpu(struct sim *s, struct actor *a)
{
	if (a->on_cpu) {
		a->on_cpu = false;
		s->busy--;
	}
}

/* The lock, or the shard of it that the actor drew for this section. */
static struct sim_lock *lock_of(struct sim *s, int32_t actor, int32_t lock,
				bool ends)
{
	const struct replay_change *shards = change_of(s, lock, REPLAY_SHARDS);
	struct sim_lock *l = &s->locks[(size_t)lock * s->shards];
	gpointer key = GSIZE_TO_POINTER((gsize)(uint32_t)actor << 32 |
					(gsize)(uint32_t)lock);
	guint shard;

	if (!shards || shards->n < 2)
		return l;
	shard = GPOINTER_TO_UINT(g_hash_table_lookup(s->shard_of, key));
	if (!shard) {
		shard = draw(&s->actors[actor]) % MIN(shards->n, s->shards) + 1;
		g_hash_table_insert(s->shard_of, key, GUINT_TO_POINTER(shard));
	}
	if (ends)
		g_hash_table_remove(s->shard_of, key);
	return &l[shard - 1];
}

static bool is_free(const struct sim_lock *l, bool reads)
{
	return !l->written && (reads || !l->readers);
}

static void lock_take(struct sim_lock *l, bool reads)
{
	if (reads)
		l->readers++;
	else
		l->written = true;
}

/* Wakes who waits longest; it has to come and get it. */
static void lock_offer(struct sim *s, struct sim_lock *l)
{
	int32_t first = l->waiters.first;

	if (first == NOBODY || s->actors[first].waking ||
	    !is_free(l, s->actors[first].reads))
		return;
	s->actors[first].waking = true;
	due_put(s, first, s->actors[first].wake_delay);
}

static bool is_section_start(const struct replay_step *step)
{
	return step->does == REPLAY_ACQUIRE ||
	       step->does == REPLAY_ACQUIRE_READ;
}

static void enter(const struct sim *s, struct actor *a, int32_t lock)
{
	a->inside += change_of(s, lock, REPLAY_HOLD) != NULL ||
		     change_of(s, lock, REPLAY_OUTSIDE) != NULL;
}

/* True if it has the lock now, else it waits. */
static bool acquire(struct sim *s, int32_t actor,
		    const struct replay_step *step)
{
	struct actor *a = &s->actors[actor];
	const struct replay_change *readers =
		change_of(s, step->what, REPLAY_READERS);
	struct sim_lock *l;

	if (change_of(s, step->what, REPLAY_NO_CONTENTION)) {
		enter(s, a, step->what);
		return true;
	}
	l = lock_of(s, actor, step->what, false);
	if (!a->waking) {
		a->reads = step->does == REPLAY_ACQUIRE_READ;
		if (readers)
			a->reads = draw(a) % 1000 <
				   (uint32_t)(readers->factor * 1000);
	}
	if (is_free(l, a->reads)) {
		if (a->waking)
			line_take(s, &l->waiters);
		a->waking = false;
		lock_take(l, a->reads);
		enter(s, a, step->what);
		if (l->waiters.first != NOBODY && a->reads)
			lock_offer(s, l);
		return true;
	}
	if (a->waking) {
		a->waking =
			false; /* somebody was faster: first in line still */
		return false;
	}
	a->wake_delay = step->ns;
	line_put(s, &l->waiters, actor);
	return false;
}

static void release(struct sim *s, int32_t actor, int32_t lock)
{
	struct actor *a = &s->actors[actor];
	struct sim_lock *l;

	if (change_of(s, lock, REPLAY_HOLD) ||
	    change_of(s, lock, REPLAY_OUTSIDE))
		a->inside -= a->inside > 0;
	if (change_of(s, lock, REPLAY_NO_CONTENTION))
		return;
	l = lock_of(s, actor, lock, true);
	if (l->written)
		l->written = false;
	else if (l->readers)
		l->readers--;
	lock_offer(s, l);
}

static uint64_t scaled(const struct sim *s, const struct actor *a,
		       const struct replay_step *step)
{
	double ns = (double)step->ns;

	if (step->does == REPLAY_IO)
		ns *= s->io;
	for (size_t i = 0; a->inside && i < s->n_changes; i++)
		if (s->changes[i].kind == REPLAY_HOLD)
			ns *= s->changes[i].factor;
	return (uint64_t)ns;
}

static bool puts_off(const struct sim *s, const struct actor *a)
{
	for (size_t i = 0; a->inside && i < s->n_changes; i++)
		if (s->changes[i].kind == REPLAY_OUTSIDE)
			return true;
	return false;
}

/* What comes after: false when the actor cannot go on by itself now. */
static bool pend(struct sim *s, int32_t actor, const struct replay_step *step)
{
	struct point *p = &s->points[step->what];

	if (!p->posted) {
		line_put(s, &p->waiters, actor);
		return false;
	}
	if (p->at + step->ns <= s->now)
		return true;
	due_put(s, actor, p->at + step->ns - s->now);
	s->actors[actor].next++;
	return false;
}

static void post(struct sim *s, int32_t what)
{
	struct point *p = &s->points[what];
	int32_t actor;

	if (p->posted)
		return;
	p->posted = true;
	p->at = s->now;
	while ((actor = line_take(s, &p->waiters)) != NOBODY) {
		struct actor *a = &s->actors[actor];

		assert(a->steps);
		due_put(s, actor, a->steps[a->next].ns);
		a->next++;
	}
}

/* A delay, or the CPU: false, since both take time. */
static bool spend(struct sim *s, int32_t actor, const struct replay_step *step)
{
	struct actor *a = &s->actors[actor];
	uint64_t ns = scaled(s, a, step);

	a->next++;
	if (!ns)
		return true;
	if (step->does == REPLAY_CPU) {
		a->left = ns;
		if (a->on_cpu)
			due_put(s, actor, slice(s, a));
		else
			line_put(s, &s->ready, actor);
		return false;
	}
	if (puts_off(s, a)) {
		a->put_off += ns;
		return true;
	}
	leave_cpu(s, a);
	due_put(s, actor, ns);
	return false;
}

static bool put_off_now(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];
	uint64_t ns = a->put_off;

	if (!ns || a->inside)
		return false;
	a->put_off = 0;
	leave_cpu(s, a);
	due_put(s, actor, ns);
	return true;
}

/* Plays the actor's steps until one takes time. */
static void go_on(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	while (a->next < a->n) {
		const struct replay_step *step = &a->steps[a->next];

		if (put_off_now(s, actor))
			return;
		if (is_section_start(step)) {
			if (!acquire(s, actor, step))
				goto blocked;
			a->next++;
		} else if (step->does == REPLAY_RELEASE) {
			a->next++;
			release(s, actor, step->what);
		} else if (step->does == REPLAY_POST) {
			a->next++;
			post(s, step->what);
		} else if (step->does == REPLAY_PEND) {
			if (!pend(s, actor, step))
				goto blocked;
			a->next++;
		} else if (!spend(s, actor, step)) {
			return;
		}
	}
	if (put_off_now(s, actor))
		return;
	a->done = true;
	if (s->replay->end < 0 || s->replay->end == actor)
		s->end = MAX(s->end, s->now);
blocked:
	leave_cpu(s, a);
}

static void wake(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	if (a->on_cpu && a->left) {
		a->left -= MIN(a->left, s->slice_ns);
		if (a->left && s->ready.first != NOBODY) {
			leave_cpu(s, a);
			line_put(s, &s->ready, actor);
			return;
		}
		if (a->left) {
			due_put(s, actor, slice(s, a));
			return;
		}
	}
	go_on(s, actor);
}

/* Nothing happens any more but somebody waits: it goes on regardless. */
static bool force(struct sim *s)
{
	for (size_t i = 0; i < s->replay->n_threads; i++) {
		struct actor *a = &s->actors[i];
		const struct replay_step *step;

		if (a->done || a->next >= a->n)
			continue;
		step = &a->steps[a->next];
		if (step->does != REPLAY_PEND)
			continue;
		s->forced++;
		post(s, step->what);
		return true;
	}
	return false;
}

static uint64_t slice_ns(const struct replay *r)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < r->n_threads; i++)
		for (size_t k = 0; k < r->scripts[i].n; k++)
			if (r->scripts[i].steps[k].does == REPLAY_CPU)
				ns += r->scripts[i].steps[k].ns / SLICES_MAX;
	return MAX(SLICE_NS, ns);
}

static void sim_init(struct sim *s)
{
	const struct replay *r = s->replay;

	s->slice_ns = slice_ns(r);
	s->shards = 1;
	s->io = 1;
	s->cpus = MAX(r->cpus, 1);
	for (size_t i = 0; i < s->n_changes; i++) {
		const struct replay_change *c = &s->changes[i];

		if (c->kind == REPLAY_SHARDS)
			s->shards = MAX(s->shards, MIN(c->n, 1024));
		if (c->kind == REPLAY_CPUS)
			s->cpus = MAX(c->n, 1);
		if (c->kind == REPLAY_IO_TIME)
			s->io = c->factor;
	}
	s->ready.first = NOBODY;
	s->actors = g_new0(struct actor, r->n_threads + 1);
	s->heap = g_new(struct due, r->n_threads + 1);
	s->locks = g_new0(struct sim_lock, r->n_locks * s->shards + 1);
	s->points = g_new0(struct point, r->n_points + 1);
	s->shard_of = g_hash_table_new(NULL, NULL);
	for (size_t i = 0; i < r->n_locks * s->shards; i++)
		s->locks[i].waiters.first = NOBODY;
	for (size_t i = 0; i < r->n_points; i++)
		s->points[i].waiters.first = NOBODY;
	for (size_t i = 0; i < r->n_threads; i++) {
		s->actors[i].steps = r->scripts[i].steps;
		s->actors[i].n = r->scripts[i].n;
		s->actors[i].drawn = (uint32_t)i * 2654435761u + 1;
		due_put(s, (int32_t)i, r->scripts[i].begin_ns);
	}
}

struct replay_result replay_run(const struct replay *replay,
				const struct replay_change *changes, size_t n)
{
	struct sim s = { .replay = replay, .changes = changes, .n_changes = n };

	sim_init(&s);
	do {
		while (s.n_heap) {
			struct due due = due_take(&s);

			s.now = due.ns;
			wake(&s, due.actor);
			dispatch(&s);
		}
	} while (force(&s));
	g_free(s.actors);
	g_free(s.heap);
	g_free(s.locks);
	g_free(s.points);
	g_hash_table_unref(s.shard_of);
	return (struct replay_result){ s.end ? s.end : s.now, s.forced };
}
