/*
 * Sixteen threads take turns at a short section, which each leaves for the next
 * in line to be woken first. Innocent: each has a section of its own.
 */
#include "tests/corpus/corpus.h"

#include <sched.h>

#define THREADS 16
#define TURNS	1000

static pthread_mutex_t line[THREADS];
static bool innocent;

static void *worker(void *arg)
{
	pthread_mutex_t *mine = &line[innocent ? (intptr_t)arg : 0];

	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(mine);
		compute(2);
		pthread_mutex_unlock(mine);
		rest(20);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	for (int i = 0; i < THREADS; i++)
		pthread_mutex_init(&line[i], NULL);
	together(THREADS, worker);
	return 0;
}
