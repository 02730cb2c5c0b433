/*
 * Values of a report as JSON. Each returns a new value; put takes its own.
 */
#ifndef ANALYSIS_JSON_WORDS_H
#define ANALYSIS_JSON_WORDS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/report.h"

/* A text of any bytes as valid UTF-8; "" for NULL. */
json_t *json_words_text(const char *value);

void json_words_put(json_t *object, const char *key, json_t *value);
void json_words_put_count(json_t *object, const char *key, uint64_t value);
void json_words_put_text(json_t *object, const char *key, const char *value);

/* The id of a lock, the tid of a thread, the text of a site; "", 0 and "" for
 * -1. */
json_t *json_words_lock(const struct report *report, int lock);
json_t *json_words_tid(const struct report *report, int thread);
json_t *json_words_site(const struct report *report, int site);

json_t *json_words_counts(const uint64_t *values, size_t n);
json_t *json_words_texts(const char *const *values, size_t n);

/* An object with a key for each of `names`. */
json_t *json_words_by_name(const char *const *names, const uint64_t *values,
			   size_t n);
json_t *json_words_dist(const struct dist *dist);

/* One item of `locks` (render_json_lock.c). */
json_t *json_of_lock(const struct report *report, const struct lock *lock);

/* The parts of the same names. */
json_t *json_of_run(const struct report *report);
json_t *json_of_processes(const struct report *report);
json_t *json_of_threads(const struct report *report);
json_t *json_of_utilization(const struct report *report);
json_t *json_of_io(const struct report *report);
json_t *json_of_path(const struct report *report);
json_t *json_of_overhead(const struct report *report);

#endif
