#include "analysis/replay_sim.h"

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

bool lock_is_free(const struct sim_lock *lock, bool reads)
{
	return !lock->written && (reads || !lock->readers);
}

/* One that spins on a CPU sees it at once. */
static bool offer_to_spinner(struct sim *s, struct sim_lock *l)
{
	int32_t i = l->spinners ? l->waiters.first : NOBODY;

	for (; i != NOBODY; i = s->actors[i].later) {
		const struct actor *a = &s->actors[i];

		if (a->spins && a->place == PLACE_CPU && !a->stolen &&
		    lock_is_free(l, a->reads)) {
			cpu_hurry(s, i);
			return true;
		}
	}
	return false;
}

/*
 * Else who sleeps longest is woken, if any; it has to come and get it. As in
 * glibc: who takes the lock before it comes knows of no waiter and wakes none.
 */
static bool lock_offer(struct sim *s, struct sim_lock *l)
{
	int32_t i = l->waiters.first;
	struct actor *a;

	if (offer_to_spinner(s, l) || !l->asked)
		return false;
	while (i != NOBODY && (s->actors[i].spins || s->actors[i].waking))
		i = s->actors[i].later;
	if (i == NOBODY) {
		l->asked = false;
		return false;
	}
	a = &s->actors[i];
	if (!lock_is_free(l, a->reads))
		return false;
	l->asked = false;
	a->waking = true;
	due_put(s, i, a->wake_delay);
	return true;
}

static void count_inside(const struct sim *s, struct actor *a, int32_t lock,
			 int by)
{
	for (size_t i = 0; i < s->n_changes; i++) {
		const struct replay_change *c = &s->changes[i];

		if (c->kind != REPLAY_HOLD && c->kind != REPLAY_OUTSIDE)
			continue;
		if (c->locks[lock] && (by > 0 || a->inside[i]))
			a->inside[i] = (uint8_t)(a->inside[i] + by);
	}
}

static void lock_take(struct sim *s, struct sim_lock *l, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	if (a->waking || a->spins)
		line_remove(s, &l->waiters, actor);
	l->spinners -= a->spins != NULL;
	l->asked |= a->waking || a->looks_again;
	a->waking = false;
	a->looks_again = false;
	a->spins = NULL;
	if (a->reads)
		l->readers++;
	else
		l->written = true;
	if (a->reads)
		(void)lock_offer(s, l);
}

static void lock_spin(struct sim *s, struct sim_lock *l, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	line_put(s, &l->waiters, actor);
	a->spins = l;
	l->spinners++;
	a->left = UINT64_MAX;
	cpu_want(s, actor);
}

/*
 * One that does not spin for good computes for a while (to tell the kernel that
 * it wants to sleep), looks once more, and sleeps.
 */
static void lock_await(struct sim *s, struct sim_lock *l, int32_t actor,
		       const struct replay_step *step)
{
	struct actor *a = &s->actors[actor];

	if (step->spin == REPLAY_SPINS_ON) {
		lock_spin(s, l, actor);
		return;
	}
	if (!a->waking && step->spin && !a->looks_again) {
		a->looks_again = true;
		a->left = (uint64_t)step->spin * REPLAY_SPIN_NS;
		cpu_want(s, actor);
		return;
	}
	/* If it was woken, somebody was faster: it is in line still. */
	if (!a->waking) {
		a->wake_delay = step->ns;
		line_put(s, &l->waiters, actor);
	}
	a->waking = false;
	a->looks_again = false;
	l->asked = true;
	cpu_leave(s, actor);
}

/* As told, but if readers share it now: by thread, or by chance. */
static bool only_reads(struct actor *a, const struct replay_step *step,
		       const struct replay_change *readers)
{
	if (!readers)
		return step->does == REPLAY_ACQUIRE_READ;
	if (readers->threads)
		return a->thread >= 0 && readers->threads[a->thread];
	return draw(a) % 1000 < (uint32_t)(readers->factor * 1000);
}

bool lock_acquire(struct sim *s, int32_t actor, const struct replay_step *step)
{
	struct actor *a = &s->actors[actor];
	const struct replay_change *readers =
		change_of(s, step->what, REPLAY_READERS);
	struct sim_lock *l;

	if (change_of(s, step->what, REPLAY_NO_CONTENTION)) {
		count_inside(s, a, step->what, 1);
		return true;
	}
	if (!cpu_seize(s, actor))
		return false;
	l = lock_of(s, actor, step->what, false);
	if (!a->waking && !a->spins && !a->looks_again)
		a->reads = only_reads(a, step, readers);
	if (!lock_is_free(l, a->reads)) {
		lock_await(s, l, actor, step);
		return false;
	}
	lock_take(s, l, actor);
	count_inside(s, a, step->what, 1);
	return true;
}

bool lock_release(struct sim *s, int32_t actor, int32_t lock)
{
	struct sim_lock *l;

	count_inside(s, &s->actors[actor], lock, -1);
	if (change_of(s, lock, REPLAY_NO_CONTENTION))
		return false;
	l = lock_of(s, actor, lock, true);
	if (l->written)
		l->written = false;
	else if (l->readers)
		l->readers--;
	return lock_offer(s, l);
}

bool device_enter(struct sim *s, int32_t actor, const struct replay_step *step)
{
	struct sim_device *d = &s->devices[step->what];
	bool waits = s->sharing == REPLAY_FREELY ? step->ns > 0 : d->inside > 0;

	if (!waits) {
		d->inside++;
		return true;
	}
	cpu_leave(s, actor);
	if (s->sharing == REPLAY_FREELY) {
		/* Whatever it waited for, it waits for again. */
		d->inside++;
		s->actors[actor].next++;
		due_put(s, actor, step->ns);
	} else {
		line_put(s, &d->waiters, actor);
	}
	return false;
}

void device_leave(struct sim *s, int32_t device)
{
	struct sim_device *d = &s->devices[device];
	int32_t actor;

	d->inside -= d->inside > 0;
	if (d->inside || s->sharing == REPLAY_FREELY)
		return;
	while ((actor = line_take(s, &d->waiters)) != NOBODY) {
		d->inside++;
		s->actors[actor].next++;
		due_put(s, actor, 0);
		if (s->sharing == REPLAY_IN_TURN)
			return;
	}
}
