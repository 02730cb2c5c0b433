/*
 * Two workers compute under one lock while others keep all CPUs busy: an owner
 * that loses its CPU keeps the lock. Innocent: they compute before they take
 * it.
 */
#include "tests/corpus/corpus.h"

#define WORKERS 2
#define TURNS	20

static pthread_mutex_t counter = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;

static void work(void)
{
	for (int i = 0; i < TURNS; i++) {
		if (innocent)
			compute(6000);
		pthread_mutex_lock(&counter);
		if (!innocent)
			compute(6000);
		pthread_mutex_unlock(&counter);
	}
}

static void *worker(void *arg)
{
	if ((intptr_t)arg < WORKERS)
		work();
	else
		compute(250000);
	return NULL;
}

int main(int argc, char **argv)
{
	long n = WORKERS + 3 * sysconf(_SC_NPROCESSORS_ONLN);

	(void)argv;
	innocent = argc > 1;
	together(n < THREADS_MAX ? (int)n : THREADS_MAX, worker);
	return 0;
}
