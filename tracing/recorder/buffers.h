/*
 * How large the event buffers are: from the machine, and from what an earlier
 * recording of the same program lost.
 */
#ifndef TRACING_RECORDER_BUFFERS_H
#define TRACING_RECORDER_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "tracing/recorder/logbook.h"

#define BUFFERS_ONE_MAX (1ull << 30) /* largest of one CPU */

/* What to spend for each CPU, from CPUs, memory and detail. */
uint64_t buffers_for_machine(bool detail_all);

/* What would have held all that the streams of `m` lost; 0: nothing was. */
uint64_t buffers_needed(const struct logbook *m);

/*
 * Takes up what the recording in `old` needed, where that was of the same
 * program in the same detail and the machine has the memory for it.
 */
void buffers_learn(struct logbook *m, const char *old);

#endif
