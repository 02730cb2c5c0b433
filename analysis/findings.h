/*
 * What holds the program up: sentences with evidence, cost and a way out.
 *
 * Each kind of finding is one rule, written once, that looks at the report
 * alone. A rule that lacks evidence says nothing.
 */
#ifndef ANALYSIS_FINDINGS_H
#define ANALYSIS_FINDINGS_H

#include "analysis/report.h"

/* Makes report.findings, dearest first; groups_make() comes before. */
void findings_make(struct report *report);

#endif
