/* Reads the tables of plots/ back, for tests. */
#ifndef TESTS_UNIT_PLOT_TSV_H
#define TESTS_UNIT_PLOT_TSV_H

#include <stddef.h>
#include <stdint.h>

struct tsv;

/* The whole file; NULL if it cannot be read. The caller frees it. */
struct tsv *tsv_read(const char *path);
void tsv_free(struct tsv *tsv);

/* A value of the meta block, NULL if it is not there. */
const char *tsv_meta(const struct tsv *tsv, const char *key);

/* Rows of a block, without that of NaN which stands for none. */
size_t tsv_rows(const struct tsv *tsv, const char *block);

/* A cell; fails the test where there is none. */
const char *tsv_text(const struct tsv *tsv, const char *block, size_t row,
		     const char *column);
uint64_t tsv_u64(const struct tsv *tsv, const char *block, size_t row,
		 const char *column);
double tsv_real(const struct tsv *tsv, const char *block, size_t row,
		const char *column);

/* The sum of `column` over the rows in which `key` is `value`; key NULL: all */
uint64_t tsv_sum(const struct tsv *tsv, const char *block, const char *column,
		 const char *key, int64_t value);

#endif
