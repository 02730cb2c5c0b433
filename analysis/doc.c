#include "analysis/doc.h"

#include <string.h>

#include "analysis/units.h"

static void block_free(void *data)
{
	struct doc_block *block = data;

	g_free(block->text);
	g_free(block->right);
	g_free(block->evidence);
	g_free(block->advice);
	g_free(block->table.used);
	if (block->table.cells)
		g_ptr_array_free(block->table.cells, TRUE);
	if (block->bars.labels)
		g_ptr_array_free(block->bars.labels, TRUE);
	if (block->bars.shares)
		g_array_free(block->bars.shares, TRUE);
	g_free(block);
}

struct doc *doc_new(void)
{
	struct doc *doc = g_new0(struct doc, 1);

	doc->blocks = g_ptr_array_new_with_free_func(block_free);
	return doc;
}

void doc_free(struct doc *doc)
{
	if (!doc)
		return;
	g_ptr_array_free(doc->blocks, TRUE);
	g_free(doc);
}

static struct doc_block *add(struct doc *doc, enum doc_kind kind,
			     const char *text)
{
	struct doc_block *block = g_new0(struct doc_block, 1);

	block->kind = kind;
	block->text = g_strdup(text);
	g_ptr_array_add(doc->blocks, block);
	return block;
}

void doc_title(struct doc *doc, const char *text, const char *right)
{
	add(doc, DOC_TITLE, text)->right = g_strdup(right);
}

void doc_heading(struct doc *doc, const char *text)
{
	(void)add(doc, DOC_HEADING, text);
}

void doc_text(struct doc *doc, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	(void)add(doc, DOC_TEXT, text);
	g_free(text);
}

void doc_note(struct doc *doc, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	(void)add(doc, DOC_NOTE, text);
	g_free(text);
}

void doc_finding(struct doc *doc, int number, const char *title,
		 const char *right, const char *evidence, const char *advice)
{
	struct doc_block *block = add(doc, DOC_FINDING, title);

	block->number = number;
	block->right = g_strdup(right);
	block->evidence = g_strdup(evidence);
	block->advice = g_strdup(advice);
}

void doc_table(struct doc *doc, const struct doc_column *columns, size_t n)
{
	struct doc_block *block = add(doc, DOC_TABLE, NULL);

	block->table.columns = columns;
	block->table.n_columns = n;
	block->table.used = g_new0(bool, n);
	block->table.cells = g_ptr_array_new_with_free_func(g_free);
}

void doc_cell(struct doc *doc, const char *text)
{
	struct doc_block *block =
		g_ptr_array_index(doc->blocks, doc->blocks->len - 1);
	struct doc_table *table = &block->table;
	char *valid = g_utf8_make_valid(text, -1);

	if (*valid && strcmp(valid, "0") != 0)
		table->used[table->cells->len % table->n_columns] = true;
	g_ptr_array_add(table->cells, valid);
}

void doc_cellf(struct doc *doc, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	doc_cell(doc, text);
	g_free(text);
}

void doc_cell_ns(struct doc *doc, uint64_t ns)
{
	struct units_text text;

	doc_cell(doc, units_ns(&text, ns));
}

void doc_cell_count(struct doc *doc, uint64_t count)
{
	struct units_text text;

	doc_cell(doc, units_short(&text, count));
}

void doc_cell_share(struct doc *doc, double ratio)
{
	struct units_text text;

	doc_cell(doc, ratio > 0 ? units_share(&text, ratio) : "");
}

void doc_bars(struct doc *doc, const char *const *names,
	      const char *const *colours, size_t n)
{
	struct doc_bars *bars = &add(doc, DOC_BARS, NULL)->bars;

	bars->n_parts = n;
	bars->names = names;
	bars->colours = colours;
	bars->labels = g_ptr_array_new_with_free_func(g_free);
	bars->shares = g_array_new(FALSE, FALSE, sizeof(double));
}

void doc_bar(struct doc *doc, const char *label, const double *shares)
{
	struct doc_block *block =
		g_ptr_array_index(doc->blocks, doc->blocks->len - 1);
	struct doc_bars *bars = &block->bars;

	g_ptr_array_add(bars->labels, g_utf8_make_valid(label, -1));
	g_array_append_vals(bars->shares, shares, (guint)bars->n_parts);
}

bool doc_is_used(const struct doc_table *table, size_t column)
{
	/* The first one names the row. */
	return !column || table->used[column] ||
	       table->columns[column].keep == DOC_ALWAYS;
}
