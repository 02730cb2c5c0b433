/*
 * The program: where it lies, whether the interposer can enter it, starting it
 * and waiting for it.
 */
#ifndef TRACING_RECORDER_TARGET_H
#define TRACING_RECORDER_TARGET_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tracing/base/err.h"
#include "tracing/recorder/logbook.h"

/*
 * What execvp() would run: a newly allocated path. NULL: see `err`, and
 * *status is the exit status that says so (126 or 127).
 */
char *target_find(const char *command, int *status, struct err *err);

/*
 * Why a preloaded library cannot enter the program at `path` (static, 32-bit,
 * setuid ...); NULL: nothing speaks against it. A script is judged by its
 * interpreter. The text is constant.
 */
const char *target_barrier(const char *path);

/*
 * Whether the program's loader would complain on stderr about a library that is
 * preloaded in spite of this barrier.
 */
bool target_rejects(const char *barrier);

/* A program that was forked and waits for the word to go. */
struct target {
	pid_t pid;
	int go;	     /* write end: closing it unused ends the child */
	int trouble; /* read end: the errno of exec, or nothing */
};

/* What of its signals the program shall begin with. */
struct target_signals {
	sigset_t mask;
	struct sigaction child; /* SIGCHLD, which we need */
};

struct target_options {
	char **command;
	char **env;    /* NULL-terminated "NAME=VALUE" to set; or NULL */
	bool is_quiet; /* bare run: output discarded, input read anew */
	const struct target_signals *signals;
};

int target_fork(struct target *target, const struct target_options *options,
		struct err *err);

/* Lets it go: 0, or the errno with which exec failed. */
int target_go(struct target *target, struct run_times *times);

/* Reaps it once it has ended; false: it has not. */
bool target_reap(const struct target *target, struct run_times *times);

#endif
