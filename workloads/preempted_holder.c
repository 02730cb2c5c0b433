/*
 * A thread is switched out while it holds the lock.
 *
 * With more busy threads than CPUs, the owner of a lock is sometimes taken off
 * its CPU inside the critical section, and everyone else waits for somebody who
 * is not running. Those who wait for a `spin` lock even burn the CPU that the
 * owner needs; those who wait for a `mutex` sleep and leave it to him.
 */
#include <stdlib.h>

#include "workloads/common.h"

static struct {
	pthread_spinlock_t spin;
	pthread_mutex_t mutex;
	uint64_t entries; /* protected by whichever is in use */
} section = { .mutex = PTHREAD_MUTEX_INITIALIZER };

struct worker {
	unsigned entries;
	uint64_t rounds_inside, rounds_outside;
	bool spins;
};

static void *worker_run(void *arg)
{
	const struct worker *worker = arg;
	uint64_t x = 1;

	for (unsigned i = 0; i < worker->entries; i++) {
		if (worker->spins)
			pthread_spin_lock(&section.spin);
		else
			pthread_mutex_lock(&section.mutex);
		x = churn(worker->rounds_inside, x);
		section.entries++;
		if (worker->spins)
			pthread_spin_unlock(&section.spin);
		else
			pthread_mutex_unlock(&section.mutex);
		x = churn(worker->rounds_outside, x);
	}
	__asm__ volatile("" : : "r"(x));
	return NULL;
}

static bool contend(const struct run *run, bool spins)
{
	unsigned n = run->threads;
	pthread_t *threads = must_alloc(n, sizeof(*threads));
	struct worker worker = {
		.entries = (unsigned)scaled_count(run, run->tasks) / n + 1,
		.rounds_inside = 30000,
		.rounds_outside = 30000,
		.spins = spins,
	};

	pthread_spin_init(&section.spin, PTHREAD_PROCESS_PRIVATE);
	for (unsigned i = 0; i < n; i++)
		threads[i] = thread_start("busy", worker_run, &worker);
	for (unsigned i = 0; i < n; i++)
		thread_join(threads[i]);
	free(threads);
	tell_count("entries", section.entries);
	return section.entries == (uint64_t)worker.entries * n;
}

static bool spin(const struct run *run)
{
	return contend(run, true);
}

static bool mutex(const struct run *run)
{
	return contend(run, false);
}

static const struct variant variants[] = {
	{ "spin", "waiters burn their CPU", spin },
	{ "mutex", "waiters sleep", mutex },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload preempted_holder = {
		.name = "preempted-holder",
		.what = "A lock with more busy threads than CPUs.",
		.threads = 8,
		.tasks = 4000,
		.variants = variants,
	};

	return workload_main(&preempted_holder, argc, argv);
}
