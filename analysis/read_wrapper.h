/*
 * Traces of LTTng's own pthread wrapper (liblttng-ust-pthread-wrapper.so):
 * makes what our recorder would have told of its events about mutexes.
 * Conditions, rwlocks and the rest are not in such traces.
 */
#ifndef ANALYSIS_READ_WRAPPER_H
#define ANALYSIS_READ_WRAPPER_H

#include <stdbool.h>

#include "analysis/read.h"

struct read_wrapper;

/* What it makes goes to `on_event`. */
struct read_wrapper *read_wrapper_new(read_callback on_event, void *data);
void read_wrapper_free(struct read_wrapper *wrapper);

/* Takes an event of enum read_private_type, in the order of time. */
void read_wrapper_event(struct read_wrapper *wrapper,
			const struct event *event);

/* Tells what is still held or waited for when the trace ends. */
void read_wrapper_end(struct read_wrapper *wrapper, uint64_t end_ns);

#endif
