/* Rules about the run as a whole: its ends, its threads, its CPUs. */
#include <inttypes.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/units.h"

#define IDLE_LEAST_NS 200000000

static const struct finding blank = { .path_share = -1,
				      .lock = -1,
				      .thread = -1 };

static const char *thread_words(const struct report *report, int thread)
{
	if (thread < 0)
		return "an unknown thread";
	return arena_printf(report->arena, "%s/%d",
			    report->threads[thread].name,
			    report->threads[thread].tid);
}

static const char *site_words(const struct report *report, int site)
{
	return site < 0 ? "an unknown place" : report->sites[site].text;
}

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
				thread_words(report, deadlock->cycle[j].thread),
				lock_words(report, deadlock->cycle[j].lock),
				site_words(report, deadlock->cycle[j].site),
				thread_words(report, deadlock->cycle[j].owner),
				site_words(report,
					   deadlock->cycle[j].held_site));
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
			   thread_words(report, hold->thread),
			   lock_words(report, hold->lock),
			   site_words(report, hold->site),
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
			: thread_words(report, owner),
		site_words(report, lock->destroyed_held.owner_site));
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
		finder_add(finder, finding, "%s destroyed %s at %s while %s%s.",
			   thread_words(report, group->destroyed_held.thread),
			   group->label,
			   site_words(report, group->destroyed_held.site),
			   user_words(report, group),
			   times == 1
				   ? ""
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
				thread_words(report, edge->thread),
				lock_words(report, edge->second),
				site_words(report, edge->second_site),
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

static bool is_found(const struct finder *finder, const char *kind)
{
	for (guint i = 0; i < finder->found->len; i++)
		if (!strcmp(g_array_index(finder->found, struct finding, i)
				    .kind,
			    kind))
			return true;
	return false;
}

void find_oversubscription(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t ready = measure_state(report, STATE_PREEMPTED) +
			 measure_state(report, STATE_WOKEN);
	uint64_t busy = measure_state(report, STATE_RUNNING) +
			measure_state(report, STATE_SPINNING);
	uint64_t path = report->path.by_state_ns[STATE_PREEMPTED] +
			report->path.by_state_ns[STATE_WOKEN];
	double demand = measure_demand(report);
	struct finding finding = blank;
	struct units_text total, share;
	uint64_t switches = 0, own;

	/* What other programs took is not of the threads' own making. */
	own = ready - MIN(ready, measure_denied(report));
	if (!report->run.cpus || demand < 1.5 * report->run.cpus ||
	    own < busy / 2 || measure_ratio(own, report->run.duration_ns) < 0.5)
		return;
	if (is_found(finder, "wakeup-storm"))
		return; /* that is why they all want a CPU */
	for (size_t i = 0; i < report->n_threads; i++)
		switches += report->threads[i].involuntary;
	finding.kind = "oversubscription";
	finding.cost_ns = ready;
	finding.path_share = measure_path_share(report, path);
	finding.title = "More busy threads than CPUs";
	finding.advice = "As many busy threads as CPUs do the same work with "
			 "fewer switches.";
	finder_add(
		finder, finding,
		"%.1f threads want one of %u CPUs at an average instant: %s "
		"of waiting for a CPU, %s of the threads' time; %s "
		"involuntary switches.",
		demand, report->run.cpus, units_ns_prose(&total, ready),
		units_share(&share, measure_ratio(ready, measure_life(report))),
		units_count(&(struct units_text){ "" }, switches));
}

void find_idle(struct finder *finder)
{
	const struct report *report = finder->report;
	double demand = measure_demand(report);
	double running = measure_path_share(
		report, report->path.by_state_ns[STATE_RUNNING]);
	struct finding finding = blank;
	size_t threads = 0;

	for (size_t i = 0; i < report->n_threads; i++)
		threads += report->threads[i].recorded;
	/* One thread alone is a choice, not a lack of threads; and a short
	 * run is mostly beginning and end. */
	if (report->path.by_state_ns[STATE_RUNNING] < IDLE_LEAST_NS ||
	    threads < 2 || report->run.cpus < 2 || running < 0.6 ||
	    demand > 0.6 * report->run.cpus)
		return;
	finding.kind = "idle";
	finding.cost_ns = (uint64_t)(((double)report->run.cpus - demand) *
				     (double)report->run.duration_ns);
	finding.severity = SEVERITY_LOW;
	finding.title = "CPUs stand idle: too few threads have work";
	finding.advice = "Divide the work over more threads, or into smaller "
			 "pieces.";
	finder_add(finder, finding,
		   "%.1f threads want a CPU at an average instant, and there "
		   "are %u; what the end of the run waits for is computing.",
		   demand, report->run.cpus);
}

/* Threads of one start routine: who ended last, and when the others had. */
struct team {
	size_t n;
	int last;
	uint64_t first_begin, last_end, second_end;
	uint64_t cpu_ns; /* of all of them */
};

static uint64_t cpu_time(const struct thread *thread)
{
	return thread->state_ns[STATE_RUNNING] +
	       thread->state_ns[STATE_SPINNING];
}

static void team_join(struct team *team, const struct report *report, int i)
{
	const struct thread *thread = &report->threads[i];

	if (!team->n || thread->begin_ns < team->first_begin)
		team->first_begin = thread->begin_ns;
	if (!team->n || thread->end_ns > team->last_end) {
		team->second_end = team->n ? team->last_end : thread->end_ns;
		team->last_end = thread->end_ns;
		team->last = i;
	} else if (thread->end_ns > team->second_end || team->n == 1) {
		team->second_end = thread->end_ns;
	}
	team->cpu_ns += cpu_time(thread);
	team->n++;
}

/* Who merely got less of the CPUs ends last, too. */
static bool has_more_work(const struct team *team, const struct thread *last)
{
	double others =
		(double)(team->cpu_ns - cpu_time(last)) / (double)(team->n - 1);

	return (double)cpu_time(last) > 1.5 * others;
}

static void check_team(struct finder *finder, const struct team *team)
{
	const struct report *report = finder->report;
	const struct thread *last = &report->threads[team->last];
	uint64_t alone = team->last_end - team->second_end;
	uint64_t span = team->last_end - team->first_begin;
	double busy = measure_ratio(last->state_ns[STATE_RUNNING] +
					    last->state_ns[STATE_PREEMPTED] +
					    last->state_ns[STATE_WOKEN],
				    last->end_ns - last->begin_ns);
	struct finding finding = blank;
	struct units_text time, share;

	if (team->n < 2 || measure_ratio(alone, span) < 0.2 || busy < 0.5 ||
	    !has_more_work(team, last) ||
	    measure_ratio(alone, report->run.duration_ns) < 0.05)
		return;
	finding.kind = "unbalanced";
	finding.cost_ns = alone;
	finding.path_share = measure_path_share(report, alone);
	finding.thread = team->last;
	finding.title = "Work is unevenly divided";
	finding.advice = "Smaller pieces, taken from one queue, even it out.";
	finder_add(finder, finding,
		   "%s still works for %s (%s of the run) when all others that "
		   "run %s have ended.",
		   thread_words(report, team->last),
		   units_ns_prose(&time, alone),
		   units_share(&share,
			       measure_ratio(alone, report->run.duration_ns)),
		   report->sites[last->start_site].function);
}

/* Threads of a library's start routine may have nothing in common. */
static bool is_own_routine(const struct report *report, int site)
{
	return site >= 0 && *report->sites[site].function &&
	       !report->sites[site].wrapper;
}

void find_unbalanced(struct finder *finder)
{
	const struct report *report = finder->report;
	struct team *teams = g_new0(struct team, report->n_sites + 1);

	for (size_t i = 0; i < report->n_threads; i++)
		if (is_own_routine(report, report->threads[i].start_site))
			team_join(&teams[report->threads[i].start_site], report,
				  (int)i);
	for (size_t i = 0; i < report->n_sites; i++)
		if (teams[i].n)
			check_team(finder, &teams[i]);
	g_free(teams);
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

		if (process->recorded)
			continue;
		finding.kind = "unrecorded";
		finding.severity = SEVERITY_MEDIUM;
		finding.title = "A process could not be looked into";
		finding.advice = "Record a dynamically linked build, and let "
				 "LD_PRELOAD reach it.";
		finder_add(finder, finding,
			   "%s (%d) is not recorded%s%s: nothing is known of "
			   "its locks and waits.",
			   process->executable ? process->executable : "?",
			   process->pid, process->reason ? ", " : "",
			   process->reason ? process->reason : "");
	}
}

