/*
 * A small writer of CTF 1.8 traces, for what the recorder itself observes.
 *
 * The metadata is on disk before the first packet and each flush leaves a whole
 * trace behind, so that a kill at any time loses no more than the last second.
 * (Babeltrace's own writer puts its metadata down at the very end.) All fields
 * are byte-aligned and little-endian. A packet that the disk has no room for
 * is counted in events_discarded and leaves nothing half-written.
 */
#ifndef TRACING_RECORDER_CTF_H
#define TRACING_RECORDER_CTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracing/base/err.h"

/* What a trace is made of, as TSDL. Types: u8 u16 u32 u64 i32 i64 x64 text. */
struct ctf_shape {
	const char *env;     /* lines "key = value;" */
	const char *context; /* fields that each event carries, or NULL */
	const char *events;  /* the event blocks, all with stream_id 0 */
	bool has_cpu;	     /* packets tell their CPU */
};

struct ctf_trace;
struct ctf_stream;

/* Makes the directory `path` with its metadata. NULL: see `err`. */
struct ctf_trace *ctf_new(const char *path, const struct ctf_shape *shape,
			  uint64_t epoch_offset_ns, struct err *err);

/* Corrects the clock offset in the metadata. */
void ctf_set_offset(struct ctf_trace *trace, uint64_t epoch_offset_ns);

/* Adds a stream, owned by the trace; its file is NAME. NULL: see `err`. */
struct ctf_stream *ctf_stream_new(struct ctf_trace *trace, const char *name,
				  uint32_t cpu, uint64_t now_ns,
				  struct err *err);

/*
 * Begins an event whose payload takes at most `bytes`; the puts that follow
 * fill it. A time stamp below the one before is raised to it.
 */
void ctf_event(struct ctf_stream *stream, uint16_t id, uint64_t ts_ns,
	       size_t bytes);
void ctf_put(struct ctf_stream *stream, const void *data, size_t bytes);
void ctf_u8(struct ctf_stream *stream, uint8_t value);
void ctf_i32(struct ctf_stream *stream, int32_t value);
void ctf_u32(struct ctf_stream *stream, uint32_t value);
void ctf_u64(struct ctf_stream *stream, uint64_t value);
void ctf_i64(struct ctf_stream *stream, int64_t value);
/* At most `max` bytes of text and a NUL. */
void ctf_text(struct ctf_stream *stream, const char *text, size_t max);

/* Counts events that were lost before they came here. */
void ctf_lost(struct ctf_stream *stream, uint64_t events);

/* Writes out what is pending in all streams. */
void ctf_flush(struct ctf_trace *trace);

uint64_t ctf_stream_events(const struct ctf_stream *stream);
uint64_t ctf_stream_lost(const struct ctf_stream *stream);

/* The errno of the last packet that could not be written, 0: none ever. */
int ctf_trouble(const struct ctf_trace *trace);

/* Flushes and closes; takes NULL. */
void ctf_free(struct ctf_trace *trace);

#endif
