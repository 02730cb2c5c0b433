/* A pool of threads: a queue of orders in, a queue of what is done out. */
#include <stdlib.h>

#include "tracing/holdup.h"
#include "workloads/common.h"
#include "workloads/executor_parts.h"

struct ring { /* grows as needed */
	struct order *orders;
	size_t first, n, room;
};

struct workers {
	unsigned n;
	pthread_t *threads;
	unsigned next_index; /* protected by lock, as all below */
	pthread_mutex_t lock;
	pthread_cond_t given, made; /* an order, a result */
	struct ring queue;
	struct done *done;
	size_t n_done, done_room;
};

static void ring_put(struct ring *ring, const struct order *order)
{
	if (ring->n == ring->room) {
		size_t room = ring->room ? 2 * ring->room : 64;
		struct order *orders = must_alloc(room, sizeof(*orders));

		for (size_t i = 0; i < ring->n; i++)
			orders[i] =
				ring->orders[(ring->first + i) % ring->room];
		free(ring->orders);
		*ring = (struct ring){ orders, 0, ring->n, room };
	}
	ring->orders[(ring->first + ring->n++) % ring->room] = *order;
}

static struct order ring_take(struct ring *ring)
{
	struct order order = ring->orders[ring->first];

	ring->first = (ring->first + 1) % ring->room;
	ring->n--;
	return order;
}

static void hand_back(struct workers *workers, const struct done *done)
{
	if (workers->n_done == workers->done_room) {
		size_t room = workers->done_room ? 2 * workers->done_room : 64;
		struct done *grown =
			realloc(workers->done, room * sizeof(*grown));

		if (!grown)
			die("memory", 0);
		workers->done = grown;
		workers->done_room = room;
	}
	workers->done[workers->n_done++] = *done;
	pthread_cond_signal(&workers->made);
}

static void *worker_run(void *arg)
{
	struct workers *workers = arg;
	unsigned index;

	pthread_mutex_lock(&workers->lock);
	index = workers->next_index++;
	for (;;) {
		struct order order;
		struct done done;

		while (workers->queue.n == 0)
			pthread_cond_wait(&workers->given, &workers->lock);
		order = ring_take(&workers->queue);
		if (!order.task)
			break;
		pthread_mutex_unlock(&workers->lock);
		done = order_run(&order, index);
		pthread_mutex_lock(&workers->lock);
		hand_back(workers, &done);
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

static struct workers *start(unsigned n)
{
	struct workers *workers = must_alloc(1, sizeof(*workers));

	workers->n = n;
	workers->threads = must_alloc(n, sizeof(*workers->threads));
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->given, NULL);
	pthread_cond_init(&workers->made, NULL);
	holdup_lock_name(HOLDUP_MUTEX, &workers->lock, "pool");
	holdup_lock_name(HOLDUP_CONDITION, &workers->given, "given");
	holdup_lock_name(HOLDUP_CONDITION, &workers->made, "made");
	for (unsigned i = 0; i < n; i++)
		workers->threads[i] = thread_start("pool", worker_run, workers);
	return workers;
}

static void give(struct workers *workers, const struct order *order)
{
	pthread_mutex_lock(&workers->lock);
	ring_put(&workers->queue, order);
	pthread_cond_signal(&workers->given);
	pthread_mutex_unlock(&workers->lock);
}

static struct done take(struct workers *workers)
{
	struct done done;

	pthread_mutex_lock(&workers->lock);
	while (workers->n_done == 0)
		pthread_cond_wait(&workers->made, &workers->lock);
	done = workers->done[--workers->n_done];
	pthread_mutex_unlock(&workers->lock);
	return done;
}

static void end(struct workers *workers)
{
	const struct order stop = { .task = NULL };

	for (unsigned i = 0; i < workers->n; i++)
		give(workers, &stop);
	for (unsigned i = 0; i < workers->n; i++)
		thread_join(workers->threads[i]);
	pthread_mutex_destroy(&workers->lock);
	pthread_cond_destroy(&workers->given);
	pthread_cond_destroy(&workers->made);
	free(workers->queue.orders);
	free(workers->threads);
	free(workers->done);
	free(workers);
}

const struct workers_kind workers_threads = { start, give, take, end };
