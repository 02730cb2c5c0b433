/* Two threads compute under one lock; innocent: each before it takes it. */
#include "tests/corpus/corpus.h"

static pthread_mutex_t result = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;

static void *worker(void *arg)
{
	for (int i = 0; i < 60; i++) {
		if (innocent)
			compute(2000);
		pthread_mutex_lock(&result);
		if (!innocent)
			compute(2000);
		pthread_mutex_unlock(&result);
	}
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(2, worker);
	return 0;
}
