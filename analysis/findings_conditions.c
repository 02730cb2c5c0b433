/* Rules about conditions: wake-ups that nobody heard, or far too many did. */
#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/units.h"

#define APART_NS      1000000 /* between two words for one point in time */
#define REWAITS_LEAST 100     /* below that it is an accident */
#define VAIN_LEAST    0.5     /* of the waits, back at once */
#define STORM_LEAST   3	      /* threads woken in vain by each wake-up */

/* Was it there to the end, and did the program tell of it? */
static bool is_left(const struct thread *thread, int32_t pid)
{
	return thread->recorded && thread->pid == pid &&
	       (thread->end_how == END_UNKNOWN || thread->end_how > END_EXEC);
}

/* A wait that only another thread of the program can end. */
static bool is_for_threads(const struct report *report,
			   const struct open_wait *wait)
{
	bool is_timed = wait->lock >= 0 && report->locks[wait->lock].timed;

	return !is_timed &&
	       (wait->state == STATE_LOCK || wait->state == STATE_COND ||
		wait->state == STATE_BARRIER || wait->state == STATE_JOIN ||
		wait->state == STATE_SEMAPHORE);
}

/*
 * Do all threads of the process wait for each other? A worker that is idle
 * looks like one that missed its signal, but then another thread computes, or
 * waits for what comes from outside.
 */
static bool is_standstill(const struct report *report, int32_t pid)
{
	bool *stuck = g_new0(bool, report->n_threads + 1);
	size_t alive = 0;

	for (size_t i = 0; i < report->n_unfinished; i++) {
		const struct open_wait *wait = &report->unfinished[i];

		if (wait->thread >= 0 && is_for_threads(report, wait))
			stuck[wait->thread] = true;
	}
	for (size_t i = 0; i < report->n_threads; i++)
		alive += is_left(&report->threads[i], pid) && !stuck[i];
	g_free(stuck);
	return !alive;
}

/* The wait began after the last wake-up, which nobody was there to hear. */
static bool is_lost(const struct report *report, const struct open_wait *wait)
{
	const struct lock *lock;

	if (wait->state != STATE_COND || wait->lock < 0 || wait->thread < 0 ||
	    !measure_hangs(report, wait))
		return false;
	lock = &report->locks[wait->lock];
	return lock->kind == LOCK_CONDITION && lock->last_signal_ns &&
	       lock->last_unheard && !lock->bound && !lock->sampled &&
	       !(lock->attributes & LOCK_SHARED) && !lock->timed &&
	       wait->since_ns + APART_NS >= lock->last_signal_ns &&
	       is_standstill(report, lock->pid);
}

static void add_lost(struct finder *finder, const struct open_wait *wait,
		     size_t n)
{
	const struct report *report = finder->report;
	const struct lock *lock = &report->locks[wait->lock];
	struct finding finding = { .kind = "lost-wakeup",
				   .severity = SEVERITY_HIGH,
				   .cost_ns = wait->wait_ns,
				   .path_share = -1,
				   .lock = wait->lock,
				   .thread = wait->thread };
	struct units_text since, length, when;
	const char *more =
		n > 1 ? arena_printf(report->arena, " (and %zu more)", n - 1)
		      : "";

	finding.title = "A thread waits for a wake-up that came before";
	finding.advice =
		"Keep what the condition stands for in a variable under its "
		"mutex: set it before the signal, and look at it, in a loop, "
		"before each wait.";
	finder_add(finder, finding,
		   "%s%s waits on %s at %s from %s after the start to the end, "
		   "for %s. Its last wake-up came from %s at %s, %s after the "
		   "start, when nobody waited; and all threads that are left "
		   "wait for each other.",
		   finder_thread_words(report, wait->thread), more, lock->label,
		   finder_site_words(report, wait->site),
		   units_ns_prose(&since, wait->since_ns),
		   units_ns_prose(&length, wait->wait_ns),
		   finder_thread_words(report, lock->last_signal_thread),
		   finder_site_words(report, lock->last_signal_site),
		   units_ns_prose(&when, lock->last_signal_ns));
}

