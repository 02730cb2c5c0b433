#include "analysis/measure.h"

#include <glib.h>
#include <stdlib.h>

#define BUFFER_MOST (UINT64_C(1) << 40) /* nobody has more to give */

double measure_ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

uint64_t measure_whole(double value)
{
	if (!(value > 0))
		return 0;
	return value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
}

double measure_held_share(const struct report *report, const struct lock *lock)
{
	return measure_ratio(lock->held_ns,
			     report->run.duration_ns * MAX(lock->instances, 1));
}

double measure_path_share(const struct report *report, uint64_t ns)
{
	return report->path.length_ns
		       ? measure_ratio(ns, report->path.length_ns)
		       : -1;
}

double measure_waiting(const struct report *report, const struct lock *lock)
{
	return measure_ratio(lock->wait.total, report->run.duration_ns);
}

size_t measure_users(const struct lock *lock)
{
	return lock->n_by_thread;
}

/* Calls `visit` once for each thread that waited for the lock. */
static void each_waiter(const struct report *report, const struct lock *lock,
			void (*visit)(void *data, const struct thread *thread),
			void *data)
{
	bool *seen = g_new0(bool, report->n_threads + 1);

	for (size_t i = 0; i < lock->n_blame; i++) {
		int waiter = lock->blame[i].waiter;

		if (waiter < 0 || seen[waiter])
			continue;
		seen[waiter] = true;
		visit(data, &report->threads[waiter]);
	}
	g_free(seen);
}

static void count_one(void *data, const struct thread *thread)
{
	(void)thread;
	++*(size_t *)data;
}

size_t measure_waiters(const struct report *report, const struct lock *lock)
{
	size_t n = 0;

	each_waiter(report, lock, count_one, &n);
	return n;
}

static void add_life(void *data, const struct thread *thread)
{
	*(uint64_t *)data += thread->end_ns - thread->begin_ns;
}

double measure_waiters_share(const struct report *report,
			     const struct lock *lock)
{
	uint64_t lives = 0;

	each_waiter(report, lock, add_life, &lives);
	return measure_ratio(lock->wait.total, lives);
}

uint64_t measure_life(const struct report *report)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < report->n_threads; i++)
		if (report->threads[i].recorded)
			sum += report->threads[i].end_ns -
			       report->threads[i].begin_ns;
	return sum;
}

uint64_t measure_state(const struct report *report, enum state state)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < report->n_threads; i++)
		if (report->threads[i].recorded)
			sum += report->threads[i].state_ns[state];
	return sum;
}

uint64_t measure_phase_life(const struct phase *phase)
{
	uint64_t sum = 0;

	for (int i = 0; i < STATE_N; i++)
		sum += phase->state_ns[i];
	return sum;
}

/* Mean of a histogram of time by number. */
static double mean_level(const uint64_t *ns, size_t n)
{
	double weighted = 0, whole = 0;

	for (size_t i = 0; i < n; i++) {
		weighted += (double)i * (double)ns[i];
		whole += (double)ns[i];
	}
	return whole > 0 ? weighted / whole : 0;
}

double measure_concurrency(const struct report *report)
{
	return mean_level(report->utilization.concurrency_ns,
			  report->utilization.n_concurrency);
}

double measure_demand(const struct report *report)
{
	return mean_level(report->utilization.demand_ns,
			  report->utilization.n_demand);
}

/* Time that threads wanted a CPU: their number x time. */
static double wanted(const struct report *report)
{
	double sum = 0;

	for (size_t i = 0; i < report->utilization.n_demand; i++)
		sum += (double)i * (double)report->utilization.demand_ns[i];
	return sum;
}

uint64_t measure_denied(const struct report *report)
{
	double denied = wanted(report);

	if (report->run.scheduler == SCHED_NONE || !report->run.cpus)
		return 0;
	for (size_t i = 0; i < report->utilization.n_concurrency; i++)
		denied -= (double)i *
			  (double)report->utilization.concurrency_ns[i];
	/* More threads than CPUs: some must wait, whoever else is there. */
	for (size_t i = report->run.cpus; i < report->utilization.n_demand; i++)
		denied -= (double)(i - report->run.cpus) *
			  (double)report->utilization.demand_ns[i];
	/* Who was queued at one CPU while another one idled was denied none. */
	if (report->utilization.foreign_told)
		denied = MIN(denied, report_foreign(report));
	return denied > 0 ? (uint64_t)denied : 0;
}

