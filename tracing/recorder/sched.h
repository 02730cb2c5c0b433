/*
 * The scheduler's side of a recording: reads the rings and writes what concerns
 * the recorded threads as a trace in the shape of LTTng's kernel tracer.
 */
#ifndef TRACING_RECORDER_SCHED_H
#define TRACING_RECORDER_SCHED_H

#include <stdint.h>
#include <sys/types.h>

#include "tracing/base/err.h"

enum sched_source {
	SCHED_NONE,
	SCHED_TASK,   /* switches of the program's threads alone */
	SCHED_SYSTEM, /* tracepoints of the whole machine */
};

struct sched;

/* Opens the best source that can be opened without the program. */
struct sched *sched_new(const char *tracefs);

/*
 * Follows process `root`, which has not begun to run, and writes into the
 * directory `path`. Without any source no trace is written and nothing fails.
 */
int sched_follow(struct sched *sched, pid_t root, const char *path,
		 uint64_t epoch_offset_ns, struct err *err);

void sched_set_offset(struct sched *sched, uint64_t epoch_offset_ns);

enum sched_source sched_source(const struct sched *sched);
const char *sched_source_name(enum sched_source source);

/* Why the source is not a better one; "": it is the best. */
const char *sched_why(const struct sched *sched);

/* A descriptor that is readable when it is time to read; -1: none. */
int sched_fd(const struct sched *sched);

/* Writes all that happened until now. */
void sched_read(struct sched *sched);

/* Records no more, and writes the rest. */
void sched_stop(struct sched *sched);

/*
 * What `cpu` did beside the program from the last call, or from when the
 * program was followed, to the last sched_read(). -1: not known.
 */
int sched_beside(struct sched *sched, uint32_t cpu, uint64_t *idle_ns,
		 uint64_t *foreign_ns);

void sched_flush(struct sched *sched);

/* Processes of the program that still run; 0 where losses hide it. */
uint64_t sched_processes(const struct sched *sched);

/* Events written and records lost on `cpu`; -1: no such CPU. */
int sched_counts(const struct sched *sched, uint32_t cpu, uint64_t *events,
		 uint64_t *lost);

/* The errno of a write that failed, 0: none. */
int sched_trouble(const struct sched *sched);

/* Takes NULL. */
void sched_free(struct sched *sched);

#endif
