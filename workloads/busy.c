/*
 * CPU-bound tasks and the CPUs that they get.
 *
 * Each task does the same fixed work. `sequential` does them one after the
 * other in one thread; `one-cpu` gives each a thread, all bound to one CPU,
 * where the system switches between them at will; `all-cpus` lets the threads
 * use every CPU.
 */
#include <stdlib.h>

#include "workloads/common.h"

struct task {
	uint64_t rounds, seed, result;
};

static void *task_run(void *arg)
{
	struct task *task = arg;

	task->result = churn(task->rounds, task->seed);
	return NULL;
}

static bool busy(const struct run *run, bool threads, bool one_cpu)
{
	struct task *tasks = must_alloc(run->threads, sizeof(*tasks));
	pthread_t *ids = must_alloc(run->threads, sizeof(*ids));
	uint64_t expected;
	unsigned good = 0;

	if (one_cpu)
		pin_to_cpu(0);
	for (unsigned i = 0; i < run->threads; i++) {
		tasks[i] = (struct task){
			.rounds = scaled_count(run, 1000000ULL * run->tasks),
			.seed = run->seed,
		};
		ids[i] = threads ? thread_start("busy", task_run, &tasks[i])
				 : pthread_self();
		if (!threads)
			task_run(&tasks[i]);
	}
	for (unsigned i = 0; threads && i < run->threads; i++)
		thread_join(ids[i]);
	expected = tasks[0].result;
	for (unsigned i = 0; i < run->threads; i++)
		good += tasks[i].result == expected;
	tell_count("value", expected);
	tell_count("cpus", cpus_online());
	free(ids);
	free(tasks);
	return good == run->threads;
}

static bool sequential(const struct run *run)
{
	return busy(run, false, true);
}

static bool one_cpu(const struct run *run)
{
	return busy(run, true, true);
}

static bool all_cpus(const struct run *run)
{
	return busy(run, true, false);
}

static const struct variant variants[] = {
	{ "sequential", "one task after the other, on one CPU", sequential },
	{ "one-cpu", "a thread for each task, all on one CPU", one_cpu },
	{ "all-cpus", "a thread for each task, on all CPUs", all_cpus },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload workload = {
		.name = "busy",
		.what = "CPU-bound tasks on one CPU or more.",
		.threads = 2,
		.tasks = 500,
		.variants = variants,
	};

	return workload_main(&workload, argc, argv);
}
