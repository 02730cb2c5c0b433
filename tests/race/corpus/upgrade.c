/* Reader that upgrades: it finds work under the read lock and writes there. */
#include "shape.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static bool racy;
static long cached; /* 0: not computed yet; protected by lock */

static long compute(void)
{
	return 5040;
}

static void *lookup(void *arg)
{
	long *result = arg;

	pthread_rwlock_rdlock(&lock);
	if (!cached && !racy) {
		pthread_rwlock_unlock(&lock);
		pthread_rwlock_wrlock(&lock);
	}
	if (!cached)
		cached = compute();
	*result = cached;
	pthread_rwlock_unlock(&lock);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t readers[3];
	long results[3];

	racy = is_racy(argc, argv);
	for (int i = 0; i < 3; i++)
		readers[i] = start(lookup, &results[i]);
	for (int i = 0; i < 3; i++)
		join(readers[i]);
	return 0;
}