double measure_denied_share(const struct report *report)
{
	double all = wanted(report);

	return all > 0 ? (double)measure_denied(report) / all : 0;
}

bool measure_is_held(const struct lock *lock)
{
	switch (lock->kind) {
	case LOCK_MUTEX:
	case LOCK_RWLOCK:
	case LOCK_SPIN:
	case LOCK_ANNOTATED:
		return true;
	default:
		return false;
	}
}

bool measure_is_disturbed(const struct lock *lock)
{
	return measure_is_held(lock) && lock->hold.mean < 1000 &&
	       measure_ratio(lock->contended, lock->acquisitions) >= 0.01;
}

static int end_of(const struct blame *blame, enum blame_view view)
{
	switch (view) {
	case BLAME_WAITER_SITE:
		return blame->waiter_site;
	case BLAME_OWNER_SITE:
		return blame->owner < 0 ? -1 : blame->owner_site;
	case BLAME_WAITER:
		return blame->waiter;
	case BLAME_OWNER:
		return blame->owner;
	}
	return -1;
}

static int dearer(const void *a, const void *b)
{
	const struct blame_sum *x = a;
	const struct blame_sum *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns < y->wait_ns ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

struct blame_sum *measure_blame(const struct report *report,
				const struct lock *lock, enum blame_view view,
				size_t *n)
{
	size_t most = MAX(report->n_sites, report->n_threads) + 1;
	struct blame_sum *rows = g_new(struct blame_sum, lock->n_blame + 1);
	size_t *row_of = g_new0(size_t, most + 1); /* index + 1 -> row + 1 */

	*n = 0;
	for (size_t i = 0; i < lock->n_blame; i++) {
		const struct blame *blame = &lock->blame[i];
		int index = end_of(blame, view);
		size_t *row = &row_of[index + 1];

		if (!*row) {
			rows[*n] = (struct blame_sum){ .index = index };
			*row = ++*n;
		}
		rows[*row - 1].wait_ns += blame->wait_ns;
		rows[*row - 1].count += blame->count;
	}
	g_free(row_of);
	if (*n)
		qsort(rows, *n, sizeof(*rows), dearer);
	return rows;
}

const struct held_wait *measure_held_wait(const struct lock *lock,
					  enum state state)
{
	const struct held_wait *best = NULL;

	for (size_t i = 0; i < lock->n_held_waits; i++) {
		const struct held_wait *at = &lock->held_waits[i];

		if (at->state == state && (!best || at->ns > best->ns))
			best = at;
	}
	return best;
}

uint64_t measure_events_lost(const struct report *report)
{
	return report->run.events_lost + report->run.untold +
	       report->run.unheard;
}

uint64_t measure_better_buffer(const struct report *report)
{
	uint64_t bytes = report->run.buffer_bytes, wanted;
	double factor =
		1 + measure_ratio(report->run.events_lost, report->run.events);

	if (!bytes || !report->run.events_lost)
		return 0;
	if (report->run.buffer_needed)
		return report->run.buffer_needed;
	/* Losses come in bursts: as much again is the least that helps. */
	wanted = measure_whole((double)bytes * factor);
	while (bytes < wanted && bytes < BUFFER_MOST)
		bytes *= 2;
	return MAX(MIN(bytes, BUFFER_MOST) * 2, 1 << 20);
}

uint64_t measure_lost(const struct report *report)
{
	return measure_events_lost(report) + report->run.sched_lost +
	       report->run.uncounted;
}

bool measure_hangs(const struct report *report, const struct open_wait *wait)
{
	bool in_order = !*report->run.ended && report->run.exit_status >= 0 &&
			report->run.exit_status < 128;

	if (wait->state == STATE_LOCK)
		return true;
	/* Idle helpers wait for ever; a program that had to be killed may
	 * wait for what never comes. */
	return !in_order &&
	       measure_ratio(wait->wait_ns, report->run.duration_ns) >= 0.1;
}

int measure_user_site(const struct report *report, const struct lock *lock,
		      int site)
{
	if (site < 0 || !report->sites[site].wrapper)
		return site;
	for (size_t i = 0; i < lock->n_sites; i++) {
		const struct lock_site *at = &lock->sites[i];

		for (int j = 0; at->site == site && j < at->n_stack; j++)
			if (!report->sites[at->stack[j]].wrapper)
				return at->stack[j];
	}
	return site;
}
