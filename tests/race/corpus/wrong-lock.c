/* Wrong lock: each side holds a lock, but not the same one. */
#include "shape.h"

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *auditors_lock;
static long balance;

static void *deposit(void *arg)
{
	(void)arg;
	for (int i = 0; i < 23; i++) {
		pthread_mutex_lock(&accounts);
		balance += 1;
		pthread_mutex_unlock(&accounts);
	}
	return NULL;
}

static void *audit(void *arg)
{
	long *seen = arg;

	for (int i = 0; i < 23; i++) {
		pthread_mutex_lock(auditors_lock);
		*seen = balance;
		pthread_mutex_unlock(auditors_lock);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[3];
	long seen = 0;

	auditors_lock = is_racy(argc, argv) ? &journal : &accounts;
	threads[0] = start(deposit, NULL);
	threads[1] = start(deposit, NULL);
	threads[2] = start(audit, &seen);
	for (int i = 0; i < 3; i++)
		join(threads[i]);
	return 0;
}
