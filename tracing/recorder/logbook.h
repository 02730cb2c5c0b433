/*
 * holdup.json: what a recording was made of, how it ended, what it lost.
 *
 * It is written when the recording begins, with room to spare, and again in
 * place when it ends: so there is one after any death, and a disk that is full
 * by then does not cost it.
 */
#ifndef TRACING_RECORDER_LOGBOOK_H
#define TRACING_RECORDER_LOGBOOK_H

#include "tracing/board.h" /* before <fcntl.h>, which has a LOCK_READ */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "tracing/base/err.h"
#include "tracing/recorder/sched.h"

/* One run of the program, recorded or bare. */
struct run_times {
	uint64_t start_ns, end_ns;
	int status; /* of waitpid() */
	struct rusage usage;
};

enum logbook_end {
	LOGBOOK_UNFINISHED,
	LOGBOOK_PROGRAM, /* the program ended: times.status says how */
	LOGBOOK_KILLED,	 /* `holdup record` was killed */
	LOGBOOK_DAEMON,	 /* the session daemon was */
};

struct stream_count {
	char *name; /* relative to the trace directory */
	uint64_t discarded, packets, bytes;
};

struct logbook {
	/* what was asked for */
	char **command;
	const char *executable;
	bool detail_all;
	uint64_t budget, buffer_bytes;
	bool buffer_learned; /* of a recording before */
	/* how it went */
	uint64_t epoch_offset_ns;
	pid_t pid;
	enum logbook_end ended;
	int interrupted; /* signal that was sent to `holdup record`, 0: none */
	struct run_times times;
	const char
		*not_entered; /* why the interposer could not; NULL: it did */
	uint64_t processes, outlived;
	const struct sched *sched; /* NULL: not asked for */
	GArray *streams;	   /* struct stream_count, of ust/ */
	uint64_t board_events, board_lost[BOARD_LOSSES];
	GArray *baseline;	/* struct run_times */
	uint64_t buffer_needed; /* by what was lost; 0: nothing was */
	uint64_t budget_end;	/* lowered to, where events were lost */
	double event_ns, pair_ns, ns_per_tick; /* 0: not measured */
	GPtrArray *notes;		       /* char * */
};

void logbook_init(struct logbook *manifest);

/* Adds a line for people. */
void logbook_note(struct logbook *manifest, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes it into the open directory `dir`. */
int logbook_write(const struct logbook *manifest, int dir, struct err *err);

/* Adds the baseline to the one that lies in `dir`. */
int logbook_add_baseline(const struct logbook *manifest, int dir,
			 struct err *err);

/* Exit status of `holdup record` for what waitpid() said. */
int logbook_exit_status(int status);

void logbook_clear(struct logbook *manifest);

#endif
