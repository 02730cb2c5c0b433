/* What the rules of the findings share; private to findings*.c. */
#ifndef ANALYSIS_FINDINGS_RULES_H
#define ANALYSIS_FINDINGS_RULES_H

#include <glib.h>

#include "analysis/report.h"

/* A cost below this share of the run is nobody's holdup. */
#define FINDINGS_LEAST 0.02
/* Waiters that spend this share of their lives on one lock have a problem. */
#define FINDINGS_LIVES 0.25

struct finder {
	struct report *report;
	GArray *found;	 /* struct finding */
	bool *explained; /* groups whose waits have their cause already */
};

/*
 * Adds `finding` with its evidence as text. Its severity follows from
 * path_share, or from cost_ns against the run, unless it is set.
 */
void finder_add(struct finder *finder, struct finding finding,
		const char *evidence, ...)
	__attribute__((format(printf, 3, 4)));

/* Has a finding of that kind been made already? */
bool finder_has(const struct finder *finder, const char *kind);

/*
 * Is what explains this part of the waits for the lock worth a finding: by its
 * cost, or because those who wait for it do little else, though the end of the
 * run does not depend on them?
 */
bool finder_lock_matters(const struct finder *finder, const struct lock *lock,
			 double part);

/* Does the cause of this part of the waits for a lock that is held cost
 * anything, and is it not known yet? */
bool finder_costs(const struct finder *finder, const struct lock *lock,
		  double part);

/* A finding about the share of a lock's waits that `part` explains. */
struct finding finder_part(const struct finder *finder, const struct lock *lock,
			   double part, const char *kind);

/* The lock of report.locks that a group's finding points at. */
int finder_lock_index(const struct finder *finder, const struct lock *group);

/* "7 of 8 threads wait for it, 4.8 on average: 23.4 s of waiting". */
const char *finder_waiting(const struct finder *finder,
			   const struct lock *lock);

/* "worker/4711" and "append (orders.c:77)"; also for what is not known (-1). */
const char *finder_thread_words(const struct report *report, int thread);
const char *finder_site_words(const struct report *report, int site);

void find_io_under_lock(struct finder *finder);
void find_sleep_under_lock(struct finder *finder);
void find_preempted_holder(struct finder *finder);
void find_nested_wait(struct finder *finder);
void find_busy_section(struct finder *finder);
void find_interpreter_lock(struct finder *finder);
void find_starved_writers(struct finder *finder);
void find_spinning(struct finder *finder);

void find_deadlock(struct finder *finder);
void find_held_at_exit(struct finder *finder);
void find_destroyed_held(struct finder *finder);
void find_inversion(struct finder *finder);
void find_foreign_load(struct finder *finder);
void find_oversubscription(struct finder *finder);
void find_idle(struct finder *finder);
void find_unbalanced(struct finder *finder);
void find_futex_lock(struct finder *finder);
void find_slow_side(struct finder *finder);
void find_serial_phase(struct finder *finder);
void find_lost_wakeup(struct finder *finder);
void find_wakeup_storm(struct finder *finder);
void find_unrecorded(struct finder *finder);
void find_no_contention(struct finder *finder);

#endif
