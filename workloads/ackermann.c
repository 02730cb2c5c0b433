/*
 * A CPU-bound task spends its time processing: Ackermann's function.
 *
 * A(2, n) and A(3, n) have closed forms, 2n + 3 and 2^(n + 3) - 3, to check the
 * recursion by. `wait` is the counter-example: a task that mostly waits.
 */
#include <stdlib.h>

#include "workloads/common.h"

static uint64_t ackermann(uint64_t m, uint64_t n)
{
	if (m == 0)
		return n + 1;
	return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

struct job {
	unsigned repeats;
	uint64_t m, n;
	uint64_t wait_ns;
	unsigned good;
};

static void *job_run(void *arg)
{
	struct job *job = arg;
	uint64_t expected = job->m == 2 ? 2 * job->n + 3 : (8ULL << job->n) - 3;

	for (unsigned i = 0; i < job->repeats; i++) {
		job->good += ackermann(job->m, job->n) == expected;
		if (job->wait_ns)
			pause_ns(job->wait_ns);
	}
	return NULL;
}

static bool compute(const struct run *run, unsigned n, uint64_t m,
		    uint64_t wait_ns)
{
	struct job *jobs = must_alloc(n, sizeof(*jobs));
	pthread_t *threads = must_alloc(n, sizeof(*threads));
	unsigned good = 0;

	for (unsigned i = 0; i < n; i++) {
		jobs[i] = (struct job){
			.repeats = (unsigned)scaled_count(run, run->tasks),
			.m = m,
			.n = m == 2 ? 300 : 7,
			.wait_ns = wait_ns,
		};
		threads[i] = thread_start("ackermann", job_run, &jobs[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		thread_join(threads[i]);
		good += jobs[i].good == jobs[i].repeats;
	}
	tell_count("threads_right", good);
	free(threads);
	free(jobs);
	return good == n;
}

static bool one(const struct run *run)
{
	return compute(run, 1, 3, 0);
}

static bool two(const struct run *run)
{
	return compute(run, 1, 2, 0);
}

static bool threads(const struct run *run)
{
	return compute(run, run->threads, 3, 0);
}

static bool waiting(const struct run *run)
{
	return compute(run, 1, 3, 5 * MS);
}

static const struct variant variants[] = {
	{ "one", "A(3, 7) again and again in one thread", one },
	{ "two", "A(2, 300) again and again in one thread", two },
	{ "threads", "A(3, 7) in several threads", threads },
	{ "wait", "A(3, 7) with a pause after each", waiting },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload workload = {
		.name = "ackermann",
		.what = "Ackermann's function: nothing but computing.",
		.threads = 2,
		.tasks = 200,
		.variants = variants,
	};

	return workload_main(&workload, argc, argv);
}
