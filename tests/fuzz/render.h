/* What fuzzers do with a report. */
#ifndef TESTS_FUZZ_RENDER_H
#define TESTS_FUZZ_RENDER_H

#include "analysis/report.h"

/* Prints it in every form, into nowhere. */
void fuzz_render(const struct report *report);

#endif
