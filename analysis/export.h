/*
 * A recording in the forms of other tools.
 *
 * folded: call stacks of contended waits with their wait time in ns, for flame
 * graphs. csv: a row a lock. pprof: a contention profile (profile.proto). Each
 * returns 0, or -1 with a message.
 */
#ifndef ANALYSIS_EXPORT_H
#define ANALYSIS_EXPORT_H

#include <stdio.h>

#include "analysis/report.h"
#include "tracing/base/err.h"

int export_folded(const struct report *report, FILE *out, struct err *err);
int export_csv(const struct report *report, FILE *out, struct err *err);
int export_pprof(const struct report *report, FILE *out, struct err *err);

/* Chrome's trace events, which Perfetto takes: what every thread was in, and
 * who had each CPU. Reads the recording in run.trace once more. */
int export_perfetto(const struct report *report, FILE *out, struct err *err);

#endif
