#include "tracing/recorder/ustdir.h"

#include <dirent.h>
#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracing/recorder/logbook.h"
#include "tracing/recorder/rundir.h"

#define METADATA_MAGIC 0x75d11d57u
#define METADATA_HEADER                                      \
	37 /* magic, uuid, checksum, bits of content, packet \
	    */
#define INDEX_MAGIC 0xc1f1dcc1u

/* Head and entries of LTTng's index files; all of it big-endian. */
struct index_head {
	uint32_t magic, major, minor, entry_bytes;
};

struct index_entry {
	uint64_t offset, packet_bits, content_bits, begin_ns, end_ns;
	uint64_t discarded, stream;
};

typedef void visit_fn(const char *path, void *data);

/* Visits each trace: a directory with metadata. */
static void walk(const char *path, visit_fn *visit, void *data)
{
	char *metadata = g_build_filename(path, "metadata", NULL);
	DIR *dir = NULL;
	struct dirent *entry;

	if (!access(metadata, F_OK))
		visit(path, data);
	else
		dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		char *below;

		if (entry->d_name[0] == '.')
			continue;
		below = g_build_filename(path, entry->d_name, NULL);
		walk(below, visit, data);
		g_free(below);
	}
	if (dir)
		closedir(dir);
	g_free(metadata);
}

static void walk_all(const char *out, visit_fn *visit, void *data)
{
	char *ust = g_build_filename(out, SCHEMA_UST_DIR, NULL);

	walk(ust, visit, data);
	g_free(ust);
}

/* One stream of a trace, with the entries of its index. */
typedef void stream_fn(const char *trace, const char *name, FILE *index,
		       uint32_t entry_bytes, void *data);

static void open_index(const char *trace, const char *name, const char *path,
		       stream_fn *visit, void *data)
{
	FILE *index = fopen(path, "re");
	struct index_head head;

	if (!index)
		return;
	if (fread(&head, sizeof(head), 1, index) == 1 &&
	    be32toh(head.magic) == INDEX_MAGIC &&
	    be32toh(head.entry_bytes) >= sizeof(struct index_entry))
		visit(trace, name, index, be32toh(head.entry_bytes), data);
	fclose(index);
}

/* TRACE/index/STREAM.idx tells of TRACE/STREAM. */
static void each_stream(const char *trace, stream_fn *visit, void *data)
{
	char *below = g_build_filename(trace, "index", NULL);
	DIR *dir = opendir(below);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *path, *name;

		if (!g_str_has_suffix(entry->d_name, ".idx"))
			continue;
		path = g_build_filename(below, entry->d_name, NULL);
		name = g_strndup(entry->d_name, strlen(entry->d_name) - 4);
		open_index(trace, name, path, visit, data);
		g_free(name);
		g_free(path);
	}
	if (dir)
		closedir(dir);
	g_free(below);
}

static bool next_entry(FILE *index, uint32_t entry_bytes,
		       struct index_entry *entry)
{
	long rest = (long)entry_bytes - (long)sizeof(*entry);

	return fread(entry, sizeof(*entry), 1, index) == 1 &&
	       !fseek(index, rest, SEEK_CUR);
}

struct counting {
	size_t prefix; /* of paths, which the names do without */
	GArray *streams;
};

static void count_stream(const char *trace, const char *name, FILE *index,
			 uint32_t entry_bytes, void *data)
{
	const struct counting *counting = data;
	struct stream_count count = { NULL, 0, 0, 0 };
	struct index_entry entry;

	while (next_entry(index, entry_bytes, &entry)) {
		count.packets++;
		count.bytes += be64toh(entry.packet_bits) / 8;
		/* It counts on from packet to packet. */
		count.discarded = be64toh(entry.discarded);
	}
	count.name = g_build_filename(trace + counting->prefix, name, NULL);
	g_array_append_val(counting->streams, count);
}

static void count_trace(const char *path, void *data)
{
	each_stream(path, count_stream, data);
}

void ustdir_count(const char *out, GArray *streams)
{
	struct counting counting = { strlen(out) + 1, streams };

	walk_all(out, count_trace, &counting);
}

