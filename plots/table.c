#include "plots/table.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void table_init(struct table *table)
{
	*table = (struct table){ .meta = g_string_new(NULL),
				 .body = g_string_new(NULL) };
}

void table_clear(struct table *table)
{
	if (table->meta)
		g_string_free(table->meta, TRUE);
	if (table->body)
		g_string_free(table->body, TRUE);
	*table = (struct table){ 0 };
}

/*
 * Labels are unescaped twice by gnuplot: so no backslash gets there at all.
 * (And an empty cell reads as the one above it: so there is none.)
 */
static void append_clean(GString *out, const char *text)
{
	char *valid = g_utf8_make_valid(text, -1);

	for (const char *p = valid; *p; p++) {
		if (*p == '\\')
			g_string_append(out, "\u2216");
		else if (*p == '"')
			g_string_append_c(out, '\'');
		else if ((unsigned char)*p < ' ' || *p == 0x7f)
			g_string_append_c(out, ' ');
		else
			g_string_append_c(out, *p);
	}
	g_free(valid);
}

void table_set(struct table *table, const char *key, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (text[0]) {
		g_string_append_printf(table->meta, "%s\t", key);
		append_clean(table->meta, text);
		g_string_append_c(table->meta, '\n');
	}
	g_free(text);
}

static void end_block(struct table *table)
{
	if (!table->block)
		return;
	assert(table->cells == 0);
	if (!table->rows)
		for (unsigned i = 0; i < table->columns; i++)
			g_string_append(table->body, i + 1 < table->columns
							     ? "NaN\t"
							     : "NaN\n");
	g_string_append_printf(table->meta, "n_%s\t%u\n", table->block,
			       table->rows);
	table->block = NULL;
}

void table_block(struct table *table, const char *name, const char *columns)
{
	size_t from;

	end_block(table);
	g_string_append_printf(table->body, "\n\n# %s\n", name);
	from = table->body->len;
	g_string_append(table->body, columns);
	table->columns = 1;
	for (char *p = table->body->str + from; *p; p++) {
		if (*p == ' ') {
			*p = '\t';
			table->columns++;
		}
	}
	g_string_append_c(table->body, '\n');
	table->block = name;
	table->rows = table->cells = 0;
}

static void end_cell(struct table *table)
{
	assert(table->block);
	if (++table->cells < table->columns) {
		g_string_append_c(table->body, '\t');
		return;
	}
	g_string_append_c(table->body, '\n');
	table->cells = 0;
	table->rows++;
}

void table_u64(struct table *table, uint64_t value)
{
	g_string_append_printf(table->body, "%" PRIu64, value);
	end_cell(table);
}

void table_i64(struct table *table, int64_t value)
{
	g_string_append_printf(table->body, "%" PRId64, value);
	end_cell(table);
}

void table_real(struct table *table, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(table->body,
			g_ascii_formatd(text, sizeof(text), "%.6g", value));
	end_cell(table);
}

void table_text(struct table *table, const char *text)
{
	append_clean(table->body, text[0] ? text : "\u00a0");
	end_cell(table);
}

void table_gap(struct table *table)
{
	assert(table->cells == 0);
	if (table->rows)
		g_string_append_c(table->body, '\n');
}

int table_write(struct table *table, const char *path, struct err *err)
{
	FILE *file;
	int failed;

	end_block(table);
	file = fopen(path, "we");
	if (!file)
		return err_errno(err, errno, "cannot write '%s'", path);
	fputs("# meta\nkey\tvalue\n", file);
	fputs(table->meta->str, file);
	fputs(table->body->str, file);
	failed = ferror(file);
	if (fclose(file) || failed)
		return err_errno(err, errno, "cannot write '%s'", path);
	return 0;
}
