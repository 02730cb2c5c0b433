#include "analysis/replay.h"

#include <assert.h>
#include <string.h>

#include "analysis/replay_sim.h"

#define SLICES_MOST (1u << 18) /* of one CPU, in a run */

void line_put(struct sim *s, struct line *line, int32_t actor)
{
	s->actors[actor].later = NOBODY;
	if (line->first == NOBODY)
		line->first = actor;
	else
		s->actors[line->last].later = actor;
	line->last = actor;
}

int32_t line_take(struct sim *s, struct line *line)
{
	int32_t actor = line->first;

	if (actor != NOBODY)
		line->first = s->actors[actor].later;
	return actor;
}

void line_remove(struct sim *s, struct line *line, int32_t actor)
{
	int32_t before = NOBODY, at = line->first;

	while (at != NOBODY && at != actor) {
		before = at;
		at = s->actors[at].later;
	}
	if (at == NOBODY)
		return;
	if (before == NOBODY)
		line->first = s->actors[at].later;
	else
		s->actors[before].later = s->actors[at].later;
	if (line->last == actor)
		line->last = before;
}

const struct replay_change *change_of(const struct sim *s, int32_t lock,
				      enum replay_kind kind)
{
	for (size_t i = 0; i < s->n_changes; i++)
		if (s->changes[i].kind == kind && s->changes[i].locks &&
		    s->changes[i].locks[lock])
			return &s->changes[i];
	return NULL;
}

uint32_t draw(struct actor *a)
{
	a->drawn ^= a->drawn << 13;
	a->drawn ^= a->drawn >> 17;
	a->drawn ^= a->drawn << 5;
	return a->drawn;
}

/* Waits and holds that cannot be played change in proportion. */
static double unplayed_factor(const struct sim *s, int32_t lock, bool wait)
{
	double factor = 1;

	for (size_t i = 0; i < s->n_changes; i++) {
		const struct replay_change *c = &s->changes[i];

		if (!c->locks || !c->locks[lock])
			continue;
		if (c->kind == REPLAY_HOLD)
			factor *= c->factor;
		else if (wait && c->kind == REPLAY_NO_CONTENTION)
			factor = 0;
		else if (wait && c->kind == REPLAY_SHARDS)
			factor /= c->n;
		else if (wait && c->kind == REPLAY_READERS)
			factor *= 1 - c->factor;
	}
	return factor;
}

static double unplayed_save(struct actor *a, const struct unplayed *in,
			    double ns)
{
	if (!in->weight)
		return ns;
	a->debt += (uint64_t)(ns * (1 - MIN(in->factor, 1)) * (in->weight - 1));
	return ns * in->factor;
}

static uint64_t scaled(const struct sim *s, struct actor *a,
		       const struct replay_step *step)
{
	double ns = (double)step->ns;

	if (step->does == REPLAY_IO)
		ns *= s->io;
	for (size_t i = 0; i < s->n_changes; i++)
		if (s->changes[i].kind == REPLAY_HOLD && a->inside[i])
			ns *= s->changes[i].factor;
	if (a->wait.weight || a->hold.weight) {
		ns = unplayed_save(a, &a->wait, ns);
		ns = unplayed_save(a, &a->hold, ns);
	} else if (a->debt && step->does != REPLAY_IO) {
		uint64_t paid = MIN(a->debt, (uint64_t)ns);

		a->debt -= paid;
		return (uint64_t)ns - paid;
	}
	return (uint64_t)ns;
}

static bool is_outside(const struct sim *s, const struct actor *a)
{
	for (size_t i = 0; i < s->n_changes; i++)
		if (s->changes[i].kind == REPLAY_OUTSIDE && a->inside[i])
			return false;
	return true;
}

/* Delays and calls inside of a section that they are to come after. */
static bool put_off(const struct sim *s, struct actor *a,
		    const struct replay_step *step)
{
	struct replay_step later = *step;
	bool delay = step->does == REPLAY_DELAY || step->does == REPLAY_IO;
	bool call = step->does == REPLAY_ENTER || step->does == REPLAY_LEAVE;

	if (!delay && !call && !(step->does == REPLAY_CPU && a->calls))
		return false;
	if (a->back || is_outside(s, a))
		return false;
	if (step->does == REPLAY_ENTER)
		a->calls++;
	else if (step->does == REPLAY_LEAVE)
		a->calls -= a->calls > 0;
	if (!call)
		later.ns = scaled(s, a, step);
	if (later.does == REPLAY_IO)
		later.does = REPLAY_DELAY; /* it is scaled already */
	if (!a->put_off)
		a->put_off = g_array_new(FALSE, FALSE, sizeof(later));
	g_array_append_val(a->put_off, later);
	return true;
}

