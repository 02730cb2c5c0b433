/*
 * What the programs of the corpus share. Each has exactly one problem; given
 * any argument, it is an innocent that looks alike.
 */
#ifndef TESTS_CORPUS_CORPUS_H
#define TESTS_CORPUS_CORPUS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 32

static inline uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Computes for `us` of this thread's CPU time. */
static inline void compute(unsigned us)
{
	uint64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + us * 1000ull;

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static inline void rest(unsigned us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000L };

	nanosleep(&t, NULL);
}

/*
 * Called by a thread before a wait that nobody ends: the last one to do so has
 * time enough to get there, however busy the machine is, and the program ends.
 */
static inline void hang_here(void)
{
	alarm(3);
}

/* Runs `n` threads with their number as argument, and joins them. */
static inline void together(int n, void *(*run)(void *))
{
	pthread_t threads[THREADS_MAX];

	for (intptr_t i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			abort();
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

#endif
