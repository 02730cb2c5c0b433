/*
 * What a command prints: into a file, or on standard output. That it could not
 * be written is known at its end only.
 */
#ifndef TRACING_BASE_OUTPUT_H
#define TRACING_BASE_OUTPUT_H

#include <stdio.h>

#include "tracing/base/err.h"

/*
 * Opens `path`; standard output where it is NULL or "-". NULL, and why, if it
 * fails.
 */
FILE *output_open(const char *path, struct err *err);

/* Closes what that opened. 0, or -1 and why not all of it was written. */
int output_close(FILE *out, const char *path, struct err *err);

#endif
