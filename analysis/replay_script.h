/*
 * What the files that turn a tape into scripts share; nobody else includes it.
 * replay_marks.c says what each thread did when; replay_script.c puts its own
 * time in between.
 */
#ifndef ANALYSIS_REPLAY_SCRIPT_H
#define ANALYSIS_REPLAY_SCRIPT_H

#include "analysis/model_fill.h"
#include "analysis/replay.h"
#include "analysis/replay_demand.h"

/* One thing that a script has to say at a point in time. */
struct mark {
	uint64_t ns, blank_until; /* nothing of its own until then */
	struct replay_step step;
	uint64_t saved_ns; /* of the burst after it: played otherwise */
	bool annotated;	   /* acquires a lock that is made of others */
};

struct script {
	GArray *marks, *steps;
	const struct m_thread *thread;
	guint first, n;	   /* its pieces */
	uint64_t saved_ns; /* of its next burst */
};

struct lock_mean { /* of the waits for a lock, as sums */
	uint64_t delay_ns, spin_ns, n;
	uint64_t released; /* of its newest hold so far */
	uint64_t wake_ns;  /* what it costs to wake one */
};

struct making {
	struct model *m;
	struct tape *tape;
	struct script *scripts;
	int *script_of; /* thread of the model -> script, -1 */
	size_t n;
	struct demand *demand;
	struct lock_mean *means; /* by lock of the model */
	GArray *points;		 /* uint64_t: when they were posted */
	uint64_t end;
	uint32_t cpus, n_points;
	bool *may_use; /* which CPUs those are */
	size_t n_may_use;
};

static inline const struct tape_piece *tape_piece_at(const struct tape *tape,
						     guint i)
{
	return &g_array_index(tape->pieces, struct tape_piece, i);
}

/* NULL if the thread has none. */
struct script *script_of(const struct making *k, int32_t thread);
uint64_t script_piece_end(const struct making *k, const struct script *s,
			  guint i);

/* The last piece of the thread that begins at `ns` or before. */
guint script_piece_at(const struct making *k, const struct script *s,
		      uint64_t ns);

/*
 * replay_wakes.c: what it costs the owner of a lock to wake a waiter: its burst
 * after a release is longer by that. From bursts with and without, where the
 * recording has both; else half the time that a waiter takes to get going.
 */
struct wakes;

/* The holds are in order of their acquisition. */
struct wakes *wakes_new(const struct making *k);
void wakes_free(struct wakes *wakes);
uint64_t wakes_cost(const struct wakes *wakes, int32_t lock);
/* Did the release of that hold wake one? */
bool wakes_woke(const struct wakes *wakes, guint hold);

/* In order of time. */
void script_sort(struct script *s);

/*
 * replay_untold.c: adds marks for acquisitions that no event told; after all
 * other marks. How many it placed.
 */
uint64_t untold_place(struct making *k, const struct fill *fill);

/* replay_marks.c */
void marks_of_untold(const struct making *k, const struct fill *fill,
		     const struct tape_hold *h);
void marks_of_holds(struct making *k, const struct fill *fill);
void marks_of_hops(struct making *k);
void marks_of_calls(struct making *k, struct replay *replay);

#endif
