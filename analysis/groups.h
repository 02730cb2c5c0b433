/*
 * Sums locks that share a label (an array of buckets, the locks of all objects
 * of one type) into one row: report.groups, dearest first.
 *
 * Every figure of a group is that of its locks taken together; percentiles come
 * from the summed bins, `queue_max` is that of the worst lock.
 */
#ifndef ANALYSIS_GROUPS_H
#define ANALYSIS_GROUPS_H

#include <stdbool.h>

#include "analysis/report.h"

/* Makes report.groups out of report.locks; `each`: a group for every lock. */
void groups_make(struct report *report, bool each);

#endif