static bool is_stuck(const struct report *report)
{
	for (size_t i = 0; i < report->n_unfinished; i++)
		if (report->unfinished[i].state == STATE_LOCK)
			return true;
	return false;
}

/* Said when no finding is about a lock, and only of what was recorded. */
void find_no_contention(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t contended = 0, wait = 0;
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
	    is_found(finder, "lost-wakeup"))
		return;
	for (size_t i = 0; i < report->n_locks; i++) {
		if (!measure_is_held(&report->locks[i]))
			continue;
		contended += report->locks[i].contended;
		wait += report->locks[i].wait.total;
	}
	finding.kind = "no-contention";
	finding.path_share = -1;
	finding.title =
		contended ? "No lock holds this program up" : "No contention";
	units_count(&operations, report->run.lock_operations);
	units_count(&count, contended);
	if (wait)
		finder_add(finder, finding,
			   "%s lock operations, %s of them contended: %s of "
			   "waiting in all%s.",
			   operations.s, count.s, units_ns_prose(&total, wait),
			   report->path.length_ns
				   ? ", and hardly any on the critical path"
				   : "");
	else
		finder_add(finder, finding, "%s%sobody ever waited for a lock.",
			   report->run.lock_operations ? operations.s : "",
			   report->run.lock_operations == 1
				   ? " lock operation, and n"
			   : report->run.lock_operations
				   ? " lock operations, and n"
				   : "N");
}
