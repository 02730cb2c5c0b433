/*
 * Which events of a trace holdup understands, and where each of their fields
 * goes in a struct event: the one table behind every door that reads traces,
 * and behind the writer of synthesised ones in tests/.
 */
#ifndef ANALYSIS_READ_TABLE_H
#define ANALYSIS_READ_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"

enum read_type {
	READ_END, /* of a list of fields */
	READ_U8,  /* less than `more`, where that is not 0 */
	READ_U32,
	READ_U64,
	READ_NS, /* uint64_t: a point in time or a span, neither beyond ts_ns */
	READ_I32,
	READ_I64,
	READ_TEXT,  /* const char * */
	READ_U64S,  /* const uint64_t *, its uint8_t count at `more` */
	READ_BYTES, /* const uint8_t *, its uint32_t count at `more` */
	READ_U32S,  /* uint32_t[more]: an array in the event itself */
	/* not in the trace: */
	READ_NOW,   /* a uint64_t that is the time stamp of the event */
	READ_SET8,  /* a uint8_t that is `more` */
	READ_SET32, /* an int32_t that is `more` */
};

struct read_field {
	const char *name; /* in the trace */
	uint8_t type;	  /* enum read_type */
	uint16_t offset;  /* in struct event */
	uint16_t more;
};

/* Events of LTTng's pthread wrapper; read_wrapper.c makes sections of them. */
enum read_private_type {
	READ_MUTEX_REQUEST = EVENT_NTYPES + 1,
	READ_MUTEX_ACQUIRED,
	READ_MUTEX_TRIED,
	READ_MUTEX_RELEASED,
};

struct read_kind {
	const char *name; /* of the event class, with its provider */
	int type; /* enum event_type or read_private_type; EVENT_NONE: known,
		     and told to nobody */
	enum event_source source;
	const struct read_field *fields;
};

extern const struct read_kind read_kinds[]; /* ends with a NULL name */

/* Returns NULL for events that holdup does not know. */
const struct read_kind *read_kind_find(const char *name);

/*
 * Returns what our own recorder calls an event like this one, going by its type
 * and the kind of its object; NULL for types that no trace holds.
 */
const struct read_kind *read_kind_of_event(const struct event *event);

/*
 * Whether all enumerations of the event, which is of that kind, are ones that
 * we know: others index our tables with them.
 */
bool read_kind_allows(const struct read_kind *kind, const struct event *event);

#endif
