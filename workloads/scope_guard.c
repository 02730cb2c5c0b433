/*
 * A lock that its scope releases cannot be forgotten.
 *
 * Each worker books orders under the lock; a bad order makes it return early.
 * `forget` returns without unlocking, so that its thread ends as owner and
 * whoever comes next waits (for a limited time, so that the program ends);
 * `guard` lets the compiler unlock at every way out of the scope.
 */
#include <stdlib.h>
#include <time.h>

#include "workloads/common.h"

static struct {
	pthread_mutex_t lock;
	unsigned booked; /* protected by lock */
} book = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint64_t patience_ns; /* constant while workers run */

/* Takes the lock, or gives up once patience ends. */
static bool lock_in_time(pthread_mutex_t *lock)
{
	struct timespec end = time_limit(patience_ns);

	return pthread_mutex_timedlock(lock, &end) == 0;
}

struct guard {
	pthread_mutex_t *held; /* NULL: nothing to release */
};

static struct guard guard_take(pthread_mutex_t *lock)
{
	return (struct guard){ lock_in_time(lock) ? lock : NULL };
}

static void guard_end(struct guard *guard)
{
	if (guard->held)
		pthread_mutex_unlock(guard->held);
}

#define SCOPED __attribute__((cleanup(guard_end)))

static bool book_forgetting(bool good)
{
	if (!lock_in_time(&book.lock))
		return false;
	if (!good)
		return false; /* the lock stays taken */
	book.booked++;
	pthread_mutex_unlock(&book.lock);
	return true;
}

static bool book_guarded(bool good)
{
	SCOPED struct guard guard = guard_take(&book.lock);

	if (!guard.held || !good)
		return false;
	book.booked++;
	return true;
}

struct worker {
	unsigned orders;
	bool has_bad_one; /* its last */
	unsigned booked;
	bool (*book)(bool good);
};

static void *worker_run(void *arg)
{
	struct worker *worker = arg;

	for (unsigned i = 1; i <= worker->orders; i++)
		worker->booked += worker->book(!worker->has_bad_one ||
					       i < worker->orders);
	return NULL;
}

/* One thread after the other: what is left behind is not a race. */
static bool book_all(const struct run *run, bool (*book_one)(bool))
{
	unsigned good = 0, booked = 0;

	patience_ns = scaled_ns(run, 300 * MS);
	for (unsigned i = 0; i < run->threads; i++) {
		struct worker worker = { .orders = run->tasks,
					 .has_bad_one = i == 0,
					 .book = book_one };

		good += worker.orders - worker.has_bad_one;
		thread_join(thread_start("booker", worker_run, &worker));
		booked += worker.booked;
	}
	tell_count("good_orders", good);
	tell_count("booked", booked);
	return booked == good;
}

static bool forget(const struct run *run)
{
	return book_all(run, book_forgetting);
}

static bool guard(const struct run *run)
{
	return book_all(run, book_guarded);
}

static const struct variant variants[] = {
	{ "forget", "an early return leaves the lock taken", forget },
	{ "guard", "the end of the scope releases it", guard },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload scope_guard = {
		.name = "scope-guard",
		.what = "An early return out of a critical section.",
		.threads = 2,
		.tasks = 2,
		.variants = variants,
	};

	return workload_main(&scope_guard, argc, argv);
}
