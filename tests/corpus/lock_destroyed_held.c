/*
 * A lock is destroyed under the thread that holds it; innocent: it is when that
 * thread has been joined.
 */
#include "tests/corpus/corpus.h"

static pthread_mutex_t account = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t inside;

static void *withdraw(void *arg)
{
	pthread_mutex_lock(&account);
	pthread_barrier_wait(&inside);
	pthread_barrier_wait(&inside);
	pthread_mutex_unlock(&account);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argv;
	pthread_barrier_init(&inside, NULL, 2);
	if (pthread_create(&thread, NULL, withdraw, NULL))
		abort();
	pthread_barrier_wait(&inside);
	if (argc == 1)
		pthread_mutex_destroy(&account);
	pthread_barrier_wait(&inside);
	pthread_join(thread, NULL);
	pthread_mutex_destroy(&account);
	return 0;
}
