/* Two counters in one cache line: slow, but no lock has to do with it. */
#include "tests/corpus/corpus.h"

static volatile long hits[2];

static void *worker(void *arg)
{
	for (int i = 0; i < 20000000; i++)
		hits[(intptr_t)arg]++;
	return NULL;
}

int main(void)
{
	together(2, worker);
	return 0;
}
