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

unsigned lesson_limit_s(double scale); /* for one run; at most */

/*
 * Reads the annotations of its recording: traced.started, traced.finished (in
 * the order of the tasks' begin and end), traced.at_once, traced.switches (of
 * coroutines), traced.marks, traced.reads_first. False if it has none of them.
 */
bool lesson_read_events(struct lesson_outcome *outcome);

unsigned lesson_cpus(void); /* that this process may use */

/* What others do with the CPUs while something runs. */
struct lesson_watch {
	double begin_s, busy_s, own_s, throttled;
};

void lesson_watch_begin(struct lesson_watch *watch);

/*
 * The share of the CPUs that others used since then, 0 to 1; too low rather
 * than too high. What was started since must have been waited for.
 */
double lesson_watch_end(const struct lesson_watch *watch);

/* Whether a limit of our control group took the CPUs away since then. */
bool lesson_watch_throttled(const struct lesson_watch *watch);

/*
 * The share of the CPUs that is there for us at this moment, 0 to 1: by doing
 * a fixed amount of work on all at once. This tells of neighbours that no
 * count of ours knows, such as those of a virtual machine. `best_s` keeps the
 * least CPU time that it took so far; 0 at first.
 */
double lesson_cpus_there(double *best_s);

/*
 * Around a run: whether the CPUs were there for it. A recording knows better
 * what others used meanwhile, since its recorder is no other.
 */
void lesson_run_begin(struct lesson_result *result, struct lesson_watch *watch);
bool lesson_run_was_quiet(struct lesson_result *result,
			  const struct lesson_watch *watch, bool is_recording);

/* Runs holdup itself with these arguments, for its effects alone. */
void lesson_holdup(const char *const args[]);

/* Runs holdup itself; returns its status, -1 if it could not be run. */
int lesson_holdup_run(const char *const *args, unsigned limit_s,
		      struct spawned *spawned, struct err *err);

void lesson_add_words(GPtrArray *args, const char *const *words);

#endif
