/* Three threads sleep 2 ms a turn: under the lock, or (innocent) outside. */
#include "tests/corpus/corpus.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;

static void *worker(void *arg)
{
	for (int i = 0; i < 30; i++) {
		pthread_mutex_lock(&gate);
		if (!innocent)
			rest(2000);
		pthread_mutex_unlock(&gate);
		if (innocent)
			rest(2000);
	}
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(3, worker);
	return 0;
}
