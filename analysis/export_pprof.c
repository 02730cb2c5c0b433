/*
 * profile.proto of pprof, written by hand: a dozen fields do not make a
 * library. Field numbers are those of its published schema.
 */
#include <glib.h>
#include <string.h>

#include "analysis/export.h"

enum wire {
	WIRE_VARINT = 0,
	WIRE_BYTES = 2,
};

struct profile {
	const struct report *report;
	GByteArray *bytes;
	GHashTable *strings; /* text -> index */
	GPtrArray *texts;
};

static void put_varint(GByteArray *to, uint64_t value)
{
	do {
		guint8 byte = (guint8)(value & 0x7f);

		value >>= 7;
		if (value)
			byte |= 0x80;
		g_byte_array_append(to, &byte, 1);
	} while (value);
}

static void put_number(GByteArray *to, unsigned field, uint64_t value)
{
	put_varint(to, (uint64_t)field << 3 | WIRE_VARINT);
	put_varint(to, value);
}

static void put_bytes(GByteArray *to, unsigned field, const void *data,
		      size_t n)
{
	put_varint(to, (uint64_t)field << 3 | WIRE_BYTES);
	put_varint(to, n);
	g_byte_array_append(to, data, (guint)n);
}

/* Moves a finished message into its parent. */
static void take_message(GByteArray *to, unsigned field, GByteArray *message)
{
	put_bytes(to, field, message->data, message->len);
	g_byte_array_free(message, TRUE);
}

static uint64_t string_index(struct profile *profile, const char *text)
{
	gpointer index;
	char *valid;

	if (g_hash_table_lookup_extended(profile->strings, text, NULL, &index))
		return GPOINTER_TO_UINT(index);
	valid = g_utf8_make_valid(text, -1);
	g_ptr_array_add(profile->texts, valid);
	g_hash_table_insert(profile->strings, g_strdup(text),
			    GUINT_TO_POINTER(profile->texts->len - 1));
	return profile->texts->len - 1;
}

static void put_value_type(struct profile *profile, unsigned field,
			   const char *type, const char *unit)
{
	GByteArray *message = g_byte_array_new();

	put_number(message, 1, string_index(profile, type));
	put_number(message, 2, string_index(profile, unit));
	take_message(profile->bytes, field, message);
}

static void put_label(struct profile *profile, GByteArray *sample,
		      const char *key, const char *text)
{
	GByteArray *message = g_byte_array_new();

	put_number(message, 1, string_index(profile, key));
	put_number(message, 2, string_index(profile, text));
	take_message(sample, 3, message);
}

static void put_sample(struct profile *profile, const struct lock *lock,
		       const struct lock_site *site)
{
	GByteArray *message = g_byte_array_new();

	/* Locations: numbers of sites, from 1 on, innermost first. */
	put_number(message, 1, (uint64_t)site->site + 1);
	for (int i = 1; i < site->n_stack; i++)
		put_number(message, 1, (uint64_t)site->stack[i] + 1);
	put_number(message, 2, site->contended);
	put_number(message, 2, site->wait_ns);
	put_label(profile, message, "lock", lock->label);
	take_message(profile->bytes, 2, message);
}

static void put_site(struct profile *profile, size_t i)
{
	const struct site *site = &profile->report->sites[i];
	GByteArray *location = g_byte_array_new();
	GByteArray *line = g_byte_array_new();
	GByteArray *function = g_byte_array_new();
	const char *name = *site->function ? site->function : site->text;

	put_number(line, 1, i + 1);
	put_number(line, 2, (uint64_t)MAX(site->line, 0));
	put_number(location, 1, i + 1);
	put_number(location, 3, site->address);
	take_message(location, 4, line);
	take_message(profile->bytes, 4, location);
	put_number(function, 1, i + 1);
	put_number(function, 2, string_index(profile, name));
	put_number(function, 3, string_index(profile, name));
	put_number(function, 4, string_index(profile, site->path));
	take_message(profile->bytes, 5, function);
}

int export_pprof(const struct report *report, FILE *out, struct err *err)
{
	struct profile profile = {
		.report = report,
		.bytes = g_byte_array_new(),
		.strings = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, NULL),
		.texts = g_ptr_array_new_with_free_func(g_free),
	};
	size_t written;

	(void)string_index(&profile, ""); /* the first one must be empty */
	put_value_type(&profile, 1, "contentions", "count");
	put_value_type(&profile, 1, "delay", "nanoseconds");
	for (size_t i = 0; i < report->n_groups; i++)
		for (size_t j = 0; j < report->groups[i].n_sites; j++)
			if (report->groups[i].sites[j].wait_ns)
				put_sample(&profile, &report->groups[i],
					   &report->groups[i].sites[j]);
	for (size_t i = 0; i < report->n_sites; i++)
		put_site(&profile, i);
	put_number(profile.bytes, 10, report->run.duration_ns);
	put_value_type(&profile, 11, "contentions", "count");
	put_number(profile.bytes, 12, 1);
	put_number(profile.bytes, 14, string_index(&profile, "delay"));
	for (guint i = 0; i < profile.texts->len; i++) {
		const char *text = g_ptr_array_index(profile.texts, i);

		put_bytes(profile.bytes, 6, text, strlen(text));
	}
	written = fwrite(profile.bytes->data, 1, profile.bytes->len, out);
	g_byte_array_free(profile.bytes, TRUE);
	g_hash_table_destroy(profile.strings);
	g_ptr_array_free(profile.texts, TRUE);
	return written ? 0 : err_set(err, "cannot write the profile");
}
