#include "analysis/replay.h"

#include <glib.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/report.h"

#define GROUPS_MOST 3	    /* locks tried */
#define STEPS_MOST  2000000 /* of all scripts, to be played several times */
#define SPEEDUP_MIN 1.03    /* less is not worth a line */
#define BEST	    3

struct trial {
	struct replay_change change;
	const char *text;
	uint64_t ns;
};

struct trials {
	struct report *report;
	struct trial list[GROUPS_MOST * 3 + 2];
	size_t n;
};

static const bool *locks_of(const struct report *r, int group)
{
	bool *locks = arena_array(r->arena, r->n_locks + 1, sizeof(*locks));

	for (size_t i = 0; i < r->n_locks; i++)
		locks[i] = r->locks[i].group == group;
	return locks;
}

static void trial_add(struct trials *t, enum replay_kind kind, int group,
		      double factor, uint32_t n, const char *before,
		      const char *after)
{
	struct report *r = t->report;
	struct replay_change change = { NULL, factor, kind, n };

	if (group >= 0)
		change.locks = locks_of(r, group);
	t->list[t->n++] = (struct trial){
		.change = change,
		.text = arena_printf(r->arena, "%s%s%s", before,
				     group >= 0 ? r->groups[group].label : "",
				     after),
	};
}

static bool is_lock(uint8_t kind)
{
	return kind == LOCK_MUTEX || kind == LOCK_RWLOCK || kind == LOCK_SPIN ||
	       kind == LOCK_ANNOTATED;
}

/* What could be done about one lock; dearest first are its kinds of holds. */
static void try_lock(struct trials *t, int group)
{
	const struct lock *l = &t->report->groups[group];
	uint64_t blocked =
		l->hold_parts_ns[HOLD_IO] + l->hold_parts_ns[HOLD_SLEEP];

	if (blocked * 50 > l->hold.total)
		trial_add(t, REPLAY_OUTSIDE, group, 0, 0,
			  "I/O and sleeps outside of ", "");
	if (l->instances < 2)
		trial_add(t, REPLAY_SHARDS, group, 0, 4, "", " split into 4");
	trial_add(t, REPLAY_NO_CONTENTION, group, 0, 0, "no contention on ",
		  "");
}

static void try_locks(struct trials *t)
{
	const struct report *r = t->report;
	size_t tried = 0;

	for (size_t i = 0; i < r->n_groups && tried < GROUPS_MOST; i++)
		if (is_lock(r->groups[i].kind) && r->groups[i].contended) {
			try_lock(t, (int)i);
			tried++;
		}
}

static int by_time(const void *a, const void *b)
{
	const struct trial *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

static uint64_t predicted(const struct report *r, uint64_t ns, uint64_t base)
{
	double predicted_ns =
		(double)r->run.duration_ns * (double)ns / (double)base;

	return predicted_ns < 0x1p64 ? (uint64_t)predicted_ns : UINT64_MAX;
}

static void keep_best(struct trials *t, uint64_t base)
{
	struct report *r = t->report;

	qsort(t->list, t->n, sizeof(t->list[0]), by_time);
	r->what_if = arena_array(r->arena, BEST, sizeof(*r->what_if));
	for (size_t i = 0; i < t->n && r->n_what_if < BEST; i++) {
		double speedup = (double)base / (double)MAX(t->list[i].ns, 1);

		if (speedup < SPEEDUP_MIN)
			break;
		r->what_if[r->n_what_if++] = (struct what_if){
			.change = t->list[i].text,
			.predicted_ns = predicted(r, t->list[i].ns, base),
			.speedup = speedup,
		};
	}
}

void replay_suggest(struct report *r)
{
	struct trials t = { .report = r };
	uint64_t base;
	size_t steps = 0;

	if (!r->replay)
		return;
	for (size_t i = 0; i < r->replay->n_threads; i++)
		steps += r->replay->scripts[i].n;
	if (steps > STEPS_MOST)
		return;
	base = replay_run(r->replay, NULL, 0).ns;
	if (!base || !r->replay->recorded_ns)
		return;
	r->replay_error = (double)base / (double)r->replay->recorded_ns - 1;
	if (r->replay_error < 0)
		r->replay_error = -r->replay_error;
	try_locks(&t);
	trial_add(&t, REPLAY_IO_TIME, -1, 0.5, 0, "I/O in half the time", "");
	trial_add(&t, REPLAY_CPUS, -1, 0, r->replay->cpus * 2,
		  "twice as many CPUs", "");
	for (size_t i = 0; i < t.n; i++)
		t.list[i].ns = replay_run(r->replay, &t.list[i].change, 1).ns;
	keep_best(&t, base);
}
