/*
 * holdup whatif: what is asked for, whom in the report it is about, and what
 * the replay says. Only its own files use this.
 */
#ifndef ANALYSIS_WHATIF_H
#define ANALYSIS_WHATIF_H

#include "analysis/replay.h"
#include "analysis/report.h"
#include "tracing/base/err.h"

struct whatif_wish {
	enum replay_kind kind;
	char *name;    /* of a lock or of threads, as given; NULL: none */
	char *readers; /* threads that only read, as given; NULL: see factor */
	double factor;
	uint32_t n;
};

struct whatif_answer {
	const char *words[REPLAY_CHANGES_MOST];
	size_t n;
	uint64_t recorded_ns;
	struct replay_base base;
	struct replay_prediction predicted;
	bool by_readers, by_threads; /* kinds of changes that need a word */
};

/*
 * Whom the wish is about, and in words what it asks for. -1 if there is no such
 * lock or group of threads, or more than one.
 */
int whatif_resolve(const struct report *report, const struct whatif_wish *wish,
		   struct replay_change *change, const char **words,
		   struct err *err);

void whatif_print_text(const struct report *report,
		       const struct whatif_answer *answer);
void whatif_print_json(const struct report *report,
		       const struct whatif_answer *answer);

#endif
