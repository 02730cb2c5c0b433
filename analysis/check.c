#include "analysis/check.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

static uint64_t sum_of(const uint64_t *values, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return sum;
}

static int check_equal(uint64_t a, uint64_t b, const char *what,
		       struct err *err)
{
	if (a == b)
		return 0;
	return err_set(err, "%s: %" PRIu64 " is not %" PRIu64, what, a, b);
}

/* An index into an array of `n`, or -1. */
static int check_index(int index, size_t n, const char *what, struct err *err)
{
	if (index >= -1 && (index < 0 || (size_t)index < n))
		return 0;
	return err_set(err, "%s: index %d of %zu", what, index, n);
}

static uint64_t row_sum(const struct series *series, uint32_t row)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < series->n; i++)
		sum += series->values[(size_t)i * series->rows + row];
	return sum;
}

static int check_thread(const struct report *r, const struct thread *t,
			struct err *err)
{
	if (t->end_ns < t->begin_ns)
		return err_set(err, "it ends before it begins");
	if (check_equal(sum_of(t->state_ns, STATE_N), t->end_ns - t->begin_ns,
			"states against lifetime", err))
		return -1;
	for (uint32_t s = 0; s < STATE_N && t->states.n; s++)
		if (check_equal(row_sum(&t->states, s), t->state_ns[s],
				state_names[s], err))
			return err_prefix(err, "series");
	if (check_index(t->creator, r->n_threads, "creator", err) ||
	    check_index(t->start_site, r->n_sites, "start routine", err) ||
	    check_index(t->create_site, r->n_sites, "create site", err))
		return -1;
	for (size_t i = 0; i < t->n_waits; i++) {
		const struct wait_span *w = &t->waits[i];

		if (check_index(w->lock, r->n_locks, "wait: lock", err) ||
		    check_index(w->waker, r->n_threads, "wait: waker", err))
			return -1;
		if (w->end_ns < w->begin_ns)
			return err_set(err, "a wait ends before it begins");
		if (i && w->begin_ns < w[-1].begin_ns)
			return err_set(err, "waits are out of order");
	}
	return 0;
}

static int check_dist(const struct dist *d, const char *what, struct err *err)
{
	if (!d->count && (d->total || d->max))
		return err_set(err, "%s: time without count", what);
	if (d->count && d->mean != d->total / d->count)
		return err_set(err, "%s: mean is not total / count", what);
	if (d->max > d->total)
		return err_set(err, "%s: max is more than the total", what);
	if (d->p50 > d->p90 || d->p90 > d->p99 || d->p99 > d->max)
		return err_set(err, "%s: percentiles are out of order", what);
	return 0;
}

static int check_blame(const struct report *r, const struct lock *l,
		       struct err *err)
{
	uint64_t blamed = 0;

	for (size_t i = 0; i < l->n_blame; i++) {
		const struct blame *b = &l->blame[i];

		blamed += b->wait_ns;
		if (check_index(b->waiter, r->n_threads, "waiter", err) ||
		    check_index(b->owner, r->n_threads, "owner", err) ||
		    check_index(b->waiter_site, r->n_sites, "site", err) ||
		    check_index(b->owner_site, r->n_sites, "site", err))
			return err_prefix(err, "blame");
	}
	return check_equal(blamed + l->handoff_ns, l->wait.total,
			   "blame and handoff against waits", err);
}

static int check_lock_refs(const struct report *r, const struct lock *l,
			   struct err *err)
{
	uint64_t acquisitions = 0;

	if (check_index(l->init_site, r->n_sites, "init site", err) ||
	    check_index(l->first_site, r->n_sites, "first site", err))
		return -1;
	if (l->destroyed_held.count &&
	    (check_index(l->destroyed_held.thread, r->n_threads, "destroyer",
			 err) ||
	     check_index(l->destroyed_held.owner, r->n_threads, "owner", err) ||
	     check_index(l->destroyed_held.site, r->n_sites, "site", err) ||
	     check_index(l->destroyed_held.owner_site, r->n_sites, "site",
			 err)))
		return err_prefix(err, "destroyed");
	for (size_t i = 0; i < l->n_sites; i++) {
		if (check_index(l->sites[i].site, r->n_sites, "site", err))
			return -1;
		for (int j = 0; j < l->sites[i].n_stack; j++)
			if (check_index(l->sites[i].stack[j], r->n_sites,
					"stack", err))
				return -1;
	}
	for (size_t i = 0; i < l->n_by_thread; i++) {
		acquisitions += l->by_thread[i].acquisitions;
		if (check_index(l->by_thread[i].thread, r->n_threads,
				"by thread", err))
			return -1;
	}
	for (size_t i = 0; i < l->n_held_waits; i++)
		if (check_index(l->held_waits[i].lock, r->n_locks,
				"held wait: lock", err) ||
		    check_index(l->held_waits[i].site, r->n_sites,
				"held wait: site", err))
			return -1;
	if (acquisitions > l->acquisitions)
		return err_set(err, "threads acquired more than all of them");
	return 0;
}

