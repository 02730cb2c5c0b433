/* A yield inside of a short section. Innocent: after it. */
#include <sched.h>

#include "tests/corpus/corpus.h"

static pthread_mutex_t counter = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;
static long hits;

static void *worker(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&counter);
		hits++;
		if (!innocent)
			sched_yield();
		pthread_mutex_unlock(&counter);
		if (innocent)
			sched_yield();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(4, worker);
	return 0;
}
