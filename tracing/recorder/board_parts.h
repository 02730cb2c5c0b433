/* What the reading of boards and that of their slots share. */
#ifndef TRACING_RECORDER_BOARD_PARTS_H
#define TRACING_RECORDER_BOARD_PARTS_H

#include <glib.h>

#include "tracing/recorder/board_read.h"
#include "tracing/recorder/clock.h"

struct board {
	char *name; /* of its file */
	struct board_header *header;
	uint64_t bytes;
	int pidfd;	   /* -1: it was gone at once */
	GHashTable *slots; /* offset -> struct told_slot */
	uint64_t slots_lost;
	bool is_seen; /* by the scan under way */
};

struct boards {
	char *dir;
	struct board_session *session;
	struct board_trace *trace;
	struct clock_pair first, last;
	int ids;	  /* where processes ask what they are called */
	GHashTable *live; /* name -> struct board */
	uint64_t processes, outlived, lost[BOARD_LOSSES];
	pid_t main_pid;
	int main_status;
	bool is_last;
};

/* How a process ended, for its threads that have no word of their own. */
struct ending {
	enum end_how how;
	uint64_t ns;
};

/*
 * Writes what came to the slots of a board since the last time; `ending` is
 * NULL while the process runs.
 */
void board_slots_read(struct boards *boards, struct board *board,
		      const struct ending *ending);

/* A table of what was told of each slot, by its offset. */
GHashTable *board_slots_new(void);

#endif
