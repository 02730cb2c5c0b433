/*
 * The session daemon of one recording and all that it starts, as one process
 * group that dies with the recorder.
 */
#ifndef TRACING_RECORDER_DAEMON_H
#define TRACING_RECORDER_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "tracing/base/err.h"
#include "tracing/recorder/rundir.h"

/*
 * Starts lttng-sessiond and waits until it answers. SIGUSR1 and SIGCHLD must be
 * blocked. Returns its process id, or -1: see `err`.
 */
pid_t daemon_start(const struct rundir *run, const char *out, struct err *err);

/*
 * The words in shared memory by which LTTng's daemons tell programs that they
 * are there; programs make them and nobody takes them away.
 */
struct daemon_words {
	bool had[2]; /* before this recording */
};

void daemon_words_note(struct daemon_words *words);

/* Takes away those that were not there before and that nobody else uses. */
void daemon_words_clear(const struct daemon_words *words);

/* Kills it with all of its group and waits for them; `pid` may be -1. */
void daemon_kill(pid_t pid);

/* First line of RUN/daemon.log that tells of a trouble; NULL: none. */
char *daemon_trouble(const struct rundir *run);

#endif
