/*
 * Numbers as people write them on a command line.
 *
 * Each returns 0 and sets *out, or -1 and tells in `err` what is wrong with
 * `text`. Signs, blanks and trailing characters are refused.
 */
#ifndef TRACING_BASE_OPTS_H
#define TRACING_BASE_OPTS_H

#include <stdint.h>

#include "tracing/base/err.h"

int opts_u64(const char *text, uint64_t *out, struct err *err);

/* "1.5s", "20ms", "3us", "7ns"; a bare number is seconds. */
int opts_ns(const char *text, uint64_t *out, struct err *err);

/* "4096", "64K", "8M", "1G": powers of 1024. */
int opts_bytes(const char *text, uint64_t *out, struct err *err);

/* A finite decimal number, zero or more. */
int opts_factor(const char *text, double *out, struct err *err);

#endif
