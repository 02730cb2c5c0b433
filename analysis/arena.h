/*
 * One heap for everything that belongs to a report: it grows, and dies at once.
 *
 * Out of memory aborts. What is handed out lives until arena_free().
 */
#ifndef ANALYSIS_ARENA_H
#define ANALYSIS_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);

/* Frees the arena and all that came from it; takes NULL. */
void arena_free(struct arena *arena);

/* `n` zeroed items of `size` bytes each, aligned for any type; never NULL. */
void *arena_array(struct arena *arena, size_t n, size_t size);

/* A copy of `text`, "" for NULL. */
const char *arena_string(struct arena *arena, const char *text);

/* The formatted text. */
const char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

#endif
