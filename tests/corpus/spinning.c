/* Spins for a lock that is held for long; innocent: for a very short time. */
#include "tests/corpus/corpus.h"

static pthread_spinlock_t spin;
static bool innocent;

static void *worker(void *arg)
{
	for (int i = 0; i < 40; i++) {
		if (innocent)
			compute(3000);
		pthread_spin_lock(&spin);
		if (!innocent)
			compute(3000);
		pthread_spin_unlock(&spin);
	}
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	together(2, worker);
	return 0;
}
