#include "tracing/recorder/ctf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracing/recorder/clock.h"

#define MAGIC	     0xc1fc1fc1u
#define PACKET_BYTES (128u << 10)
#define EVENT_HEADER 10 /* u16 id, u64 timestamp */
#define OFFSET_WIDTH 20 /* digits of the clock offset, patched in place */

struct packet_header {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t stream_id;
	uint64_t begin_ns, end_ns;
	uint64_t content_bits, packet_bits;
	uint64_t seq, discarded;
	uint32_t cpu; /* only where the shape has it */
} __attribute__((packed));

struct ctf_stream {
	struct ctf_trace *trace;
	int fd;
	uint32_t cpu;
	off_t written; /* size of the file: whole packets only */
	uint64_t seq, begin_ns, last_ns;
	uint64_t in_packet; /* events pending */
	uint64_t events, lost;
	bool loss_told; /* by a packet on disk */
	size_t used;
	uint8_t data[PACKET_BYTES];
};

struct ctf_trace {
	int dir, metadata;
	off_t offset_at;
	uint8_t uuid[16];
	size_t header_bytes;
	int trouble;
	GPtrArray *streams;
};

static const char types[] =
	"typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := u16;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := u32;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
	"typealias integer { size = 32; align = 8; signed = true; } := i32;\n"
	"typealias integer { size = 64; align = 8; signed = true; } := i64;\n"
	"typealias integer { size = 64; align = 8; signed = false; base = 16; }"
	" := x64;\n"
	"typealias integer { size = 8; align = 8; signed = false; "
	"encoding = UTF8; } := text;\n";

static void make_uuid(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		memset(uuid, 0x5a, 16);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

static void add_uuid(GString *text, const uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++)
		g_string_append_printf(
			text, "%s%02x",
			i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			uuid[i]);
}

static void add_clock(GString *text, uint64_t offset_ns, off_t *offset_at)
{
	char boot[37];

	clock_boot_id(boot);
	g_string_append_printf(text,
			       "clock {\n\tname = \"monotonic\";\n"
			       "\tuuid = \"%s\";\n"
			       "\tdescription = \"CLOCK_MONOTONIC\";\n"
			       "\tfreq = 1000000000;\n"
			       "\tabsolute = true;\n\toffset = ",
			       boot);
	*offset_at = (off_t)text->len;
	g_string_append_printf(text, "%*llu;\n};\n", OFFSET_WIDTH,
			       (unsigned long long)offset_ns);
	g_string_append(text, "typealias integer { size = 64; align = 8; "
			      "signed = false;\n\tmap = clock.monotonic.value;"
			      " } := stamp;\n");
}

