/*
 * A table behind one lock or several: usage: shards LOCKS [THREADS [OPS]].
 * Each operation draws a row, changes it under the lock of its shard for 30 us
 * of computing, and computes 20 us outside. Prints how often rows were changed.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/corpus/corpus.h"

#define ROWS	   64
#define LOCKS_MAX  64
#define INSIDE_US  30
#define OUTSIDE_US 20

static struct {
	struct shard {
		pthread_mutex_t lock;
		char pad[88];
	} shard[LOCKS_MAX];
	unsigned long changes[ROWS]; /* protected by the row's shard */
} table;
static unsigned n_locks, n_ops;

static void change(unsigned row)
{
	struct shard *shard = &table.shard[row % n_locks];

	pthread_mutex_lock(&shard->lock);
	compute(INSIDE_US);
	table.changes[row]++;
	pthread_mutex_unlock(&shard->lock);
}

static void *worker(void *arg)
{
	unsigned drawn = (unsigned)(uintptr_t)arg * 2654435761u + 1;

	for (unsigned i = 0; i < n_ops; i++) {
		drawn ^= drawn << 13;
		drawn ^= drawn >> 17;
		drawn ^= drawn << 5;
		change(drawn % ROWS);
		compute(OUTSIDE_US);
	}
	return NULL;
}

static unsigned number(int argc, char **argv, int i, unsigned usual,
		       unsigned most)
{
	unsigned long n = argc > i ? strtoul(argv[i], NULL, 10) : usual;

	return n < 1 ? 1 : n > most ? most : (unsigned)n;
}

int main(int argc, char **argv)
{
	unsigned n_threads = number(argc, argv, 2, 2, THREADS_MAX);
	unsigned long sum = 0;

	n_locks = number(argc, argv, 1, 1, LOCKS_MAX);
	n_ops = number(argc, argv, 3, 8000, 1000000) / n_threads;
	for (unsigned i = 0; i < LOCKS_MAX; i++)
		pthread_mutex_init(&table.shard[i].lock, NULL);
	together((int)n_threads, worker);
	for (unsigned i = 0; i < ROWS; i++)
		sum += table.changes[i];
	printf("%lu\n", sum);
	return sum == (unsigned long)n_ops * n_threads ? 0 : 1;
}
