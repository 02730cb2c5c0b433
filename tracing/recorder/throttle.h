/*
 * How often, and for how long, the CPU quota of the program's control groups
 * held it back: to the scheduler's records such a thread is one that was
 * preempted, or woken, and gets no CPU though one idles.
 */
#ifndef TRACING_RECORDER_THROTTLE_H
#define TRACING_RECORDER_THROTTLE_H

#include <sys/types.h>

#include "tracing/recorder/logbook.h"

struct throttle;

/* Notes how things stand in the groups of `pid` and all above them. */
struct throttle *throttle_begin(pid_t pid);

/* Notes what came since then, of the group that was held back most. */
void throttle_note(const struct throttle *throttle, struct logbook *logbook);

/* Takes NULL. */
void throttle_free(struct throttle *throttle);

#endif
