/*
 * Which locks and threads were asked for: --lock and --thread of every command
 * that shows a report.
 */
#ifndef ANALYSIS_SELECT_H
#define ANALYSIS_SELECT_H

#include "analysis/report.h"
#include "tracing/base/err.h"

/* Is it called so, or is that part of its label? NULL asks for all. */
bool select_lock(const struct lock *lock, const char *asked);

/* Is that its tid, or part of its name? NULL asks for all. */
bool select_thread(const struct thread *thread, const char *asked);

/* 0, or -1 and a message: nothing in the report is called so. */
int select_check(const struct report *report, const char *lock,
		 const char *thread, struct err *err);

#endif
