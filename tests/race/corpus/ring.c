/* Ring of one producer and one consumer: the indices publish the slots. */
#include <sched.h>
#include <stdatomic.h>

#include "shape.h"

#define SLOTS 4
#define ITEMS 97

static int slots[SLOTS];
static atomic_uint head, tail; /* next to read, next to write */
static memory_order acquire, release;

static void *produce(void *arg)
{
	(void)arg;
	for (unsigned at = 0; at < ITEMS; at++) {
		while (at - atomic_load_explicit(&head, acquire) == SLOTS)
			sched_yield();
		slots[at % SLOTS] = (int)at;
		atomic_store_explicit(&tail, at + 1, release);
	}
	return NULL;
}

static void *consume(void *arg)
{
	int *sum = arg;

	for (unsigned at = 0; at < ITEMS; at++) {
		while (atomic_load_explicit(&tail, acquire) == at)
			sched_yield();
		*sum += slots[at % SLOTS];
		atomic_store_explicit(&head, at + 1, release);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	bool racy = is_racy(argc, argv);
	pthread_t producer, consumer;
	int sum = 0;

	acquire = racy ? memory_order_relaxed : memory_order_acquire;
	release = racy ? memory_order_relaxed : memory_order_release;
	consumer = start(consume, &sum);
	producer = start(produce, NULL);
	join(producer);
	join(consumer);
	return 0;
}
