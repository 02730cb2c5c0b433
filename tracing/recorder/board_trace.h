/* Writes what the boards tell as a trace: the events of SCHEMA_BOARD_DIR. */
#ifndef TRACING_RECORDER_BOARD_TRACE_H
#define TRACING_RECORDER_BOARD_TRACE_H

#include <stdint.h>

#include "tracing/base/err.h"
#include "tracing/board.h"

struct board_trace;

/* Whom an event is about. */
struct board_who {
	int32_t pid, tid;
};

/* A lock's counts since those before; the maxima are those so far. */
struct board_counts {
	uint64_t acquisitions, contended, relocks;
	uint64_t hold_ns, hold_max_ns, wait_ns, wait_max_ns;
	uint64_t waits, signals, gave_up, waits_told, holds_told;
	uint32_t failed[LOCK_NERRORS];
};

struct board_trace *board_trace_new(const char *path, uint64_t epoch_offset_ns,
				    struct err *err);
void board_trace_set_offset(struct board_trace *trace,
			    uint64_t epoch_offset_ns);

void board_trace_process(struct board_trace *trace, struct board_who who,
			 const struct board_header *header, uint64_t end_ns,
			 enum end_how how);
void board_trace_thread(struct board_trace *trace, struct board_who who,
			const struct board_slot *slot, uint64_t end_ns,
			enum end_how how);
void board_trace_stats(struct board_trace *trace, struct board_who who,
		       const struct board_entry *entry,
		       const struct board_counts *counts);
/* `io` holds the increments. */
void board_trace_io(struct board_trace *trace, struct board_who who,
		    const struct board_io *io);
void board_trace_open(struct board_trace *trace, struct board_who who,
		      const struct board_slot *slot);
void board_trace_held(struct board_trace *trace, struct board_who who,
		      const struct board_held *held, uint64_t begin_ns);
void board_trace_lost(struct board_trace *trace, struct board_who who,
		      const uint64_t lost[BOARD_LOSSES]);

/* What a CPU did beside the program since the last one. */
void board_trace_cpu(struct board_trace *trace, uint32_t cpu, uint64_t idle_ns,
		     uint64_t foreign_ns);

void board_trace_flush(struct board_trace *trace);
uint64_t board_trace_events(const struct board_trace *trace);
int board_trace_trouble(const struct board_trace *trace);

/* Takes NULL. */
void board_trace_free(struct board_trace *trace);

#endif
