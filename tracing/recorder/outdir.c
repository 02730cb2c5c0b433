#include "tracing/recorder/outdir.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracing/recorder/logbook.h"
#include "tracing/recorder/rundir.h"

#define METADATA_MAGIC 0x75d11d57u
#define INDEX_MAGIC    0xc1f1dcc1u

static bool has_file(const char *dir, const char *name)
{
	char *path = g_build_filename(dir, name, NULL);
	bool has = !access(path, F_OK);

	g_free(path);
	return has;
}

static int lock(const char *path, struct err *err)
{
	int fd = open(path, O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	return err_set(err,
		       "'%s' is being written by another recording: "
		       "choose another directory with -o",
		       path);
}

/* Only what is a recording may be renamed, and its .old be removed. */
static int make_way(struct outdir *out, struct err *err)
{
	char *old = g_strdup_printf("%s.old", out->path);
	int rc = 0;
	int fd;

	if (!has_file(out->path, SCHEMA_MANIFEST))
		rc = err_set(err,
			     "'%s' exists and is no recording: remove it "
			     "or choose another directory with -o",
			     out->path);
	else if ((fd = lock(out->path, err)) < 0)
		rc = -1;
	else {
		close(fd);
		if (has_file(old, SCHEMA_MANIFEST))
			rundir_remove(old);
		if (rename(out->path, old))
			rc = err_errno(err, errno, "cannot rename '%s'",
				       out->path);
		else
			out->old = g_steal_pointer(&old);
	}
	g_free(old);
	return rc;
}

static char *absolute(const char *path)
{
	char *cwd = g_get_current_dir();
	char *full = g_path_is_absolute(path)
			     ? g_strdup(path)
			     : g_build_filename(cwd, path, NULL);
	size_t n = strlen(full);

	while (n > 1 && full[n - 1] == '/')
		full[--n] = '\0';
	g_free(cwd);
	return full;
}

int outdir_make(struct outdir *out, const char *path, struct err *err)
{
	*out = (struct outdir){ .path = absolute(path), .fd = -1 };
	/* rmdir() succeeds on an empty one only. */
	if (!access(out->path, F_OK) && rmdir(out->path) && make_way(out, err))
		return -1;
	if (mkdir(out->path, 0777))
		return err_errno(err, errno, "cannot create '%s'", path);
	out->fd = lock(out->path, err);
	return out->fd < 0 ? -1 : 0;
}

void outdir_unmake(struct outdir *out)
{
	if (out->fd >= 0)
		rundir_remove(out->path);
	if (out->old && rename(out->old, out->path))
		fprintf(stderr, "holdup: the recording before is in '%s'\n",
			out->old);
}

int outdir_check(const struct outdir *out, struct err *err)
{
	struct stat made, there;

	if (fstat(out->fd, &made) || stat(out->path, &there) ||
	    made.st_ino != there.st_ino || made.st_dev != there.st_dev)
		return err_set(err, "'%s' was removed or renamed meanwhile",
			       out->path);
	return 0;
}

/* Head of LTTng's index files; all of it big-endian. */
struct index_head {
	uint32_t magic, major, minor, entry_bytes;
};

struct index_entry {
	uint64_t offset, packet_bits, content_bits, begin_ns, end_ns;
	uint64_t discarded, stream;
};

static void count_index(const char *path, struct stream_count *count)
{
	FILE *file = fopen(path, "re");
	struct index_head head;
	struct index_entry entry;
	long skip;

	if (!file)
		return;
	if (fread(&head, sizeof(head), 1, file) != 1 ||
	    be32toh(head.magic) != INDEX_MAGIC ||
	    be32toh(head.entry_bytes) < sizeof(entry)) {
		fclose(file);
		return;
	}
	skip = (long)be32toh(head.entry_bytes) - (long)sizeof(entry);
	while (fread(&entry, sizeof(entry), 1, file) == 1) {
		count->packets++;
		count->bytes += be64toh(entry.packet_bits) / 8;
		/* It counts on from packet to packet. */
		count->discarded = be64toh(entry.discarded);
		if (fseek(file, skip, SEEK_CUR))
			break;
	}
	fclose(file);
}

/* DIR/index/STREAM.idx tells of DIR/STREAM. */
static char *stream_name(const char *index)
{
	char *dir = g_path_get_dirname(index);
	char *above = g_path_get_dirname(dir);
	char *base = g_path_get_basename(index);
	char *name = g_build_filename(above, base, NULL);

	g_free(dir);
	g_free(above);
	g_free(base);
	return name;
}

static void count_dir(const char *path, size_t prefix, GArray *streams)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *below = g_build_filename(path, entry->d_name, NULL);
		char *dot = g_str_has_suffix(below, ".idx")
				    ? strrchr(below, '.')
				    : NULL;

		if (dot && g_str_has_suffix(path, "/index")) {
			struct stream_count count = { NULL, 0, 0, 0 };

			count_index(below, &count);
			*dot = '\0';
			count.name = stream_name(below + prefix);
			g_array_append_val(streams, count);
		} else if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
			count_dir(below, prefix, streams);
		}
		g_free(below);
	}
	if (dir)
		closedir(dir);
}

