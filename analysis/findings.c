#include "analysis/findings.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/arena.h"
#include "analysis/findings_rules.h"
#include "analysis/measure.h"
#include "analysis/replay.h"
#include "analysis/units.h"

/* Each rule may add findings of its kinds; the last one sees all others. */
static void (*const rules[])(struct finder *) = {
	find_deadlock,	     find_held_at_exit,
	find_destroyed_held, find_lost_wakeup,
	find_wakeup_storm,   find_starved_writers,
	find_io_under_lock,  find_sleep_under_lock,
	find_nested_wait,    find_preempted_holder,
	find_busy_section,   find_interpreter_lock,
	find_spinning,	     find_inversion,
	find_slow_side,	     find_futex_lock,
	find_foreign_load,   find_oversubscription,
	find_unbalanced,     find_idle,
	find_serial_phase,   find_unrecorded,
	find_no_contention,
};

static enum severity severity_of(const struct report *report,
				 const struct finding *finding)
{
	double share = finding->path_share >= 0
			       ? finding->path_share
			       : measure_ratio(finding->cost_ns,
					       report->run.duration_ns);

	return share >= 0.25   ? SEVERITY_HIGH
	       : share >= 0.05 ? SEVERITY_MEDIUM
			       : SEVERITY_LOW;
}

void finder_add(struct finder *finder, struct finding finding,
		const char *evidence, ...)
{
	va_list args;

	va_start(args, evidence);
	finding.evidence = arena_vprintf(finder->report->arena, evidence, args);
	va_end(args);
	finding.severity =
		MAX(finding.severity, severity_of(finder->report, &finding));
	g_array_append_val(finder->found, finding);
}

bool finder_has(const struct finder *finder, const char *kind)
{
	for (guint i = 0; i < finder->found->len; i++)
		if (!strcmp(g_array_index(finder->found, struct finding, i)
				    .kind,
			    kind))
			return true;
	return false;
}

/*
 * What a lock costs the run, as a ratio: its share of the critical path where
 * that is known, else the threads that wait for it at an average instant.
 */
static double lock_cost(const struct finder *finder, const struct lock *lock)
{
	double share = measure_path_share(finder->report, lock->path_ns);

	return share >= 0 ? share : measure_waiting(finder->report, lock);
}

bool finder_lock_matters(const struct finder *finder, const struct lock *lock,
			 double part)
{
	return part * lock_cost(finder, lock) >= FINDINGS_LEAST ||
	       part * measure_waiters_share(finder->report, lock) >=
		       FINDINGS_LIVES;
}

int finder_lock_index(const struct finder *finder, const struct lock *group)
{
	for (size_t i = 0; i < finder->report->n_locks; i++)
		if (finder->report->locks[i].group == group->group)
			return (int)i;
	return -1;
}

const char *finder_thread_words(const struct report *report, int thread)
{
	if (thread < 0)
		return "an unknown thread";
	return arena_printf(report->arena, "%s/%d",
			    report->threads[thread].name,
			    report->threads[thread].tid);
}

const char *finder_site_words(const struct report *report, int site)
{
	return site < 0 ? "an unknown place" : report->sites[site].text;
}

/* "7 of the 8 threads that take it": who waits, in words. */
static const char *waiters_words(const struct report *report, size_t waiters,
				 size_t users)
{
	if (waiters == users && users == 2)
		return "Both threads that take it";
	if (waiters == users && users > 1)
		return arena_printf(report->arena,
				    "All %zu threads that take it", users);
	return arena_printf(report->arena,
			    "%zu of the %zu threads that take it", waiters,
			    users);
}

const char *finder_waiting(const struct finder *finder, const struct lock *lock)
{
	const struct report *report = finder->report;
	size_t users = measure_users(lock);
	size_t waiters = measure_waiters(report, lock);
	struct units_text total;

	if (users < waiters)
		users = waiters;
	units_ns_prose(&total, lock->wait.total);
	return arena_printf(report->arena,
			    "%s wait%s for it, %.1f at an average instant: %s "
			    "of waiting",
			    waiters_words(report, waiters, users),
			    waiters == 1 ? "s" : "",
			    measure_waiting(report, lock), total.s);
}

/* What happened for sure comes first, then the dearest. */
static int dearer(const void *a, const void *b)
{
	const struct finding *x = a;
	const struct finding *y = b;
	bool x_dead = !strcmp(x->kind, "deadlock");
	bool y_dead = !strcmp(y->kind, "deadlock");

	if (x_dead != y_dead)
		return x_dead ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity < y->severity ? 1 : -1;
	if (x->path_share != y->path_share)
		return x->path_share < y->path_share ? 1 : -1;
	if (x->cost_ns != y->cost_ns)
		return x->cost_ns < y->cost_ns ? 1 : -1;
	return strcmp(x->kind, y->kind);
}

/* The prediction about the lock of a finding that fits its kind best. */
static const struct what_if *prediction(const struct report *report,
					const struct finding *finding)
{
	bool blocked = !strcmp(finding->kind, "io-under-lock") ||
		       !strcmp(finding->kind, "sleep-under-lock");
	const struct what_if *best = NULL;
	const char *label;

	if (finding->lock < 0)
		return NULL;
	label = report->groups[report->locks[finding->lock].group].label;
	for (size_t i = 0; i < report->n_what_if; i++) {
		const struct what_if *row = &report->what_if[i];

		if (!strstr(row->change, label))
			continue;
		if (!best)
			best = row;
		if (blocked && g_str_has_prefix(row->change, "I/O"))
			return row;
	}
	return best;
}

/* "206 ms if ..., 540 ms if not; " where it depends on the disk. */
static const char *prediction_range(const struct report *report,
				    const struct what_if *row)
{
	struct units_text low, high;

	if (row->low_ns >= row->high_ns)
		return "";
	return arena_printf(report->arena,
			    "%s if calls to disk overlap freely, %s if not at "
			    "all; ",
			    units_ns_prose(&low, row->low_ns),
			    units_ns_prose(&high, row->high_ns));
}

static void add_prediction(struct report *report, struct finding *finding)
{
	const struct what_if *row = prediction(report, finding);
	struct units_text now, then, off;

	/* Worth no more than the replay of the run as it was; and what cost
	 * nothing in this run makes it no faster. */
	if (!row || !finding->cost_ns || report->replay_error < 0 ||
	    report->replay_error > REPLAY_OFF_MOST || !finding->advice)
		return;
	finding->advice = arena_printf(
		report->arena,
		"%s Predicted: %s -> %s (%sreplay of the run itself: %s off).",
		finding->advice, units_ns_prose(&now, report->run.duration_ns),
		units_ns_prose(&then, row->predicted_ns),
		prediction_range(report, row),
		units_share(&off, report->replay_error));
}

void findings_make(struct report *report)
{
	struct finder finder = {
		.report = report,
		.found = g_array_new(FALSE, FALSE, sizeof(struct finding)),
		.explained = g_new0(bool, report->n_groups + 1),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
		rules[i](&finder);
	report->n_findings = finder.found->len;
	report->findings = arena_array(report->arena, finder.found->len,
				       sizeof(struct finding));
	if (finder.found->len) {
		memcpy(report->findings, finder.found->data,
		       finder.found->len * sizeof(struct finding));
		qsort(report->findings, report->n_findings,
		      sizeof(struct finding), dearer);
		for (size_t i = 0; i < report->n_findings; i++)
			add_prediction(report, &report->findings[i]);
	}
	g_array_free(finder.found, TRUE);
	g_free(finder.explained);
}
