/* Runs a program to its end, keeps what it prints, measures what it used. */
#ifndef WORKLOADS_SPAWN_H
#define WORKLOADS_SPAWN_H

#include <stdbool.h>
#include <sys/resource.h>

#include "tracing/base/err.h"

struct spawned {
	int status; /* as from waitpid() */
	bool timed_out;
	double wall_s;
	struct rusage usage; /* of it and of all that it waited for */
	char *out;	     /* standard output, owned */
	char *complaint;     /* last line of standard error, owned; may be "" */
};

/*
 * Runs argv[0] with a time limit, after which it is killed. Returns 0 whenever
 * the program was started, -1 otherwise. Call spawned_clear() in any case.
 */
int spawn_run(char *const argv[], unsigned limit_s, struct spawned *spawned,
	      struct err *err);
void spawned_clear(struct spawned *spawned);

/* Its exit status, or 128 + the signal that ended it. */
int spawned_status(const struct spawned *spawned);

#endif
