/* Many acquisitions, shared by nobody at the same time. */
#include "tests/corpus/corpus.h"

static pthread_mutex_t own[2] = { PTHREAD_MUTEX_INITIALIZER,
				  PTHREAD_MUTEX_INITIALIZER };

static void *worker(void *arg)
{
	for (int i = 0; i < 1013; i++) {
		pthread_mutex_lock(&own[(intptr_t)arg]);
		compute(50);
		pthread_mutex_unlock(&own[(intptr_t)arg]);
	}
	return NULL;
}

int main(void)
{
	together(2, worker);
	return 0;
}