/* One finding a condition, by the wait that lasts longest. */
void find_lost_wakeup(struct finder *finder)
{
	const struct report *report = finder->report;
	size_t *waiters = g_new0(size_t, report->n_locks + 1);

	for (size_t i = 0; i < report->n_unfinished; i++)
		if (is_lost(report, &report->unfinished[i]))
			waiters[report->unfinished[i].lock]++;
	for (size_t i = 0; i < report->n_unfinished; i++) {
		const struct open_wait *wait = &report->unfinished[i];

		if (wait->lock < 0 || !waiters[wait->lock] ||
		    !is_lost(report, wait))
			continue;
		add_lost(finder, wait, waiters[wait->lock]);
		waiters[wait->lock] = 0;
	}
	g_free(waiters);
}

/* What all that going to sleep and waking up costs, where it is known. */
static const char *of_switches(const struct report *report)
{
	struct units_text times, used;
	uint64_t all = 0;

	if (report->run.scheduler == SCHED_NONE)
		return "";
	for (size_t i = 0; i < report->n_threads; i++)
		all += report->threads[i].voluntary;
	return arena_printf(
		report->arena,
		" Each costs a context switch or more: the threads gave up "
		"their CPU %s times and used %s of CPU time in all.",
		units_count(&times, all),
		units_ns_prose(&used,
			       measure_state(report, STATE_RUNNING) +
				       measure_state(report, STATE_SPINNING)));
}

static bool is_storm(const struct report *report, const struct lock *lock)
{
	return lock->kind == LOCK_CONDITION && lock->rewaits >= REWAITS_LEAST &&
	       measure_ratio(lock->rewaits, lock->waits) >= VAIN_LEAST &&
	       lock->rewaits >= STORM_LEAST * lock->signals &&
	       measure_ratio(lock->rewait_ns, report->run.duration_ns) >=
		       FINDINGS_LEAST;
}

/* Those that were woken queue for the mutex: that queue has its cause here. */
static const struct lock *mutex_of(const struct finder *finder,
				   const struct lock *lock)
{
	const struct report *report = finder->report;
	const struct lock *mutex;

	if (lock->mutex < 0 || report->locks[lock->mutex].group < 0)
		return NULL;
	mutex = &report->groups[report->locks[lock->mutex].group];
	finder->explained[mutex->group] = true;
	return mutex;
}

static const char *of_queue(const struct report *report,
			    const struct lock *mutex)
{
	struct units_text wait;

	if (!mutex || !mutex->wait.total)
		return "";
	return arena_printf(report->arena, " They queue for %s: %s of waiting.",
			    mutex->label,
			    units_ns_prose(&wait, mutex->wait.total));
}

void find_wakeup_storm(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *lock = &report->groups[i];
		struct finding finding = { .kind = "wakeup-storm",
					   .cost_ns = lock->rewait_ns,
					   .path_share = -1,
					   .thread = -1 };
		struct units_text rewaits, waits, signals, spent;
		const struct lock *mutex;

		if (!is_storm(report, lock))
			continue;
		mutex = mutex_of(finder, lock);
		if (mutex)
			finding.path_share =
				measure_path_share(report, mutex->path_ns);
		if (measure_ratio(lock->rewait_ns, report->run.duration_ns) >=
		    0.25)
			finding.severity = SEVERITY_HIGH;
		finding.lock = finder_lock_index(finder, lock);
		finding.title = "Broadcasts wake many threads for nothing";
		finding.advice =
			"Signal instead of broadcast where one thread is "
			"enough, or give those who wait for different things "
			"conditions of their own.";
		finder_add(finder, finding,
			   "%s: %s of %s waits were woken by a broadcast only "
			   "to wait again at once (%s wake-ups were sent); %s "
			   "went into that, with the mutex taken and released "
			   "each time.%s%s",
			   lock->label, units_count(&rewaits, lock->rewaits),
			   units_count(&waits, lock->waits),
			   units_count(&signals, lock->signals),
			   units_ns_prose(&spent, lock->rewait_ns),
			   of_queue(report, mutex), of_switches(report));
	}
}
