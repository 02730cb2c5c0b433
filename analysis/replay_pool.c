#include "analysis/replay_sim.h"

/* The next part of the work that it shares with others. */
static bool take_part(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];
	struct sim_pool *pool;
	const struct replay_part *part;

	if (a->pool == NOBODY)
		return false;
	pool = &s->pools[a->pool];
	if (a->n && !a->last_words) {
		pool->working--;
		a->n = a->next = 0;
	}
	if (pool->next == pool->parts->n)
		return false;
	part = &pool->parts->list[pool->next];
	if (part->last && pool->working) {
		line_put(s, &pool->waiters, actor);
		return true;
	}
	pool->next++;
	a->steps = part->steps;
	a->n = part->n;
	a->next = 0;
	a->last_words = part->last;
	pool->working += !part->last;
	return true;
}

/* Its part is done: with the last one, those that wait may speak. */
bool pool_next(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];
	bool more = take_part(s, actor);
	struct sim_pool *pool = a->pool == NOBODY ? NULL : &s->pools[a->pool];
	int32_t other;

	if (pool && !pool->working)
		while ((other = line_take(s, &pool->waiters)) != NOBODY) {
			s->actors[other].n = s->actors[other].next = 0;
			due_put(s, other, 0);
		}
	return more;
}

/* Those that do the work of a pool, in place of its threads. */
void pool_init(struct sim *s, size_t change)
{
	const struct replay_change *c = &s->changes[change];
	struct sim_pool *pool = &s->pools[change];

	pool->waiters.first = NOBODY;
	pool->parts = replay_parts_new(s->replay, c->threads);
	for (uint32_t i = 0; i < c->n && pool->parts->n_openings; i++) {
		size_t k = MIN(i, pool->parts->n_openings - 1);

		actor_init(s, &pool->parts->openings[k], (int32_t)change);
	}
}

bool pool_has(const struct sim *s, const struct replay_script *script)
{
	for (size_t i = 0; i < s->n_changes; i++)
		if (s->changes[i].kind == REPLAY_THREADS &&
		    s->changes[i].threads[script->thread])
			return true;
	return false;
}
