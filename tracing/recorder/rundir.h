/*
 * The private directory of one recording, in memory where possible: sockets of
 * its session daemon, boards, log. Nothing of it outlives the recording.
 *
 *	RUN/boards		the boards and the session file
 *	RUN/run/lttng		the daemon's sockets; RUN/.lttng leads there
 *	RUN/daemon.log		what the daemons had to say
 *	RUN/run			bound over /run in our mount namespace (root
 *only) RUN/tracing		tracefs (root only, there too)
 */
#ifndef TRACING_RECORDER_RUNDIR_H
#define TRACING_RECORDER_RUNDIR_H

#include <stdbool.h>

#include "tracing/base/err.h"

struct rundir {
	char *path;	/* NULL: there is none */
	char *boards;	/* RUN/boards */
	char *tracefs;	/* where tracefs can be read, NULL: nowhere */
	int fd;		/* holds the lock that says that it is in use */
	bool is_hidden; /* we have a mount namespace of our own */
};

/* Makes one, after removing those of recordings that were killed. */
int rundir_make(struct rundir *run, struct err *err);

/*
 * Gives this process a mount namespace in which /run is private and tracefs is
 * mounted, and leaves the machine as it is. `out` is the output directory,
 * which stays visible. Only root can; fails without harm.
 */
int rundir_hide(struct rundir *run, const char *out, struct err *err);

/* Removes it with all that it holds. */
void rundir_clear(struct rundir *run);

/* Removes the directory `path` with all below it; for those who watch. */
void rundir_remove(const char *path);

#endif
