/* Rules about the shape of the run: phases and stages that hold up others. */
#include <string.h>

#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/names.h"
#include "analysis/units.h"

#define SERIAL_LEAST	0.25	  /* of the run, with one thread at work */
#define SERIAL_LEAST_NS 100000000 /* a short run is all begin and end */
#define SIDE_LEAST	0.6	  /* of the waits, owed to one thread */
#define BUSY_LEAST	0.7	  /* of that thread's life */
#define TURNS_LEAST	50	  /* waits that make a queue of it */
#define WORK_LEAST_NS	50000	  /* for each, else it is all switches */

static uint64_t demand_of(const struct report *report, size_t from, size_t to)
{
	uint64_t sum = 0;

	for (size_t i = from; i < to && i < report->utilization.n_demand; i++)
		sum += report->utilization.demand_ns[i];
	return sum;
}

/* Share of the critical path that wants or has a CPU. */
static double computing(const struct report *report)
{
	return measure_path_share(
		report, report->path.by_state_ns[STATE_RUNNING] +
				report->path.by_state_ns[STATE_PREEMPTED] +
				report->path.by_state_ns[STATE_WOKEN]);
}

/* Some of the run is divided over threads, and much of it is not. */
void find_serial_phase(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t alone = demand_of(report, 1, 2);
	uint64_t together = demand_of(report, 2, report->utilization.n_demand);
	double share = measure_ratio(alone, report->run.duration_ns);
	struct finding finding = { .path_share = -1, .lock = -1, .thread = -1 };
	struct units_text serial, part, rest;

	for (guint i = 0; i < finder->found->len; i++) {
		const struct finding *found =
			&g_array_index(finder->found, struct finding, i);

		/* Then that is why; others' programs are no reason. */
		if (found->severity != SEVERITY_LOW &&
		    strcmp(found->kind, "foreign-load") != 0)
			return;
	}
	if (report->run.cpus < 2 || computing(report) < 0.7 ||
	    share < SERIAL_LEAST || alone < SERIAL_LEAST_NS ||
	    measure_ratio(together, report->run.duration_ns) < 0.1)
		return;
	finding.kind = "serial-phase";
	finding.cost_ns = alone;
	finding.path_share =
		measure_path_share(report, MIN(alone, report->path.length_ns));
	finding.title = "Much of the run is the work of one thread";
	finding.advice = "Divide that part, too, or start the others earlier: "
			 "no number of CPUs makes the run shorter than it.";
	finder_add(finder, finding,
		   "For %s (%s of the run) one thread alone wanted a CPU; two "
		   "or more did for %s.",
		   units_ns_prose(&serial, alone), units_share(&part, share),
		   units_ns_prose(&rest, together));
}

/* Who sleeps is not busy: it could be asked for more. */
static double busy_share(const struct thread *thread)
{
	return measure_ratio(thread->state_ns[STATE_RUNNING] +
				     thread->state_ns[STATE_PREEMPTED] +
				     thread->state_ns[STATE_WOKEN] +
				     thread->state_ns[STATE_IO],
			     thread->end_ns - thread->begin_ns);
}

/* What it did for each wait that it ended; being without a CPU is no work. */
static uint64_t work_ns(const struct thread *thread, uint64_t turns)
{
	return (thread->state_ns[STATE_RUNNING] + thread->state_ns[STATE_IO]) /
	       MAX(turns, 1);
}

static const char *busy_with(const struct thread *thread)
{
	return thread->state_ns[STATE_IO] > thread->state_ns[STATE_RUNNING]
		       ? "I/O"
		       : "computing";
}

static uint64_t path_of(const struct report *report, int thread)
{
	for (size_t i = 0; i < report->path.n_by_thread; i++)
		if (report->path.by_thread[i].index == thread)
			return report->path.by_thread[i].ns;
	return 0;
}

/* A queue's two sides wait for each other by turns: both must signal. */
static bool is_answered(const struct report *report, const struct lock *lock,
			int busy)
{
	for (size_t i = 0; i < report->n_locks; i++) {
		const struct lock *other = &report->locks[i];

		if (other->kind != LOCK_CONDITION &&
		    other->kind != LOCK_SEMAPHORE)
			continue;
		for (size_t j = 0; j < other->n_blame; j++)
			if (other->blame[j].waiter == busy &&
			    (other != lock || other->blame[j].owner != busy))
				return true;
	}
	return false;
}

