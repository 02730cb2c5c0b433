/*
 * One run of a program under ThreadSanitizer with a schedule of its own: from
 * the fork to what it left behind. No shell is involved.
 */
#ifndef ANALYSIS_RACE_RUN_H
#define ANALYSIS_RACE_RUN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "analysis/race/plan.h"
#include "tracing/base/err.h"

struct run_setup {	   /* the same for all runs of a campaign; borrowed */
	const char *path;  /* of the program */
	char *const *argv; /* {seed} in it stands for the seed */
	const char *shake; /* libholdup-shake.so, or NULL */
	const char *suppressions; /* file, or NULL */
	const char *symbolizer;	  /* for the runtime, or NULL */
	bool fixed_addresses;	  /* the runtime cannot stand random ones */
};

struct run {
	pid_t pid; /* 0: none */
	int pidfd;
	uint64_t index;
	struct plan plan;
	uint64_t begin_ns;
	char *dir; /* holds its logs: "tsan.*" and "stderr" */
	bool hung;
};

/*
 * Starts a run in the new directory `dir`. `asks_runtime` lets the runtime
 * say that it is there. -1 with a message if it cannot.
 */
int run_start(struct run *run, const struct run_setup *setup,
	      const struct plan *plan, const char *dir, bool asks_runtime,
	      struct err *err);

/* Ends it and all that it started, if it still runs; returns its status as
 * wait() tells it. */
int run_end(struct run *run);

/* TSAN_OPTIONS for it; the caller frees. `user` is the user's own, or NULL. */
char *run_options(const struct run_setup *setup, const char *user,
		  const char *dir, bool asks_runtime);

#endif
