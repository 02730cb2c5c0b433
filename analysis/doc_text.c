/* Lays a document out as plain text. */
#include <stdlib.h>
#include <string.h>

#include "analysis/doc.h"

#define GAP	     2
#define ELASTIC_MIN  14
#define ELASTIC_FAIR 22 /* before a column is dropped for room */

static long length(const char *text)
{
	return g_utf8_strlen(text, -1);
}

static void blanks(long n, FILE *out)
{
	for (; n > 0; n--)
		putc(' ', out);
}

/* Writes the text in lines of `width`, each behind `indent` blanks. */
static void wrap(const char *text, long indent, long width, FILE *out)
{
	char **words = g_strsplit_set(text, " \n", -1);
	long column = 0;

	for (char **word = words; *word; word++) {
		long n = length(*word);

		if (!n)
			continue;
		if (column && column + 1 + n > width) {
			putc('\n', out);
			column = 0;
		}
		if (column) {
			putc(' ', out);
			column++;
		} else {
			blanks(indent, out);
			column = indent;
		}
		fputs(*word, out);
		column += n;
	}
	putc('\n', out);
	g_strfreev(words);
}

/* What a text ends in that must not be cut: "/TID", ":LINE)". */
static long tail_of(const char *text, long width)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strrchr(text, ':');
	long usual = (width - 2) * 2 / 5;

	if (slash && slash[1] && !slash[1 + strspn(slash + 1, "0123456789")])
		return MAX(1, MIN(length(slash), width - 4));
	if (colon && length(colon) > usual)
		return MIN(length(colon), width / 2);
	return usual;
}

/* "gate (door.c:4) x3" -> "gate x3", "mutex from main (door) x3" -> "mutex from
 * main x3"; but in "mutex from main (door.c:4)" the line is what tells it from
 * others. */
static char *without_place(const char *text)
{
	const char *open = strstr(text, " (");
	const char *close = open ? strchr(open, ')') : NULL;

	if (close && memchr(text, ' ', (size_t)(open - text)) &&
	    memchr(open, ':', (size_t)(close - open)))
		close = NULL;
	return close ? g_strdup_printf("%.*s%s", (int)(open - text), text,
				       close + 1)
		     : g_strdup(text);
}

/* The text in at most `width` columns, shortened in its middle. */
static char *shortened(const char *text, long width)
{
	long n = length(text), head, tail;
	char *begin, *end, *joined;

	if (n <= width)
		return g_strdup(text);
	tail = tail_of(text, width);
	head = width - 2 - tail;
	begin = g_utf8_substring(text, 0, head);
	end = g_utf8_substring(text, n - tail, n);
	joined = g_strconcat(begin, "..", end, NULL);
	g_free(begin);
	g_free(end);
	return joined;
}

static const char *cell(const struct doc_table *table, size_t row, size_t i)
{
	return g_ptr_array_index(table->cells, row * table->n_columns + i);
}

static size_t rows(const struct doc_table *table)
{
	return table->cells->len / table->n_columns;
}

struct layout {
	long *widths; /* 0: the column is not shown */
	long gap;
};

static long total(const struct layout *layout, size_t n)
{
	long sum = -layout->gap;

	for (size_t i = 0; i < n; i++)
		if (layout->widths[i] > 0)
			sum += layout->widths[i] + layout->gap;
	return sum;
}

static void natural_widths(const struct doc_table *table, long *widths)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		if (!doc_is_used(table, i)) {
			widths[i] = 0;
			continue;
		}
		widths[i] = length(table->columns[i].name);
		for (size_t row = 0; row < rows(table); row++)
			widths[i] = MAX(widths[i], length(cell(table, row, i)));
		widths[i] = MAX(widths[i], 1);
	}
}

/* Takes `over` columns of text from the widest elastic column. */
static bool squeeze(const struct doc_table *table, long *widths, long least)
{
	size_t widest = table->n_columns;

	for (size_t i = 0; i < table->n_columns; i++)
		if (table->columns[i].fit != DOC_FIXED && widths[i] > least &&
		    (widest == table->n_columns || widths[i] > widths[widest]))
			widest = i;
	if (widest == table->n_columns)
		return false;
	widths[widest]--;
	return true;
}

static bool drop(const struct doc_table *table, long *widths)
{
	size_t first = table->n_columns;

	for (size_t i = 0; i < table->n_columns; i++)
		if (widths[i] && table->columns[i].keep > 0 &&
		    (first == table->n_columns ||
		     table->columns[i].keep > table->columns[first].keep))
			first = i;
	if (first == table->n_columns)
		return false;
	widths[first] = 0;
	return true;
}

/* Gives back what dropped columns left over. */
static void widen(const struct doc_table *table, long width,
		  struct layout *layout)
{
	long *natural = g_new0(long, table->n_columns);

