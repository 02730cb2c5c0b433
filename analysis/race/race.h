/*
 * Races as plain data: what ThreadSanitizer said in many runs of a program.
 *
 * parse.c reads the reports of one run, rows.c merges those of a campaign,
 * verdict.c judges, and the renderers (text, JSON, SARIF) only lay out. All
 * strings belong to the `struct race_pool` that they were read with and die
 * with it; "" stands for unknown, never NULL.
 */
#ifndef ANALYSIS_RACE_RACE_H
#define ANALYSIS_RACE_RACE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum race_kind {
	RACE_DATA,
	RACE_USE_AFTER_FREE,
	RACE_ORDER, /* lock-order inversion */
	RACE_THREAD_LEAK,
	RACE_DESTROYED_MUTEX, /* use of a destroyed or never made one */
	RACE_LOCKED_DESTROY,  /* destroy of a locked one */
	RACE_UNLOCK,	      /* unlock of an unlocked one */
	RACE_DOUBLE_LOCK,
	RACE_READ_LOCK, /* of a write-locked one, and the unlock */
	RACE_SIGNAL_UNSAFE,
	RACE_SIGNAL_ERRNO,
	RACE_CRASH,    /* the runtime caught a fatal signal */
	RACE_DEADLOCK, /* ours: cut off, its threads waited in a circle */
	RACE_HANG,     /* ours: the run was cut off */
	RACE_STATUS,   /* ours: it ended with a status that is not 0 */
	RACE_OTHER,
	RACE_NKINDS,
};

/* Hangs and statuses are signs that something is wrong, not what it is. */
static inline bool race_is_sign(enum race_kind kind)
{
	return kind == RACE_HANG || kind == RACE_STATUS;
}

/* "data-race", ...: the ids of JSON and SARIF. */
extern const char *const race_kind_ids[RACE_NKINDS];
/* "data race", ...: the words of text. */
extern const char *const race_kind_words[RACE_NKINDS];

struct race_frame {
	const char *function;
	const char *path; /* as the compiler saw it */
	const char *file; /* its base name */
	const char *module;
	int line, column; /* 0 unknown */
	uint64_t offset;  /* in the module */
	uint64_t address; /* 0 unknown */
};

struct race_stack {
	guint n;
	const struct race_frame *frames; /* innermost first */
	const struct race_frame *own;	 /* innermost of the program's own code,
					    or the first, or NULL */
};

/* One side: an access to memory, or an acquisition of an inversion. */
struct race_access {
	const char *operation; /* "read", "atomic write", "lock B holding A" */
	const char *thread;    /* "T3", "main thread" */
	uint64_t address;
	uint32_t bytes;
	struct race_stack stack;
	guint n_locks;
	const char *const *locks; /* held there, for people */
};

struct race_thread {
	const char *id; /* "T3" */
	const char *name;
	struct race_stack created;
};

struct race_report {
	enum race_kind kind;
	const char *title;    /* ThreadSanitizer's words */
	const char *variable; /* for people */
	/* Last line of the program's own errors, where it ended badly; NULL:
	 * none. */
	const char *said;
	int pid;
	bool is_cut; /* its end is missing */
	guint n_accesses, n_threads;
	const struct race_access *accesses;
	const struct race_thread *threads;
	struct race_stack allocated; /* of a heap block; n 0: none */
};

/* Owns strings, frames and arrays of any number of reports. */
struct race_pool;
struct race_pool *race_pool_new(void);
void race_pool_free(struct race_pool *pool);
const char *race_pool_text(struct race_pool *pool, const char *text);
/* Copies `bytes` of `data`, which live as long as the pool. */
void *race_pool_copy(struct race_pool *pool, const void *data, size_t bytes);

struct race_row { /* the same race over the runs of a campaign */
	const struct race_report *report; /* the first one seen */
	const char *key;		  /* both places; rows_find() uses it */
	const char *loose_key; /* the same without lines: over two builds */
	uint64_t seen_in;      /* runs */
	uint64_t reports;      /* all of them */
	uint64_t first_seed;
	uint64_t last_run; /* 1 + index of the run that counted last */
	const char *hint;  /* from the trace: lock that is probably missing */
};

struct race_rows {
	GArray *rows; /* struct race_row, most often seen first once sorted */
	uint64_t reports, cut, broken; /* broken: too little left to use */
	uint64_t suppressed; /* reports that the user's suppressions took */
};

#endif
