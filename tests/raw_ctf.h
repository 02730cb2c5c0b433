/*
 * CTF traces byte by byte, in the shape in which LTTng's tracers write them:
 *for what no writer of traces would make, and for what only LTTng makes.
 *
 *	struct raw_ctf *raw = raw_ctf_new(dir, metadata);
 *
 *	raw_ctf_packet(raw, 0, 100, 900);
 *	raw_ctf_compact(raw, 3, 150);
 *	raw_ctf_u32(raw, 7);
 *	raw_ctf_write(raw, "channel_0");
 *	raw_ctf_free(raw);
 *
 * Everything is little endian and unaligned but to bytes.
 */
#ifndef TESTS_RAW_CTF_H
#define TESTS_RAW_CTF_H

#include <stddef.h>
#include <stdint.h>

/*
 * The metadata of a kernel trace up to the first event: packets as
 * raw_ctf_packet() makes them, event headers as raw_ctf_compact() and
 * raw_ctf_extended(). It takes the stream's event.context, or "".
 */
#define RAW_CTF_KERNEL                                                        \
	"/* CTF 1.8 */\n"                                                     \
	"typealias integer { size = 8; align = 8; signed = false; } "         \
	":= uint8_t;\n"                                                       \
	"typealias integer { size = 32; align = 8; signed = false; } "        \
	":= uint32_t;\n"                                                      \
	"typealias integer { size = 64; align = 8; signed = false; } "        \
	":= uint64_t;\n"                                                      \
	"typealias integer { size = 64; align = 8; signed = false; } "        \
	":= unsigned long;\n"                                                 \
	"typealias integer { size = 5; align = 1; signed = false; } "         \
	":= uint5_t;\n"                                                       \
	"trace {\n major = 1;\n minor = 8;\n"                                 \
	" uuid = \"01010101-0101-0101-0101-010101010101\";\n"                 \
	" byte_order = le;\n packet.header := struct {\n uint32_t magic;\n"   \
	" uint8_t uuid[16];\n uint32_t stream_id;\n"                          \
	" uint64_t stream_instance_id;\n };\n};\n"                            \
	"env {\n hostname = \"box\";\n domain = \"kernel\";\n"                \
	" tracer_name = \"lttng-modules\";\n tracer_major = 2;\n"             \
	" tracer_minor = 13;\n};\n"                                           \
	"clock {\n name = \"monotonic\";\n"                                   \
	" uuid = \"686f6c64-7570-2773-2063-6c6f636b2e00\";\n"                 \
	" freq = 1000000000;\n offset = 1699999999999999000;\n};\n"           \
	"typealias integer { size = 27; align = 1; signed = false;\n"         \
	" map = clock.monotonic.value; } := uint27_clock_monotonic_t;\n"      \
	"typealias integer { size = 64; align = 8; signed = false;\n"         \
	" map = clock.monotonic.value; } := uint64_clock_monotonic_t;\n"      \
	"struct packet_context {\n"                                           \
	" uint64_clock_monotonic_t timestamp_begin;\n"                        \
	" uint64_clock_monotonic_t timestamp_end;\n"                          \
	" uint64_t content_size;\n uint64_t packet_size;\n"                   \
	" uint64_t packet_seq_num;\n unsigned long events_discarded;\n"       \
	" uint32_t cpu_id;\n};\n"                                             \
	"struct event_header_compact {\n"                                     \
	" enum : uint5_t { compact = 0 ... 30, extended = 31 } id;\n"         \
	" variant <id> {\n"                                                   \
	"  struct { uint27_clock_monotonic_t timestamp; } compact;\n"         \
	"  struct { uint32_t id; uint64_clock_monotonic_t timestamp; } "      \
	"extended;\n } v;\n} align(8);\n"                                     \
	"stream {\n id = 0;\n event.header := struct event_header_compact;\n" \
	" packet.context := struct packet_context;\n%s};\n"

struct raw_ctf;

/* Makes `dir` if there is none; writes its metadata. */
struct raw_ctf *raw_ctf_new(const char *dir, const char *metadata);

/* Begins a packet of the stream that is written next. */
void raw_ctf_packet(struct raw_ctf *raw, uint32_t cpu, uint64_t begin,
		    uint64_t end);

/* Headers of events: for ids up to 30, and for all; times are not checked. */
void raw_ctf_compact(struct raw_ctf *raw, uint32_t id, uint64_t ts);
void raw_ctf_extended(struct raw_ctf *raw, uint32_t id, uint64_t ts);

void raw_ctf_u8(struct raw_ctf *raw, uint8_t value);
void raw_ctf_u32(struct raw_ctf *raw, uint32_t value);
void raw_ctf_u64(struct raw_ctf *raw, uint64_t value);
/* A name in an array of `n` bytes. */
void raw_ctf_name(struct raw_ctf *raw, const char *name, size_t n);

/* Ends the packets so far: they are the file `name`. */
void raw_ctf_write(struct raw_ctf *raw, const char *name);

void raw_ctf_free(struct raw_ctf *raw);

#endif
