#include "analysis/read_repair.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "analysis/read_metadata.h"

#define CTF_MAGIC    0xc1fc1fc1u
#define HEADER_BYTES 20 /* magic number and uuid: the same in all packets */
#define PACKET_BYTES 96 /* less holds no event */

/* Where tracers write the sizes of a packet, in bits: bytes from its begin. */
static const struct layout {
	size_t content, packet;
} layouts[] = {
	{ 48, 56 }, /* LTTng */
	{ 44, 36 }, /* Babeltrace's writer */
	{ 40, 48 }, /* LTTng before stream instances, and alike */
};

struct extent { /* bytes of a stream that make up a packet */
	size_t offset, bytes;
	bool cut; /* it claims to be longer */
};

struct walk {
	const uint8_t *data;
	size_t bytes;
	const struct layout *layout;
	GArray *extents;
	size_t skipped; /* bytes that belong to no packet */
	size_t missing; /* bytes that the last packet lacks */
};

struct read_repair {
	char *top, *dir;
	GPtrArray *streams; /* names */
};

static uint64_t u64_at(const struct walk *walk, size_t offset)
{
	uint64_t value;

	memcpy(&value, walk->data + offset, sizeof(value));
	return value;
}

/* A packet here would be of this size; 0: there is none. */
static uint64_t packet_bytes(const struct walk *walk,
			     const struct layout *layout, size_t offset)
{
	uint64_t content, packet;
	uint32_t magic;

	if (walk->bytes - offset < PACKET_BYTES)
		return 0;
	memcpy(&magic, walk->data + offset, sizeof(magic));
	if (magic != CTF_MAGIC ||
	    memcmp(walk->data, walk->data + offset, HEADER_BYTES) != 0)
		return 0;
	content = u64_at(walk, offset + layout->content);
	packet = u64_at(walk, offset + layout->packet);
	if (packet % 8 || content > packet ||
	    content < (uint64_t)PACKET_BYTES / 2 * 8 ||
	    packet > (UINT64_C(1) << 40))
		return 0;
	return packet / 8;
}

static const struct layout *find_layout(const struct walk *walk)
{
	for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++)
		if (packet_bytes(walk, &layouts[i], 0))
			return &layouts[i];
	return NULL;
}

/* Where the next packet begins after damage, or the end of the stream. */
static size_t next_packet(const struct walk *walk, size_t offset)
{
	while (++offset + PACKET_BYTES <= walk->bytes) {
		const uint8_t *found =
			memmem(walk->data + offset, walk->bytes - offset,
			       walk->data, HEADER_BYTES);

		if (!found)
			break;
		offset = (size_t)(found - walk->data);
		if (packet_bytes(walk, walk->layout, offset))
			return offset;
	}
	return walk->bytes;
}

static void walk_packets(struct walk *walk)
{
	size_t offset = 0;

	walk->layout = find_layout(walk);
	if (!walk->layout) {
		walk->skipped = walk->bytes;
		return;
	}
	while (offset < walk->bytes) {
		uint64_t bytes = packet_bytes(walk, walk->layout, offset);
		struct extent extent = { .offset = offset };
		size_t next;

		if (!bytes) {
			next = next_packet(walk, offset);
			walk->skipped += next - offset;
			offset = next;
			continue;
		}
		extent.cut = bytes > walk->bytes - offset;
		extent.bytes =
			extent.cut ? walk->bytes - offset : (size_t)bytes;
		if (extent.cut)
			walk->missing = (size_t)bytes - extent.bytes;
		g_array_append_val(walk->extents, extent);
		offset += extent.bytes;
	}
}

/* A cut packet is told to be as long as it is. */
static bool write_extent(const struct walk *walk, const struct extent *extent,
			 FILE *file)
{
	const uint8_t *from = walk->data + extent->offset;
	uint64_t bits = (uint64_t)extent->bytes * 8, content;
	uint8_t head[PACKET_BYTES];

	if (!extent->cut)
		return fwrite(from, extent->bytes, 1, file) == 1;
	memcpy(head, from, sizeof(head));
	content =
		MIN(u64_at(walk, extent->offset + walk->layout->content), bits);
	memcpy(head + walk->layout->content, &content, sizeof(content));
	memcpy(head + walk->layout->packet, &bits, sizeof(bits));
	return fwrite(head, sizeof(head), 1, file) == 1 &&
	       (extent->bytes == sizeof(head) ||
		fwrite(from + sizeof(head), extent->bytes - sizeof(head), 1,
		       file) == 1);
}

static bool write_copy(const struct walk *walk, const char *path)
{
	FILE *file = fopen(path, "wbxe");
	bool ok = file != NULL;

	for (guint i = 0; ok && i < walk->extents->len; i++)
		ok = write_extent(
			walk, &g_array_index(walk->extents, struct extent, i),
			file);
	if (file && fclose(file))
		ok = false;
	return ok;
}

