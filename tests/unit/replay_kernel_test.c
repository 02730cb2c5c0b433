/*
 * Threads and one lock on a kernel that is played here, so that the truth is
 * known: also that of the run on one CPU, and of other numbers of threads.
 *
 * Time goes on by 1 us. The lock is that of glibc. A woken thread goes to the
 * CPU that it was on last, 25 us later if that idles; if another one runs there
 * it queues, though the other CPU may idle: once in 4 ms that one looks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/replay.h"
#include "tests/feed.h"

#define US	 1000ull
#define TASKS	 8
#define CPUS	 2
#define SECTIONS 4000 /* of all tasks */
#define START_US 25
#define SLICE_US 3000
#define LOOK_US	 4000
#define NOBODY	 (-1)
#define LOCK	 0xA

enum doing { OUTSIDE, WANTS, INSIDE, ASLEEP, OVER };

struct task {
	enum doing doing;
	int left_us, sections, cpu, start_us;
	uint64_t wait_begin, acquired, holds, held_ns;
};

struct cpu {
	int current, queue[TASKS], queued, slice_us;
};

struct kernel {
	struct model *m;
	struct task tasks[TASKS];
	struct cpu cpus[CPUS];
	int n, n_cpus, inside_us, outside_us, over;
	int owner, asleep[TASKS], n_asleep;
	bool asked; /* to wake somebody at the next release */
	uint64_t now;
};

static int32_t tid_of(int task)
{
	return task == NOBODY ? 0 : 11 + task;
}

static int take_first(int *list, int *n)
{
	int first = list[0];

	memmove(list, list + 1, sizeof(*list) * (size_t)-- * n);
	return first;
}

static void enqueue(struct cpu *cpu, int task)
{
	cpu->queue[cpu->queued++] = task;
}

/* The CPU leaves what it does for the first in its queue. */
static void schedule(struct kernel *k, int c, int64_t state)
{
	struct cpu *cpu = &k->cpus[c];
	int before = cpu->current;

	cpu->current = NOBODY;
	cpu->slice_us = 0;
	if (cpu->queued && k->tasks[cpu->queue[0]].start_us <= 0) {
		cpu->current = take_first(cpu->queue, &cpu->queued);
		k->tasks[cpu->current].cpu = c;
	}
	feed_switch(k->m, k->now, c, tid_of(before), state,
		    tid_of(cpu->current));
}

static void wake(struct kernel *k, int c, int task)
{
	struct cpu *cpu = &k->cpus[k->tasks[task].cpu];

	feed_waking(k->m, k->now, c, tid_of(k->cpus[c].current), tid_of(task));
	if (cpu->current == NOBODY && !cpu->queued)
		k->tasks[task].start_us = START_US;
	enqueue(cpu, task);
}

static void want(struct kernel *k, int c, struct task *t)
{
	int task = k->cpus[c].current;

	if (k->owner == NOBODY) {
		k->owner = task;
		k->asked |= t->wait_begin > 0;
		t->acquired = k->now;
		t->doing = INSIDE;
		t->left_us = k->inside_us;
		return;
	}
	if (!t->wait_begin)
		t->wait_begin = k->now;
	k->asleep[k->n_asleep++] = task;
	k->asked = true;
	t->doing = ASLEEP;
	schedule(k, c, 1);
}

/* Told are the sections that somebody waited for, or that had waited. */
static void release(struct kernel *k, int c, struct task *t)
{
	bool wakes = k->asked && k->n_asleep;

	k->owner = NOBODY;
	if (t->wait_begin || wakes)
		feed_held(k->m, k->now, tid_of(k->cpus[c].current), LOCK, 0x51,
			  t->wait_begin, t->acquired, k->now);
	t->holds++;
	t->held_ns += k->now - t->acquired;
	t->wait_begin = 0;
	t->doing = OUTSIDE;
	t->left_us = k->outside_us + (int)(t->holds % 3);
	k->asked = false;
	if (wakes)
		wake(k, c, take_first(k->asleep, &k->n_asleep));
}

