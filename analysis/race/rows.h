/*
 * Merges the reports of many runs: the same race, seen again, is one row.
 *
 * Two reports are the same if they are of one kind and the program's own code
 * makes both accesses, itself or through a library, at the same lines (through
 * a library: to a block that is allocated at the same line too). The lines of
 * a fixed build have moved: over two builds only functions and variables count.
 */
#ifndef ANALYSIS_RACE_ROWS_H
#define ANALYSIS_RACE_ROWS_H

#include "analysis/race/parse.h"

struct race_rows *rows_new(void);
void rows_free(struct race_rows *rows);

/* Adds what one run, number `run` with `seed`, has told. */
void rows_add(struct race_rows *rows, const struct race_parsed *parsed,
	      uint64_t run, uint64_t seed, struct race_pool *pool);

/* A report of our own making, as for a hang. */
void rows_add_report(struct race_rows *rows, const struct race_report *report,
		     uint64_t run, uint64_t seed, struct race_pool *pool);

/* Most often seen first, then by first seed, then by key. */
void rows_sort(struct race_rows *rows);

static inline struct race_row *rows_get(const struct race_rows *rows, guint i)
{
	return &g_array_index(rows->rows, struct race_row, i);
}

/* The row of another build that tells the same race, or NULL. */
const struct race_row *rows_match(const struct race_rows *rows,
				  const struct race_row *row);

#endif
