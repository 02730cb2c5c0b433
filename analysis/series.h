/*
 * Quantities over time in one pass and bounded memory: the bins double their
 * width whenever time outgrows them, so that their number stays.
 *
 * A bin's value is a sum, mostly of ns: those that a span overlaps with. Widths
 * are powers of two, so two tallies with one begin can always be merged. All
 * times are ns on the clock of the events.
 */
#ifndef ANALYSIS_SERIES_H
#define ANALYSIS_SERIES_H

#include <stdint.h>

#include "analysis/arena.h"
#include "analysis/report.h"

struct tally {
	uint64_t begin_ns;
	unsigned int shift; /* a bin is 1 << shift ns wide */
	uint32_t bins;	    /* a power of two */
	uint32_t n_rows;
	uint64_t **rows; /* each `bins` values, or NULL while it is zero */
};

/* `bins` is rounded up to a power of two; 0 makes a tally that keeps nothing.
 */
void tally_init(struct tally *tally, uint64_t begin_ns, uint32_t bins,
		uint32_t n_rows);

/* Adds the ns of [from, to), times `scale`; what lies before begin is cut. */
void tally_add(struct tally *tally, uint32_t row, uint64_t from_ns,
	       uint64_t to_ns, uint64_t scale);

/* Adds `from`, which has the same begin; rows that `to` lacks are left out. */
void tally_merge(struct tally *to, const struct tally *from);

/* Makes the series up to `end_ns`, points in time counted from `origin_ns`. */
void tally_series(const struct tally *tally, uint64_t origin_ns,
		  uint64_t end_ns, struct series *series, struct arena *arena);

void tally_clear(struct tally *tally);

/*
 * Who had most of each bin, by majority vote: exact where somebody had more
 * than half of it.
 */
struct reign {
	uint64_t begin_ns;
	unsigned int shift;
	uint32_t bins;
	int32_t *who; /* 0: nobody */
	uint64_t *ns;
};

void reign_init(struct reign *reign, uint64_t begin_ns, uint32_t bins);
void reign_add(struct reign *reign, int32_t who, uint64_t from_ns,
	       uint64_t to_ns);
void reign_series(const struct reign *reign, uint64_t origin_ns,
		  uint64_t end_ns, struct series *series, struct arena *arena);
void reign_clear(struct reign *reign);

#endif
