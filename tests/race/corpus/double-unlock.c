/* Double unlock: the error path lets go of the lock, and so does the caller. */
#include "shape.h"

static bool racy;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int spent; /* protected by lock */

static int spend(int amount)
{
	if (spent + amount > 100) {
		if (racy)
			pthread_mutex_unlock(&lock);
		return -1;
	}
	spent += amount;
	return 0;
}

static void *buy(void *arg)
{
	for (int i = 0; i < 3; i++) {
		pthread_mutex_lock(&lock);
		spend(*(const int *)arg);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int amount = 40;

	racy = is_racy(argc, argv);
	join(start(buy, &amount));
	return 0;
}
