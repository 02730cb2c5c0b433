/* What the files that fill the report share; nobody else includes this. */
#ifndef ANALYSIS_MODEL_FILL_H
#define ANALYSIS_MODEL_FILL_H

#include "analysis/arena.h"
#include "analysis/model_parts.h"

struct fill {
	struct report *report;
	struct arena *arena;
	int *thread, *lock; /* index in the model -> in the report, -1 none */
};

/* ns since the recording began. */
uint64_t fill_time(const struct model *m, uint64_t ns);

void fill_locks(struct model *m, struct fill *fill);
/* Does the board have the totals of this lock? */
bool fill_by_board(const struct model *m, const struct m_lock *lock);

/* Rows of all locks, sorted by lock: those of one are a run. */
struct fill_run {
	const char *rows;
	size_t n, size, at;
};

struct fill_rows {
	struct fill_run blames, helds, shares;
};

struct fill_rows fill_rows_begin(struct model *m);
/* Fills blame, held_waits and by_thread of `out`; locks come in order. */
void fill_rows(struct model *m, struct m_lock *lock, struct lock *out,
	       struct fill_rows *all, struct fill *fill);
void fill_unfinished(struct model *m, struct fill *fill);
/* Was the lock destroyed while it was in use, and under whom? */
void fill_destroyed(const struct model *m, const struct m_lock *lock,
		    struct lock *out, const struct fill *fill);

/* value * of / by, without overflow; `by` is not 0. */
static inline uint64_t fill_scale(uint64_t value, uint64_t of, uint64_t by)
{
	__extension__ typedef unsigned __int128 wide;

	return (uint64_t)((wide)value * of / by);
}

#endif
