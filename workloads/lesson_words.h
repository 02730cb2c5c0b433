/* Figures of a lesson as words and cells, the same in text and HTML. */
#ifndef WORKLOADS_LESSON_WORDS_H
#define WORKLOADS_LESSON_WORDS_H

#include "workloads/lesson.h"

#define WORDS_CELL  24
#define WORDS_CELLS 8

/* Writes text in lines of 80 columns behind `head`, which sets the margin. */
void words_wrap(FILE *out, const char *head, const char *text);

/* "12.3 M" */
void words_number(double value, char cell[WORDS_CELL]);

/* Variant, time, spread, speed-up, CPU time, switches (2), memory. */
void words_cells(const struct lesson_result *result,
		 const struct lesson_outcome *outcome,
		 char cells[WORDS_CELLS][WORDS_CELL]);

const char *words_verdict(enum answer answer);

/* Newly allocated; g_free(). words_law(): 0 Amdahl's, 1 USL; NULL: no fit. */
char *words_finding(const struct lesson_finding *finding);
char *words_show(const struct lesson_result *result,
		 const struct lesson_show *show);
char *words_law(const struct lesson_curve *curve, int law);

#endif
