/* Rules about the run as a whole: how it ended, and what is not known of it. */
#include <inttypes.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/units.h"

static const struct finding blank = { .path_share = -1,
				      .lock = -1,
				      .thread = -1 };

static const char *lock_words(const struct report *report, int lock)
{
	return lock < 0 ? "an unknown lock" : report->locks[lock].label;
}

void find_deadlock(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_deadlocks; i++) {
		const struct deadlock *deadlock = &report->deadlocks[i];
		struct finding finding = blank;
		GString *text = g_string_new(NULL);

		for (size_t j = 0; j < deadlock->n; j++)
			g_string_append_printf(
				text,
				"%s%s waits for %s at %s, which %s holds since "
				"%s",
				j ? "; " : "",
				finder_thread_words(report,
						    deadlock->cycle[j].thread),
				lock_words(report, deadlock->cycle[j].lock),
				finder_site_words(report,
						  deadlock->cycle[j].site),
				finder_thread_words(report,
						    deadlock->cycle[j].owner),
				finder_site_words(
					report, deadlock->cycle[j].held_site));
		finding.kind = "deadlock";
		finding.severity = SEVERITY_HIGH;
		finding.cost_ns = report->run.duration_ns;
		finding.lock = deadlock->n ? deadlock->cycle[0].lock : -1;
		finding.thread = deadlock->n ? deadlock->cycle[0].thread : -1;
		finding.title = "Deadlock: the program stands still";
		finding.advice = "Take these locks in one order everywhere, or "
				 "try the second and give the first back.";
		finder_add(finder, finding, "%s.", text->str);
		g_string_free(text, TRUE);
	}
}

/* And was not merely there when its process ended. */
static bool ended_by_itself(const struct report *report, int thread)
{
	uint8_t how =
		thread < 0 ? END_UNKNOWN : report->threads[thread].end_how;

	return how == END_RETURN || how == END_EXIT || how == END_CANCEL;
}

void find_held_at_exit(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_open_holds; i++) {
		const struct open_hold *hold = &report->open_holds[i];
		struct finding finding = blank;
		struct units_text since;

		if (!hold->thread_ended || hold->lock < 0 ||
		    !ended_by_itself(report, hold->thread))
			continue;
		finding.kind = "lock-held-at-exit";
		finding.severity = SEVERITY_MEDIUM;
		finding.lock = hold->lock;
		finding.thread = hold->thread;
		finding.title = "A thread ended while it held a lock";
		finding.advice = "Release the lock on every way out: a cleanup "
				 "handler or a scope guard does not forget.";
		finder_add(finder, finding,
			   "%s ended and never released %s, which it took at "
			   "%s, %s after the start.",
			   finder_thread_words(report, hold->thread),
			   lock_words(report, hold->lock),
			   finder_site_words(report, hold->site),
			   units_ns_prose(&since, hold->since_ns));
	}
}

/* Whom the lock still served when it was destroyed. */
static const char *user_words(const struct report *report,
			      const struct lock *lock)
{
	int owner = lock->destroyed_held.owner;

	if (owner < 0)
		return "it was still held, or a thread waited on a condition "
		       "with it";
	return arena_printf(
		report->arena, "%s held it, which took it at %s",
		owner == lock->destroyed_held.thread
			? "the same thread"
			: finder_thread_words(report, owner),
		finder_site_words(report, lock->destroyed_held.owner_site));
}

static int destroyed_lock(const struct report *report, const struct lock *group)
{
	for (size_t i = 0; i < report->n_locks; i++)
		if (report->locks[i].group == group->group &&
		    report->locks[i].destroyed_held.count)
			return (int)i;
	return -1;
}

void find_destroyed_held(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++) {
		const struct lock *group = &report->groups[i];
		struct finding finding = blank;
		uint64_t times = group->destroyed_held.count;

		if (!times)
			continue;
		finding.kind = "lock-destroyed-while-held";
		finding.severity = SEVERITY_MEDIUM;
		finding.lock = destroyed_lock(report, group);
		finding.thread = group->destroyed_held.thread;
		finding.title = "A lock was destroyed while it was in use";
		finding.advice = "Destroy a lock when the last thread that may "
				 "use it has been joined, or has given up its "
				 "reference.";
		finder_add(
			finder, finding, "%s destroyed %s at %s while %s%s.",
			finder_thread_words(report,
					    group->destroyed_held.thread),
			group->label,
			finder_site_words(report, group->destroyed_held.site),
			user_words(report, group),
			times == 1 ? ""
				   : arena_printf(report->arena,
						  "; %" PRIu64 " times in all",
						  times));
	}
}

/* It need not be said twice. */
static bool is_deadlocked(const struct report *report,
			  const struct order_row *row)
{
	for (size_t i = 0; i < report->n_deadlocks; i++)
		for (size_t j = 0; j < report->deadlocks[i].n; j++)
			if (row->n_locks &&
			    report->deadlocks[i].cycle[j].lock == row->locks[0])
				return true;
	return false;
}

