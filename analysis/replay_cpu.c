#include <assert.h>

#include "analysis/replay_sim.h"

static bool is_before(const struct due *a, const struct due *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

static void due_set(struct sim *s, size_t i, struct due due)
{
	s->heap[i] = due;
	s->actors[due.actor].due_at = i + 1;
}

static void due_up(struct sim *s, size_t i, struct due due)
{
	while (i && is_before(&due, &s->heap[(i - 1) / 2])) {
		due_set(s, i, s->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	due_set(s, i, due);
}

static void due_down(struct sim *s, size_t i, struct due due)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= s->n_heap)
			break;
		if (child + 1 < s->n_heap &&
		    is_before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!is_before(&s->heap[child], &due))
			break;
		due_set(s, i, s->heap[child]);
		i = child;
	}
	due_set(s, i, due);
}

void due_put(struct sim *s, int32_t actor, uint64_t ns)
{
	assert(!s->actors[actor].due_at);
	due_up(s, s->n_heap++, (struct due){ s->now + ns, s->order++, actor });
}

static void due_remove(struct sim *s, size_t i)
{
	struct due last = s->heap[--s->n_heap];

	s->actors[s->heap[i].actor].due_at = 0;
	if (i == s->n_heap)
		return;
	if (i && is_before(&last, &s->heap[(i - 1) / 2]))
		due_up(s, i, last);
	else
		due_down(s, i, last);
}

int32_t due_take(struct sim *s)
{
	struct due first = s->heap[0];

	due_remove(s, 0);
	s->now = first.ns;
	return first.actor;
}

static bool has_less(const struct sim *s, int32_t a, int32_t b)
{
	return s->actors[a].used < s->actors[b].used;
}

static void ready_put(struct sim *s, int32_t actor)
{
	size_t i = s->n_ready++;

	while (i && has_less(s, actor, s->ready[(i - 1) / 2])) {
		s->ready[i] = s->ready[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->ready[i] = actor;
}

static int32_t ready_take(struct sim *s)
{
	int32_t first = s->ready[0];
	int32_t last = s->ready[--s->n_ready];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= s->n_ready)
			break;
		if (child + 1 < s->n_ready &&
		    has_less(s, s->ready[child + 1], s->ready[child]))
			child++;
		if (!has_less(s, s->ready[child], last))
			break;
		s->ready[i] = s->ready[child];
		i = child;
	}
	s->ready[i] = last;
	return first;
}

/* Others have a claim to a CPU, for as long as they took it each time. */
static bool is_foreign_turn(const struct sim *s)
{
	return s->foreign_ns >= (double)s->foreign_slice_ns;
}

/* They take it when one of ours begins a slice: it waits there for its end. */
static bool is_stolen(struct sim *s, struct actor *a)
{
	a->stolen = !a->slice_ns && is_foreign_turn(s);
	if (a->stolen)
		s->foreign_ns -= (double)s->foreign_slice_ns;
	return a->stolen;
}

static void slice_begin(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];
	bool at_once = a->spins && lock_is_free(a->spins, a->reads);
	uint64_t rest = s->slice_ns - MIN(a->slice_ns, s->slice_ns);

	a->since = s->now;
	if (is_stolen(s, a))
		due_put(s, actor, s->foreign_slice_ns);
	else
		due_put(s, actor, at_once ? 0 : MIN(a->left, rest));
}

/* What it did on the CPU since it was last looked at. */
static void slice_count(struct sim *s, struct actor *a)
{
	uint64_t ns = s->now - a->since;

	a->since = s->now;
	a->used += ns;
	a->slice_ns += ns;
	if (a->left != UINT64_MAX)
		a->left -= MIN(a->left, ns);
	s->foreign_ns +=
		(double)ns * s->foreign * (s->n_ready ? 1 : s->crowded);
}

static void cpu_get(struct sim *s, struct actor *a)
{
	s->least = MAX(s->least, a->used);
	a->since = s->now;
	a->slice_ns = 0;
	a->place = PLACE_CPU;
	s->busy++;
}

static void cpu_drop(struct sim *s, struct actor *a, enum place place)
{
	a->place = place;
	s->busy--;
}

void cpu_want(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	if (a->place == PLACE_CPU) {
		slice_begin(s, actor);
		return;
	}
	/* Who was away has no claim to what it did not use then. */
	a->used = MAX(a->used, s->least);
	a->place = PLACE_READY;
	ready_put(s, actor);
}

bool cpu_seize(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	if (a->place == PLACE_CPU)
		return true;
	if (s->busy < s->cpus && !s->n_ready && !is_foreign_turn(s)) {
		a->used = MAX(a->used, s->least);
		cpu_get(s, a);
		return true;
	}
	a->left = 0;
	cpu_want(s, actor);
	return false;
}

void cpu_leave(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	if (a->place != PLACE_CPU)
		return;
	slice_count(s, a);
	if (a->due_at)
		due_remove(s, a->due_at - 1);
	cpu_drop(s, a, PLACE_AWAY);
}

void cpu_hurry(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	due_remove(s, a->due_at - 1);
	due_put(s, actor, 0);
}

bool cpu_is_due(struct sim *s, int32_t actor)
{
	struct actor *a = &s->actors[actor];

	if (a->place != PLACE_CPU)
		return true;
	if (a->stolen) {
		slice_begin(s, actor);
		return false;
	}
	slice_count(s, a);
	if (!a->left || (a->spins && lock_is_free(a->spins, a->reads)))
		return true;
	if (s->n_ready && !has_less(s, actor, s->ready[0])) {
		cpu_drop(s, a, PLACE_READY);
		ready_put(s, actor);
	} else {
		a->slice_ns = 0;
		slice_begin(s, actor);
	}
	return false;
}

void cpu_dispatch(struct sim *s)
{
	while (s->busy < s->cpus && s->n_ready) {
		int32_t actor = ready_take(s);

		cpu_get(s, &s->actors[actor]);
		slice_begin(s, actor);
	}
}