/* Out of the section: what was put off is done now. */
static void catch_up(const struct sim *s, struct actor *a)
{
	if (!a->put_off || !a->put_off->len || a->back || !is_outside(s, a))
		return;
	a->back = a->steps;
	a->n_back = a->n;
	a->next_back = a->next;
	a->steps = (const struct replay_step *)(const void *)a->put_off->data;
	a->n = a->put_off->len;
	a->next = 0;
}

static bool go_back(struct actor *a)
{
	if (!a->back)
		return false;
	a->steps = a->back;
	a->n = a->n_back;
	a->next = a->next_back;
	a->back = NULL;
	g_array_set_size(a->put_off, 0);
	return true;
}

/* False when the actor cannot go on by itself now. */
static bool pend(struct sim *s, int32_t actor, const struct replay_step *step)
{
	struct actor *a = &s->actors[actor];
	struct point *p = &s->points[step->what];

	if (p->posted && p->at + step->ns <= s->now) {
		a->next++;
		return true;
	}
	cpu_leave(s, actor);
	if (p->posted) {
		due_put(s, actor, p->at + step->ns - s->now);
		a->next++;
	} else {
		line_put(s, &p->waiters, actor);
	}
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

/* A delay, or the CPU: true only where it takes no time. */
static bool spend(struct sim *s, int32_t actor, const struct replay_step *step)
{
	struct actor *a = &s->actors[actor];
	uint64_t ns = scaled(s, a, step);

	a->next++;
	if (!ns)
		return true;
	if (step->does == REPLAY_CPU) {
		a->left = ns;
		cpu_want(s, actor);
	} else {
		cpu_leave(s, actor);
		due_put(s, actor, ns);
	}
	return false;
}

static void unplayed_step(const struct sim *s, struct actor *a,
			  const struct replay_step *step)
{
	bool wait = step->does == REPLAY_WAIT_BEGIN ||
		    step->does == REPLAY_WAIT_END;
	bool begins = step->does == REPLAY_WAIT_BEGIN ||
		      step->does == REPLAY_HOLD_BEGIN;
	struct unplayed *in = wait ? &a->wait : &a->hold;

	in->weight = begins ? MAX(step->weight, 1) : 0;
	in->factor = begins ? unplayed_factor(s, step->what, wait) : 1;
}

/* To wake a waiter takes time. */
static bool release(struct sim *s, int32_t actor,
		    const struct replay_step *step)
{
	struct actor *a = &s->actors[actor];
	uint64_t ns = lock_release(s, actor, step->what) ? step->ns : 0;

	a->next++;
	catch_up(s, a);
	if (!ns)
		return true;
	a->left = ns;
	cpu_want(s, actor);
	return false;
}

/* Plays one step: false if it takes time, or has to wait. */
static bool play(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];
	const struct replay_step *step = &a->steps[a->next];

	if (put_off(s, a, step) || (step->untold && !s->replay->plays_untold)) {
		a->next++;
		return true;
	}
	switch ((enum replay_does)step->does) {
	case REPLAY_ACQUIRE:
	case REPLAY_ACQUIRE_READ:
		if (!lock_acquire(s, actor, step))
			return false;
		break;
	case REPLAY_RELEASE:
		return release(s, actor, step);
	case REPLAY_POST:
		post(s, step->what);
		break;
	case REPLAY_PEND:
		return pend(s, actor, step);
	case REPLAY_ENTER:
		if (!device_enter(s, actor, step))
			return false;
		break;
	case REPLAY_LEAVE:
		device_leave(s, step->what);
		break;
	case REPLAY_WAIT_BEGIN:
	case REPLAY_WAIT_END:
	case REPLAY_HOLD_BEGIN:
	case REPLAY_HOLD_END:
		unplayed_step(s, a, step);
		break;
	default:
		return spend(s, actor, step);
	}
	a->next++;
	return true;
}

/* Plays the actor's steps until one takes time. */
static void go_on(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	for (;;) {
		while (a->next < a->n)
			if (!play(s, actor))
				return;
		if (go_back(a))
			continue;
		catch_up(s, a);
		if (a->back)
			continue;
		if (!pool_next(s, actor))
			break;
		if (a->next == a->n) {
			cpu_leave(s, actor); /* it waits for the others */
			return;
		}
	}
	a->done = true;
	if (s->last < 0 || s->last == actor)
		s->end = MAX(s->end, s->now);
	cpu_leave(s, actor);
}

/*
 * Nothing happens any more but somebody waits: for what came first in the
 * recording it waits no longer.
 */
static bool force(struct sim *s)
{
	int32_t first = -1;

	for (size_t i = 0; i < s->n_actors; i++) {
		struct actor *a = &s->actors[i];
		const struct replay_step *step;

		if (a->done || a->next >= a->n)
			continue;
		step = &a->steps[a->next];
		if (step->does != REPLAY_PEND || s->points[step->what].posted)
			continue;
		if (first < 0 || s->replay->point_ns[step->what] <
					 s->replay->point_ns[first])
			first = step->what;
	}
	if (first < 0)
		return false;
	s->forced++;
	post(s, first);
	return true;
}

