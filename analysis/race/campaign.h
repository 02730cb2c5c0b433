/*
 * Many runs of one program under varied schedules, in parallel, and what all
 * of them told.
 */
#ifndef ANALYSIS_RACE_CAMPAIGN_H
#define ANALYSIS_RACE_CAMPAIGN_H

#include "analysis/race/program.h"
#include "analysis/race/rows.h"
#include "analysis/race/run.h"

struct campaign_options {
	uint64_t first_seed;
	uint64_t time_limit_ns; /* of one run */
	uint64_t hangs;		/* give up after so many; 0: never */
	int jobs;		/* at a time; 0: one a CPU */
	const char *logs; /* directory that keeps the raw reports, or NULL */
	const char *suppressions;
	/* Told after each run, where set. */
	void (*progress)(void *data, uint64_t runs, guint races);
	void *data;
};

struct campaign {
	char **argv;
	char *path;
	enum program_build build;
	struct campaign_options options;
	struct race_pool *pool;
	struct race_rows *rows;
	struct program_symbols *symbols;
	char *dir; /* of the logs */
	bool keeps_dir;
	char *shake, *symbolizer;
	uint64_t started, runs, hung;
	uint64_t killed;    /* died of a signal that nobody reported */
	uint64_t failed;    /* ended with a status of their own, not 0 or 66 */
	int signal, status; /* of the first of each */
	bool has_runtime;
	bool interrupted;
	const char *fatal; /* what stopped the runtime, or "" */
};

/*
 * Finds the program and checks its build; NULL with a message. `argv` is
 * copied, ends with NULL.
 */
struct campaign *campaign_new(char *const *argv,
			      const struct campaign_options *options,
			      struct err *err);
void campaign_free(struct campaign *campaign);

/* Makes `more` runs; fewer after an interrupt or too many hangs. */
int campaign_run(struct campaign *campaign, uint64_t more, struct err *err);

/* Nothing more is to be had from it: interrupted, or too many hangs. */
bool campaign_is_over(const struct campaign *campaign);

#endif