/* The count goes on from packet to packet: the last one has it all. */
static void sum_lost(const char *trace, const char *name, FILE *index,
		     uint32_t entry_bytes, void *data)
{
	uint64_t *lost = data;
	struct index_entry entry;
	long begin = ftell(index);
	long entries = fseek(index, 0, SEEK_END)
			       ? 0
			       : (ftell(index) - begin) / (long)entry_bytes;

	(void)trace;
	(void)name;
	if (entries > 0 &&
	    !fseek(index, begin + (entries - 1) * (long)entry_bytes,
		   SEEK_SET) &&
	    next_entry(index, entry_bytes, &entry))
		*lost += be64toh(entry.discarded);
}

static void sum_trace(const char *path, void *data)
{
	each_stream(path, sum_lost, data);
}

uint64_t ustdir_lost(const char *out)
{
	uint64_t lost = 0;

	walk_all(out, sum_trace, &lost);
	return lost;
}

/* The size of the packet of metadata at `at`, and its text; 0: no whole one. */
static gsize metadata_packet(const char *bytes, gsize size, gsize at,
			     gsize *text_bytes)
{
	uint32_t magic, content, packet;

	if (size - at < METADATA_HEADER)
		return 0;
	memcpy(&magic, bytes + at, 4);
	memcpy(&content, bytes + at + 24, 4);
	memcpy(&packet, bytes + at + 28, 4);
	content /= 8;
	packet /= 8;
	if (magic != METADATA_MAGIC || content < METADATA_HEADER ||
	    packet < content || packet > size - at)
		return 0;
	*text_bytes = content - METADATA_HEADER;
	return packet;
}

/* The text of a trace's metadata; *whole is where its last packet ends. */
static GString *metadata_text(const char *trace, gsize *whole)
{
	char *path = g_build_filename(trace, "metadata", NULL);
	GString *text = g_string_new(NULL);
	char *bytes = NULL;
	gsize size = 0, packet = 0, text_bytes = 0;

	*whole = 0;
	if (g_file_get_contents(path, &bytes, &size, NULL))
		while ((packet = metadata_packet(bytes, size, *whole,
						 &text_bytes))) {
			g_string_append_len(text,
					    bytes + *whole + METADATA_HEADER,
					    (gssize)text_bytes);
			*whole += packet;
		}
	g_free(bytes);
	g_free(path);
	return text;
}

static void find_offset(const char *trace, void *data)
{
	static const char key[] = "offset = ";
	uint64_t *ns = data;
	gsize whole;
	GString *text = metadata_text(trace, &whole);
	const char *clock = strstr(text->str, "clock {");
	const char *offset = clock ? strstr(clock, key) : NULL;

	if (offset && !*ns)
		*ns = strtoull(offset + strlen(key), NULL, 10);
	g_string_free(text, TRUE);
}

uint64_t ustdir_clock_offset(const char *out)
{
	uint64_t ns = 0;

	walk_all(out, find_offset, &ns);
	return ns;
}

static void cut(const char *trace, const char *name, off_t bytes)
{
	char *path = g_build_filename(trace, name, NULL);
	struct stat st;

	if (!stat(path, &st) && st.st_size > bytes && truncate(path, bytes))
		perror(path);
	g_free(path);
}

/* Behind the last packet that is whole and that the index knows. */
static void mend_stream(const char *trace, const char *name, FILE *index,
			uint32_t entry_bytes, void *data)
{
	char *path = g_build_filename(trace, name, NULL);
	struct index_entry entry;
	struct stat st;
	uint64_t end = 0;

	(void)data;
	while (!stat(path, &st) && next_entry(index, entry_bytes, &entry)) {
		uint64_t next =
			be64toh(entry.offset) + be64toh(entry.packet_bits) / 8;

		if (next > (uint64_t)st.st_size)
			break;
		end = next;
	}
	cut(trace, name, (off_t)end);
	g_free(path);
}

static void mend_trace(const char *trace, void *data)
{
	gsize whole;
	GString *text = metadata_text(trace, &whole);

	(void)data;
	g_string_free(text, TRUE);
	if (!whole) {
		rundir_remove(trace);
		return;
	}
	cut(trace, "metadata", (off_t)whole);
	each_stream(trace, mend_stream, NULL);
}

void ustdir_mend(const char *out)
{
	walk_all(out, mend_trace, NULL);
}
