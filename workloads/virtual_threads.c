/*
 * Virtual threads are cheap objects: have as many as you need.
 *
 * 100,000 coroutines over a few kernel threads wait for a timer, then for a
 * byte from a pipe that a kernel thread feeds. `threads` does the same with
 * kernel threads, as many as --threads says.
 */
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/coro.h"

static struct { /* set before the threads start */
	uint64_t wait_ns;
	int pipe[2];
} world;

static atomic_uint finished;

static void take_byte(void)
{
	char byte;

	if (read(world.pipe[0], &byte, 1) != 1)
		die("pipe", errno);
}

static void coro_life(void *data)
{
	coro_sleep(world.wait_ns);
	if (data) {
		coro_wait_readable(world.pipe[0]);
		take_byte();
	}
	atomic_fetch_add(&finished, 1);
}

static void *thread_life(void *arg)
{
	pause_ns(world.wait_ns);
	if (arg)
		take_byte();
	atomic_fetch_add(&finished, 1);
	return NULL;
}

static void *feeder(void *arg)
{
	pause_ns(world.wait_ns);
	if (write(world.pipe[1], "x", 1) != 1)
		die("pipe", errno);
	return arg;
}

static double resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128] = "";
	char *rest = line;

	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
		fclose(file);
	}
	strtoull(rest, &rest, 10);
	return (double)strtoull(rest, NULL, 10) *
	       (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void prepare(const struct run *run)
{
	world.wait_ns = scaled_ns(run, S);
	if (pipe(world.pipe))
		die("pipe", errno);
}

static bool tell_all(unsigned n, double before_kib, uint64_t create_ns)
{
	tell_count("finished", atomic_load(&finished));
	tell_real("create_us_each", (double)create_ns / 1e3 / n);
	tell_real("resident_kib_each", (resident_kib() - before_kib) / n);
	return atomic_load(&finished) == n;
}

static bool coroutines(const struct run *run)
{
	unsigned n = (unsigned)scaled_count(run, run->tasks);
	double before_kib;
	struct coros *coros;
	pthread_t thread;
	uint64_t begin_ns, create_ns;
	bool good;

	prepare(run);
	before_kib = resident_kib();
	begin_ns = clock_ns();
	coros = coros_new(n, 8192);
	for (unsigned i = 0; i < n; i++)
		coro_spawn(coros, coro_life, i == 0 ? &world : NULL);
	create_ns = clock_ns() - begin_ns;
	thread = thread_start("feeder", feeder, NULL);
	coros_run(coros, run->threads);
	thread_join(thread);
	tell_count("kernel_threads", run->threads);
	tell_count("switches", coros_switches(coros));
	good = tell_all(n, before_kib, create_ns);
	coros_free(coros);
	return good;
}

static bool threads(const struct run *run)
{
	unsigned n = (unsigned)scaled_count(run, run->tasks);
	pthread_t *ids = must_alloc(n, sizeof(*ids));
	pthread_t thread;
	pthread_attr_t small;
	double before_kib;
	uint64_t begin_ns, create_ns;

	prepare(run);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 16384);
	before_kib = resident_kib();
	begin_ns = clock_ns();
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&ids[i], &small, thread_life,
				   i == 0 ? &world : NULL))
			die("pthread_create", EAGAIN);
	create_ns = clock_ns() - begin_ns;
	tell_real("alive_kib_each", (resident_kib() - before_kib) / n);
	thread = thread_start("feeder", feeder, NULL);
	for (unsigned i = 0; i < n; i++)
		thread_join(ids[i]);
	thread_join(thread);
	pthread_attr_destroy(&small);
	free(ids);
	tell_count("kernel_threads", n);
	return tell_all(n, before_kib, create_ns);
}

static const struct variant variants[] = {
	{ "coroutines", "over a few kernel threads", coroutines },
	{ "threads", "a kernel thread for each", threads },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload virtual_threads = {
		.name = "virtual-threads",
		.what = "A great many tasks that wait.",
		.threads = 2,
		.tasks = 100000,
		.variants = variants,
	};

	return workload_main(&virtual_threads, argc, argv);
}
