/*
 * The lost update: two threads read a value, add one, sleep and write it back.
 * Both have read 0, so both write 1, and one addition is lost.
 *
 * `racy` does just that; `mutex` makes the read, the sleep and the write one
 * critical section, and pays for it: nobody overlaps any more; `outside` does
 * the slow part before it takes the lock; `atomic` needs no lock at all.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "tracing/holdup.h"
#include "workloads/common.h"

static struct {
	pthread_mutex_t lock;
	int plain; /* protected by lock, but in `racy` */
	atomic_int counted;
} value = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct adder {
	unsigned rounds;
	uint64_t slow_ns;
	pthread_barrier_t *start; /* so that they begin together */
};

typedef void add_fn(const struct adder *adder);

struct job {
	struct adder adder;
	add_fn *add;
};

static void add_racy(const struct adder *adder)
{
	int seen = value.plain;

	holdup_mark("read", seen);
	seen++;
	pause_ns(adder->slow_ns);
	holdup_mark("write", seen);
	value.plain = seen;
}

static void add_locked(const struct adder *adder)
{
	int seen;

	pthread_mutex_lock(&value.lock);
	seen = value.plain;
	holdup_mark("read", seen);
	seen++;
	pause_ns(adder->slow_ns);
	holdup_mark("write", seen);
	value.plain = seen;
	pthread_mutex_unlock(&value.lock);
}

static void add_outside(const struct adder *adder)
{
	pause_ns(adder->slow_ns);
	pthread_mutex_lock(&value.lock);
	value.plain++;
	pthread_mutex_unlock(&value.lock);
}

static void add_atomic(const struct adder *adder)
{
	pause_ns(adder->slow_ns);
	atomic_fetch_add(&value.counted, 1);
}

static void *adder_run(void *arg)
{
	const struct job *job = arg;

	pthread_barrier_wait(job->adder.start);
	for (unsigned i = 0; i < job->adder.rounds; i++)
		job->add(&job->adder);
	return NULL;
}

static bool add_up(const struct run *run, add_fn *add)
{
	pthread_t *threads = must_alloc(run->threads, sizeof(*threads));
	pthread_barrier_t start;
	struct job job = { .adder = { .rounds = run->tasks,
				      .slow_ns = scaled_ns(run, 100 * MS),
				      .start = &start },
			   .add = add };
	unsigned expected = run->threads * run->tasks;
	unsigned found;

	pthread_barrier_init(&start, NULL, run->threads);
	for (unsigned i = 0; i < run->threads; i++)
		threads[i] = thread_start("adder", adder_run, &job);
	for (unsigned i = 0; i < run->threads; i++)
		thread_join(threads[i]);
	pthread_barrier_destroy(&start);
	free(threads);
	found = (unsigned)(value.plain + atomic_load(&value.counted));
	tell_count("expected", expected);
	tell_count("value", found);
	tell_count("lost", expected - found);
	return found == expected;
}

static bool racy(const struct run *run)
{
	return add_up(run, add_racy);
}

static bool mutex(const struct run *run)
{
	return add_up(run, add_locked);
}

static bool outside(const struct run *run)
{
	return add_up(run, add_outside);
}

static bool atomic(const struct run *run)
{
	return add_up(run, add_atomic);
}

static const struct variant variants[] = {
	{ "racy", "read, add, sleep, write without a lock", racy },
	{ "mutex", "the same under a mutex, the sleep too", mutex },
	{ "outside", "only the addition under the mutex", outside },
	{ "atomic", "an atomic addition", atomic },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload lost_update = {
		.name = "lost-update",
		.what = "Threads that add to one value, rightly and wrongly.",
		.threads = 2,
		.tasks = 1,
		.variants = variants,
	};

	return workload_main(&lost_update, argc, argv);
}
