/*
 * The table behind a picture: a TSV file in named blocks.
 *
 * Each block starts with a comment line `# NAME` and a line of column names and
 * ends with two blank lines, so that gnuplot finds it by `index "NAME"` and its
 * columns by name. The first block, `meta`, has a key and a value a line: all
 * that a script needs to know beside the data. `n_NAME` in it is the number of
 * rows of block NAME; a block without rows carries one row of NaN, which
 * gnuplot skips without a warning.
 *
 * Text cells are made harmless: gnuplot never sees a quote, a backslash, a tab
 * or an invalid byte in them.
 */
#ifndef PLOTS_TABLE_H
#define PLOTS_TABLE_H

#include <glib.h>
#include <stdint.h>

#include "tracing/base/err.h"

struct table {
	GString *meta, *body;
	const char *block; /* open one, NULL: none */
	unsigned columns, rows, cells;
};

void table_init(struct table *table);
void table_clear(struct table *table);

/* A line of the meta block, unless empty; a key is a C identifier. */
void table_set(struct table *table, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Begins a block; `columns` are names separated by blanks. */
void table_block(struct table *table, const char *name, const char *columns);

/* The cells of a row, from left to right; the last one ends the row. */
void table_u64(struct table *table, uint64_t value);
void table_i64(struct table *table, int64_t value);
void table_real(struct table *table, double value);
void table_text(struct table *table, const char *text);

/* A blank line: ends a curve within a block. */
void table_gap(struct table *table);

/* Writes it all to `path`; fails with a message. */
int table_write(struct table *table, const char *path, struct err *err);

#endif
