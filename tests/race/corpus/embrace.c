/* Deadly embrace: each has one lock and waits for that of the other. */
#include "shape.h"

static pthread_mutex_t cup = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t spoon = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both_have_one;
static bool racy;

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	if (racy)
		pthread_barrier_wait(&both_have_one);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *drink(void *arg)
{
	(void)arg;
	take(&cup, &spoon);
	return NULL;
}

static void *stir(void *arg)
{
	(void)arg;
	take(racy ? &spoon : &cup, racy ? &cup : &spoon);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	racy = is_racy(argc, argv);
	pthread_barrier_init(&both_have_one, NULL, 2);
	threads[0] = start(drink, NULL);
	threads[1] = start(stir, NULL);
	join(threads[0]);
	join(threads[1]);
	return 0;
}