/* Parts in the order in which readers need them: types, trace, env, clock. */
static GString *metadata_text(struct ctf_trace *trace,
			      const struct ctf_shape *shape, uint64_t offset_ns)
{
	GString *text = g_string_new("/* CTF 1.8 */\n\n");

	g_string_append(text, types);
	g_string_append(text,
			"trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"");
	add_uuid(text, trace->uuid);
	g_string_append_printf(
		text,
		"\";\n\tbyte_order = le;\n\tpacket.header := struct {\n"
		"\t\tu32 magic;\n\t\tu8 uuid[16];\n\t\tu32 stream_id;\n\t};\n"
		"};\nenv {\n%s};\n",
		shape->env);
	add_clock(text, offset_ns, &trace->offset_at);
	g_string_append_printf(
		text,
		"stream {\n\tid = 0;\n\tpacket.context := struct {\n"
		"\t\tstamp timestamp_begin;\n\t\tstamp timestamp_end;\n"
		"\t\tu64 content_size;\n\t\tu64 packet_size;\n"
		"\t\tu64 packet_seq_num;\n\t\tu64 events_discarded;\n%s\t};\n"
		"\tevent.header := struct {\n\t\tu16 id;\n"
		"\t\tstamp timestamp;\n\t};\n",
		shape->has_cpu ? "\t\tu32 cpu_id;\n" : "");
	if (shape->context)
		g_string_append_printf(text,
				       "\tevent.context := struct { %s };\n",
				       shape->context);
	g_string_append_printf(text, "};\n%s", shape->events);
	return text;
}

static int open_in(int dir, const char *name, struct err *err)
{
	int fd =
		openat(dir, name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0666);

	return fd < 0 ? err_errno(err, errno, "cannot create '%s'", name) : fd;
}

static int write_all(int fd, const void *data, size_t bytes, off_t at)
{
	const char *from = data;

	while (bytes > 0) {
		ssize_t n = pwrite(fd, from, bytes, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		from += n;
		at += n;
		bytes -= (size_t)n;
	}
	return 0;
}

static int write_metadata(struct ctf_trace *trace,
			  const struct ctf_shape *shape, uint64_t offset_ns,
			  struct err *err)
{
	GString *text = metadata_text(trace, shape, offset_ns);
	int rc = 0;

	trace->metadata = open_in(trace->dir, "metadata", err);
	if (trace->metadata < 0)
		rc = -1;
	else if (write_all(trace->metadata, text->str, text->len, 0))
		rc = err_errno(err, errno, "cannot write 'metadata'");
	g_string_free(text, TRUE);
	return rc;
}

static void stream_free(void *data)
{
	struct ctf_stream *stream = data;

	close(stream->fd);
	g_free(stream);
}

struct ctf_trace *ctf_new(const char *path, const struct ctf_shape *shape,
			  uint64_t epoch_offset_ns, struct err *err)
{
	struct ctf_trace *trace = g_new0(struct ctf_trace, 1);

	trace->dir = trace->metadata = -1;
	trace->streams = g_ptr_array_new_with_free_func(stream_free);
	trace->header_bytes =
		sizeof(struct packet_header) -
		(shape->has_cpu ? 0 : sizeof(((struct packet_header *)0)->cpu));
	make_uuid(trace->uuid);
	if (mkdir(path, 0777) && errno != EEXIST)
		err_errno(err, errno, "cannot create it");
	else if ((trace->dir = open(path, O_DIRECTORY | O_CLOEXEC)) < 0)
		err_errno(err, errno, "cannot open it");
	else if (!write_metadata(trace, shape, epoch_offset_ns, err))
		return trace;
	err_prefix(err, "'%s'", path);
	ctf_free(trace);
	return NULL;
}

void ctf_set_offset(struct ctf_trace *trace, uint64_t epoch_offset_ns)
{
	char digits[OFFSET_WIDTH + 1];

	g_snprintf(digits, sizeof(digits), "%*llu", OFFSET_WIDTH,
		   (unsigned long long)epoch_offset_ns);
	if (write_all(trace->metadata, digits, OFFSET_WIDTH, trace->offset_at))
		trace->trouble = errno;
}

static void fill_header(struct ctf_stream *stream)
{
	struct packet_header header = {
		.magic = MAGIC,
		.begin_ns = stream->begin_ns,
		.end_ns = stream->last_ns,
		.content_bits = stream->used * 8,
		.packet_bits = stream->used * 8,
		.seq = stream->seq,
		.discarded = stream->lost,
		.cpu = stream->cpu,
	};

	memcpy(header.uuid, stream->trace->uuid, sizeof(header.uuid));
	memcpy(stream->data, &header, stream->trace->header_bytes);
}

static void packet_flush(struct ctf_stream *stream)
{
	fill_header(stream);
	if (!write_all(stream->fd, stream->data, stream->used,
		       stream->written)) {
		stream->written += (off_t)stream->used;
		stream->events += stream->in_packet;
		stream->seq++;
		stream->loss_told = true;
	} else {
		stream->trace->trouble = errno;
		stream->lost += stream->in_packet;
		stream->loss_told = false;
		if (ftruncate(stream->fd, stream->written))
			stream->trace->trouble = errno;
	}
	stream->used = stream->trace->header_bytes;
	stream->in_packet = 0;
	stream->begin_ns = stream->last_ns;
}

/* The stream begins with an empty packet: losses are told as increments. */
struct ctf_stream *ctf_stream_new(struct ctf_trace *trace, const char *name,
				  uint32_t cpu, uint64_t now_ns,
				  struct err *err)
{
	int fd = open_in(trace->dir, name, err);
	struct ctf_stream *stream;

	if (fd < 0)
		return NULL;
	stream = g_new0(struct ctf_stream, 1);
	stream->trace = trace;
	stream->fd = fd;
	stream->cpu = cpu;
	stream->begin_ns = stream->last_ns = now_ns;
	stream->used = trace->header_bytes;
	g_ptr_array_add(trace->streams, stream);
	packet_flush(stream);
	return stream;
}

void ctf_event(struct ctf_stream *stream, uint16_t id, uint64_t ts_ns,
	       size_t bytes)
{
	assert(bytes + EVENT_HEADER + stream->trace->header_bytes <=
	       PACKET_BYTES);
	if (stream->used + EVENT_HEADER + bytes > PACKET_BYTES)
		packet_flush(stream);
	if (ts_ns > stream->last_ns)
		stream->last_ns = ts_ns;
	if (!stream->in_packet++)
		stream->begin_ns = stream->last_ns;
	ctf_put(stream, &id, sizeof(id));
	ctf_u64(stream, stream->last_ns);
}

void ctf_put(struct ctf_stream *stream, const void *data, size_t bytes)
{
	assert(stream->used + bytes <= PACKET_BYTES);
	memcpy(stream->data + stream->used, data, bytes);
	stream->used += bytes;
}

void ctf_u8(struct ctf_stream *stream, uint8_t value)
{
	ctf_put(stream, &value, sizeof(value));
}

void ctf_i32(struct ctf_stream *stream, int32_t value)
{
	ctf_put(stream, &value, sizeof(value));
}

void ctf_u32(struct ctf_stream *stream, uint32_t value)
{
	ctf_put(stream, &value, sizeof(value));
}

void ctf_u64(struct ctf_stream *stream, uint64_t value)
{
	ctf_put(stream, &value, sizeof(value));
}

void ctf_i64(struct ctf_stream *stream, int64_t value)
{
	ctf_put(stream, &value, sizeof(value));
}

void ctf_text(struct ctf_stream *stream, const char *text, size_t max)
{
	ctf_put(stream, text, strnlen(text, max));
	ctf_u8(stream, 0);
}

void ctf_lost(struct ctf_stream *stream, uint64_t events)
{
	stream->lost += events;
	stream->loss_told = false;
}

void ctf_flush(struct ctf_trace *trace)
{
	for (guint i = 0; i < trace->streams->len; i++) {
		struct ctf_stream *stream =
			g_ptr_array_index(trace->streams, i);

		if (stream->in_packet || !stream->loss_told)
			packet_flush(stream);
	}
}

uint64_t ctf_stream_events(const struct ctf_stream *stream)
{
	return stream->events + stream->in_packet;
}

uint64_t ctf_stream_lost(const struct ctf_stream *stream)
{
	return stream->lost;
}

int ctf_trouble(const struct ctf_trace *trace)
{
	return trace->trouble;
}

void ctf_free(struct ctf_trace *trace)
{
	if (!trace)
		return;
	if (trace->dir >= 0)
		ctf_flush(trace);
	g_ptr_array_free(trace->streams, TRUE);
	if (trace->metadata >= 0)
		close(trace->metadata);
	if (trace->dir >= 0)
		close(trace->dir);
	g_free(trace);
}
