/*
 * Reads the text reports of ThreadSanitizer (clang 14 to 19, gcc 12).
 *
 * Nothing is asked of the text: what is cut, mixed with the output of the
 * program or of another thread gives what can be read of it, marked is_cut,
 * or counts as broken.
 */
#ifndef ANALYSIS_RACE_PARSE_H
#define ANALYSIS_RACE_PARSE_H

#include "analysis/race/race.h"

struct race_parsed {
	GPtrArray *reports; /* struct race_report, owned by the pool */
	uint64_t cut, broken, suppressed;
	bool has_runtime;  /* the text shows that ThreadSanitizer was there */
	const char *fatal; /* what stopped the runtime itself, or "" */
};

/*
 * Names what the runtime left unnamed; NULL where nobody can. `symbol` says
 * which variable holds an address of the running program.
 */
struct race_names {
	bool (*frame)(void *data, struct race_frame *frame,
		      struct race_pool *pool);
	const char *(*variable)(void *data, const char *module, uint64_t offset,
				struct race_pool *pool);
	void *data;
};

/* Appends to `parsed`, which starts zeroed, what `text` tells. */
void race_parse(struct race_parsed *parsed, const char *text,
		const struct race_names *names, struct race_pool *pool);
void race_parsed_clear(struct race_parsed *parsed);

#endif
