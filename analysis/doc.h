/*
 * A report as a document: headings, paragraphs, findings and tables, made once
 * from the report and laid out as text or as HTML.
 */
#ifndef ANALYSIS_DOC_H
#define ANALYSIS_DOC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What may be done to the texts of a column where there is no room. */
enum doc_fit {
	DOC_FIXED,
	DOC_CUT,  /* shortened in the middle */
	DOC_NAME, /* "(a place)" is left out first */
};

enum doc_align {
	DOC_LEFT,
	DOC_RIGHT,
};

/* `keep` of a column that is shown though nothing stands in it. */
#define DOC_ALWAYS (-1)

struct doc_column {
	const char *name;
	enum doc_align align;
	int keep; /* 0: always; else dropped on a narrow page, highest first
		   */
	enum doc_fit fit;
};

struct doc_table {
	size_t n_columns;
	const struct doc_column *columns; /* static */
	GPtrArray *cells;		  /* row by row */
	bool *used;			  /* columns that carry anything */
};

enum doc_kind {
	DOC_TITLE, /* of the document; `right` says where it is from */
	DOC_HEADING,
	DOC_TEXT,
	DOC_NOTE, /* a caveat */
	DOC_FINDING,
	DOC_TABLE,
	DOC_BARS, /* drawn where a page can draw; the table tells the same */
};

/* Parts of wholes as bars: `n_parts` shares for each row. */
struct doc_bars {
	size_t n_parts;
	const char *const *names, *const *colours; /* static */
	GPtrArray *labels;
	GArray *shares; /* double, row by row */
};

struct doc_block {
	enum doc_kind kind;
	char *text;	/* or title of a finding */
	char *right;	/* what stands at the right margin, or NULL */
	char *evidence; /* DOC_FINDING */
	char *advice;	/* DOC_FINDING, or NULL */
	int number;	/* DOC_FINDING; 0: none */
	struct doc_table table;
	struct doc_bars bars;
};

struct doc {
	GPtrArray *blocks; /* struct doc_block */
};

struct doc *doc_new(void);
void doc_free(struct doc *doc);

void doc_title(struct doc *doc, const char *text, const char *right);
void doc_heading(struct doc *doc, const char *text);
void doc_text(struct doc *doc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doc_note(struct doc *doc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doc_finding(struct doc *doc, int number, const char *title,
		 const char *right, const char *evidence, const char *advice);

/* Is there anything to show in this column? */
bool doc_is_used(const struct doc_table *table, size_t column);

/* Starts a table; cells follow, row by row. `columns` lives on. */
void doc_table(struct doc *doc, const struct doc_column *columns, size_t n);
void doc_cell(struct doc *doc, const char *text);
void doc_cellf(struct doc *doc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A cell with an empty text if `value` is 0. */
void doc_cell_ns(struct doc *doc, uint64_t ns);
void doc_cell_count(struct doc *doc, uint64_t count);
void doc_cell_share(struct doc *doc, double ratio);

/* Starts a row of bars; names and colours live on. */
void doc_bars(struct doc *doc, const char *const *names,
	      const char *const *colours, size_t n);
void doc_bar(struct doc *doc, const char *label, const double *shares);

/* Lays out for a page of `width` columns. */
void doc_write_text(const struct doc *doc, int width, FILE *out);

/* One page that needs nothing else. */
void doc_write_html(const struct doc *doc, FILE *out);

#endif
