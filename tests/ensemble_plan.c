/* Scripts that nobody can hang in. */
#include "tests/ensemble_parts.h"

static bool one_in(struct hall *hall, int n)
{
	return g_rand_int_range(hall->rand, 0, n) == 0;
}

uint64_t ensemble_some(struct hall *hall, int low, int high)
{
	return (uint64_t)g_rand_int_range(hall->rand, low, high) * UNIT;
}

static guint plan(struct actor *a, enum does does, int what, uint64_t length)
{
	struct step step = {
		.does = does, .what = what, .mode = LOCK_WRITE, .length = length
	};

	g_array_append_val(a->steps, step);
	return a->steps->len - 1;
}

static void plan_run(struct hall *hall, struct actor *a)
{
	plan(a, DOES_RUN, 0, ensemble_some(hall, 1, 30));
}

static void plan_talk(struct hall *hall, struct actor *a)
{
	static const enum does talks[] = { DOES_SIGNAL, DOES_BROADCAST,
					   DOES_POST, DOES_SIGNAL, DOES_POST };

	plan(a, talks[g_rand_int_range(hall->rand, 0, 5)], 0, 0);
	plan_run(hall, a);
}

/* In rising order only, so that nobody hangs; waits within are limited. */
static void plan_section(struct hall *hall, struct actor *a, int lock)
{
	guint begin = plan(a, DOES_LOCK, lock,
			   one_in(hall, 5) ? ensemble_some(hall, 5, 40) : 0);

	if (lock == ENSEMBLE_RWLOCK && !one_in(hall, 3))
		g_array_index(a->steps, struct step, begin).mode = LOCK_READ;
	plan_run(hall, a);
	if (lock + 1 < ENSEMBLE_NLOCKS && one_in(hall, 2))
		plan_section(hall, a, lock + 1);
	if (lock == ENSEMBLE_MUTEX && one_in(hall, 3)) {
		plan(a, DOES_RELOCK, lock, 0);
		plan_run(hall, a);
	}
	if (lock == ENSEMBLE_MUTEX && one_in(hall, 2))
		plan(a, DOES_WAIT, 0, ensemble_some(hall, 10, 200));
	if (lock == ENSEMBLE_MUTEX && one_in(hall, 4)) {
		plan(a, DOES_WAIT, 0, ensemble_some(hall, 10, 200));
		plan(a, DOES_WAIT, 0, ensemble_some(hall, 10, 200));
	}
	if (lock == ENSEMBLE_RWLOCK && one_in(hall, 4))
		plan(a, DOES_SEM_WAIT, 0, ensemble_some(hall, 10, 60));
	if (one_in(hall, 2))
		plan_talk(hall, a);
	plan_run(hall, a);
	plan(a, DOES_UNLOCK, lock, 0);
	g_array_index(a->steps, struct step, begin).after = a->steps->len;
}

static void plan_round(struct hall *hall, struct actor *a, int steps)
{
	for (int i = 0; i < steps; i++) {
		plan_run(hall, a);
		if (one_in(hall, 4))
			plan(a, DOES_SEM_WAIT, 0, ensemble_some(hall, 20, 200));
		else if (one_in(hall, 3))
			plan_talk(hall, a);
		else
			plan_section(hall, a,
				     g_rand_int_range(hall->rand, 0,
						      ENSEMBLE_NLOCKS));
	}
	plan_run(hall, a);
	plan(a, DOES_BARRIER, 0, 0);
	plan(a, DOES_RUN, 0,
	     ensemble_some(hall, 12, 40)); /* all have left it then */
}

void ensemble_plan(struct hall *hall, int thread, int steps)
{
	struct actor *a = &hall->actors[thread];

	a->steps = g_array_new(FALSE, TRUE, sizeof(struct step));
	a->held = g_array_new(FALSE, TRUE, sizeof(struct ensemble_hold));
	a->pending = g_array_new(FALSE, TRUE, sizeof(struct event));
	a->deadline = NEVER;
	plan_round(hall, a, steps / 2);
	plan_round(hall, a, steps - steps / 2);
	for (int i = 1; thread == 0 && i < hall->e->threads; i++)
		plan(a, DOES_JOIN, i, 0);
	plan_run(hall, a);
	plan(a, DOES_END, 0, 0);
}