void outdir_count(const struct outdir *out, GArray *streams)
{
	char *ust = g_build_filename(out->path, SCHEMA_UST_DIR, NULL);

	count_dir(ust, strlen(out->path) + 1, streams);
	g_free(ust);
}

/* Packets of metadata: magic, uuid, checksum, bits of content and packet. */
#define METADATA_HEADER 37

/* The text of the metadata without its packets' headers. */
static GString *metadata_text(const char *path)
{
	GString *text = g_string_new(NULL);
	char *bytes = NULL;
	gsize size = 0, at = 0;

	if (!g_file_get_contents(path, &bytes, &size, NULL))
		return text;
	while (at + METADATA_HEADER <= size) {
		uint32_t magic, content, packet;

		memcpy(&magic, bytes + at, 4);
		memcpy(&content, bytes + at + 24, 4);
		memcpy(&packet, bytes + at + 28, 4);
		content /= 8;
		packet /= 8;
		if (magic != METADATA_MAGIC || content < METADATA_HEADER ||
		    packet < content || at + content > size)
			break;
		g_string_append_len(text, bytes + at + METADATA_HEADER,
				    content - METADATA_HEADER);
		at += packet;
	}
	g_free(bytes);
	return text;
}

static uint64_t offset_in(const char *path)
{
	GString *text = metadata_text(path);
	const char *clock = strstr(text->str, "clock {");
	const char *offset = clock ? strstr(clock, "offset = ") : NULL;
	uint64_t ns =
		offset ? strtoull(offset + strlen("offset = "), NULL, 10) : 0;

	g_string_free(text, TRUE);
	return ns;
}

static uint64_t offset_below(const char *path)
{
	char *metadata = g_build_filename(path, "metadata", NULL);
	uint64_t offset = 0;
	DIR *dir = NULL;
	struct dirent *entry;

	if (!access(metadata, R_OK))
		offset = offset_in(metadata);
	else
		dir = opendir(path);
	while (dir && !offset && (entry = readdir(dir))) {
		char *below;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = g_build_filename(path, entry->d_name, NULL);
		offset = offset_below(below);
		g_free(below);
	}
	if (dir)
		closedir(dir);
	g_free(metadata);
	return offset;
}

uint64_t outdir_clock_offset(const struct outdir *out)
{
	char *ust = g_build_filename(out->path, SCHEMA_UST_DIR, NULL);
	uint64_t offset = offset_below(ust);

	g_free(ust);
	return offset;
}

void outdir_clear(struct outdir *out)
{
	if (out->fd >= 0)
		close(out->fd);
	g_free(out->path);
	g_free(out->old);
	*out = (struct outdir){ .fd = -1 };
}
