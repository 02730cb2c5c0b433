/*
 * An error as one line of text, made where the facts are.
 *
 * A function that can fail returns 0 or -1 and takes a struct err * last, which
 * may be NULL. Callers put their own words in front of the message.
 */
#ifndef TRACING_BASE_ERR_H
#define TRACING_BASE_ERR_H

struct err {
	char text[512]; /* "" while nothing failed */
};

/* Sets the message; returns -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* As err_set(), followed by ": " and the words for `number`. */
int err_errno(struct err *err, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts words and ": " in front of the message; returns -1. */
int err_prefix(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
