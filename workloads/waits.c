/*
 * A thousand waits at once: a thread for each, a pool of threads, or one event
 * loop. All wait equally long; what differs is what the waiting costs.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "workloads/common.h"
#include "workloads/executor.h"
#include "workloads/loop.h"

static uint64_t wait_ns; /* set before the threads start */

static uint64_t wait_once(uint64_t number)
{
	slow_read(wait_ns);
	return number + 1;
}

/*
 * Each wait needs a descriptor. The kernel's table of them is let grow at once:
 * each time, all threads that open one would wait for it.
 */
static void prepare(const struct run *run)
{
	struct rlimit limit;

	wait_ns = scaled_ns(run, 100 * MS);
	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("descriptors", errno);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("descriptors", errno);
	close(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, run->tasks + 16));
}

static bool tell_waits(const struct run *run, unsigned done)
{
	tell_count("waits", done);
	return done == run->tasks;
}

static void *waiter_run(void *arg)
{
	uint64_t *done = arg;

	*done = wait_once(0);
	return NULL;
}

static bool threads(const struct run *run)
{
	pthread_t *ids = must_alloc(run->tasks, sizeof(*ids));
	uint64_t *done = must_alloc(run->tasks, sizeof(*done));
	pthread_attr_t small;
	unsigned n = 0;

	prepare(run);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 65536);
	for (unsigned i = 0; i < run->tasks; i++) {
		int number =
			pthread_create(&ids[i], &small, waiter_run, &done[i]);

		if (number)
			die("pthread_create", number);
	}
	for (unsigned i = 0; i < run->tasks; i++) {
		thread_join(ids[i]);
		n += (unsigned)done[i];
	}
	pthread_attr_destroy(&small);
	free(done);
	free(ids);
	return tell_waits(run, n);
}

static bool pool(const struct run *run)
{
	struct executor *executor;
	unsigned n = 0;

	prepare(run);
	executor = executor_new(EXECUTOR_THREADS, run->threads);
	for (unsigned i = 0; i < run->tasks; i++)
		executor_submit(executor, wait_once, i);
	for (unsigned i = 0; i < run->tasks; i++)
		n += executor_result(executor, i)->result == i + 1;
	executor_free(executor);
	return tell_waits(run, n);
}

struct wait {
	int fd;
	unsigned *done;
};

static void came(struct loop *loop, void *data)
{
	struct wait *wait = data;

	(void)loop;
	close(wait->fd);
	++*wait->done;
}

static bool async(const struct run *run)
{
	struct wait *waits = must_alloc(run->tasks, sizeof(*waits));
	struct loop *loop = loop_new();
	unsigned done = 0;

	prepare(run);
	for (unsigned i = 0; i < run->tasks; i++) {
		waits[i] = (struct wait){ timer_fd(wait_ns), &done };
		loop_readable(loop, waits[i].fd, came, &waits[i]);
	}
	loop_run(loop);
	tell_count("sleeps", loop_sleeps(loop));
	loop_free(loop);
	free(waits);
	return tell_waits(run, done);
}

static const struct variant variants[] = {
	{ "threads", "a thread for each wait", threads },
	{ "pool", "a pool of threads", pool },
	{ "async", "one thread with an event loop", async },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload waits = {
		.name = "waits",
		.what = "Many waits at once.",
		.threads = 100,
		.tasks = 1000,
		.variants = variants,
	};

	return workload_main(&waits, argc, argv);
}
