/*
 * One event of a trace as plain data: all that the model ever sees.
 *
 * A door (read_*.c) turns what it reads into these and hands them over one by
 * one in the order of `ts_ns`; a test fills them by hand. Times are ns of
 * CLOCK_MONOTONIC as in the trace. Strings and arrays are borrowed and live
 * until the callback returns.
 *
 * Many events are told after the fact (see tracing/events.h): `ts_ns` says when
 * an event was told, `begin_ns` and `end_ns` say what it is about, and may lie
 * well before events of other threads that were handed over earlier.
 */
#ifndef ANALYSIS_EVENT_H
#define ANALYSIS_EVENT_H

#include <stdint.h>

#include "tracing/schema.h"

/* Which part of a recording told it. */
enum event_source {
	SOURCE_UST,
	SOURCE_SCHED,
	SOURCE_BOARD,
	SOURCE_NSOURCES,
};

enum event_type {
	EVENT_NONE,
	/* process and thread */
	EVENT_PROCESS_START,
	EVENT_PROCESS_END,
	EVENT_PROCESS_FORK,
	EVENT_THREAD_CREATE,
	EVENT_THREAD_START,
	EVENT_THREAD_EXIT,
	EVENT_THREAD_NAME,
	EVENT_JOIN_BEGIN,
	EVENT_JOIN_END,
	/* locks */
	EVENT_LOCK_INIT,
	EVENT_LOCK_DESTROY,
	EVENT_LOCK_NAME,
	EVENT_LOCK_WAIT,
	EVENT_LOCK_HELD,
	EVENT_LOCK_FAILED,
	EVENT_LOCK_ORDER,
	/* waits on other objects: kind says which; begin, end, wake-up */
	EVENT_WAIT_BEGIN, /* condition, barrier, semaphore, once, futex */
	EVENT_WAIT_END,
	EVENT_SIGNAL, /* signal, post, wake of one */
	EVENT_BROADCAST,
	/* I/O and sleep */
	EVENT_IO_BEGIN,
	EVENT_IO_END,
	EVENT_FD_OPEN,
	EVENT_SLEEP_BEGIN,
	EVENT_SLEEP_END,
	/* annotation */
	EVENT_TASK_BEGIN,
	EVENT_TASK_END,
	EVENT_TASK_SWITCH,
	EVENT_PHASE,
	EVENT_MARK,
	/* from the board, written by the recorder */
	EVENT_BOARD_PROCESS, /* a board: its pid, ppid, executable, begin */
	EVENT_LOCK_STATS,
	EVENT_IO_STATS,
	EVENT_THREAD_OPEN,
	EVENT_LOCK_OPEN,
	EVENT_BOARD_LOST,
	EVENT_BOARD_THREAD, /* a thread: begin, end, how, name */
	/* scheduler; pid is unknown (0), tid is the thread current on `cpu`,
	   -1 while nobody knows */
	EVENT_SWITCH,
	EVENT_WAKING,
	EVENT_WAKEUP_NEW,
	EVENT_SCHED_FORK,
	EVENT_SCHED_EXEC,
	EVENT_SCHED_EXIT,
	/* modules, for symbols: LTTng-UST's statedump and dlopen events */
	EVENT_MODULE,
	EVENT_MODULE_BUILD_ID,
	EVENT_MODULE_GONE,
	/* of the tracers: a stream lost events; told where it begins */
	EVENT_DISCARDED,
	/* from the board too: what a CPU did since the last one */
	EVENT_CPU_STATS,
	EVENT_NTYPES,
};

