/*
 * Six workers, a hundred tasks: never more than six at once. And after some
 * number of threads the gain shrinks.
 *
 * Each task is a little computing and a wait for input. `pool` bounds the tasks
 * in flight by the workers; `unbounded` starts a thread for each task.
 */
#include <stdlib.h>

#include "workloads/common.h"
#include "workloads/executor.h"

static struct { /* set before the threads start */
	uint64_t cpu_ns, wait_ns;
	struct flight *flight;
} job;

static uint64_t task(uint64_t number)
{
	flight_enter(job.flight);
	spend_cpu(job.cpu_ns);
	slow_read(job.wait_ns);
	flight_leave(job.flight);
	return number;
}

static bool fly(const struct run *run, unsigned workers)
{
	struct executor *executor;
	unsigned good = 0;

	job.cpu_ns = scaled_ns(run, MS / 5);
	job.wait_ns = scaled_ns(run, 4 * MS);
	job.flight = flight_new();
	executor = executor_new(EXECUTOR_THREADS, workers);
	for (unsigned i = 0; i < run->tasks; i++)
		executor_submit(executor, task, i);
	for (unsigned i = 0; i < run->tasks; i++)
		good += executor_result(executor, i)->result == i;
	executor_free(executor);
	tell_count("done", good);
	tell_count("most_in_flight", flight_most(job.flight));
	return good == run->tasks;
}

static bool pool(const struct run *run)
{
	return fly(run, run->threads);
}

static bool unbounded(const struct run *run)
{
	return fly(run, run->tasks);
}

static const struct variant variants[] = {
	{ "pool", "--threads workers", pool },
	{ "unbounded", "a thread for each task", unbounded },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload pool_size = {
		.name = "pool-size",
		.what = "Tasks on a pool of bounded size.",
		.threads = 6,
		.tasks = 100,
		.variants = variants,
	};

	return workload_main(&pool_size, argc, argv);
}
