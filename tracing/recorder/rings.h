/*
 * perf_event rings, one for each CPU, read as one flow in the order of time.
 *
 * Two sources: tracepoints of the whole machine (root or CAP_PERFMON, and
 * tracefs), or the switch records of one process and its descendants, which
 * take no privilege. Times are CLOCK_MONOTONIC ns.
 */
#ifndef TRACING_RECORDER_RINGS_H
#define TRACING_RECORDER_RINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tracing/base/err.h"

enum ring_type {
	RING_NONE,
	RING_SWITCH,	 /* prev -> next; -1: not told */
	RING_LEAVES,	 /* beside RING_SWITCH: task ends to run, for other, */
	RING_RUNS,	 /* and task runs now, after other */
	RING_WAKING,	 /* task, on target_cpu */
	RING_WAKEUP_NEW, /* the same for a new one */
	RING_FORK,	 /* task (of process pid) made by other (other_pid) */
	RING_EXEC,	 /* task is now another program */
	RING_COMM,	 /* task is called comm */
	RING_EXIT,	 /* task (of process pid) is gone */
	RING_LOST,	 /* count records of this CPU did not fit */
};

/*
 * A task is told by its id. The kernel's own records, LEAVES and RUNS, have -1
 * for one that is dead, but still has its last steps to take.
 */
struct ring_record {
	enum ring_type type;
	uint32_t cpu;
	uint64_t ts_ns;
	int32_t task, pid, prio, target_cpu;  /* SWITCH: the next one */
	int32_t other, other_pid, other_prio; /* SWITCH: the previous one */
	int64_t prev_state;		      /* SWITCH, LEAVES; 0: preempted */
	char comm[16], other_comm[16];
	uint64_t count;
};

struct rings;

/* All of the machine; `tracefs` may be NULL. NULL: see `err`. */
struct rings *rings_open_system(const char *tracefs, struct err *err);

/* `pid`, which has not begun to run, and all that it will start. */
struct rings *rings_open_task(pid_t pid, struct err *err);

uint32_t rings_cpus(const struct rings *rings);

/* Whether `cpu` has a ring. */
bool rings_has(const struct rings *rings, uint32_t cpu);

/*
 * The next record that is older than `until_ns`, over all CPUs; false: none.
 * All of them are there once the clock has passed `until_ns`.
 */
bool rings_next(struct rings *rings, uint64_t until_ns,
		struct ring_record *record);

/* Are all switches of that CPU told, so that RING_RUNS is not needed there? */
void rings_trust(struct rings *rings, uint32_t cpu, bool trusted);

/* Gives what was read back to the kernel. */
void rings_release(struct rings *rings);

/*
 * Records no more. Closing tracepoints takes the kernel some 100 ms, so it is
 * done in the background; what was recorded can still be read.
 */
void rings_stop(struct rings *rings);

/* A descriptor that is readable when a ring is half full; -1: none. */
int rings_fd(const struct rings *rings);

/* Takes NULL. */
void rings_free(struct rings *rings);

#endif
