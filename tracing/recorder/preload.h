/* What a program's environment must say so that the interposer gets in. */
#ifndef TRACING_RECORDER_PRELOAD_H
#define TRACING_RECORDER_PRELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "tracing/base/err.h"

/* Whether there is an interposer to preload. */
int preload_check(struct err *err);

/*
 * "NAME=VALUE" strings up to a NULL, to free with g_strfreev(): for a program
 * that talks to the daemon in the directory `run` and has its board in
 * `boards`.
 */
char **preload_environment(const char *run, const char *boards, bool detail_all,
			   uint64_t budget);

#endif
