/*
 * CPU-bound work divides over cores: the sum 1..300,000,000.
 *
 * `sequential` adds in one thread; `threads` and `processes` give each worker
 * a share, which it adds up on its own; nothing is shared until the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/common.h"

struct share { /* 1 + first ... last */
	uint64_t first, last;
	uint64_t sum;
};

static void add_up(struct share *share)
{
	uint64_t sum = 0;

	for (uint64_t i = share->first; i < share->last; i++) {
		sum += i + 1;
		/* One addition after the other, as written. */
		__asm__ volatile("" : "+r"(sum));
	}
	share->sum = sum;
}

static void *share_run(void *arg)
{
	add_up(arg);
	return NULL;
}

static void add_in_threads(struct share *shares, unsigned n)
{
	pthread_t *threads = must_alloc(n, sizeof(*threads));

	for (unsigned i = 0; i < n; i++)
		threads[i] = thread_start("adder", share_run, &shares[i]);
	for (unsigned i = 0; i < n; i++)
		thread_join(threads[i]);
	free(threads);
}

/* Starts a process that writes its sum into a pipe; returns the pipe. */
static int start_process(struct share *share, pid_t *pid)
{
	int ends[2];

	if (pipe(ends))
		die("pipe", errno);
	*pid = fork();
	if (*pid < 0)
		die("fork", errno);
	if (*pid == 0) {
		add_up(share);
		_exit(write(ends[1], &share->sum, sizeof(share->sum)) !=
		      sizeof(share->sum));
	}
	close(ends[1]);
	return ends[0];
}

static void add_in_processes(struct share *shares, unsigned n)
{
	pid_t *pids = must_alloc(n, sizeof(*pids));
	int *pipes = must_alloc(n, sizeof(*pipes));

	for (unsigned i = 0; i < n; i++)
		pipes[i] = start_process(&shares[i], &pids[i]);
	for (unsigned i = 0; i < n; i++) {
		if (read(pipes[i], &shares[i].sum, sizeof(shares[i].sum)) !=
		    sizeof(shares[i].sum))
			die("pipe", errno);
		close(pipes[i]);
		waitpid(pids[i], NULL, 0);
	}
	free(pipes);
	free(pids);
}

static bool add(const struct run *run, unsigned workers,
		void (*how)(struct share *, unsigned))
{
	struct share *shares = must_alloc(workers, sizeof(*shares));
	uint64_t n = scaled_count(run, run->tasks);
	uint64_t expected = n % 2 ? (n + 1) / 2 * n : n / 2 * (n + 1);
	uint64_t sum = 0;

	for (unsigned i = 0; i < workers; i++) {
		shares[i].first = n * i / workers;
		shares[i].last = n * (i + 1) / workers;
	}
	if (how)
		how(shares, workers);
	else
		add_up(&shares[0]);
	for (unsigned i = 0; i < workers; i++)
		sum += shares[i].sum;
	free(shares);
	tell_count("summands", n);
	tell_count("sum", sum);
	return sum == expected;
}

static bool sequential(const struct run *run)
{
	return add(run, 1, NULL);
}

static bool threads(const struct run *run)
{
	return add(run, run->threads, add_in_threads);
}

static bool processes(const struct run *run)
{
	return add(run, run->threads, add_in_processes);
}

static const struct variant variants[] = {
	{ "sequential", "one thread", sequential },
	{ "threads", "a share for each thread", threads },
	{ "processes", "a share for each process", processes },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload sum = {
		.name = "sum",
		.what = "The sum of 1 to N, alone or divided.",
		.threads = 2,
		.tasks = 300000000,
		.variants = variants,
	};

	return workload_main(&sum, argc, argv);
}
