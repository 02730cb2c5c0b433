/*
 * From a race to the lock that is probably missing: what a recording of the
 * same program says about the locks that the functions on both sides acquire.
 *
 * A recording tells where locks are acquired, not what they protect: the hint
 * is a guess with its evidence, and says so where there is none.
 */
#ifndef ANALYSIS_RACE_LINK_H
#define ANALYSIS_RACE_LINK_H

#include "analysis/race/campaign.h"
#include "tracing/base/err.h"

#define LINK_DEFAULT "holdup.trace"

struct report;

/*
 * Sets the hints of all data races of `campaign`; texts live in its pool.
 * `trace` is the name of the recording, for the text.
 */
void link_report(struct campaign *campaign, const struct report *report,
		 const char *trace);

/* Does the recording seem to be of this program? By the name of its file,
 * where "-tsan" and the like at the end do not count. */
bool link_is_same(const struct campaign *campaign, const struct report *report);

#endif
