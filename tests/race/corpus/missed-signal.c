/* Missed signal: the flag changes without the lock, between check and wait. */
#include <time.h>

#include "shape.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool racy;
static bool is_done; /* protected by lock */

static void *wait_for_it(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	while (!is_done) {
		struct timespec soon;

		/* A limit, so that the missed signal costs time, not life. */
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 20000000;
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&changed, &lock, &soon);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void *finish(void *arg)
{
	(void)arg;
	if (!racy)
		pthread_mutex_lock(&lock);
	is_done = true;
	pthread_cond_signal(&changed);
	if (!racy)
		pthread_mutex_unlock(&lock);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t waiter, finisher;

	racy = is_racy(argc, argv);
	waiter = start(wait_for_it, NULL);
	finisher = start(finish, NULL);
	join(finisher);
	join(waiter);
	return 0;
}