struct event {
	uint64_t ts_ns;
	enum event_type type;
	int32_t pid; /* 0 where the source does not tell */
	int32_t tid;
	int32_t cpu; /* -1 where the source does not tell */
	union {
		struct {
			int32_t ppid, ptid;
			uint8_t detail_all;
			uint32_t budget;
			uint64_t begin_ns, end_ns; /* end: BOARD_PROCESS only,
						      0 while it runs */
			const char *executable;
			uint8_t how; /* enum end_how */
			int32_t status;
		} process; /* PROCESS_START, _END, _FORK, BOARD_PROCESS */
		struct {
			uint64_t thread; /* pthread_t */
			int32_t other;	 /* child; creator; joined; named thread
					  */
			uint64_t start_routine, site;
			uint64_t begin_ns, end_ns;
			int32_t result;
			uint8_t how; /* enum end_how */
			const char *name;
		} thread; /* THREAD_*, JOIN_*, BOARD_THREAD */
		struct {
			uint64_t address, site;
			uint8_t kind, mode, flags;
			/* LOCK_WAIT, LOCK_DESTROY: tid, 0 unknown. */
			int32_t owner;
			uint64_t owner_site; /* LOCK_DESTROY */
			int32_t result;
			uint32_t attributes;
			uint32_t weight; /* sections that this one stands for */
			uint64_t wait_begin_ns; /* 0: did not wait */
			uint64_t begin_ns;	/* LOCK_HELD: acquired */
			uint64_t end_ns;	/* LOCK_HELD: released */
			const char *name;	/* LOCK_NAME */
			const uint64_t *held, *stack;
			uint8_t n_held, n_stack;
		} lock; /* LOCK_INIT .. LOCK_FAILED, LOCK_OPEN */
		struct {
			uint64_t first, second, first_site, second_site;
			uint8_t first_kind, second_kind;
			uint8_t first_mode, second_mode, flags;
			const uint64_t *held;
			uint8_t n_held;
		} order;
		struct {
			uint64_t object, mutex, site;
			uint8_t kind, flags;	   /* kind: enum lock_kind */
			uint64_t begin_ns, end_ns; /* SIGNAL: end_ns == begin */
			int32_t result;
			uint32_t waiters; /* SIGNAL: as told, or number woken */
			const uint64_t *stack; /* WAIT_BEGIN of futexes */
			uint8_t n_stack;
		} wait; /* WAIT_BEGIN .. BROADCAST */
		struct {
			uint8_t op, fd_kind;
			int32_t fd, result;
			uint64_t site, begin_ns, end_ns;
			/* SLEEP_BEGIN: ns asked for; IO_END of IO_WAITPID: pid
			 * of the child, 0 unknown. */
			int64_t bytes;
			uint32_t weight;
			const char *target; /* FD_OPEN */
		} io;			    /* IO_*, FD_OPEN, SLEEP_* */
		struct {
			uint64_t from, to; /* TASK_BEGIN, _END: only `to` */
			const char *name;
			int64_t value;
		} mark; /* TASK_*, PHASE, MARK */
		struct {
			uint64_t address, site;
			uint8_t kind, mode;
			uint64_t acquisitions, contended, relocks;
			uint64_t hold_ns, hold_max_ns, wait_ns, wait_max_ns;
			uint64_t waits, signals, gave_up;
			uint64_t waits_told, holds_told;
			uint32_t failed[LOCK_NERRORS];
		} stats; /* LOCK_STATS: since the last one; maxima: so far */
		struct {
			uint8_t op, fd_kind;
			uint64_t calls, told, bytes, wait_ns;
		} io_stats;
		struct {
			uint8_t in;	    /* enum thread_in */
			uint8_t kind, mode; /* as in struct board_slot */
			int32_t fd, owner;
			uint64_t object, object2, site, since_ns;
		} open; /* THREAD_OPEN */
		struct {
			uint64_t slots, untabled, pending, held, unheard;
		} lost; /* BOARD_LOST: what the board had no room for */
		struct {
			int32_t next_tid;
			int64_t prev_state; /* 0: preempted */
			const char *prev_comm, *next_comm;
		} sched; /* SWITCH: `tid` is the previous one */
		struct {
			int32_t tid, pid, target_cpu;
			const char *comm;
		} task; /* WAKING .. SCHED_EXIT: the one that it is about */
		struct {
			uint64_t base, bytes;
			const char *path;
			const uint8_t *build_id;
			uint32_t n_build_id;
		} module;
		struct {
			uint64_t begin_ns, end_ns;
			uint64_t count; /* 0: lost, nobody knows how many */
			uint8_t source; /* enum event_source */
		} discarded;
		struct {
			int32_t cpu;
			uint64_t idle_ns, foreign_ns;
		} cpu_stats;
	} u;
};

#endif
