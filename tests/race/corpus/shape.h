/*
 * What every program of the corpus shares: `NAME racy` and `NAME fixed`.
 *
 * Each shows one classic mistake and its mend, as short as it can be read.
 * They say nothing and exit 0; a detector has to say what is wrong.
 */
#ifndef TESTS_RACE_SHAPE_H
#define TESTS_RACE_SHAPE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool is_racy(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "racy"))
		return true;
	if (argc == 2 && !strcmp(argv[1], "fixed"))
		return false;
	fprintf(stderr, "usage: %s racy|fixed\n", argv[0]);
	exit(2);
}

static inline pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		abort();
	return thread;
}

static inline void join(pthread_t thread)
{
	if (pthread_join(thread, NULL))
		abort();
}

#endif
