/*
 * Lost wake-up: who waits does not look again whether it is still needed. No
 * race, as far as ThreadSanitizer can see: a hang.
 */
#include <stdatomic.h>

#include "shape.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static atomic_bool rung;

static void *ring(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	atomic_store(&rung, true);
	pthread_cond_signal(&bell);
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(int argc, char **argv)
{
	bool racy = is_racy(argc, argv);
	pthread_t thread = start(ring, NULL);

	/* The worst that can happen, in each run. */
	while (!atomic_load(&rung))
		;
	pthread_mutex_lock(&lock);
	if (racy)
		pthread_cond_wait(&bell, &lock);
	while (!atomic_load(&rung))
		pthread_cond_wait(&bell, &lock);
	pthread_mutex_unlock(&lock);
	join(thread);
	return 0;
}
