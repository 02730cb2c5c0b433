/* Two threads, two locks, opposite orders; innocent: one order. */
#include "tests/corpus/corpus.h"

static pthread_mutex_t fork_left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t fork_right = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;
static bool innocent;

static void eat(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	if (!innocent) {
		pthread_barrier_wait(&both);
		hang_here();
	}
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *philosopher(void *arg)
{
	if (arg && !innocent)
		eat(&fork_right, &fork_left);
	else
		eat(&fork_left, &fork_right);
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	pthread_barrier_init(&both, NULL, 2);
	together(2, philosopher);
	return 0;
}
