/*
 * The keeper: the background process in which all of a recording lives but the
 * program itself. It outlives the front process, even when that is killed,
 * until the recording is complete and everything is cleared away.
 */
#ifndef TRACING_RECORDER_KEEPER_H
#define TRACING_RECORDER_KEEPER_H

#include "tracing/recorder/logbook.h"
#include "tracing/recorder/outdir.h"

struct keeper_options {
	bool has_sched;
};

/* What front and keeper tell each other, one message a datagram. */
enum word {
	WORD_READY,  /* keeper: text is the run directory */
	WORD_FAILED, /* keeper: text says why; it has cleared away all */
	WORD_FOLLOW, /* front: pid has been forked */
	WORD_GO,     /* keeper: it may run */
	WORD_ENDED,  /* front: times; interrupted */
	WORD_NEVER,  /* front: the program could not be started */
	WORD_DONE,   /* keeper: text has the notes, a line each */
};

struct message {
	enum word word;
	pid_t pid;
	int interrupted;
	struct run_times times;
	char text[8192];
};

/* 0, or -1 when the other side is gone. */
int message_send(int socket, const struct message *message);
int message_receive(int socket, struct message *message);

/*
 * Forks the keeper, which takes over `manifest` and `out`. Returns the front's
 * end of the socket between them, or -1: see `err`.
 */
int keeper_start(struct logbook *manifest, struct outdir *out,
		 const struct keeper_options *options, pid_t *pid,
		 struct err *err);

#endif
