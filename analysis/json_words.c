#include "analysis/json_words.h"

#include <glib.h>

/* Names of files and threads may be any bytes: only valid UTF-8 is JSON. */
json_t *json_words_text(const char *value)
{
	json_t *string = json_string(value ? value : "");
	char *valid;

	if (string)
		return string;
	valid = g_utf8_make_valid(value, -1);
	string = json_string(valid);
	g_free(valid);
	return string;
}

static json_t *json_words_count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

void json_words_put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

void json_words_put_count(json_t *object, const char *key, uint64_t value)
{
	json_words_put(object, key, json_words_count(value));
}

void json_words_put_text(json_t *object, const char *key, const char *value)
{
	json_words_put(object, key, json_words_text(value));
}

json_t *json_words_lock(const struct report *report, int lock)
{
	return json_words_text(lock < 0 ? "" : report->locks[lock].id);
}

json_t *json_words_tid(const struct report *report, int thread)
{
	return json_integer(thread < 0 ? 0 : report->threads[thread].tid);
}

json_t *json_words_site(const struct report *report, int site)
{
	return json_words_text(site < 0 ? "" : report->sites[site].text);
}

json_t *json_words_counts(const uint64_t *values, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; values && i < n; i++)
		(void)json_array_append_new(array, json_words_count(values[i]));
	return array;
}

json_t *json_words_texts(const char *const *values, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, json_words_text(values[i]));
	return array;
}

/* An object with a key for each of `names`. */
json_t *json_words_by_name(const char *const *names, const uint64_t *values,
			   size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++)
		json_words_put_count(object, names[i], values[i]);
	return object;
}

json_t *json_words_dist(const struct dist *d)
{
	json_t *object = json_object();

	json_words_put_count(object, "count", d->count);
	json_words_put_count(object, "total", d->total);
	json_words_put_count(object, "mean", d->mean);
	json_words_put_count(object, "p50", d->p50);
	json_words_put_count(object, "p90", d->p90);
	json_words_put_count(object, "p99", d->p99);
	json_words_put_count(object, "max", d->max);
	return object;
}
