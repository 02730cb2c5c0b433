/* A counter behind one lock; innocent: every thread has its own. */
#include "tests/corpus/corpus.h"

static struct {
	pthread_mutex_t lock;
	long hits;
	char pad[64];
} counters[4] = {
	{ .lock = PTHREAD_MUTEX_INITIALIZER },
	{ .lock = PTHREAD_MUTEX_INITIALIZER },
	{ .lock = PTHREAD_MUTEX_INITIALIZER },
	{ .lock = PTHREAD_MUTEX_INITIALIZER },
};
static bool innocent;

static void *worker(void *arg)
{
	int mine = innocent ? (int)(intptr_t)arg : 0;

	for (int i = 0; i < 500000; i++) {
		pthread_mutex_lock(&counters[mine].lock);
		counters[mine].hits++;
		pthread_mutex_unlock(&counters[mine].lock);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(2, worker);
	return 0;
}
