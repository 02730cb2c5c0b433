/* What the executor asks of its two kinds of workers; for executor*.c only. */
#ifndef WORKLOADS_EXECUTOR_PARTS_H
#define WORKLOADS_EXECUTOR_PARTS_H

#include "workloads/executor.h"

struct order { /* one task on its way to a worker */
	size_t ticket;
	task_fn *task; /* NULL: end */
	uint64_t argument;
};

struct done { /* on its way back; no larger than PIPE_BUF */
	size_t ticket;
	struct outcome outcome;
};

struct workers; /* of one kind */

struct workers_kind {
	struct workers *(*start)(unsigned n);
	/* Queues a task; threads and processes take it in this order. */
	void (*give)(struct workers *workers, const struct order *order);
	/* Waits for the next task that is done. */
	struct done (*take)(struct workers *workers);
	/* Ends them: nothing is queued any more. */
	void (*end)(struct workers *workers);
};

extern const struct workers_kind workers_threads, workers_processes;

/* Runs the task of `order` as `worker`. */
struct done order_run(const struct order *order, unsigned worker);

#endif
