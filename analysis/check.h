/*
 * Do the figures of a report fit together? The invariants of section 5 of the
 * design, and that all references point somewhere. Every test that makes a
 * report asks this.
 */
#ifndef ANALYSIS_CHECK_H
#define ANALYSIS_CHECK_H

#include "analysis/report.h"
#include "tracing/base/err.h"

/* Returns 0, or -1 and tells the first law that is broken. */
int report_check(const struct report *report, struct err *err);

#endif
