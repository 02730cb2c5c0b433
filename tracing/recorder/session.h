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
	const char *out;       /* trace directory, absolute */
	uint64_t buffer_bytes; /* for each CPU */
};

/* What to spend on buffers for each CPU, from CPUs, memory and detail. */
uint64_t session_buffer_bytes(bool detail_all);

/*
 * Starts daemon and session; its data will lie in OUT/ust. SIGUSR1 and SIGCHLD
 * must be blocked. NULL: see `err`.
 */
struct session *session_start(const struct rundir *run,
			      const struct session_options *options,
			      struct err *err);

pid_t session_daemon(const struct session *session);

/* Stops recording, waits until all is on disk, ends the daemons. */
int session_stop(struct session *session, struct err *err);

/* Version of LTTng's tools, as the library names it. */
const char *session_version(void);

/* Ends the daemons, at once if still needed; takes NULL. */
void session_free(struct session *session);

#endif
