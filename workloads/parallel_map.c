/*
 * Map a function over data with a number of jobs.
 *
 * The items cost the same (`even`), or the first costs as much as all the
 * others together (`uneven`), which no number of jobs can divide.
 */
#include <stdlib.h>

#include "workloads/common.h"
#include "workloads/executor.h"

static uint64_t look_up(uint64_t cost)
{
	return churn(cost, 1);
}

/* 1: every worker had as much as the one with the most. */
static double balance(const uint64_t *amounts, unsigned workers)
{
	uint64_t most = 0, all = 0;

	for (unsigned i = 0; i < workers; i++) {
		all += amounts[i];
		most = amounts[i] > most ? amounts[i] : most;
	}
	return (double)all / (double)most / workers;
}

/* What no plan can beat: some worker has the largest item, or its share. */
static double best_balance(const uint64_t *costs, unsigned n, unsigned workers)
{
	uint64_t most = 0, all = 0;

	for (unsigned i = 0; i < n; i++) {
		all += costs[i];
		most = costs[i] > most ? costs[i] : most;
	}
	return all > most * workers ? 1 : (double)all / (double)most / workers;
}

static bool map(const struct run *run, bool even)
{
	struct outcome *outcomes = must_alloc(run->tasks, sizeof(*outcomes));
	uint64_t *costs = must_alloc(run->tasks, sizeof(*costs));
	uint64_t *busy_ns = must_alloc(run->threads, sizeof(*busy_ns));
	uint64_t *work = must_alloc(run->threads, sizeof(*work));
	uint64_t unit = scaled_count(run, 20000000);
	unsigned good = 0;

	for (unsigned i = 0; i < run->tasks; i++)
		costs[i] = !even && i == 0 ? unit * (run->tasks - 1) : unit;
	parallel_map(EXECUTOR_THREADS, run->threads, look_up, costs, run->tasks,
		     outcomes);
	for (unsigned i = 0; i < run->tasks; i++) {
		good += outcomes[i].result ==
			outcomes[!even && i == 0 ? 0 : run->tasks - 1].result;
		busy_ns[outcomes[i].worker] +=
			outcomes[i].end_ns - outcomes[i].begin_ns;
		work[outcomes[i].worker] += costs[i];
	}
	tell_count("items", good);
	tell_real("balance", balance(busy_ns, run->threads));
	tell_real("work_balance", balance(work, run->threads));
	tell_real("best_balance",
		  best_balance(costs, run->tasks, run->threads));
	free(work);
	free(busy_ns);
	free(costs);
	free(outcomes);
	return good == run->tasks;
}

static bool even(const struct run *run)
{
	return map(run, true);
}

static bool uneven(const struct run *run)
{
	return map(run, false);
}

static const struct variant variants[] = {
	{ "even", "items of equal cost", even },
	{ "uneven", "one item costs as much as all others", uneven },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload workload = {
		.name = "parallel-map",
		.what = "A function mapped over data with --threads jobs.",
		.threads = 2,
		.tasks = 3,
		.variants = variants,
	};

	return workload_main(&workload, argc, argv);
}
