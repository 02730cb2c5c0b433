/*
 * Producers and consumers through a bounded queue.
 *
 * Where the consumer is slow, the producer waits for room; where the producer
 * is slow, the consumer waits for items. `one-lock` is a ring under one mutex
 * with two conditions; `two-locks` has one for each end, and counts items and
 * room with semaphores. The scale is that of the number of items: short pauses
 * are all alike to a timer.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/common.h"

#define ROOM  8
#define LEAST (3 * ROOM) /* items, so that the queue can fill or run empty */

static atomic_uint waits_for_room, waits_for_items;

/* One lock for both ends. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t not_full, not_empty;
	uint64_t items[ROOM]; /* protected by lock, as all below */
	unsigned first, n;
} ring = { .lock = PTHREAD_MUTEX_INITIALIZER,
	   .not_full = PTHREAD_COND_INITIALIZER,
	   .not_empty = PTHREAD_COND_INITIALIZER };

static void ring_put(uint64_t item)
{
	pthread_mutex_lock(&ring.lock);
	if (ring.n == ROOM)
		atomic_fetch_add(&waits_for_room, 1);
	while (ring.n == ROOM)
		pthread_cond_wait(&ring.not_full, &ring.lock);
	ring.items[(ring.first + ring.n++) % ROOM] = item;
	pthread_cond_signal(&ring.not_empty);
	pthread_mutex_unlock(&ring.lock);
}

static uint64_t ring_take(void)
{
	uint64_t item;

	pthread_mutex_lock(&ring.lock);
	if (ring.n == 0)
		atomic_fetch_add(&waits_for_items, 1);
	while (ring.n == 0)
		pthread_cond_wait(&ring.not_empty, &ring.lock);
	item = ring.items[ring.first];
	ring.first = (ring.first + 1) % ROOM;
	ring.n--;
	pthread_cond_signal(&ring.not_full);
	pthread_mutex_unlock(&ring.lock);
	return item;
}

/* A lock for each end. */
static struct {
	pthread_mutex_t put_lock, take_lock;
	sem_t room, items;
	uint64_t slots[ROOM]; /* a slot belongs to whom its semaphore let in */
	unsigned put_at;      /* protected by put_lock */
	unsigned take_at;     /* protected by take_lock */
} ends = { .put_lock = PTHREAD_MUTEX_INITIALIZER,
	   .take_lock = PTHREAD_MUTEX_INITIALIZER };

static void sem_take(sem_t *sem, atomic_uint *waits)
{
	if (sem_trywait(sem) == 0)
		return;
	atomic_fetch_add(waits, 1);
	while (sem_wait(sem))
		continue; /* a signal */
}

static void pipe_put(uint64_t item)
{
	sem_take(&ends.room, &waits_for_room);
	pthread_mutex_lock(&ends.put_lock);
	ends.slots[ends.put_at++ % ROOM] = item;
	pthread_mutex_unlock(&ends.put_lock);
	sem_post(&ends.items);
}

static uint64_t pipe_take(void)
{
	uint64_t item;

	sem_take(&ends.items, &waits_for_items);
	pthread_mutex_lock(&ends.take_lock);
	item = ends.slots[ends.take_at++ % ROOM];
	pthread_mutex_unlock(&ends.take_lock);
	sem_post(&ends.room);
	return item;
}

static struct { /* set before the threads start */
	void (*put)(uint64_t item);
	uint64_t (*take)(void);
	uint64_t make_ns, use_ns;
	unsigned items; /* of each producer */
} how;

static void *producer(void *arg)
{
	for (unsigned i = 1; i <= how.items; i++) {
		pause_ns(how.make_ns);
		how.put(i);
	}
	return arg;
}

static void *consumer(void *arg)
{
	uint64_t *sum = arg, item;

	while ((item = how.take()) != 0) {
		pause_ns(how.use_ns);
		*sum += item;
	}
	return NULL;
}

/* Ends a consumer. */
static void put_end(void)
{
	how.put(0);
}

static bool convey(const struct run *run, bool two_locks)
{
	unsigned pairs = run->threads;
	pthread_t *threads = must_alloc(2 * (size_t)pairs, sizeof(*threads));
	uint64_t *sums = must_alloc(pairs, sizeof(*sums));
	uint64_t sum = 0, expected;

	how.put = two_locks ? pipe_put : ring_put;
	how.take = two_locks ? pipe_take : ring_take;
	how.items = (unsigned)scaled_count(run, run->tasks);
	if (how.items < LEAST)
		how.items = LEAST;
	how.make_ns = (uint64_t)(knob(run, "make_us") * 1e3);
	how.use_ns = (uint64_t)(knob(run, "use_us") * 1e3);
	sem_init(&ends.room, 0, ROOM);
	sem_init(&ends.items, 0, 0);
	for (unsigned i = 0; i < pairs; i++) {
		threads[i] = thread_start("producer", producer, NULL);
		threads[pairs + i] =
			thread_start("consumer", consumer, &sums[i]);
	}
	for (unsigned i = 0; i < pairs; i++)
		thread_join(threads[i]);
	for (unsigned i = 0; i < pairs; i++)
		put_end();
	for (unsigned i = 0; i < pairs; i++) {
		thread_join(threads[pairs + i]);
		sum += sums[i];
	}
	expected = (uint64_t)pairs * how.items * (how.items + 1ULL) / 2;
	tell_count("sum", sum);
	tell_count("waits_for_room", waits_for_room);
	tell_count("waits_for_items", waits_for_items);
	free(sums);
	free(threads);
	return sum == expected;
}

static bool one_lock(const struct run *run)
{
	return convey(run, false);
}

static bool two_locks(const struct run *run)
{
	return convey(run, true);
}

static const struct variant variants[] = {
	{ "one-lock", "a ring under one lock, two conditions", one_lock },
	{ "two-locks", "a lock for each end, two semaphores", two_locks },
	{ NULL, NULL, NULL },
};

static const struct knob knobs[] = {
	{ "make_us", 800, "how long it takes to make an item, in us" },
	{ "use_us", 4000, "how long it takes to use an item, in us" },
	{ NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static const struct workload bounded_queue = {
		.name = "bounded-queue",
		.what = "Producers and consumers through a bounded queue.",
		.threads = 1,
		.tasks = 200,
		.variants = variants,
		.knobs = knobs,
	};

	return workload_main(&bounded_queue, argc, argv);
}