void find_inversion(struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_order; i++) {
		const struct order_row *row = &report->order[i];
		struct finding finding = blank;
		GString *text;

		if (!row->inversion || row->one_thread || row->guard >= 0 ||
		    is_deadlocked(report, row))
			continue;
		text = g_string_new(NULL);
		for (size_t j = 0; j < row->n_edges; j++) {
			const struct order_edge *edge = &row->edges[j];

			g_string_append_printf(
				text, "%s%s takes %s at %s while it holds %s",
				j ? "; " : "",
				finder_thread_words(report, edge->thread),
				lock_words(report, edge->second),
				finder_site_words(report, edge->second_site),
				lock_words(report, edge->first));
		}
		finding.kind = "lock-order-inversion";
		finding.severity = SEVERITY_MEDIUM;
		finding.lock = row->n_locks ? row->locks[0] : -1;
		finding.title = "Locks are taken in opposite orders";
		finding.advice = "It may deadlock one day, though it did not "
				 "in this run: keep to one order.";
		finder_add(finder, finding, "%s.", text->str);
		g_string_free(text, TRUE);
	}
}

static bool is_recorded(const struct report *report)
{
	if (!report->n_processes)
		return report->n_threads > 0;
	for (size_t i = 0; i < report->n_processes; i++)
		if (report->processes[i].recorded)
			return true;
	return false;
}

static void add_not_entered(struct finder *finder)
{
	const struct report *report = finder->report;
	struct finding finding = blank;

	finding.kind = "unrecorded";
	finding.severity = SEVERITY_HIGH;
	finding.title = "The program could not be looked into";
	finding.advice = "Record a dynamically linked build; only the use of "
			 "the CPUs can be told of this one.";
	finder_add(finder, finding,
		   "%s: %s. Nothing is known of its locks and waits, which is "
		   "not to say that it has none.",
		   report->run.command, report->run.not_entered);
}

void find_unrecorded(struct finder *finder)
{
	const struct report *report = finder->report;

	if (*report->run.not_entered && !is_recorded(report)) {
		add_not_entered(finder);
		return;
	}

	for (size_t i = 0; i < report->n_processes; i++) {
		const struct process *process = &report->processes[i];
		struct finding finding = blank;

		if (!process->reason || !*process->reason)
			continue;
		finding.kind = "unrecorded";
		finding.severity = SEVERITY_MEDIUM;
		finding.title = "A process could not be looked into";
		finding.advice = "Record a dynamically linked build, and let "
				 "LD_PRELOAD reach it.";
		if (process->recorded && process->end_how != END_EXEC)
			finding.advice = "The session daemon did not answer in "
					 "time: record it again, on a machine "
					 "that does less else.";
		finder_add(finder, finding,
			   "%s (%d) is not %srecorded, %s: nothing %sis known "
			   "of its locks and waits.",
			   process->executable && *process->executable
				   ? process->executable
				   : "A process",
			   process->pid, process->recorded ? "all " : "",
			   process->reason, process->recorded ? "more " : "");
	}
}

static bool is_stuck(const struct report *report)
{
	for (size_t i = 0; i < report->n_unfinished; i++)
		if (report->unfinished[i].state == STATE_LOCK)
			return true;
	return false;
}

/* ", and hardly any on the critical path": how much the end waited for. */
static const char *on_path(const struct report *report, uint64_t path)
{
	double share = measure_path_share(report, path);
	struct units_text part;

	if (share < 0)
		return "";
	if (share < 0.01)
		return ", and hardly any on the critical path";
	return arena_printf(report->arena, ", and %s of the critical path",
			    units_share(&part, share));
}

/* Who sleeps on a futex may well be waiting for a lock. */
static bool waits_for_futex(const struct finder *finder)
{
	const struct report *report = finder->report;

	for (size_t i = 0; i < report->n_groups; i++)
		if (report->groups[i].kind == LOCK_FUTEX &&
		    finder_lock_matters(finder, &report->groups[i], 1))
			return true;
	return false;
}

/* Said when no finding is about a lock, and only of what was recorded. */
void find_no_contention(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t contended = 0, wait = 0, path = 0;
	struct finding finding = blank;
	struct units_text operations, count, total;

	for (guint i = 0; i < finder->found->len; i++) {
		int lock = g_array_index(finder->found, struct finding, i).lock;

		if (lock >= 0 && (measure_is_held(&report->locks[lock]) ||
				  report->locks[lock].kind == LOCK_FUTEX))
			return;
	}
	/* Of what is damaged nobody knows that nothing else was in it. */
	if (!is_recorded(report) || is_stuck(report) || report->run.truncated ||
	    report->run.threadless || finder_has(finder, "lost-wakeup") ||
	    finder_has(finder, "wakeup-storm") || waits_for_futex(finder))
		return;
	for (size_t i = 0; i < report->n_locks; i++) {
		if (!measure_is_held(&report->locks[i]))
			continue;
		contended += report->locks[i].contended;
		wait += report->locks[i].wait.total;
		path += report->locks[i].path_ns;
	}
	/* Nor what was behind the waits that no event told. */
	if (contended && measure_events_lost(report))
		return;
	finding.kind = "no-contention";
	finding.path_share = -1;
	finding.title =
		!contended ? "No contention"
		: measure_path_share(report, path) >= 0.1
			? "Waits for locks, but no one cause behind them"
			: "No lock holds this program up";
	units_count(&operations, report->run.lock_operations);
	units_count(&count, contended);
	if (wait)
		finder_add(finder, finding,
			   "%s lock operations, %s of them contended: %s of "
			   "waiting in all%s.",
			   operations.s, count.s, units_ns_prose(&total, wait),
			   on_path(report, path));
	else
		finder_add(finder, finding, "%s%sobody ever waited for a lock.",
			   report->run.lock_operations ? operations.s : "",
			   report->run.lock_operations == 1
				   ? " lock operation, and n"
			   : report->run.lock_operations
				   ? " lock operations, and n"
				   : "N");
}
