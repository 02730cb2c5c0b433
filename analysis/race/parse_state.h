/*
 * What parse.c has in hand while it reads, shared with parse_names.c, which
 * puts names on what a report tells by number.
 */
#ifndef ANALYSIS_RACE_PARSE_STATE_H
#define ANALYSIS_RACE_PARSE_STATE_H

#include "analysis/race/frame.h"
#include "analysis/race/parse.h"

/* What the stack that is being read will belong to. */
enum section {
	SECTION_NONE,
	SECTION_ACCESS,
	SECTION_ALLOCATED,
	SECTION_MUTEX,
	SECTION_THREAD,
	SECTION_IGNORED,
};

struct mutex {
	const char *id; /* "M0" */
	uint64_t address;
	struct race_stack created;
};

struct access {
	struct race_access access;
	const char *mutexes; /* "write M0, read M1" */
};

struct parser {
	struct race_parsed *out;
	const struct race_names *names;
	struct race_pool *pool;
	bool is_open;
	enum section section;
	struct race_report report;
	const char *allocator; /* "T1", of a heap block */
	uint64_t block;	       /* where the variable begins, 0 unknown */
	uint64_t reports;      /* of this text, to compare with its sum */
	GArray *frames, *accesses, *mutexes, *threads;
};

/* The mutex that this report calls `id`, or NULL. */
const struct mutex *parse_find_mutex(const struct parser *p, const char *id);

/* The variable of the report, as well as it is known once it is complete. */
void parse_name_variable(struct parser *p);

/* The locks held at an access, and those that an inversion is about. */
void parse_name_access(struct parser *p, struct access *access);

/* A copy of what is in `array` that lives as long as the reports. */
void *parse_copy_array(struct parser *p, GArray *array);

#endif
