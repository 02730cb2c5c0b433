/*
 * `outer` is held while `inner` is waited for, which a slow thread holds: all
 * that need only `outer` wait, too. Innocent: `inner` is taken alone.
 */
#include "tests/corpus/corpus.h"

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;

/* Nobody waits for its end. */
static void *slow(void *arg)
{
	for (;;) {
		pthread_mutex_lock(&inner);
		rest(4000);
		pthread_mutex_unlock(&inner);
		rest(500);
	}
	return arg;
}

static void nested(void)
{
	for (int i = 0; i < 30; i++) {
		if (!innocent)
			pthread_mutex_lock(&outer);
		pthread_mutex_lock(&inner);
		pthread_mutex_unlock(&inner);
		if (!innocent)
			pthread_mutex_unlock(&outer);
		rest(innocent ? 5000 : 100);
	}
}

static void waits(void)
{
	for (int i = 0; i < 40; i++) {
		pthread_mutex_lock(&outer);
		pthread_mutex_unlock(&outer);
		rest(innocent ? 5000 : 100);
	}
}

static void *worker(void *arg)
{
	if (!arg)
		nested();
	else
		waits();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argv;
	innocent = argc > 1;
	if (pthread_create(&thread, NULL, slow, NULL))
		return 1;
	together(3, worker);
	return 0;
}
