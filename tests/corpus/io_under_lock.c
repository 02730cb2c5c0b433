/*
 * Four threads ask a device that never answers, 2 ms each time: under the lock,
 * or (innocent) before they take it.
 */
#include "tests/corpus/corpus.h"

#include <poll.h>

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;
static int device[2];

static void ask(void)
{
	struct pollfd answer = { .fd = device[0], .events = POLLIN };

	if (poll(&answer, 1, 2) != 0)
		abort();
}

static void *worker(void *arg)
{
	for (int i = 0; i < 24; i++) {
		if (innocent)
			ask();
		pthread_mutex_lock(&ledger);
		if (!innocent)
			ask();
		pthread_mutex_unlock(&ledger);
	}
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	if (pipe(device))
		return 1;
	together(4, worker);
	return 0;
}
