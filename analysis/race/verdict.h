/*
 * From the rows of one campaign, or of one before and one after a fix, to the
 * answer; the rules stand at stats.h and verdict.c.
 */
#ifndef ANALYSIS_RACE_VERDICT_H
#define ANALYSIS_RACE_VERDICT_H

#include "analysis/race/campaign.h"

enum verdict {
	VERDICT_CLEAN,
	VERDICT_RACES,
	VERDICT_CONFIRMED,
	VERDICT_NOT_FIXED,
	VERDICT_NEW_RACE,
	VERDICT_INCONCLUSIVE,
	VERDICT_N,
};

extern const char *const verdict_ids[VERDICT_N];
/* The exit status of holdup for each. */
extern const int verdict_exits[VERDICT_N];

/* What became of one race of before; index as in its rows. */
struct evidence {
	const struct race_row *before;
	const struct race_row *after; /* the same race, or NULL: never seen */
	/* false: a sign, where there are races to judge by */
	bool counts;
	double low, high; /* interval of its chance a run, before */
	uint64_t needed;  /* clean runs that it takes */
	double miss; /* probability of a miss this long, at most; after NULL */
};

/* A second detector's word on the plain build. */
struct second {
	const char *tool; /* NULL: not asked */
	uint64_t runs, hung, errors;
	GPtrArray *texts; /* char: one a kind of error */
};

struct race_result {
	enum verdict verdict;
	double confidence;
	const struct campaign *before; /* NULL: none */
	const struct campaign *after;  /* or the only one */
	GArray *evidence; /* struct evidence, a row of before each */
	uint64_t needed;  /* clean runs for all of before's races */
	double bound;	  /* never seen in after: its chance a run, at most */
	double miss;	  /* of the race that is hardest to rule out */
	const struct second *second; /* NULL: none */
	GString *reason;	     /* of an inconclusive verdict */
};

/* Clean runs that it takes to rule all rows of `before` out; UINT64_MAX: none
 * to rule out. */
uint64_t verdict_needed(const struct campaign *before, double confidence);

/* Judges; `result` has before, after, second and confidence set. */
void verdict_judge(struct race_result *result);
void verdict_clear(struct race_result *result);

#endif