static void check_queue(struct finder *finder, const struct lock *lock)
{
	const struct report *report = finder->report;
	size_t n;
	struct blame_sum *sums = measure_blame(report, lock, BLAME_OWNER, &n);
	struct blame_sum first =
		n ? sums[0] : (struct blame_sum){ .index = -1 };
	struct finding finding = { .path_share = -1, .lock = -1 };
	const struct thread *thread;
	struct units_text waits, total, part;

	g_free(sums);
	if (first.index < 0 ||
	    measure_ratio(first.wait_ns, lock->wait.total) < SIDE_LEAST)
		return;
	thread = &report->threads[first.index];
	if (busy_share(thread) < BUSY_LEAST ||
	    work_ns(thread, first.count) < WORK_LEAST_NS ||
	    !is_answered(report, lock, first.index))
		return;
	finding.kind = "slow-consumer";
	finding.thread = first.index;
	finding.lock = (int)(lock - report->locks);
	finding.cost_ns = lock->wait.total;
	finding.path_share =
		measure_path_share(report, path_of(report, first.index));
	finding.title = "One side of a queue cannot keep up";
	finding.advice = "Give the slow side more threads or less work for "
			 "each item; a longer queue only hides it.";
	finder_add(finder, finding,
		   "Threads waited on %s %s times, %s in all, mostly for "
		   "%s/%d, which is busy %s of its life (%s).",
		   lock->label, units_count(&waits, lock->waits),
		   units_ns_prose(&total, lock->wait.total), thread->name,
		   thread->tid, units_share(&part, busy_share(thread)),
		   busy_with(thread));
}

/*
 * What is made at one place need not be one queue: a virtual machine makes the
 * conditions of all its threads there.
 */
static const struct lock *longest_waited(const struct report *report,
					 const struct lock *group)
{
	const struct lock *longest = group;

	for (size_t i = 0; i < report->n_locks; i++) {
		const struct lock *lock = &report->locks[i];

		if (lock->group == group->group &&
		    (longest == group ||
		     lock->wait.total > longest->wait.total))
			longest = lock;
	}
	return longest;
}

void find_slow_side(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *group = &report->groups[i];
		const struct lock *lock;

		if (group->kind != LOCK_CONDITION &&
		    group->kind != LOCK_SEMAPHORE)
			continue;
		lock = longest_waited(report, group);
		if (lock != group && lock->waits >= TURNS_LEAST &&
		    measure_waiters_share(report, lock) >= FINDINGS_LIVES &&
		    !g_str_has_prefix(lock->label, NAMES_GIL))
			check_queue(finder, lock);
	}
}

/* A futex is waited on for many reasons; the names of who waits say which. */
static bool is_taken(const struct report *report, const struct lock *futex)
{
	for (size_t i = 0; i < futex->n_sites; i++) {
		const char *function =
			report->sites[futex->sites[i].site].function;

		if (futex->sites[i].wait_ns && (strcasestr(function, "lock") ||
						strcasestr(function, "mutex")))
			return true;
	}
	return false;
}

/* Locks that a runtime makes of futexes: Rust's, and those of many others. */
void find_futex_lock(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		bool is_long = lock->wait.p50 >= 20000;
		struct finding finding = { .thread = -1 };
		struct units_text waits, mean;

		if (lock->kind != LOCK_FUTEX || !is_taken(report, lock) ||
		    !finder_lock_matters(finder, lock, 1))
			continue;
		finding.kind = is_long ? "long-section" : "hot-section";
		finding.lock = finder_lock_index(finder, lock);
		finding.cost_ns = lock->wait.total;
		finding.path_share = measure_path_share(report, lock->path_ns);
		if (finding.path_share <= 0)
			finding.path_share = -1;
		finding.title = "Threads wait for a lock of their runtime";
		finding.advice = "Shorten what is done under it, or split it; "
				 "its holds are not seen, since the runtime "
				 "takes it without a call.";
		finder_add(finder, finding,
			   "%s: waited for %s times, %s on average. %s.",
			   lock->label, units_count(&waits, lock->waits),
			   units_ns_prose(&mean, lock->wait.mean),
			   finder_waiting(finder, lock));
	}
}
