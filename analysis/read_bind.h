/*
 * An event class of a trace, resolved once: which of its fields goes where in a
 * struct event.
 */
#ifndef ANALYSIS_READ_BIND_H
#define ANALYSIS_READ_BIND_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>
#include <stdbool.h>

#include "analysis/read_batch.h"
#include "analysis/read_table.h"

struct read_binding;

/* Of the classes of one stream class, found by class. */
struct read_bindings {
	GPtrArray *by_id;   /* of struct read_binding */
	GHashTable *others; /* whose ids are too large for that */
};

void read_bindings_init(struct read_bindings *bindings);
void read_bindings_clear(struct read_bindings *bindings);

/* Returns the class as resolved, making it so at first sight; never NULL. */
const struct read_binding *read_binding_find(struct read_bindings *bindings,
					     const bt_event_class *class);

/* What it is, or NULL for an event that holdup does not know. */
const struct read_kind *read_binding_kind(const struct read_binding *binding);

/* Sets all that the payload tells; `event` has its ts_ns. */
void read_binding_store(const struct read_binding *binding,
			const bt_field *payload, struct event *event,
			struct read_batch *batch);

/* A member of a context that is a number. */
struct read_number {
	bool found, is_signed;
	uint64_t index;
};

/* Finds it by either of two names; `other` and `structure` may be NULL. */
struct read_number read_number_find(const bt_field_class *structure,
				    const char *name, const char *other);
uint64_t read_number_u64(const bt_field *structure, struct read_number number);
int32_t read_number_get(const bt_field *structure, struct read_number number);

#endif
