/*
 * Readers overlap without a gap and keep the writer out. Innocent: they rest
 * between their turns, all at once.
 */
#include "tests/corpus/corpus.h"

#include <stdatomic.h>

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static bool innocent;
static atomic_bool done;

static void writer(void)
{
	for (int i = 0; i < 8; i++) {
		pthread_rwlock_wrlock(&table);
		pthread_rwlock_unlock(&table);
		rest(200);
	}
	atomic_store(&done, true);
}

static void reader(int number)
{
	rest((unsigned)number * 700);
	for (int i = 0; i < 400 && !atomic_load(&done); i++) {
		pthread_rwlock_rdlock(&table);
		rest(innocent ? 20 : 2000);
		pthread_rwlock_unlock(&table);
		if (innocent)
			rest(1000);
	}
}

static void *worker(void *arg)
{
	if (!arg)
		writer();
	else
		reader((int)(intptr_t)arg);
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(4, worker);
	return 0;
}
