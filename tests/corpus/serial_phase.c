/* One thread prepares for long what two then do. Innocent: it sleeps first. */
#include "tests/corpus/corpus.h"

static void *worker(void *arg)
{
	compute(120000);
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		rest(200000);
	else
		compute(200000);
	together(2, worker);
	return 0;
}