static int check_lock(const struct report *r, const struct lock *l,
		      struct err *err)
{
	if (check_dist(&l->wait, "wait", err) ||
	    check_dist(&l->hold, "hold", err))
		return -1;
	if (check_equal(sum_of(l->hold_parts_ns, HOLD_NPARTS), l->hold.total,
			"breakdown against holds", err))
		return -1;
	if (l->held_ns > r->run.duration_ns)
		return err_set(err, "held longer than the run");
	if (l->spin_ns > l->wait.total)
		return err_set(err, "spun longer than waited");
	if (l->kind == LOCK_RWLOCK &&
	    l->read_acquisitions + l->write_acquisitions != l->acquisitions)
		return err_set(err, "read and write are not all acquisitions");
	if (check_blame(r, l, err) || check_lock_refs(r, l, err))
		return -1;
	return 0;
}

/* Time with i threads at once adds up to the run, and to their time. */
static int check_histogram(const uint64_t *ns, size_t n, uint64_t duration,
			   uint64_t thread_ns, struct err *err)
{
	uint64_t weighted = 0;

	if (check_equal(sum_of(ns, n), duration, "time against the run", err))
		return -1;
	for (size_t i = 0; i < n; i++)
		weighted += ns[i] * i;
	return check_equal(weighted, thread_ns, "time against threads", err);
}

static int check_utilization(const struct report *r, struct err *err)
{
	uint64_t duration = r->run.duration_ns;
	uint64_t running = 0, wanting = 0;

	for (size_t i = 0; i < r->utilization.n_cpus; i++)
		if (check_equal(r->utilization.cpu_busy_ns[i] +
					r->utilization.cpu_idle_ns[i] +
					r->utilization.cpu_foreign_ns[i],
				duration, "busy and idle against the run", err))
			return err_prefix(err, "CPU %zu", i);
	for (size_t i = 0; i < r->n_threads; i++) {
		const uint64_t *ns = r->threads[i].state_ns;

		if (!r->threads[i].recorded)
			continue;
		running += ns[STATE_RUNNING] + ns[STATE_SPINNING];
		wanting += ns[STATE_PREEMPTED] + ns[STATE_WOKEN];
	}
	if (check_histogram(r->utilization.concurrency_ns,
			    r->utilization.n_concurrency, duration, running,
			    err))
		return err_prefix(err, "concurrency");
	if (check_histogram(r->utilization.demand_ns, r->utilization.n_demand,
			    duration, running + wanting, err))
		return err_prefix(err, "demand");
	if (r->utilization.serial_share < 0 || r->utilization.serial_share > 1)
		return err_set(err, "the serial share is beyond 0 to 1");
	if (r->utilization.cpu_share < 0 || r->utilization.cpu_share > 1)
		return err_set(err, "the share of the CPUs is beyond 0 to 1");
	return 0;
}

static uint64_t share_sum(const struct path_share *shares, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += shares[i].ns;
	return sum;
}

static int check_path(const struct report *r, struct err *err)
{
	uint64_t length = r->path.length_ns;

	if (!length)
		return 0;
	if (length > r->run.duration_ns)
		return err_set(err, "longer than the run");
	if (check_equal(sum_of(r->path.by_state_ns, STATE_N), length, "states",
			err) ||
	    check_equal(share_sum(r->path.by_lock, r->path.n_by_lock), length,
			"locks", err) ||
	    check_equal(share_sum(r->path.by_thread, r->path.n_by_thread),
			length, "threads", err))
		return -1;
	for (size_t i = 0; i < r->path.n_by_lock; i++)
		if (check_index(r->path.by_lock[i].index, r->n_locks, "locks",
				err))
			return -1;
	for (size_t i = 0; i < r->path.n_by_thread; i++)
		if (check_index(r->path.by_thread[i].index, r->n_threads,
				"threads", err))
			return -1;
	return 0;
}

static int check_ends(const struct report *r, struct err *err)
{
	for (size_t i = 0; i < r->n_unfinished; i++) {
		const struct open_wait *w = &r->unfinished[i];

		if (check_index(w->thread, r->n_threads, "thread", err) ||
		    check_index(w->lock, r->n_locks, "lock", err) ||
		    check_index(w->owner, r->n_threads, "owner", err) ||
		    check_index(w->site, r->n_sites, "site", err))
			return err_prefix(err, "unfinished %zu", i);
		for (size_t j = 0; j < w->n_held; j++)
			if (check_index(w->held[j], r->n_locks, "held", err))
				return err_prefix(err, "unfinished %zu", i);
	}
	for (size_t i = 0; i < r->n_open_holds; i++) {
		const struct open_hold *h = &r->open_holds[i];

		if (check_index(h->thread, r->n_threads, "thread", err) ||
		    check_index(h->lock, r->n_locks, "lock", err) ||
		    check_index(h->site, r->n_sites, "site", err))
			return err_prefix(err, "open hold %zu", i);
	}
	return 0;
}

