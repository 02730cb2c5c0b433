/*
 * Whether all is there that the recorder wrote. A stream that was cut between
 * two packets looks whole to any reader, and so does one that somebody read a
 * part of: only the counts of the recorder tell.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "analysis/manifest.h"

/* The reader has said already what is wrong with it. */
static bool is_told(const struct read_stats *stats, const char *name)
{
	for (size_t i = 0; i < stats->n_notes; i++)
		if (g_str_has_prefix(stats->notes[i], name))
			return true;
	return false;
}

static void add_note(struct read_stats *stats, char *note)
{
	stats->notes = g_renew(char *, stats->notes, stats->n_notes + 2);
	stats->notes[stats->n_notes++] = note;
	stats->notes[stats->n_notes] = NULL;
	stats->truncated = true;
}

static void check_events(struct read_stats *stats, enum event_source source,
			 const char *part, uint64_t written)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < stats->n_streams; i++)
		if (stats->streams[i].source == source)
			seen += stats->streams[i].events;
	if (seen >= written || is_told(stats, part))
		return;
	add_note(stats, g_strdup_printf("%s: only %" PRIu64 " of the %" PRIu64
					" events that were recorded are there",
					part, seen, written));
}

/* The files of LTTng: nobody counts their events, but their bytes. */
static void check_stream(struct read_stats *stats, const char *dir,
			 const json_t *stream)
{
	const char *name = json_string_value(json_object_get(stream, "name"));
	json_int_t written =
		json_integer_value(json_object_get(stream, "bytes"));
	g_autofree char *path = name ? g_build_filename(dir, name, NULL) : NULL;
	GStatBuf status;

	if (!path || written <= 0 || is_told(stats, name))
		return;
	if (g_stat(path, &status))
		add_note(stats, g_strdup_printf("%s: is missing", name));
	else if (status.st_size < written)
		add_note(stats, g_strdup_printf("%s: ends after %" PRIu64
						" of its %" PRIu64 " bytes",
						name, (uint64_t)status.st_size,
						(uint64_t)written));
}

static const json_t *part_of(const struct manifest *manifest, const char *part,
			     const char *key)
{
	return json_object_get(json_object_get(manifest->json, part), key);
}

static uint64_t count_of(const struct manifest *manifest, const char *part)
{
	json_int_t n = json_integer_value(part_of(manifest, part, "events"));

	return n > 0 ? (uint64_t)n : 0;
}

void manifest_check(const struct manifest *manifest, const char *dir,
		    struct read_stats *stats)
{
	const json_t *streams = part_of(manifest, "ust", "streams");
	g_autofree char *ust = g_build_filename(dir, SCHEMA_UST_DIR, NULL);

	check_events(stats, SOURCE_SCHED, SCHEMA_SCHED_DIR,
		     count_of(manifest, "scheduler"));
	check_events(stats, SOURCE_BOARD, SCHEMA_BOARD_DIR,
		     count_of(manifest, "board"));
	/* A copy made with Babeltrace has other files. */
	if (!g_file_test(ust, G_FILE_TEST_IS_DIR))
		return;
	for (size_t i = 0; i < json_array_size(streams); i++)
		check_stream(stats, dir, json_array_get(streams, i));
}
