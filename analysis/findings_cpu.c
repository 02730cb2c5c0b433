/* Rules about the CPUs: who wants them, who has them, who has nothing to do. */
#include <string.h>

#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/units.h"

#define IDLE_LEAST_NS 200000000
/* Of the CPU time that the threads wanted, taken by others. */
#define FOREIGN_LEAST	 0.4
#define FOREIGN_LEAST_NS 20000000 /* below it is chance, and no time */

static const struct finding blank = { .path_share = -1,
				      .lock = -1,
				      .thread = -1 };

/* Time on the critical path that a thread was ready and had no CPU. */
static uint64_t ready_on_path(const struct report *report)
{
	return report->path.by_state_ns[STATE_PREEMPTED] +
	       report->path.by_state_ns[STATE_WOKEN];
}

/* Nobody can tell which wait for a CPU was whose: the path gets its share. */
void find_foreign_load(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t ready = measure_state(report, STATE_PREEMPTED) +
			 measure_state(report, STATE_WOKEN);
	uint64_t denied = measure_denied(report);
	double share = measure_denied_share(report);
	double path = (double)ready_on_path(report) *
		      MIN(measure_ratio(denied, ready), 1);
	struct finding finding = blank;
	struct units_text time, part;

	if (share < FOREIGN_LEAST || denied < FOREIGN_LEAST_NS ||
	    path < FINDINGS_LEAST * (double)report->run.duration_ns)
		return;
	finding.kind = "foreign-load";
	finding.cost_ns = denied;
	finding.path_share = measure_path_share(report, (uint64_t)path);
	finding.title = "Other programs have the CPUs";
	finding.advice = "No change to this program gets that back: record on "
			 "a machine that does nothing else, or keep CPUs free "
			 "for it (cpuset, nice).";
	finder_add(finder, finding,
		   "For %s its threads wanted a CPU that others ran on: %s of "
		   "the CPU time that they wanted.",
		   units_ns_prose(&time, denied), units_share(&part, share));
}

void find_oversubscription(struct finder *finder)
{
	const struct report *report = finder->report;
	uint64_t ready = measure_state(report, STATE_PREEMPTED) +
			 measure_state(report, STATE_WOKEN);
	uint64_t busy = measure_state(report, STATE_RUNNING) +
			measure_state(report, STATE_SPINNING);
	uint64_t path = ready_on_path(report);
	double demand = measure_demand(report);
	struct finding finding = blank;
	struct units_text total, share;
	uint64_t switches = 0, own;

	/* What other programs took is not of the threads' own making. */
	own = ready - MIN(ready, measure_denied(report));
	if (!report->run.cpus || demand < 1.5 * report->run.cpus ||
	    own < busy / 2 || measure_ratio(own, report->run.duration_ns) < 0.5)
		return;
	if (finder_has(finder, "wakeup-storm"))
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
	finding.cost_ns = measure_whole(((double)report->run.cpus - demand) *
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

/* Who merely got less of the CPUs ends last, too; and the same work costs one
 * thread more than another where they are short. */
static bool has_more_work(const struct team *team, const struct thread *last)
{
	double others =
		(double)(team->cpu_ns - cpu_time(last)) / (double)(team->n - 1);

	return (double)cpu_time(last) > 2 * others;
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
		   finder_thread_words(report, team->last),
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
