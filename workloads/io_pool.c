/*
 * Waiting on I/O is dead time; a pool of threads overlaps it.
 *
 * Ten operations of five seconds each, `sequential` or in a `pool` of threads.
 * The pool starts them in one order and they finish in another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/common.h"
#include "workloads/executor.h"

static uint64_t operation_ns; /* set before the threads start */

static uint64_t operation(uint64_t number)
{
	slow_read(operation_ns);
	return number;
}

static int by_begin(const void *a, const void *b)
{
	const struct outcome *x = a;
	const struct outcome *y = b;

	return (x->begin_ns > y->begin_ns) - (x->begin_ns < y->begin_ns);
}

static int by_end(const void *a, const void *b)
{
	const struct outcome *x = a;
	const struct outcome *y = b;

	return (x->end_ns > y->end_ns) - (x->end_ns < y->end_ns);
}

static void tell_order(const char *key, const struct outcome *outcomes,
		       size_t n, int (*compare)(const void *, const void *))
{
	struct outcome *sorted = must_alloc(n, sizeof(*sorted));

	memcpy(sorted, outcomes, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	printf("%s:", key);
	for (size_t i = 0; i < n; i++)
		printf(" %llu", (unsigned long long)sorted[i].result);
	printf("\n");
	free(sorted);
}

static bool operate(const struct run *run, unsigned workers)
{
	struct outcome *outcomes = must_alloc(run->tasks, sizeof(*outcomes));
	struct executor *executor;
	unsigned good = 0;

	operation_ns = scaled_ns(run, 5 * S);
	executor = executor_new(EXECUTOR_THREADS, workers);
	for (unsigned i = 0; i < run->tasks; i++)
		executor_submit(executor, operation, i);
	for (unsigned i = 0; i < run->tasks; i++) {
		outcomes[i] = *executor_result(executor, i);
		good += outcomes[i].result == i;
	}
	executor_free(executor);
	tell_real("one_operation", (double)operation_ns / 1e9);
	tell_count("at_once", outcomes_at_once(outcomes, run->tasks));
	tell_order("start_order", outcomes, run->tasks, by_begin);
	tell_order("finish_order", outcomes, run->tasks, by_end);
	free(outcomes);
	return good == run->tasks;
}

static bool sequential(const struct run *run)
{
	return operate(run, 1);
}

static bool pool(const struct run *run)
{
	return operate(run, run->threads);
}

static const struct variant variants[] = {
	{ "sequential", "one operation after the other", sequential },
	{ "pool", "a pool of threads", pool },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload io_pool = {
		.name = "io-pool",
		.what = "Slow input operations, one by one or overlapped.",
		.threads = 10,
		.tasks = 10,
		.variants = variants,
	};

	return workload_main(&io_pool, argc, argv);
}
