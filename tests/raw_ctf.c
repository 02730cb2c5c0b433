#include "tests/raw_ctf.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SIZES_AT 48 /* in a packet: bits of content, then of the packet */

struct raw_ctf {
	char *dir;
	GByteArray *bytes;
	guint packet; /* where the open one begins */
	uint64_t packets;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void write_file(const char *dir, const char *name, const void *data,
		       size_t size)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	must(g_file_set_contents(path, data, (gssize)size, NULL));
}

struct raw_ctf *raw_ctf_new(const char *dir, const char *metadata)
{
	struct raw_ctf *raw = g_new0(struct raw_ctf, 1);

	must(!g_mkdir_with_parents(dir, 0700));
	raw->dir = g_strdup(dir);
	raw->bytes = g_byte_array_new();
	write_file(dir, "metadata", metadata, strlen(metadata));
	return raw;
}

static void put(struct raw_ctf *raw, const void *data, size_t size)
{
	g_byte_array_append(raw->bytes, data, (guint)size);
}

void raw_ctf_u8(struct raw_ctf *raw, uint8_t value)
{
	put(raw, &value, sizeof(value));
}

void raw_ctf_u32(struct raw_ctf *raw, uint32_t value)
{
	put(raw, &value, sizeof(value));
}

void raw_ctf_u64(struct raw_ctf *raw, uint64_t value)
{
	put(raw, &value, sizeof(value));
}

void raw_ctf_name(struct raw_ctf *raw, const char *name, size_t n)
{
	char *text = g_malloc0(n + 1);

	g_strlcpy(text, name, n);
	put(raw, text, n);
	g_free(text);
}

static void close_packet(struct raw_ctf *raw)
{
	uint64_t bits = (uint64_t)(raw->bytes->len - raw->packet) * 8;

	if (!raw->bytes->len)
		return;
	memcpy(raw->bytes->data + raw->packet + SIZES_AT, &bits, 8);
	memcpy(raw->bytes->data + raw->packet + SIZES_AT + 8, &bits, 8);
}

void raw_ctf_packet(struct raw_ctf *raw, uint32_t cpu, uint64_t begin,
		    uint64_t end)
{
	close_packet(raw);
	raw->packet = raw->bytes->len;
	raw_ctf_u32(raw, 0xc1fc1fc1);
	for (int i = 0; i < 4; i++)
		raw_ctf_u32(raw, 0x01010101); /* uuid */
	raw_ctf_u32(raw, 0);		      /* stream */
	raw_ctf_u64(raw, cpu);		      /* its instance */
	raw_ctf_u64(raw, begin);
	raw_ctf_u64(raw, end);
	raw_ctf_u64(raw, 0);
	raw_ctf_u64(raw, 0);
	raw_ctf_u64(raw, raw->packets++);
	raw_ctf_u64(raw, 0); /* discarded */
	raw_ctf_u32(raw, cpu);
}

void raw_ctf_compact(struct raw_ctf *raw, uint32_t id, uint64_t ts)
{
	must(id < 31);
	raw_ctf_u32(raw, id | (uint32_t)(ts << 5));
}

void raw_ctf_extended(struct raw_ctf *raw, uint32_t id, uint64_t ts)
{
	raw_ctf_u8(raw, 31);
	raw_ctf_u32(raw, id);
	raw_ctf_u64(raw, ts);
}

void raw_ctf_write(struct raw_ctf *raw, const char *name)
{
	close_packet(raw);
	write_file(raw->dir, name, raw->bytes->data, raw->bytes->len);
	g_byte_array_set_size(raw->bytes, 0);
	raw->packets = 0;
}

void raw_ctf_free(struct raw_ctf *raw)
{
	g_byte_array_free(raw->bytes, TRUE);
	g_free(raw->dir);
	g_free(raw);
}
