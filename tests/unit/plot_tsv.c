#include "tests/unit/plot_tsv.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
	char **columns;
	GPtrArray *rows; /* char ** */
};

struct tsv {
	GHashTable *blocks;
};

static void free_block(void *data)
{
	struct block *block = data;

	g_strfreev(block->columns);
	g_ptr_array_free(block->rows, TRUE);
	g_free(block);
}

static void read_line(struct tsv *tsv, struct block **block, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '#') {
		*block = g_new0(struct block, 1);
		(*block)->rows = g_ptr_array_new_with_free_func(
			(GDestroyNotify)g_strfreev);
		g_hash_table_replace(tsv->blocks, g_strdup(line + 2), *block);
	} else if (line[0] && *block && !(*block)->columns) {
		(*block)->columns = g_strsplit(line, "\t", -1);
	} else if (line[0] && *block && strncmp(line, "NaN", 3) != 0) {
		g_ptr_array_add((*block)->rows, g_strsplit(line, "\t", -1));
	}
}

struct tsv *tsv_read(const char *path)
{
	struct tsv *tsv;
	struct block *block = NULL;
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	tsv = g_new0(struct tsv, 1);
	tsv->blocks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					    free_block);
	while (getline(&line, &room, file) >= 0)
		read_line(tsv, &block, line);
	free(line);
	fclose(file);
	return tsv;
}

void tsv_free(struct tsv *tsv)
{
	if (tsv)
		g_hash_table_destroy(tsv->blocks);
	g_free(tsv);
}

static const struct block *find(const struct tsv *tsv, const char *name)
{
	const struct block *block = g_hash_table_lookup(tsv->blocks, name);

	if (!block)
		fail_msg("no block '%s'", name);
	return block;
}

size_t tsv_rows(const struct tsv *tsv, const char *block)
{
	return find(tsv, block)->rows->len;
}

static size_t column_of(const struct block *block, const char *column)
{
	for (size_t i = 0; block->columns[i]; i++)
		if (!strcmp(block->columns[i], column))
			return i;
	fail_msg("no column '%s'", column);
	return 0;
}

const char *tsv_text(const struct tsv *tsv, const char *name, size_t row,
		     const char *column)
{
	const struct block *block = find(tsv, name);
	char **cells = g_ptr_array_index(block->rows, row);

	assert_int_equal(g_strv_length(cells), g_strv_length(block->columns));
	return cells[column_of(block, column)];
}

const char *tsv_meta(const struct tsv *tsv, const char *key)
{
	for (size_t i = 0; i < tsv_rows(tsv, "meta"); i++)
		if (!strcmp(tsv_text(tsv, "meta", i, "key"), key))
			return tsv_text(tsv, "meta", i, "value");
	return NULL;
}

uint64_t tsv_u64(const struct tsv *tsv, const char *block, size_t row,
		 const char *column)
{
	return strtoull(tsv_text(tsv, block, row, column), NULL, 10);
}

double tsv_real(const struct tsv *tsv, const char *block, size_t row,
		const char *column)
{
	return g_ascii_strtod(tsv_text(tsv, block, row, column), NULL);
}

uint64_t tsv_sum(const struct tsv *tsv, const char *name, const char *column,
		 const char *key, int64_t value)
{
	const struct block *block = find(tsv, name);
	size_t at = column_of(block, column);
	size_t key_at = key ? column_of(block, key) : 0;
	uint64_t sum = 0;

	for (guint i = 0; i < block->rows->len; i++) {
		char **cells = g_ptr_array_index(block->rows, i);

		if (!key || strtoll(cells[key_at], NULL, 10) == value)
			sum += strtoull(cells[at], NULL, 10);
	}
	return sum;
}
