/* Lock-order inversion: it went well this time, for they met one by one. */
#include "shape.h"

static pthread_mutex_t from = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t to = PTHREAD_MUTEX_INITIALIZER;

static void transfer(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *forth(void *arg)
{
	(void)arg;
	transfer(&from, &to);
	return NULL;
}

static void *back(void *arg)
{
	const bool *racy = arg;

	transfer(*racy ? &to : &from, *racy ? &from : &to);
	return NULL;
}

int main(int argc, char **argv)
{
	bool racy = is_racy(argc, argv);

	join(start(forth, NULL));
	join(start(back, &racy));
	return 0;
}
