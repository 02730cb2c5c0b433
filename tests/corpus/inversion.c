/* Opposite orders, one after the other; innocent: under a gate lock. */
#include "tests/corpus/corpus.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t from = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t to = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;

static void transfer(pthread_mutex_t *first, pthread_mutex_t *second)
{
	if (innocent)
		pthread_mutex_lock(&gate);
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
	if (innocent)
		pthread_mutex_unlock(&gate);
}

static void *forth(void *arg)
{
	transfer(&from, &to);
	return arg;
}

static void *back(void *arg)
{
	transfer(&to, &from);
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(1, forth);
	together(1, back);
	return 0;
}
