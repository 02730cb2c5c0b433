/*
 * Six workers, a hundred tasks: never more than six at once. And after some
 * number of threads the gain shrinks.
 *
 * Each task is a little computing and a wait for input. `pool` bounds the tasks
 * in flight by the workers; `unbounded` starts a thread for each task.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "workloads/common.h"
#include "workloads/executor.h"

static struct {
	uint64_t cpu_ns, wait_ns; /* set before the threads start */
	atomic_uint now, most;
} flight;

static uint64_t task(uint64_t number)
{
	unsigned now = atomic_fetch_add(&flight.now, 1) + 1;
	unsigned most = atomic_load(&flight.most);

	while (now > most &&
	       !atomic_compare_exchange_weak(&flight.most, &most, now))
		continue;
	spend_cpu(flight.cpu_ns);
	slow_read(flight.wait_ns);
	atomic_fetch_sub(&flight.now, 1);
	return number;
}

static bool fly(const struct run *run, unsigned workers)
{
	struct executor *executor;
	unsigned good = 0;

	flight.cpu_ns = scaled_ns(run, MS / 5);
	flight.wait_ns = scaled_ns(run, 4 * MS);
	executor = executor_new(EXECUTOR_THREADS, workers);
	for (unsigned i = 0; i < run->tasks; i++)
		executor_submit(executor, task, i);
	for (unsigned i = 0; i < run->tasks; i++)
		good += executor_result(executor, i)->result == i;
	executor_free(executor);
	tell_count("done", good);
	tell_count("most_in_flight", flight.most);
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