static void read_changes(struct sim *s)
{
	s->shards = 1;
	s->io = 1;
	s->cpus = MAX(s->replay->cpus, 1);
	s->sharing = s->replay->sharing;
	for (size_t i = 0; i < s->n_changes; i++) {
		const struct replay_change *c = &s->changes[i];

		if (c->kind == REPLAY_SHARDS)
			s->shards = MAX(s->shards, MIN(c->n, 1024));
		if (c->kind == REPLAY_CPUS)
			s->cpus = MAX(c->n, 1);
		if (c->kind == REPLAY_IO_TIME)
			s->io = c->factor;
		if (c->kind == REPLAY_SHARING)
			s->sharing = (enum replay_sharing)c->n;
	}
}

void actor_init(struct sim *s, const struct replay_script *script, int32_t pool)
{
	struct actor *a = &s->actors[s->n_actors];

	*a = (struct actor){ .steps = script->steps,
			     .n = script->n,
			     .thread = pool == NOBODY ? script->thread : -1,
			     .pool = pool,
			     .last_words = true,
			     .drawn = (uint32_t)s->n_actors * 2654435761u + 1 };
	due_put(s, (int32_t)s->n_actors++, script->begin_ns);
}

static void actors_init(struct sim *s)
{
	const struct replay *r = s->replay;
	size_t most = r->n_threads + 1;

	for (size_t i = 0; i < s->n_changes; i++)
		if (s->changes[i].kind == REPLAY_THREADS)
			most += s->changes[i].n;
	s->actors = g_new0(struct actor, most);
	s->heap = g_new(struct due, most);
	s->ready = g_new(int32_t, most);
	for (size_t i = 0; i < r->n_threads; i++) {
		static const struct replay_script none = { .steps = NULL };

		bool pooled = pool_has(s, &r->scripts[i]);

		/* Its place stays its own: `last` is an index. */
		actor_init(s, pooled ? &none : &r->scripts[i], NOBODY);
		if (pooled && s->last == (int)i)
			s->last = NOBODY;
	}
	for (size_t i = 0; i < s->n_changes; i++)
		if (s->changes[i].kind == REPLAY_THREADS)
			pool_init(s, i);
}

static void sim_init(struct sim *s)
{
	const struct replay *r = s->replay;
	/* A run of a week is not played in slices of milliseconds. */
	uint64_t least_ns = r->recorded_ns / SLICES_MOST + 1;

	read_changes(s);
	s->slice_ns = MAX(r->slice_ns, least_ns);
	s->last = r->end;
	s->foreign = MAX(r->slowdown, 1) - 1;
	s->crowded = r->crowded;
	s->foreign_slice_ns = MAX(r->foreign_slice_ns, least_ns);
	s->foreign_ns = (double)s->foreign_slice_ns / 2;
	s->locks = g_new0(struct sim_lock, r->n_locks * s->shards + 1);
	s->points = g_new0(struct point, r->n_points + 1);
	s->devices = g_new0(struct sim_device, r->n_devices + 1);
	s->pools = g_new0(struct sim_pool, s->n_changes + 1);
	s->shard_of = g_hash_table_new(NULL, NULL);
	for (size_t i = 0; i < r->n_locks * s->shards; i++)
		s->locks[i].waiters.first = NOBODY;
	for (size_t i = 0; i < r->n_points; i++)
		s->points[i].waiters.first = NOBODY;
	for (size_t i = 0; i < r->n_devices; i++)
		s->devices[i].waiters.first = NOBODY;
	actors_init(s);
}

static void sim_clear(struct sim *s)
{
	for (size_t i = 0; i < s->n_actors; i++)
		if (s->actors[i].put_off)
			g_array_free(s->actors[i].put_off, TRUE);
	for (size_t i = 0; i < s->n_changes; i++)
		replay_parts_free(s->pools[i].parts);
	g_free(s->actors);
	g_free(s->heap);
	g_free(s->ready);
	g_free(s->locks);
	g_free(s->points);
	g_free(s->devices);
	g_free(s->pools);
	g_hash_table_unref(s->shard_of);
}

struct replay_result replay_run(const struct replay *replay,
				const struct replay_change *changes, size_t n)
{
	struct sim s = { .replay = replay,
			 .changes = changes,
			 .n_changes = MIN(n, REPLAY_CHANGES_MOST) };

	sim_init(&s);
	do {
		while (s.n_heap) {
			int32_t actor = due_take(&s);

			if (cpu_is_due(&s, actor))
				go_on(&s, actor);
			cpu_dispatch(&s);
		}
	} while (force(&s));
	sim_clear(&s);
	return (struct replay_result){ s.end ? s.end : s.now, s.forced };
}