static void note_damage(const struct walk *walk, const char *name,
			GPtrArray *notes)
{
	if (!walk->layout)
		g_ptr_array_add(
			notes, g_strdup_printf("%s: has no whole packet header "
					       "in its %zu bytes",
					       name, walk->bytes));
	else if (walk->missing)
		g_ptr_array_add(
			notes,
			g_strdup_printf("%s: is cut: the last %zu bytes of "
					"packet %u are missing",
					name, walk->missing,
					walk->extents->len));
	if (walk->layout && walk->skipped)
		g_ptr_array_add(notes,
				g_strdup_printf("%s: %zu of its %zu bytes are "
						"no packet and were skipped",
						name, walk->skipped,
						walk->bytes));
}

static void repair_stream(struct read_repair *repair, const char *from,
			  const char *file, const char *name, GPtrArray *notes)
{
	g_autoptr(GMappedFile) map = g_mapped_file_new(from, FALSE, NULL);
	g_autofree char *to = g_build_filename(repair->dir, file, NULL);
	struct walk walk = { .data = NULL };
	bool ok;

	if (!map || !g_mapped_file_get_length(map))
		return;
	walk.data = (const uint8_t *)g_mapped_file_get_contents(map);
	walk.bytes = g_mapped_file_get_length(map);
	walk.extents = g_array_new(FALSE, FALSE, sizeof(struct extent));
	walk_packets(&walk);
	note_damage(&walk, name, notes);
	if (!walk.extents->len)
		ok = false;
	else if (walk.skipped || walk.missing)
		ok = write_copy(&walk, to);
	else
		ok = !symlink(from, to);
	if (ok)
		g_ptr_array_add(repair->streams, g_strdup(file));
	else if (walk.extents->len)
		g_ptr_array_add(notes,
				g_strdup_printf("%s: cannot be copied to '%s': "
						"%s",
						name, to, g_strerror(errno)));
	g_array_free(walk.extents, TRUE);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Notes come in the order of names, not in that of the directory. */
static GPtrArray *list_files(const char *path)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);

		if (name[0] != '.' && strcmp(name, "metadata") != 0 &&
		    g_file_test(entry, G_FILE_TEST_IS_REGULAR))
			g_ptr_array_add(files, g_strdup(name));
	}
	g_ptr_array_sort(files, by_name);
	return files;
}

static int mend_metadata(const struct read_repair *repair, const char *path,
			 const char *name, GPtrArray *notes)
{
	g_autofree char *to = g_build_filename(repair->dir, "metadata", NULL);
	bool cut = read_metadata_is_cut(path);
	size_t lost;

	if (read_metadata_mend(path, to, &lost))
		return -1;
	if (cut)
		g_ptr_array_add(
			notes,
			g_strdup_printf("%s/metadata: is cut: its last %zu "
					"bytes describe nothing that is whole",
					name, lost));
	return 0;
}

struct read_repair *read_repair_new(const char *path, const char *name,
				    GPtrArray *notes)
{
	struct read_repair *repair = g_new0(struct read_repair, 1);
	g_autoptr(GPtrArray) files = list_files(path);

	repair->streams = g_ptr_array_new_with_free_func(g_free);
	repair->top = g_dir_make_tmp("holdup-repair-XXXXXX", NULL);
	if (!repair->top) {
		read_repair_free(repair);
		return NULL;
	}
	repair->dir = g_build_filename(repair->top, name, NULL);
	if (g_mkdir_with_parents(repair->dir, 0700) ||
	    mend_metadata(repair, path, name, notes)) {
		read_repair_free(repair);
		return NULL;
	}
	for (guint i = 0; i < files->len; i++) {
		const char *file = g_ptr_array_index(files, i);
		g_autofree char *entry = g_build_filename(path, file, NULL);
		g_autofree char *called = g_build_filename(name, file, NULL);

		repair_stream(repair, entry, file, called, notes);
	}
	return repair;
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);

		if (g_file_test(entry, G_FILE_TEST_IS_SYMLINK) ||
		    !g_file_test(entry, G_FILE_TEST_IS_DIR))
			(void)g_unlink(entry);
		else
			remove_tree(entry);
	}
	(void)g_rmdir(path);
}

void read_repair_free(struct read_repair *repair)
{
	if (!repair)
		return;
	if (repair->top)
		remove_tree(repair->top);
	g_ptr_array_free(repair->streams, TRUE);
	g_free(repair->dir);
	g_free(repair->top);
	g_free(repair);
}

const char *read_repair_dir(const struct read_repair *repair)
{
	return repair->dir;
}

const char *read_repair_top(const struct read_repair *repair)
{
	return repair->top;
}

size_t read_repair_streams(const struct read_repair *repair)
{
	return repair->streams->len;
}

const char *read_repair_stream(const struct read_repair *repair, size_t i)
{
	return g_ptr_array_index(repair->streams, i);
}

/* Babeltrace passes over files whose names begin with a dot. */
static void rename_stream(struct read_repair *repair, size_t i, bool show)
{
	const char *name = read_repair_stream(repair, i);
	g_autofree char *plain = g_build_filename(repair->dir, name, NULL);
	g_autofree char *hidden = g_strdup_printf("%s/.%s", repair->dir, name);

	(void)g_rename(show ? hidden : plain, show ? plain : hidden);
}

void read_repair_hide(struct read_repair *repair, size_t i)
{
	rename_stream(repair, i, false);
}

void read_repair_show(struct read_repair *repair, size_t i)
{
	rename_stream(repair, i, true);
}
