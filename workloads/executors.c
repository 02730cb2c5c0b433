/*
 * One submit interface over a thread pool or a process pool.
 *
 * `waves`: five tasks of one second on three workers take two waves.
 * `threads` and `processes`: three CPU-bound sums of i * i, i < 1,000,000.
 */
#include <stdlib.h>

#include "workloads/common.h"
#include "workloads/executor.h"

static uint64_t second_ns; /* set before the threads start */

static uint64_t wait_a_second(uint64_t number)
{
	pause_ns(second_ns);
	return number;
}

static uint64_t sum_of_squares(uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		sum += i * i;
		__asm__ volatile("" : "+r"(sum));
	}
	return sum;
}

/* Tasks that begin when another has ended belong to a later wave. */
static unsigned count_waves(const struct outcome *outcomes, unsigned n)
{
	unsigned waves = 0;
	uint64_t from_ns = 0;

	for (;;) {
		uint64_t first_end_ns = UINT64_MAX;

		for (unsigned i = 0; i < n; i++)
			if (outcomes[i].begin_ns >= from_ns &&
			    outcomes[i].end_ns < first_end_ns)
				first_end_ns = outcomes[i].end_ns;
		if (first_end_ns == UINT64_MAX)
			return waves;
		waves++;
		from_ns = first_end_ns;
	}
}

static bool execute(const struct run *run, enum executor_kind kind,
		    task_fn *task, unsigned n, uint64_t argument,
		    uint64_t expected)
{
	struct outcome *outcomes = must_alloc(n, sizeof(*outcomes));
	uint64_t *arguments = must_alloc(n, sizeof(*arguments));
	unsigned good = 0;

	second_ns = scaled_ns(run, S);
	for (unsigned i = 0; i < n; i++)
		arguments[i] = argument;
	parallel_map(kind, run->threads, task, arguments, n, outcomes);
	for (unsigned i = 0; i < n; i++)
		good += outcomes[i].result == expected;
	tell_count("results", good);
	tell_count("value", outcomes[0].result);
	tell_count("waves", count_waves(outcomes, n));
	tell_count("at_once", outcomes_at_once(outcomes, n));
	tell_real("one_task", (double)second_ns / 1e9);
	free(arguments);
	free(outcomes);
	return good == n;
}

static bool waves(const struct run *run)
{
	return execute(run, EXECUTOR_THREADS, wait_a_second, run->tasks, 7, 7);
}

static bool process_waves(const struct run *run)
{
	return execute(run, EXECUTOR_PROCESSES, wait_a_second, run->tasks, 7,
		       7);
}

static bool sums(const struct run *run, enum executor_kind kind)
{
	uint64_t n = scaled_count(run, 1000000);

	/* (n - 1) n (2n - 1) / 6, exact for the sizes in use */
	return execute(run, kind, sum_of_squares, 3, n,
		       (n - 1) * n / 2 * (2 * n - 1) / 3);
}

static bool threads(const struct run *run)
{
	return sums(run, EXECUTOR_THREADS);
}

static bool processes(const struct run *run)
{
	return sums(run, EXECUTOR_PROCESSES);
}

static const struct variant variants[] = {
	{ "waves", "tasks of 1 s on a pool of threads", waves },
	{ "process-waves", "the same on a pool of processes", process_waves },
	{ "threads", "sums of squares on a pool of threads", threads },
	{ "processes", "sums of squares on a pool of processes", processes },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload executors = {
		.name = "executors",
		.what = "Tasks handed to a pool of threads or processes.",
		.threads = 3,
		.tasks = 5,
		.variants = variants,
	};

	return workload_main(&executors, argc, argv);
}
