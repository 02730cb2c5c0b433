/*
 * A run that was cut off: which locks its threads waited for, and who held
 * them, read from the kernel and from glibc's mutexes before it is killed.
 */
#ifndef ANALYSIS_RACE_HANG_H
#define ANALYSIS_RACE_HANG_H

#include <sys/types.h>

#include "analysis/race/program.h"

/* Never NULL; as much as can be seen of the process that still runs. */
struct race_report *hang_report(pid_t pid, struct program_symbols *symbols,
				struct race_pool *pool);

#endif