static void step(struct kernel *k, int c)
{
	struct task *t = &k->tasks[k->cpus[c].current];

	if (t->doing == ASLEEP || t->doing == WANTS) {
		t->doing = WANTS;
		want(k, c, t);
	} else if (t->left_us-- > 0) {
		return;
	} else if (t->doing == INSIDE) {
		release(k, c, t);
	} else if (t->sections--) {
		t->doing = WANTS;
	} else {
		t->doing = OVER;
		k->over++;
		feed_exit(k->m, k->now, tid_of(k->cpus[c].current));
		schedule(k, c, 0xb0);
	}
}

static void tick(struct kernel *k, int c)
{
	struct cpu *cpu = &k->cpus[c], *other = &k->cpus[1 - c];
	bool looks = k->now / US % LOOK_US == (uint64_t)c * LOOK_US / CPUS;

	for (int i = 0; i < cpu->queued; i++)
		k->tasks[cpu->queue[i]].start_us--;
	if (cpu->current == NOBODY && !cpu->queued && other->queued && looks &&
	    k->n_cpus > 1)
		enqueue(cpu, take_first(other->queue, &other->queued));
	if (cpu->current == NOBODY && cpu->queued &&
	    k->tasks[cpu->queue[0]].start_us <= 0)
		schedule(k, c, 0);
	if (cpu->current != NOBODY && cpu->queued &&
	    cpu->slice_us++ >= SLICE_US) {
		enqueue(cpu, cpu->current);
		schedule(k, c, 0);
	}
	if (cpu->current != NOBODY)
		step(k, c);
}

static void count(const struct kernel *k, int task)
{
	struct event e = { .ts_ns = k->now,
			   .type = EVENT_LOCK_STATS,
			   .pid = FEED_PID,
			   .tid = tid_of(task),
			   .cpu = -1 };

	e.u.stats.address = LOCK;
	e.u.stats.site = 0x51;
	e.u.stats.acquisitions = k->tasks[task].holds;
	e.u.stats.hold_ns = k->tasks[task].held_ns;
	e.u.stats.hold_max_ns = k->tasks[task].held_ns;
	model_event(k->m, &e);
}

/* The report of a run, and how long it really took. */
static struct report *run(int n_cpus, int n, int inside_us, int outside_us,
			  uint64_t *ns)
{
	struct kernel k = {
		.m = model_new(&(struct model_options){
			.cpus = CPUS, .tape_bytes = 32 << 20 }),
		.n = n,
		.n_cpus = n_cpus,
		.inside_us = inside_us,
		.outside_us = outside_us,
		.owner = NOBODY,
		.now = 1000 * US,
	};
	struct report *r = report_new();

	for (int c = 0; c < CPUS; c++)
		k.cpus[c].current = NOBODY;
	for (int i = 0; i < n; i++) {
		k.tasks[i] = (struct task){ .left_us = 1 + 3 * i,
					    .sections = SECTIONS / n,
					    .cpu = i % n_cpus };
		feed_start(k.m, k.now + (uint64_t)i, tid_of(i));
		enqueue(&k.cpus[i % n_cpus], i);
	}
	for (k.now += US; k.over < n; k.now += US)
		for (int c = 0; c < n_cpus; c++)
			tick(&k, c);
	for (int i = 0; i < n; i++)
		count(&k, i);
	model_finish(k.m, r);
	assert_non_null(r->replay);
	*ns = k.now - 1000 * US;
	return r;
}

static void is_near(const char *what, uint64_t is, uint64_t truth, double most)
{
	double off = (double)is / (double)truth - 1;

	if (off < -most || off > most)
		fail_msg("%s: %.1f %% off", what, off * 100);
}

static uint64_t truth(int n_cpus, int n, int inside_us, int outside_us)
{
	uint64_t ns;

	report_free(run(n_cpus, n, inside_us, outside_us, &ns));
	return ns;
}

