/*
 * The run as a script for each thread, and a simulation that plays it again:
 * unchanged, to see how far off it is, or with something changed.
 *
 * A script is made of CPU bursts, delays (I/O, sleeps, blocked for reasons
 * unknown), acquisitions and releases, and points where one thread waits until
 * another one has got somewhere (signal, post, join, creation). Waits for locks
 * and for CPUs are not in it: they are what the simulation finds out.
 *
 * The simulation has N CPUs with one queue and time slices of 3 ms. A lock that
 * is released is free: its longest waiter is woken and takes it after the delay
 * that it had in the recording, unless somebody else was faster.
 *
 * Assumed is that threads do the same work in the same order, whatever changes,
 * and that acquisitions that no event told (uncontended ones, unless all was
 * recorded) stay uncontended.
 */
#ifndef ANALYSIS_REPLAY_H
#define ANALYSIS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum replay_does {
	REPLAY_CPU,	/* for ns */
	REPLAY_DELAY,	/* for ns */
	REPLAY_IO,	/* a delay in an I/O call */
	REPLAY_ACQUIRE, /* `what`: lock; ns: delay when it had to wait */
	REPLAY_ACQUIRE_READ,
	REPLAY_RELEASE, /* `what`: lock */
	REPLAY_POST,	/* `what`: point that others wait for */
	REPLAY_PEND,	/* until `what` was posted; ns: delay after that */
};

struct replay_step {
	uint64_t ns;
	int32_t what;
	uint8_t does; /* enum replay_does */
};

struct replay { /* belongs to the report's arena */
	size_t n_threads;
	struct replay_script {
		const struct replay_step *steps;
		size_t n;
		int thread;	   /* of the report */
		uint64_t begin_ns; /* if nobody is known to have made it */
	} * scripts;
	int end; /* the script whose end is that of the run, -1: the last */
	size_t n_points;
	size_t n_locks; /* of the report */
	uint32_t cpus;
	double slowdown;      /* by other programs, while all CPUs are wanted */
	uint64_t recorded_ns; /* length of what was recorded, as scripted */
	bool cut;	      /* the scripts end before the run did */
	bool bounded;	      /* not all acquisitions were told */
};

enum replay_kind {
	REPLAY_NO_CONTENTION,
	REPLAY_HOLD,	/* time inside the sections, times factor */
	REPLAY_SHARDS,	/* n locks instead of one */
	REPLAY_OUTSIDE, /* delays inside the sections moved behind them */
	REPLAY_READERS, /* this share of the sections only reads */
	REPLAY_IO_TIME, /* all I/O, times factor */
	REPLAY_CPUS,	/* n CPUs */
	REPLAY_NKINDS,
};

struct replay_change {
	const bool *locks; /* by the report's index: which it is about */
	double factor;
	enum replay_kind kind;
	uint32_t n;
};

struct replay_result {
	uint64_t ns;	 /* how long the run takes */
	uint64_t forced; /* waits that nothing ended: broken off */
};

/* Plays the run with all of `changes`. */
struct replay_result replay_run(const struct replay *replay,
				const struct replay_change *changes, size_t n);

struct report;

/*
 * Fills report->what_if with the changes that help most, from a report whose
 * locks have labels. Does nothing without scripts.
 */
void replay_suggest(struct report *report);

#endif
