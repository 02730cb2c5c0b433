/*
 * Two sets of recordings compared: the run and each lock, matched by label.
 *
 * Every recording gives one sample of each measure; a change is significant
 * where the 95 % interval of the ratio of the means (Welch's t, on a
 * logarithmic scale) does not contain one. One recording on a side has no
 * interval and proves nothing.
 */
#ifndef ANALYSIS_DIFF_H
#define ANALYSIS_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/report.h"
#include "tracing/base/err.h"

enum diff_side {
	DIFF_BEFORE,
	DIFF_AFTER,
	DIFF_SIDES,
};

/* What is measured of a run, of all its locks together, and of each lock. */
enum diff_scope {
	DIFF_RUN,
	DIFF_LOCKS,
	DIFF_LOCK,
	DIFF_NSCOPES,
};

extern const char *const diff_scope_names[DIFF_NSCOPES];

struct diff_row {
	enum diff_scope scope;
	const char *label;  /* of the lock; "" otherwise */
	const char *metric; /* "wait_ns" ... */
	double mean[DIFF_SIDES];
	double change; /* of the mean, as a ratio: -0.69; inf from nothing */
	bool has_interval;
	double low, high; /* of the change, 95 % */
	bool significant;
};

struct diff;

struct diff *diff_new(void);
void diff_free(struct diff *diff);

/* Takes the samples of a report, which may go after the call. */
void diff_add(struct diff *diff, enum diff_side side,
	      const struct report *report);

/*
 * Compares. The rows belong to `diff`: the run, then all locks, then the locks
 * with the largest change of wait time first.
 */
const struct diff_row *diff_rows(struct diff *diff, size_t *n);

/* What speaks against the comparison, a line each; they belong to `diff`. */
const char *const *diff_notes(const struct diff *diff, size_t *n);

size_t diff_runs(const struct diff *diff, enum diff_side side);

/* A condition such as "lock.wait_ns +10%", "lock[ledger].hold_ns -5%". */
struct diff_condition {
	enum diff_scope scope;
	char lock[128]; /* in the label; "" any lock that matters */
	char metric[32];
	double change; /* 0.1; negative: less by that much */
};

/* 0, or -1 and a message that says what is wrong with `text`. */
int diff_parse(const char *text, struct diff_condition *condition,
	       struct err *err);

bool diff_has_metric(enum diff_scope scope, const char *name);

/* Whether any recording has a lock that it is about, where it names one. */
bool diff_knows(struct diff *diff, const struct diff_condition *condition);

/* The row that meets the condition, or NULL. A change that has an interval
 * must be significant, too. */
const struct diff_row *diff_meets(struct diff *diff,
				  const struct diff_condition *condition);

#endif
