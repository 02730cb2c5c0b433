/*
 * A second opinion: helgrind or drd of valgrind on the plain build, for
 * valgrind cannot run one with ThreadSanitizer's runtime.
 *
 * Neither knows C11 atomics: to them an atomic flag is a race like any other.
 */
#ifndef ANALYSIS_RACE_SECOND_H
#define ANALYSIS_RACE_SECOND_H

#include "analysis/race/verdict.h"
#include "tracing/base/err.h"

/*
 * Runs `argv`, which ends with NULL, `runs` times under `tool` ("helgrind" or
 * "drd") and fills `second`. -1 with a message if it cannot.
 */
int second_run(struct second *second, const char *tool, char *const *argv,
	       uint64_t runs, uint64_t time_limit_ns, struct err *err);
void second_clear(struct second *second);

/* Adds the errors of one XML report (protocol 4) of valgrind; what is cut
 * off gives what can be read of it. */
void second_parse(struct second *second, const char *xml);

#endif
