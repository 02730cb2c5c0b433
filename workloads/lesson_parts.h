/* What the files of `holdup lesson` share beside its model, lesson.h. */
#ifndef WORKLOADS_LESSON_PARTS_H
#define WORKLOADS_LESSON_PARTS_H

#include "workloads/lesson.h"
#include "workloads/spawn.h"

/*
 * The command line of a workload: "NAME OPTION...", found in `where` (workloads
 * or workloads-tsan), with --scale. Free with g_strfreev().
 */
char **lesson_command(const char *args, const char *where, double scale);

/*
 * Keeps what a variant said under a key: a number as a measure, a list of
 * numbers as "KEY.rises", and anything as text.
 */
void lesson_keep_line(struct lesson_outcome *outcome, const char *key,
		      const char *text);

/*
 * Reads the annotations of its recording: traced.started, traced.finished (in
 * the order of the tasks' begin and end), traced.at_once, traced.switches (of
 * coroutines), traced.marks, traced.reads_first.
 */
void lesson_read_events(struct lesson_outcome *outcome);

/* Runs holdup itself with these arguments, for its effects alone. */
void lesson_holdup(const char *const args[]);

/* Runs holdup itself; returns its status, -1 if it could not be run. */
int lesson_holdup_run(const char *const *args, struct spawned *spawned,
		      struct err *err);

void lesson_add_words(GPtrArray *args, const char *const *words);

#endif
