/*
 * Too many threads: switching eats the gain.
 *
 * A fixed amount of work in small items, over any number of threads. `locked`
 * takes each item from a shared counter under a lock and adds its result under
 * the same lock; `split` gives each thread its share beforehand.
 */
#include <stdlib.h>

#include "workloads/common.h"

static struct {
	pthread_mutex_t lock;
	unsigned next, items; /* protected by lock, as the sum */
	uint64_t sum;
} store = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct worker {
	unsigned first, last;
	uint64_t item_rounds, sum;
	pthread_barrier_t *start; /* they all begin at once */
};

static uint64_t value_of(unsigned item, uint64_t rounds)
{
	return churn(rounds, item) % 1000;
}

static void *worker_locked(void *arg)
{
	const struct worker *worker = arg;
	uint64_t value = 0;

	pthread_barrier_wait(worker->start);
	for (;;) {
		unsigned item;

		pthread_mutex_lock(&store.lock);
		store.sum += value;
		item = store.next++;
		pthread_mutex_unlock(&store.lock);
		if (item >= store.items)
			return NULL;
		value = value_of(item, worker->item_rounds);
	}
}

static void *worker_split(void *arg)
{
	struct worker *worker = arg;

	pthread_barrier_wait(worker->start);
	for (unsigned i = worker->first; i < worker->last; i++)
		worker->sum += value_of(i, worker->item_rounds);
	return NULL;
}

static bool work(const struct run *run, void *(*routine)(void *))
{
	struct worker *workers = must_alloc(run->threads, sizeof(*workers));
	pthread_t *threads = must_alloc(run->threads, sizeof(*threads));
	unsigned n = (unsigned)scaled_count(run, run->tasks);
	uint64_t rounds = (uint64_t)knob(run, "rounds");
	uint64_t expected = 0, begin_ns;
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, run->threads + 1);
	store.items = n;
	for (unsigned i = 0; i < run->threads; i++) {
		workers[i] = (struct worker){
			.first = (unsigned)((uint64_t)n * i / run->threads),
			.last = (unsigned)((uint64_t)n * (i + 1) /
					   run->threads),
			.item_rounds = rounds,
			.start = &start,
		};
		threads[i] = thread_start("worker", routine, &workers[i]);
	}
	begin_ns = clock_ns();
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(threads[i]);
	pthread_barrier_destroy(&start);
	for (unsigned i = 0; i < run->threads; i++)
		store.sum += workers[i].sum;
	tell_real("items_per_s",
		  (double)n * 1e9 / (double)(clock_ns() - begin_ns));
	/* Before the check of the result, which costs as much again. */
	tell_real("cpu_ns_per_item", (double)process_cpu_ns() / n);
	for (unsigned i = 0; i < n; i++)
		expected += value_of(i, rounds);
	tell_count("sum", store.sum);
	free(threads);
	free(workers);
	return store.sum == expected;
}

static bool locked(const struct run *run)
{
	return work(run, worker_locked);
}

static bool split(const struct run *run)
{
	return work(run, worker_split);
}

static const struct variant variants[] = {
	{ "locked", "items from a counter under a lock", locked },
	{ "split", "a share of the items for each thread", split },
	{ NULL, NULL, NULL },
};

static const struct knob knobs[] = {
	{ "rounds", 300, "work in an item, about 3 ns each" },
	{ NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload oversubscribe = {
		.name = "oversubscribe",
		.what = "A fixed amount of work over any number of threads.",
		.threads = 16,
		.tasks = 200000,
		.variants = variants,
		.knobs = knobs,
	};

	return workload_main(&oversubscribe, argc, argv);
}
