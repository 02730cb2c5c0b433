/*
 * Adding into one shared counter from several threads, the naive way and three
 * repairs: a lock around each addition, an atomic addition, and a sum of its
 * own for each thread that is added once at the end.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "workloads/common.h"

static struct {
	pthread_mutex_t lock;
	uint64_t sum; /* protected by lock, but in `racy` */
	atomic_ullong atomic_sum;
} total = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct range { /* 1 + first ... last */
	uint64_t first, last;
	void (*add)(const struct range *range);
	pthread_barrier_t *start;
};

static void add_racy(const struct range *range)
{
	for (uint64_t i = range->first; i < range->last; i++) {
		total.sum += i + 1;
		/* Keeps the addition in the loop, as written. */
		__asm__ volatile("" : : : "memory");
	}
}

static void add_locked(const struct range *range)
{
	for (uint64_t i = range->first; i < range->last; i++) {
		pthread_mutex_lock(&total.lock);
		total.sum += i + 1;
		pthread_mutex_unlock(&total.lock);
	}
}

static void add_atomic(const struct range *range)
{
	for (uint64_t i = range->first; i < range->last; i++)
		atomic_fetch_add_explicit(&total.atomic_sum, i + 1,
					  memory_order_relaxed);
}

static void add_local(const struct range *range)
{
	uint64_t sum = 0;

	for (uint64_t i = range->first; i < range->last; i++) {
		sum += i + 1;
		__asm__ volatile("" : "+r"(sum));
	}
	pthread_mutex_lock(&total.lock);
	total.sum += sum;
	pthread_mutex_unlock(&total.lock);
}

static void *range_run(void *arg)
{
	const struct range *range = arg;

	pthread_barrier_wait(range->start);
	range->add(range);
	return NULL;
}

static bool add_up(const struct run *run, void (*add)(const struct range *))
{
	pthread_t *threads = must_alloc(run->threads, sizeof(*threads));
	struct range *ranges = must_alloc(run->threads, sizeof(*ranges));
	uint64_t n = scaled_count(run, run->tasks);
	uint64_t expected = n * (n + 1) / 2;
	pthread_barrier_t start;
	uint64_t begin_ns, sum;

	pthread_barrier_init(&start, NULL, run->threads);
	begin_ns = clock_ns();
	for (unsigned i = 0; i < run->threads; i++) {
		ranges[i] = (struct range){ n * i / run->threads,
					    n * (i + 1) / run->threads, add,
					    &start };
		threads[i] = thread_start("adder", range_run, &ranges[i]);
	}
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(threads[i]);
	tell_real("ns_per_add", (double)(clock_ns() - begin_ns) / (double)n);
	pthread_barrier_destroy(&start);
	free(ranges);
	free(threads);
	sum = total.sum + atomic_load(&total.atomic_sum);
	tell_count("additions", n);
	tell_count("expected", expected);
	tell_count("sum", sum);
	return sum == expected;
}

static bool racy(const struct run *run)
{
	return add_up(run, add_racy);
}

static bool lock(const struct run *run)
{
	return add_up(run, add_locked);
}

static bool atomic(const struct run *run)
{
	return add_up(run, add_atomic);
}

static bool local(const struct run *run)
{
	return add_up(run, add_local);
}

static const struct variant variants[] = {
	{ "racy", "add without any protection", racy },
	{ "lock", "one lock around every addition", lock },
	{ "atomic", "an atomic addition", atomic },
	{ "local", "add locally, then once into the total", local },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload naive_sum = {
		.name = "naive-sum",
		.what = "Threads that add the numbers 1..N into one counter.",
		.threads = 2,
		.tasks = 2000000,
		.variants = variants,
	};

	return workload_main(&naive_sum, argc, argv);
}
