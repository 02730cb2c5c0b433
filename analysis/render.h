/*
 * A report in the forms that people and programs read. Renderers scale units
 * and lay out; every figure comes from the report or from measure.h.
 */
#ifndef ANALYSIS_RENDER_H
#define ANALYSIS_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/report.h"
#include "tracing/base/err.h"

/* What rows are sorted by. */
enum render_sort {
	SORT_COST, /* as the report has them */
	SORT_WAIT,
	SORT_HOLD,
	SORT_ACQUISITIONS,
	SORT_CONTENDED,
	SORT_MAX,
	SORT_NAME,
	SORT_N,
};

extern const char *const render_sort_names[SORT_N];

struct render_options {
	const char *only;   /* SECTION[,SECTION]; NULL: all */
	const char *lock;   /* rows whose label contains it; NULL: all */
	const char *thread; /* name or tid; NULL: all */
	enum render_sort sort;
	uint32_t top; /* rows of a table; 0: as many as fit a reader */
	int width;    /* of a text page */
};

/* 0, or -1 and a message that names the section that does not exist. */
int render_check(const struct render_options *options, struct err *err);

/* "findings, locks, ..." for messages and help. */
const char *render_sections(void);

void render_text(const struct report *report,
		 const struct render_options *options, FILE *out);
void render_html(const struct report *report,
		 const struct render_options *options, FILE *out);

/* Schema holdup-report/1; `options` choose nothing but `only`'s keys. */
void render_json(const struct report *report, FILE *out);

#endif
