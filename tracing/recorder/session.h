/*
 * The LTTng session of one recording: a session daemon of its own, one session
 * with one channel in buffers shared by all processes of a user.
 */
#ifndef TRACING_RECORDER_SESSION_H
#define TRACING_RECORDER_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tracing/base/err.h"
#include "tracing/recorder/rundir.h"

struct session;

struct session_options {
	const char *name;
	const char *out;       /* trace directory, absolute */
	uint64_t buffer_bytes; /* for each CPU */
};

/*
 * Starts the daemon. `out` is where the recording will go; SIGUSR1 and SIGCHLD
 * must be blocked. NULL: see `err`.
 */
struct session *session_new(const struct rundir *run, const char *out,
			    struct err *err);

/* Starts a session; its data will lie in OUT/ust. */
int session_start(struct session *session,
		  const struct session_options *options, struct err *err);

/* Ends a session without waiting for its data. */
void session_drop(struct session *session, const char *name);

pid_t session_daemon(const struct session *session);

/* Stops recording, waits until all is on disk, ends the daemons. */
int session_stop(struct session *session, const char *name, struct err *err);

/* Ends the daemons, at once if still needed; takes NULL. */
void session_free(struct session *session);

#endif