/* All that is asked of it, for one kind of run. */
static void check(int n, int inside_us, int outside_us)
{
	bool all[TASKS + 1] = { false };
	struct replay_change cpu = { .kind = REPLAY_CPUS, .n = 1 };
	struct replay_change two = { .kind = REPLAY_THREADS,
				     .threads = all,
				     .n = 2 };
	struct replay_change free_lock = { .kind = REPLAY_NO_CONTENTION,
					   .locks = all };
	uint64_t ns, both = (uint64_t)(inside_us + outside_us + 1) * US;
	struct report *r = run(CPUS, n, inside_us, outside_us, &ns);
	struct replay replay = *r->replay;
	struct replay_base base;

	memset(all, 1, sizeof(all));
	replay.end = -1; /* nobody joins them */
	base = replay_base(&replay);
	is_near("the run", base.ns, ns, 0.12);
	is_near("on one CPU", replay_predict(&replay, &base, &cpu, 1, ns).ns,
		truth(1, n, inside_us, outside_us), 0.15);
	is_near("by two threads",
		replay_predict(&replay, &base, &two, 1, ns).ns,
		truth(CPUS, 2, inside_us, outside_us), 0.15);
	is_near("without waiting",
		replay_predict(&replay, &base, &free_lock, 1, ns).ns,
		SECTIONS * both / CPUS, 0.15);
	report_free(r);
}

static void sections_that_are_most_of_it(void **state)
{
	(void)state;
	check(4, 31, 20);
	check(8, 31, 20);
}

static void sections_that_are_long(void **state)
{
	(void)state;
	check(4, 200, 50);
	check(8, 200, 50);
}

static void sections_that_are_a_part_of_it(void **state)
{
	(void)state;
	check(4, 100, 300);
	check(8, 10, 40);
}

/*
 * The first thread takes the lock at 0 and 2 ms; the next two sleep since 0, a
 * last one since 4 ms. To come takes 10 ms once one is woken.
 */
static void who_was_faster_wakes_nobody_unless_asked(void **state)
{
	const struct replay_step first[] = {
		{ .does = REPLAY_ACQUIRE },
		{ .does = REPLAY_CPU, .ns = 1000 * US },
		{ .does = REPLAY_RELEASE },
		{ .does = REPLAY_CPU, .ns = 1000 * US },
		{ .does = REPLAY_ACQUIRE },
		{ .does = REPLAY_CPU, .ns = 5000 * US },
		{ .does = REPLAY_RELEASE },
	};
	const struct replay_step next[] = {
		{ .does = REPLAY_DELAY, .ns = 4000 * US },
		{ .does = REPLAY_ACQUIRE, .ns = 10000 * US },
		{ .does = REPLAY_CPU, .ns = 1000 * US },
		{ .does = REPLAY_RELEASE },
	};
	struct replay_script scripts[] = { { .steps = first, .n = 7 },
					   { .steps = next + 1, .n = 3 },
					   { .steps = next + 1, .n = 3 },
					   { .steps = next, .n = 4 } };
	struct replay r = { .n_threads = 3,
			    .scripts = scripts,
			    .end = -1,
			    .n_locks = 1,
			    .cpus = 4,
			    .slice_ns = 100000 * US };

	(void)state;
	/* The second one is woken at 1, the third at 12: it ends at 23 ms. */
	assert_int_equal(replay_run(&r, NULL, 0).ns, 23000 * US);
	/* The last one asks: the third is woken at 7, the last at 12. */
	r.n_threads = 4;
	assert_int_equal(replay_run(&r, NULL, 0).ns, 23000 * US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_that_are_most_of_it),
		cmocka_unit_test(sections_that_are_long),
		cmocka_unit_test(sections_that_are_a_part_of_it),
		cmocka_unit_test(who_was_faster_wakes_nobody_unless_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
