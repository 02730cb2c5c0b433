/*
 * Figures as people read them: three significant digits and a unit.
 *
 * Each writes into `text` and returns it.
 */
#ifndef ANALYSIS_UNITS_H
#define ANALYSIS_UNITS_H

#include <stdint.h>

struct units_text {
	char s[32];
};

/* "812ns", "3.2ms", "23.4s"; "0" for 0. */
const char *units_ns(struct units_text *text, uint64_t ns);

/* "4.21 s": with a blank, for sentences. */
const char *units_ns_prose(struct units_text *text, uint64_t ns);

/* "1,204,331". */
const char *units_count(struct units_text *text, uint64_t count);

/* "1.2M", where there is little room: 4 digits in full. */
const char *units_short(struct units_text *text, uint64_t count);

/* "4.0 KB": powers of 1000. */
const char *units_bytes(struct units_text *text, uint64_t bytes);

/* "62 %", "0.4 %", "<0.1 %". */
const char *units_share(struct units_text *text, double ratio);

#endif
