/*
 * One CTF trace as a Babeltrace graph: a source.ctf.fs component whose streams
 * all end in a sink of ours, which is told whose messages it takes next. Each
 * stream of events is a lane, read at its own pace; no muxer stands between.
 *
 * A graph belongs to one thread at a time.
 */
#ifndef ANALYSIS_READ_GRAPH_H
#define ANALYSIS_READ_GRAPH_H

#include "analysis/read_decode.h"
#include "tracing/base/err.h"

struct read_graph;

/*
 * Opens the CTF trace in `path` (a directory with a `metadata`); names of
 * streams are told relative to `dir`. Returns NULL with a message if Babeltrace
 * cannot read it.
 */
struct read_graph *read_graph_open(const char *path, const char *dir,
				   struct read_clock *clock, struct err *err);
void read_graph_close(struct read_graph *graph);

size_t read_graph_lanes(const struct read_graph *graph);

/*
 * Reads on in a lane until `batch` is full, or a good deal was read that told
 * nothing; or, if `careful`, after the smallest step. Returns 1 if there may be
 * more, 0 at its end, and -1 if the rest of the lane cannot be read; `batch`
 * has what came before.
 */
int read_graph_advance(struct read_graph *graph, size_t lane,
		       struct read_batch *batch, bool careful);

/* No event of the lane will come before it any more. */
uint64_t read_graph_until_ns(const struct read_graph *graph, size_t lane);

/* The decoder of a lane, for its counts. */
struct read_decoder *read_graph_decoder(const struct read_graph *graph,
					size_t lane);

#endif
