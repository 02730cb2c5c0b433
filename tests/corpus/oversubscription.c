/* Sixteen threads compute; innocent: they sleep. */
#include "tests/corpus/corpus.h"

static bool innocent;

static void *worker(void *arg)
{
	if (innocent)
		rest(300000);
	else
		compute(40000);
	return arg;
}

int main(int argc, char **argv)
{
	(void)argv;
	innocent = argc > 1;
	together(16, worker);
	return 0;
}