	natural_widths(table, natural);
	for (size_t i = 0; i < table->n_columns; i++) {
		long room = width - total(layout, table->n_columns);

		if (layout->widths[i] && room > 0)
			layout->widths[i] +=
				MIN(room, natural[i] - layout->widths[i]);
	}
	g_free(natural);
}

/* Narrower gaps first, then shorter texts, then fewer columns. */
static void fit(const struct doc_table *table, long width,
		struct layout *layout)
{
	size_t n = table->n_columns;

	natural_widths(table, layout->widths);
	layout->gap = GAP;
	if (total(layout, n) > width)
		layout->gap = 1;
	while (total(layout, n) > width &&
	       squeeze(table, layout->widths, ELASTIC_FAIR))
		;
	while (total(layout, n) > width && drop(table, layout->widths))
		;
	while (total(layout, n) > width &&
	       squeeze(table, layout->widths, ELASTIC_MIN))
		;
	widen(table, width, layout);
}

static char *fitted(const struct doc_table *table, size_t i, const char *text,
		    long width)
{
	char *plain, *cut;

	if (table->columns[i].fit != DOC_NAME || length(text) <= width)
		return shortened(text, width);
	plain = without_place(text);
	cut = shortened(plain, width);
	g_free(plain);
	return cut;
}

static void put_blanks(GString *line, long n)
{
	for (; n > 0; n--)
		g_string_append_c(line, ' ');
}

static void put_cell(const struct doc_table *table, size_t i, const char *text,
		     const struct layout *layout, GString *line)
{
	char *shown = fitted(table, i, text, layout->widths[i]);
	long pad = layout->widths[i] - length(shown);
	bool right = table->columns[i].align == DOC_RIGHT;

	put_blanks(line, right ? pad : 0);
	g_string_append(line, shown);
	put_blanks(line, (right ? 0 : pad) + layout->gap);
	g_free(shown);
}

#define HEAD SIZE_MAX

static void write_row(const struct doc_table *table, size_t row,
		      const struct layout *layout, FILE *out)
{
	GString *line = g_string_new(NULL);

	for (size_t i = 0; i < table->n_columns; i++)
		if (layout->widths[i])
			put_cell(table, i,
				 row == HEAD ? table->columns[i].name
					     : cell(table, row, i),
				 layout, line);
	fprintf(out, "%s\n", g_strchomp(line->str));
	g_string_free(line, TRUE);
}

static void write_table(const struct doc_table *table, long width, FILE *out)
{
	struct layout layout = { .widths = g_new0(long, table->n_columns) };

	fit(table, width, &layout);
	write_row(table, HEAD, &layout, out);
	for (size_t row = 0; row < rows(table); row++)
		write_row(table, row, &layout, out);
	g_free(layout.widths);
}

/* Left text and right text on one line, or on two if there is no room. */
static void write_sides(const char *left, const char *right, long width,
			FILE *out)
{
	long room = width - length(left) - (right ? length(right) : 0);

	fputs(left, out);
	if (right && *right) {
		if (room < 2) {
			putc('\n', out);
			room = width - length(right);
		}
		blanks(room, out);
		fputs(right, out);
	}
	putc('\n', out);
}

/* A command line can be of any length: its begin tells which one it is. */
static void write_title(const struct doc_block *block, long width, FILE *out)
{
	long right = block->right ? length(block->right) : 0;
	char *text = right + 30 < width
			     ? shortened(block->text, width - right - GAP)
			     : g_strdup(block->text);

	write_sides(text, block->right, width, out);
	g_free(text);
}

static void write_finding(const struct doc_block *block, long width, FILE *out)
{
	char *left = block->number ? g_strdup_printf("%2d. %s", block->number,
						     block->text)
				   : g_strdup_printf("    %s", block->text);

	write_sides(left, block->right, width, out);
	wrap(block->evidence, 4, width, out);
	if (block->advice && *block->advice) {
		char *advice = g_strconcat("-> ", block->advice, NULL);

		wrap(advice, 4, width, out);
		g_free(advice);
	}
	g_free(left);
}

void doc_write_text(const struct doc *doc, int width, FILE *out)
{
	for (guint i = 0; i < doc->blocks->len; i++) {
		const struct doc_block *block =
			g_ptr_array_index(doc->blocks, i);

		switch (block->kind) {
		case DOC_TITLE:
			write_title(block, width, out);
			break;
		case DOC_HEADING:
			fputs(i ? "\n" : "", out);
			wrap(block->text, 0, width, out);
			break;
		case DOC_TEXT:
			wrap(block->text, 0, width, out);
			break;
		case DOC_NOTE:
			wrap(block->text, 2, width, out);
			break;
		case DOC_FINDING:
			write_finding(block, width, out);
			break;
		case DOC_TABLE:
			write_table(&block->table, width, out);
			break;
		case DOC_BARS:
			break;
		}
	}
}
