/*
 * As many workers as CPUs, and all the work is given to one: the other CPUs
 * stand idle. Innocent: each has its share.
 */
#include "tests/corpus/corpus.h"

#define WORK_US 600000

static bool innocent;

static void *worker(void *arg)
{
	if (!arg || innocent)
		compute(WORK_US);
	return NULL;
}

int main(int argc, char **argv)
{
	long n_cpus;

	(void)argv;
	innocent = argc > 1;
	n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	together(n_cpus < THREADS_MAX ? (int)n_cpus : THREADS_MAX, worker);
	return 0;
}
