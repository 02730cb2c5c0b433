/*
 * Telling events, under the rule that none is told while its thread holds a
 * lock: tell() keeps it until the last lock is released or the thread is about
 * to block, or, when there is no room left, until it has held a lock for more
 * than a millisecond. What finds no room then is counted on the board.
 */
#ifndef TRACING_INTERPOSER_TELL_H
#define TRACING_INTERPOSER_TELL_H

#include "tracing/facts.h"
#include "tracing/interposer/thread.h"

/* Every event of events.h. */
#define TELL_EVENTS(X)        \
	X(process_start)      \
	X(process_end)        \
	X(process_fork)       \
	X(thread_create)      \
	X(thread_start)       \
	X(thread_exit)        \
	X(thread_name)        \
	X(thread_join_begin)  \
	X(thread_join_end)    \
	X(lock_init)          \
	X(lock_destroy)       \
	X(lock_name)          \
	X(lock_wait)          \
	X(lock_held)          \
	X(lock_failed)        \
	X(lock_order)         \
	X(cond_wait_begin)    \
	X(cond_wait_end)      \
	X(cond_signal)        \
	X(cond_broadcast)     \
	X(barrier_wait_begin) \
	X(barrier_wait_end)   \
	X(sem_wait_begin)     \
	X(sem_wait_end)       \
	X(sem_post)           \
	X(once_begin)         \
	X(once_end)           \
	X(futex_wait_begin)   \
	X(futex_wait_end)     \
	X(futex_wake)         \
	X(io_begin)           \
	X(io_end)             \
	X(fd_open)            \
	X(sleep_begin)        \
	X(sleep_end)          \
	X(task_begin)         \
	X(task_end)           \
	X(task_switch)        \
	X(phase)              \
	X(mark)               \
	X(module)

#define TELL_ENUM(name)	 TELL_##name,
#define TELL_UNION(name) struct fact_##name name;

enum tell_type { TELL_EVENTS(TELL_ENUM) TELL_NTYPES };

union fact {
	TELL_EVENTS(TELL_UNION)
};

struct pending {
	uint32_t type; /* enum tell_type */
	uint32_t text; /* the strings or lists of a fact, see tell.c */
	union fact fact;
	uint64_t list[HELD_MAX];
};

/* Tells it now if no lock is held, else keeps it. */
void tell(enum tell_type type, const union fact *fact);

/* Tells it, and what was kept before it, now: the thread is about to block. */
void tell_now(enum tell_type type, const union fact *fact);

/* Tells it now and lets wait what is kept: for what is about no lock. */
void tell_at_once(enum tell_type type, const union fact *fact);

/* Tells what was kept. */
void tell_pending(void);

/* Tells the modules that are not told yet, before one of them goes. */
void tell_modules(void);

/*
 * Asks a budget for an event: 0 do not tell it, else its weight.
 * A budget of 0 events a second sets no limit.
 */
uint32_t tell_weight(struct budget *budget, uint64_t ticks);

/*
 * The weight of something that has ended after `ticks`, for which tell_weight()
 * gave `drawn`: what lasts so long that the budget has room for all of its kind
 * is told in any case, and stands for itself alone.
 */
static inline uint32_t tell_weight_ended(uint32_t drawn, uint64_t ticks)
{
	return process.budget && ticks >= atomic_load_explicit(
						  &process.long_ticks,
						  memory_order_relaxed)
		       ? 1
		       : drawn;
}

#endif
