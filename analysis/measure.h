/*
 * Figures that follow from those in a report: each is defined here, once, for
 * the findings and for every renderer.
 */
#ifndef ANALYSIS_MEASURE_H
#define ANALYSIS_MEASURE_H

#include "analysis/report.h"

/* part / whole as a ratio; 0 if there is no whole. */
double measure_ratio(uint64_t part, uint64_t whole);

/* A figure as a whole number: what is too large for one is UINT64_MAX. */
uint64_t measure_whole(double value);

/* Share of the run during which anybody held the lock: of a group's locks,
 * the mean. */
double measure_held_share(const struct report *report, const struct lock *lock);

/* Share of the critical path; < 0 if there is none. */
double measure_path_share(const struct report *report, uint64_t ns);

/* Waiting threads at an average instant of the run. */
double measure_waiting(const struct report *report, const struct lock *lock);

/* Number of threads that took the lock, or waited for it. */
size_t measure_users(const struct lock *lock);
size_t measure_waiters(const struct report *report, const struct lock *lock);

/* Share of their lives that those who waited for the lock waited for it. */
double measure_waiters_share(const struct report *report,
			     const struct lock *lock);

/* The life of all recorded threads together, and their time in a state. */
uint64_t measure_life(const struct report *report);
uint64_t measure_state(const struct report *report, enum state state);

/* The time of all threads of its process in a phase. */
uint64_t measure_phase_life(const struct phase *phase);

/* Threads running, and running or runnable, at an average instant. */
double measure_concurrency(const struct report *report);
double measure_demand(const struct report *report);

/*
 * Time for which threads wanted a CPU and others had it, programs that were not
 * recorded: the runnable time beyond what the threads' own number explains.
 */
uint64_t measure_denied(const struct report *report);

/* The same as a share of all time that threads wanted a CPU. */
double measure_denied_share(const struct report *report);

/* True for what is held and released by an owner: not for conditions,
 * barriers, semaphores, futexes. */
bool measure_is_held(const struct lock *lock);

/* Are its sections so short, and contended, that recording them can change
 * who waits for whom? */
bool measure_is_disturbed(const struct lock *lock);

/* By whom or where the time of waiters went. */
enum blame_view {
	BLAME_WAITER_SITE,
	BLAME_OWNER_SITE,
	BLAME_WAITER,
	BLAME_OWNER,
};

struct blame_sum {
	int index; /* site or thread; -1: handoff, or unknown */
	uint64_t wait_ns, count;
};

/* Sums a lock's blame by one end of it, dearest first. The caller frees. */
struct blame_sum *measure_blame(const struct report *report,
				const struct lock *lock, enum blame_view view,
				size_t *n);

/* What owners blocked on while they held the lock: the dearest place in
 * `state`, NULL if none. */
const struct held_wait *measure_held_wait(const struct lock *lock,
					  enum state state);

/* Is the end of the recording what cut this wait, or did it hang? */
bool measure_hangs(const struct report *report, const struct open_wait *wait);

/*
 * The place in the program's own code behind a lock's site: where a library's
 * wrapper made the call, its innermost caller of the longest wait told. The
 * site itself if that is not known.
 */
int measure_user_site(const struct report *report, const struct lock *lock,
		      int site);

/* Events of the program that were lost, by the tracer or before it. */
uint64_t measure_events_lost(const struct report *report);

/* A buffer that would have held the lost events, too: a power of two of MiB;
 * 0 if nothing was lost or its size is not known. */
uint64_t measure_better_buffer(const struct report *report);

/* All that was lost, in all sources together. */
uint64_t measure_lost(const struct report *report);

#endif
