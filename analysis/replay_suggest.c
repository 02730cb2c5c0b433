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
	struct replay_prediction predicted;
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
	struct replay_change change = { .factor = factor,
					.kind = kind,
					.n = n };

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

	return (x->predicted.ns > y->predicted.ns) -
	       (x->predicted.ns < y->predicted.ns);
}

static void keep_best(struct trials *t)
{
	struct report *r = t->report;

	qsort(t->list, t->n, sizeof(t->list[0]), by_time);
	r->what_if = arena_array(r->arena, BEST, sizeof(*r->what_if));
	for (size_t i = 0; i < t->n && r->n_what_if < BEST; i++) {
		const struct replay_prediction *p = &t->list[i].predicted;
		double speedup =
			(double)r->run.duration_ns / (double)MAX(p->ns, 1);

		if (speedup < SPEEDUP_MIN)
			break;
		r->what_if[r->n_what_if++] = (struct what_if){
			.change = t->list[i].text,
			.predicted_ns = p->ns,
			.low_ns = p->low_ns,
			.high_ns = p->high_ns,
			.speedup = speedup,
		};
	}
}

void replay_suggest(struct report *r)
{
	struct trials t = { .report = r };
	struct replay_base base;

	if (!r->replay || !r->replay->recorded_ns ||
	    replay_steps(r->replay) > STEPS_MOST)
		return;
	base = replay_base(r->replay);
	r->replay_error = base.error < 0 ? -base.error : base.error;
	if (!base.trusted)
		return;
	try_locks(&t);
	trial_add(&t, REPLAY_IO_TIME, -1, 0.5, 0, "I/O in half the time", "");
	trial_add(&t, REPLAY_CPUS, -1, 0, r->replay->cpus * 2,
		  "twice as many CPUs", "");
	for (size_t i = 0; i < t.n; i++)
		t.list[i].predicted =
			replay_predict(r->replay, &base, &t.list[i].change, 1,
				       r->run.duration_ns);
	keep_best(&t);
}
