/*
 * From a trace directory to a report: the one call behind every command that
 * looks at a recording.
 */
#ifndef ANALYSIS_LOAD_H
#define ANALYSIS_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"
#include "analysis/manifest.h"
#include "analysis/read.h"
#include "analysis/report.h"
#include "tracing/base/err.h"

struct load_options {
	uint64_t from_ns, to_ns; /* window since the begin; to 0: the end */
	uint32_t bins;		 /* of each series at most; 0: make no series */
	uint32_t waits;		 /* longest waits kept a thread */
	uint64_t tape_bytes;	 /* kept to play it again; small: the usual */
	bool each; /* a group for every lock, also of those of one label */
	/* Told now and then while it works, where set; ratio 0 to 1. */
	void (*progress)(void *data, double ratio);
	void *data;
};

/*
 * Reads the recording in `dir` and makes its report; a zeroed `options` is
 * valid. Returns NULL with a message if nothing can be read. Damage that
 * leaves something readable is in the report (run.truncated, run.notes). The
 * caller frees the report.
 */
struct report *load_report(const char *dir, const struct load_options *options,
			   struct err *err);

/*
 * The same for events that somebody else reads: load_event() takes them one by
 * one in the order of ts_ns, load_finish() makes the report, called after
 * `dir`, and frees the load. `manifest` and `options` are borrowed until then.
 */
struct load;

struct load *load_begin(const struct manifest *manifest,
			const struct load_options *options);
void load_event(void *load, const struct event *event);
struct report *load_finish(struct load *load, const char *dir,
			   const struct read_stats *stats);

/* For one that is not to be finished; takes NULL. */
void load_free(struct load *load);

#endif
