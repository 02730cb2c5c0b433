/*
 * The front process of a recording: starts the program, passes signals on to
 * it, and ends as it ended.
 */
#ifndef TRACING_RECORDER_FRONT_H
#define TRACING_RECORDER_FRONT_H

#include "tracing/recorder/keeper.h"

struct front_options {
	const char *out;   /* trace directory */
	uint64_t baseline; /* bare runs */
	bool has_sched;
	bool may_learn; /* size the buffers by an earlier recording */
};

/*
 * Records one run of manifest->command into options->out and says on stderr
 * what went wrong. Returns the exit status of `holdup record`.
 */
int front_run(struct logbook *manifest, const struct front_options *options);

#endif
