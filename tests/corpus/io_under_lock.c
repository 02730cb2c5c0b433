/* Four threads write a log: under the lock, or (innocent) after it. */
#include "tests/corpus/corpus.h"

static pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER;
static bool innocent;
static int log_fd;

static void append(void)
{
	if (write(log_fd, "order\n", 6) != 6 || fsync(log_fd))
		abort();
}

static void *worker(void *arg)
{
	for (int i = 0; i < 40; i++) {
		pthread_mutex_lock(&ledger);
		if (!innocent)
			append();
		pthread_mutex_unlock(&ledger);
		if (innocent)
			append();
	}
	return arg;
}

int main(int argc, char **argv)
{
	char path[] = "corpus.XXXXXX";

	(void)argv;
	innocent = argc > 1;
	log_fd = mkstemp(path);
	if (log_fd < 0)
		return 1;
	unlink(path);
	together(4, worker);
	return 0;
}
