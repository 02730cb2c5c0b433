/* What the files of `holdup lesson` share beside its model, lesson.h. */
#ifndef WORKLOADS_LESSON_PARTS_H
#define WORKLOADS_LESSON_PARTS_H

/*
 * The command line of a workload: "NAME OPTION...", found in `where` (workloads
 * or workloads-tsan), with --scale. Free with g_strfreev().
 */
char **lesson_command(const char *args, const char *where, double scale);

/* Runs holdup itself with these arguments, for its effects alone. */
void lesson_holdup(const char *const args[]);

#endif