/* Kinds for which a thread that waits is in STATE_LOCK or STATE_SPINNING. */
static bool is_waited_in_lock(const struct lock *l)
{
	return l->kind == LOCK_MUTEX || l->kind == LOCK_RWLOCK ||
	       l->kind == LOCK_SPIN || l->kind == LOCK_ONCE ||
	       l->kind == LOCK_ANNOTATED;
}

/*
 * The waits of each thread as its locks have them, with those that were open
 * at the end. Conditions that take their mutex again are among the mutex'.
 */
static void lock_waits(const struct report *r, uint64_t *waited_ns)
{
	for (size_t i = 0; i < r->n_locks; i++)
		for (size_t j = 0; j < r->locks[i].n_blame; j++) {
			const struct blame *b = &r->locks[i].blame[j];

			if (is_waited_in_lock(&r->locks[i]) && b->waiter >= 0)
				waited_ns[b->waiter] += b->wait_ns;
		}
	for (size_t i = 0; i < r->n_unfinished; i++)
		if (r->unfinished[i].state == STATE_LOCK &&
		    r->unfinished[i].thread >= 0)
			waited_ns[r->unfinished[i].thread] +=
				r->unfinished[i].wait_ns;
}

/*
 * No thread is in a lock wait for longer than its waits for locks took, and
 * all together no longer than all waits; whose handoffs are is not told.
 * Where events were lost, a wait whose end is missing is no lock's.
 */
static int check_lock_time(const struct report *r, struct err *err)
{
	uint64_t *waited_ns = calloc(r->n_threads + 1, sizeof(*waited_ns));
	uint64_t handoff_ns = 0, waited_all = 0, spent_all = 0;
	int ret = 0;

	assert(waited_ns);
	lock_waits(r, waited_ns);
	for (size_t i = 0; i < r->n_locks; i++)
		if (is_waited_in_lock(&r->locks[i]))
			handoff_ns += r->locks[i].handoff_ns;
	waited_all = handoff_ns;
	for (size_t i = 0; i < r->n_threads && !ret; i++) {
		const struct thread *t = &r->threads[i];
		uint64_t spent =
			t->state_ns[STATE_LOCK] + t->state_ns[STATE_SPINNING];

		spent_all += spent;
		waited_all += waited_ns[i];
		if (spent > waited_ns[i] + handoff_ns)
			ret = err_set(err,
				      "thread %d: in lock waits for %" PRIu64
				      ", of %" PRIu64
				      " and handoffs of %" PRIu64,
				      t->tid, spent, waited_ns[i], handoff_ns);
	}
	if (!ret && spent_all > waited_all)
		ret = err_set(err, "in lock waits for %" PRIu64 " of %" PRIu64,
			      spent_all, waited_all);
	free(waited_ns);
	return ret;
}

static bool is_lossy(const struct report *r)
{
	for (size_t i = 0; i < r->n_locks; i++)
		if (r->locks[i].bound)
			return true;
	return r->run.events_lost || r->run.untold || r->run.unheard ||
	       r->run.uncounted || r->run.refused || r->run.truncated;
}

static int check_order(const struct report *r, struct err *err)
{
	for (size_t i = 0; i < r->n_order; i++) {
		const struct order_row *o = &r->order[i];

		if (check_index(o->guard, r->n_locks, "guard", err))
			return err_prefix(err, "order %zu", i);
		for (size_t j = 0; j < o->n_edges; j++) {
			const struct order_edge *e = &o->edges[j];

			if (check_index(e->first, r->n_locks, "lock", err) ||
			    check_index(e->second, r->n_locks, "lock", err) ||
			    check_index(e->thread, r->n_threads, "thread", err))
				return err_prefix(err, "order %zu", i);
		}
	}
	for (size_t i = 0; i < r->n_deadlocks; i++)
		for (size_t j = 0; j < r->deadlocks[i].n; j++)
			if (check_index(r->deadlocks[i].cycle[j].lock,
					r->n_locks, "lock", err))
				return err_prefix(err, "deadlock %zu", i);
	return 0;
}

int report_check(const struct report *r, struct err *err)
{
	for (size_t i = 0; i < r->n_threads; i++)
		if (check_thread(r, &r->threads[i], err))
			return err_prefix(err, "thread %d", r->threads[i].tid);
	for (size_t i = 0; i < r->n_locks; i++)
		if (check_lock(r, &r->locks[i], err))
			return err_prefix(err, "lock %s", r->locks[i].id);
	for (size_t i = 0; i < r->n_io; i++)
		if (check_dist(&r->io[i].wait, "wait", err))
			return err_prefix(err, "io row %zu", i);
	if (check_utilization(r, err))
		return err_prefix(err, "utilization");
	if (check_path(r, err))
		return err_prefix(err, "critical path");
	if (check_order(r, err) || check_ends(r, err))
		return -1;
	if (!is_lossy(r) && check_lock_time(r, err))
		return err_prefix(err, "lock waits");
	return 0;
}
