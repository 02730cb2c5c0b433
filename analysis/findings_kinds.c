/* Rules about one kind of lock: interpreters', rwlocks, those that spin. */
#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/names.h"
#include "analysis/units.h"

/* ", while 1.1 threads ran": where the scheduler told. */
static const char *running(const struct report *report)
{
	if (report->run.scheduler == SCHED_NONE)
		return "";
	return arena_printf(report->arena,
			    "; %.1f threads ran at an average instant",
			    measure_concurrency(report));
}

/* A lock of its own making: threads wait for it on a condition. */
void find_interpreter_lock(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		struct finding finding;
		struct units_text count;

		if (lock->kind != LOCK_CONDITION ||
		    !g_str_has_prefix(lock->label, NAMES_GIL) ||
		    measure_waiting(report, lock) < 5 * FINDINGS_LEAST)
			continue;
		finding = finder_part(finder, lock, 1, "long-section");
		finding.path_share = -1; /* it lies on the path as computing */
		finding.title = "Python threads run one at a time";
		finding.advice =
			"Compute in processes (multiprocessing), or in code "
			"that releases the global interpreter lock; threads "
			"help where they wait for I/O.";
		finder_add(finder, finding, "%s: waited for %s times. %s%s.",
			   lock->label, units_count(&count, lock->waits),
			   finder_waiting(finder, lock), running(report));
	}
}

void find_starved_writers(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		const struct dist *writes = &lock->wait_by_mode[LOCK_WRITE];
		const struct dist *reads = &lock->wait_by_mode[LOCK_READ];
		struct finding finding;
		struct units_text mean, max, hold, read;

		if (lock->kind != LOCK_RWLOCK ||
		    !finder_costs(finder, lock, 1) || !writes->count ||
		    lock->hold.total < lock->held_ns + lock->held_ns / 5 ||
		    writes->mean < 10 * MAX(lock->hold.mean, reads->mean))
			continue;
		finder->explained[i] = true;
		finding = finder_part(
			finder, lock,
			measure_ratio(writes->total, lock->wait.total),
			"reader-writer-starvation");
		finding.title = "Readers keep writers out";
		finding.advice =
			"Prefer writers (PTHREAD_RWLOCK_PREFER_WRITER_"
			"NONRECURSIVE_NP), or publish a new copy and swap it.";
		finder_add(finder, finding,
			   "%s: writers wait %s on average (%s at most), "
			   "readers %s; a hold lasts %s, and those of readers "
			   "overlap without a gap.",
			   lock->label, units_ns_prose(&mean, writes->mean),
			   units_ns_prose(&max, writes->max),
			   units_ns_prose(&read, reads->mean),
			   units_ns_prose(&hold, lock->hold.mean));
	}
}

/* A mutex's waiters are on a CPU, too, on their way to sleep. */
static bool spins(const struct lock *lock)
{
	return lock->kind == LOCK_SPIN || lock->kind == LOCK_ANNOTATED ||
	       (lock->attributes & LOCK_ADAPTIVE);
}

void find_spinning(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t busy = measure_state(report, STATE_RUNNING) +
			measure_state(report, STATE_SPINNING);

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		double share = measure_ratio(lock->spin_ns, busy);
		struct finding finding;
		struct units_text spun, percent;

		if (!spins(lock) || share < 0.05 ||
		    measure_ratio(lock->spin_ns, report->run.duration_ns) <
			    FINDINGS_LEAST)
			continue;
		finding = finder_part(
			finder, lock,
			measure_ratio(lock->spin_ns, lock->wait.total),
			"spinning");
		finding.cost_ns = lock->spin_ns;
		finding.title = "CPU time spent spinning for a lock";
		finding.advice = "Use a mutex, which sleeps, or make the "
				 "section shorter than a context switch.";
		finder_add(finder, finding,
			   "Waiters of %s burn %s of CPU time, %s of all that "
			   "the program uses. %s.",
			   lock->label, units_ns_prose(&spun, lock->spin_ns),
			   units_share(&percent, share),
			   finder_waiting(finder, lock));
	}
}
