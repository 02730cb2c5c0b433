/*
 * What recording costs on this machine: one lock and unlock that nobody else
 * wants, bare, counted on the board, and told by an event. It takes 0.2 s, so
 * it is measured once after each boot and kept in the user's cache directory.
 */
#ifndef TRACING_RECORDER_CALIBRATE_H
#define TRACING_RECORDER_CALIBRATE_H

#include "tracing/recorder/rundir.h"
#include "tracing/recorder/session.h"

/* Added by recording, in ns; 0: could not be measured. */
struct calibration {
	double pair_ns;	 /* to lock + unlock without an event */
	double event_ns; /* by one event */
};

/* Before the session that records. */
void calibrate(const struct rundir *run, struct session *session,
	       struct calibration *out);

/* The loop itself, in a process of its own: prints ns for each pair. */
int calibrate_loop(void);

#endif
