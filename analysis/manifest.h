/*
 * holdup.json: what the recorder says of a recording. Every key may be missing,
 * since anybody's LTTng session can be analysed; texts are never NULL, "" where
 * nobody says, and numbers 0 but where noted.
 */
#ifndef ANALYSIS_MANIFEST_H
#define ANALYSIS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/read.h"
#include "analysis/report.h"
#include "tracing/base/err.h"

struct manifest_run { /* a run without recording, for comparison */
	uint64_t wall_ns, user_ns, system_ns;
	uint64_t voluntary_switches, involuntary_switches;
};

struct manifest {
	bool found; /* false: there is none, or it cannot be understood */
	const char *holdup; /* version that recorded it */
	size_t argc;
	const char **argv;
	const char *executable, *host, *kernel, *start_time, *detail, *ended;
	const char *not_entered;      /* why the interposer is not in it */
	const char *scheduler_source; /* "system", "task", "none" */
	const char *scheduler_why;    /* not better */
	uint32_t cpus, budget;
	int32_t pid;
	int32_t exit_status, signal; /* -1 nobody knows, or none */
	uint64_t start_ns, end_ns;   /* of the program, CLOCK_MONOTONIC */
	uint64_t outlived;	     /* processes that still ran at the end */
	uint64_t wall_ns, user_ns, system_ns;
	uint64_t scheduler_events, scheduler_lost, ust_discarded;
	uint64_t buffer_bytes;	    /* for each CPU */
	uint64_t buffer_needed;	    /* by what was lost, 0 nothing */
	uint64_t event_ns, pair_ns; /* calibrated costs, 0 unknown */
	size_t n_baseline;
	struct manifest_run *baseline;
	size_t n_notes;
	const char **notes;
	void *json; /* owns the texts */
};

/*
 * Reads the manifest of a trace directory. Returns 0 also where there is none;
 * -1 with a message if there is one that is not JSON. `manifest` is valid in
 * every case, and cleared by the caller.
 */
int manifest_read(const char *dir, struct manifest *manifest, struct err *err);

void manifest_clear(struct manifest *manifest);

/*
 * Compares what was read of `dir` with the counts of the recorder: what is
 * missing gets a note each, and makes the trace a truncated one.
 */
void manifest_check(const struct manifest *manifest, const char *dir,
		    struct read_stats *stats);

/*
 * Fills what `report->run` tells of the recording and of the reading:
 * everything but duration and begin, which are the model's, and lock_operations
 * and unresolved.
 */
void manifest_fill_run(const struct manifest *manifest, const char *dir,
		       const struct read_stats *stats, struct report *report);

#endif
