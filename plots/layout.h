/*
 * What the writers of tables share: units, names that fit, choosing rows.
 * Widths are px of the picture; text widths are estimates for DejaVu Sans.
 */
#ifndef PLOTS_LAYOUT_H
#define PLOTS_LAYOUT_H

#include "analysis/report.h"
#include "plots/plot.h"
#include "plots/table.h"

#define LAYOUT_WIDTH 1600 /* of each picture */
#define LAYOUT_RIGHT 40	  /* its margin */
#define LAYOUT_TOP   132  /* title, legend */

/* The states from the bottom of a stack to its top: what acts, then what waits
 * for others, then what rests. */
extern const enum state layout_order[STATE_N];

struct layout_unit {
	const char *name;
	double ns;
};

struct layout_window {
	uint64_t begin_ns, end_ns;
};

/* The unit in which `ns` reads best as an end of an axis. */
const struct layout_unit *layout_unit(uint64_t ns);

/* "4.21 s", "350 µs"; owned by the caller. */
char *layout_time(uint64_t ns);

/* "1,204,331"; owned by the caller. */
char *layout_count(uint64_t n);

/* At most `chars` characters of `text`, the middle left out; owned. */
char *layout_shorten(const char *text, size_t chars);

/* The same for a label "ledger (bank.c:41)", whose place goes first; owned. */
char *layout_shorten_label(const char *label, size_t chars);

/* Characters of `font_px` high text that fit into `px`. */
size_t layout_chars(double px, double font_px);

/* The part of the run that the picture shows. */
struct layout_window layout_window(const struct report *report,
				   const struct plot_options *options);

/* The command without the folder of its program; owned by the caller. */
char *layout_command(const struct report *report, size_t chars);

/* The size of the picture alone. */
void layout_frame(struct table *table, unsigned height);

/* Title, sample, losses, source, size: what each picture carries. */
void layout_head(struct table *table, const struct report *report,
		 const char *title, unsigned height);

/* t_begin, t_end, t_zero, t_scale, t_name of a time axis; right, its margin. */
void layout_axis(struct table *table, struct layout_window window);

/* The legend of the states that occur, from `left` px on; returns its end. */
unsigned layout_states(struct table *table, const bool present[STATE_N],
		       unsigned left);

/* A legend of other things: colours by state (-1: the rest), words, px. */
struct layout_legend {
	GString *numbers, *words, *px;
	unsigned next_px;
};
void layout_legend_add(struct layout_legend *legend, int state,
		       const char *word);
void layout_legend_set(struct table *table, struct layout_legend *legend);

/* "worker-3 1234" of at most `chars` characters; owned. */
char *layout_thread(const struct report *report, int thread, size_t chars);

bool layout_thread_wanted(const struct report *report, size_t thread,
			  const struct plot_options *options);
bool layout_lock_wanted(const struct report *report, size_t lock,
			const struct plot_options *options);

/* Waits for a lock proper are contention; for others, perhaps idleness. */
bool layout_is_lock(const struct lock *lock);

/*
 * Chooses at most `n` of the `n_scores` items with a score above zero, highest
 * first, ties by index. Returns how many; writes their indices to `chosen`.
 */
size_t layout_choose(const uint64_t *scores, size_t n_scores, size_t n,
		     size_t *chosen);

/*
 * As above, the locks with waits that are asked for, by wait time: locks proper
 * first, then conditions and the like. --top goes before `n`; `chosen` has room
 * for all locks. `n_all` is how many there would be.
 */
size_t layout_choose_locks(const struct report *report,
			   const struct plot_options *options, size_t n,
			   size_t *chosen, size_t *n_all);

/*
 * The report with groups of locks in place of locks, unless --lock asks. To be
 * cleared; the report itself stays as it is.
 */
struct report layout_by_label(const struct report *report,
			      const struct plot_options *options);
void layout_by_label_clear(struct report *view);

/*
 * Is it a wait for a lock proper? Who waits for ever on a condition is mostly
 * idle.
 */
bool layout_open_counts(const struct report *report, const struct open_wait *w);

/* Such waits for `lock`: how many there are at the end, for how long by then.
 */
struct layout_open {
	size_t n;
	uint64_t ns;
};
struct layout_open layout_open_waits(const struct report *report, size_t lock);

/* "3.83 s, 3 not ended": all waits for a lock; owned. */
char *layout_waited(const struct report *report, size_t lock);

/* The label of a lock, told apart from others of its group; owned. */
char *layout_lock(const struct report *report, size_t lock, size_t chars);

/* The same in two lines: "ledger" and "bank.c:41" ("" unknown); owned. */
char *layout_lock_name(const struct report *report, size_t lock, size_t chars);
char *layout_place(const char *label, size_t chars);

/* The state of a thread that waits for it. */
enum state layout_wait_state(const struct lock *lock);

/* The hint, with how many rows of how many are drawn. */
void layout_set_chosen(struct table *table, size_t drawn, size_t all,
		       const char *rest);

/* Says why there is no lock to draw. */
void layout_set_no_contention(struct table *table, const struct report *report,
			      const struct plot_options *options);

#endif
