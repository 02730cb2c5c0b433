/*
 * One way to hand out work, over threads or over processes.
 *
 * A task is a function of a number that returns a number, so that it can run in
 * another process as well. Submit gives a ticket; the result of a ticket waits
 * for its task. An executor belongs to the thread that made it. Times are
 * CLOCK_MONOTONIC ns.
 */
#ifndef WORKLOADS_EXECUTOR_H
#define WORKLOADS_EXECUTOR_H

#include <stddef.h>
#include <stdint.h>

enum executor_kind {
	EXECUTOR_THREADS,
	EXECUTOR_PROCESSES,
};

typedef uint64_t task_fn(uint64_t argument);

struct outcome { /* of one task, indexed by its ticket */
	uint64_t result;
	uint64_t begin_ns, end_ns;
	unsigned worker; /* 0 .. workers - 1 */
};

struct executor;

/* Starts the workers. */
struct executor *executor_new(enum executor_kind kind, unsigned workers);

/* Returns the ticket: 0 for the first task, then 1, 2 ... */
size_t executor_submit(struct executor *executor, task_fn *task,
		       uint64_t argument);

/* Waits for the task; the outcome is borrowed until the next call. */
const struct outcome *executor_result(struct executor *executor, size_t ticket);

/* Ends the workers once they have done all that was submitted. */
void executor_free(struct executor *executor);

/* The most tasks that were running at one instant. */
unsigned outcomes_at_once(const struct outcome *outcomes, size_t n);

/*
 * Calls task(arguments[i]) for all i with `jobs` workers; fills outcomes[i].
 */
void parallel_map(enum executor_kind kind, unsigned jobs, task_fn *task,
		  const uint64_t *arguments, size_t n,
		  struct outcome *outcomes);

#endif
