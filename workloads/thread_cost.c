/*
 * A kernel thread costs memory and time to create; so reuse it.
 *
 * `threads` creates and joins a thread for each task; `pool` hands the tasks to
 * threads that are there already; `processes` forks for each; `coroutines` are
 * cheap enough to create one for each. `memory` keeps as many threads alive and
 * says how much memory each of them really takes, and how much it reserves.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/coro.h"
#include "workloads/executor.h"

static atomic_uint done;

static uint64_t task(uint64_t number)
{
	atomic_fetch_add(&done, 1);
	return number;
}

static void tell_cost(const struct run *run, uint64_t begin_ns)
{
	tell_real("us_per_task",
		  (double)(clock_ns() - begin_ns) / 1e3 / run->tasks);
}

static bool all_done(const struct run *run)
{
	tell_count("done", atomic_load(&done));
	return atomic_load(&done) == run->tasks;
}

static void *thread_run(void *arg)
{
	task(0);
	return arg;
}

static bool threads(const struct run *run)
{
	uint64_t begin_ns = clock_ns();

	for (unsigned i = 0; i < run->tasks; i++)
		thread_join(thread_start(NULL, thread_run, NULL));
	tell_cost(run, begin_ns);
	return all_done(run);
}

static bool pool(const struct run *run)
{
	struct executor *executor =
		executor_new(EXECUTOR_THREADS, run->threads);
	uint64_t begin_ns = clock_ns();

	for (unsigned i = 0; i < run->tasks; i++)
		executor_submit(executor, task, i);
	for (unsigned i = 0; i < run->tasks; i++)
		executor_result(executor, i);
	tell_cost(run, begin_ns);
	executor_free(executor);
	return all_done(run);
}

static bool processes(const struct run *run)
{
	uint64_t begin_ns = clock_ns();

	for (unsigned i = 0; i < run->tasks; i++) {
		int status = 1;
		pid_t pid = fork();

		if (pid < 0)
			die("fork", errno);
		if (pid == 0)
			_exit(0);
		waitpid(pid, &status, 0);
		if (status == 0)
			task(i);
	}
	tell_cost(run, begin_ns);
	return all_done(run);
}

static void coro_run(void *data)
{
	(void)data;
	task(0);
}

static bool coroutines(const struct run *run)
{
	struct coros *coros = coros_new(run->tasks, 16384);
	uint64_t begin_ns = clock_ns();

	for (unsigned i = 0; i < run->tasks; i++)
		coro_spawn(coros, coro_run, NULL);
	coros_run(coros, 1);
	tell_cost(run, begin_ns);
	coros_free(coros);
	return all_done(run);
}

/* KiB that the kernel's /proc/self/status gives for a key, as "VmRSS:". */
static uint64_t status_kib(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			kib = strtoull(line + strlen(key), NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

static pthread_barrier_t all_here, may_leave;

static void *stay_run(void *arg)
{
	task(0);
	pthread_barrier_wait(&all_here);
	pthread_barrier_wait(&may_leave);
	return arg;
}

static bool memory(const struct run *run)
{
	pthread_t *ids = must_alloc(run->tasks, sizeof(*ids));
	uint64_t resident = status_kib("VmRSS:");
	uint64_t reserved = status_kib("VmSize:");
	uint64_t begin_ns = clock_ns();

	pthread_barrier_init(&all_here, NULL, run->tasks + 1);
	pthread_barrier_init(&may_leave, NULL, run->tasks + 1);
	for (unsigned i = 0; i < run->tasks; i++)
		ids[i] = thread_start(NULL, stay_run, NULL);
	pthread_barrier_wait(&all_here);
	tell_cost(run, begin_ns);
	tell_real("resident_kib_each",
		  (double)(status_kib("VmRSS:") - resident) / run->tasks);
	tell_real("reserved_kib_each",
		  (double)(status_kib("VmSize:") - reserved) / run->tasks);
	pthread_barrier_wait(&may_leave);
	for (unsigned i = 0; i < run->tasks; i++)
		thread_join(ids[i]);
	free(ids);
	return all_done(run);
}

static const struct variant variants[] = {
	{ "threads", "create and join a thread for each task", threads },
	{ "pool", "a pool of threads", pool },
	{ "processes", "fork and wait for each task", processes },
	{ "coroutines", "a coroutine for each task", coroutines },
	{ "memory", "threads kept alive, their memory told", memory },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload thread_cost = {
		.name = "thread-cost",
		.what = "What it costs to run a tiny task.",
		.threads = 2,
		.tasks = 1000,
		.variants = variants,
	};

	return workload_main(&thread_cost, argc, argv);
}
