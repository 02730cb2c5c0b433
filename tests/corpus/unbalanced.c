/* One of two workers has most of the work; innocent: it merely sleeps on. */
#include "tests/corpus/corpus.h"

static bool innocent;

static void *worker(void *arg)
{
	compute(30000);
	if (arg && innocent)
		rest(300000);
	else if (arg)
		compute(300000);
	return NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(2, worker);
	return 0;
}
