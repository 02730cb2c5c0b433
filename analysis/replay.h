/*
 * The run as a script for each thread, and a simulation that plays it again:
 * unchanged, to see how far off it is, or with something changed.
 *
 * A script is made of CPU bursts, delays (I/O, sleeps, blocked for reasons
 * unknown), acquisitions and releases, calls that write to disk, and points
 * where one thread waits until another one has got somewhere (signal, post,
 * join, creation). Waits for locks, for CPUs and for the calls of others are
 * not in it: they are what the simulation finds out.
 *
 * The simulation has N CPUs, which go to whoever had least of them, for a slice
 * as long as those of the recording. Other programs have a share of them while
 * there is a crowd, which they take between slices. What a thread waited for a
 * CPU while one was free, or without a crowd, stays as it was.
 *
 * A lock that is released is free: who spins on it takes it, else its longest
 * waiter is woken and takes it after the delay that it had in the recording,
 * unless somebody else was faster: who did not wait himself then wakes nobody,
 * as in glibc. A waiter that spins does so on a CPU.
 *
 * Assumed is that threads do the same work in the same order, whatever changes.
 * Acquisitions that no event told (uncontended ones, unless all was recorded)
 * are played too, if somebody waited for their lock: at random points where
 * their thread computes, as long as they were on average. They stay uncontended
 * if the replay of the run itself is nearer to the truth so. Where only a
 * sample was told, nothing can be played: the waits stay as they were, and
 * change in proportion.
 */
#ifndef ANALYSIS_REPLAY_H
#define ANALYSIS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_SPIN_NS	128u	   /* unit of replay_step.spin */
#define REPLAY_SPINS_ON UINT16_MAX /* it never sleeps */

enum replay_does {
	REPLAY_CPU,	/* for ns */
	REPLAY_DELAY,	/* for ns */
	REPLAY_IO,	/* a delay in an I/O call */
	REPLAY_ACQUIRE, /* `what`: lock; ns: delay when it had to wait */
	REPLAY_ACQUIRE_READ,
	REPLAY_RELEASE, /* `what`: lock; ns: to wake somebody, if it does */
	REPLAY_POST,	/* `what`: point that others wait for */
	REPLAY_PEND,	/* until `what` was posted; ns: delay after that */
	REPLAY_ENTER,	/* `what`: device; ns: it waited for others' calls */
	REPLAY_LEAVE,	/* `what`: device */
	/* Of a lock whose sections were told in part; all between is in it. */
	REPLAY_WAIT_BEGIN,
	REPLAY_WAIT_END,
	REPLAY_HOLD_BEGIN,
	REPLAY_HOLD_END,
};

struct replay_step {
	uint64_t ns;
	int32_t what;
	uint8_t does;	 /* enum replay_does */
	uint16_t spin;	 /* ACQUIRE: how long it spins before it sleeps */
	uint16_t weight; /* WAIT_BEGIN, HOLD_BEGIN: how many this stands for */
	bool untold;	 /* of an acquisition that no event told */
};

/* What calls of several threads onto one device do to each other. */
enum replay_sharing {
	REPLAY_BATCHES, /* those that come during one all wait for the next */
	REPLAY_FREELY,	/* nothing */
	REPLAY_IN_TURN, /* one at a time */
	REPLAY_NSHARINGS,
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
	const uint64_t *point_ns; /* when they were posted, since the begin */
	size_t n_locks;		  /* of the report */
	size_t n_devices;
	uint32_t cpus;
	double slowdown; /* by others, while more than all CPUs are wanted */
	double crowded;	 /* share of their computing during which they were */
	uint64_t foreign_slice_ns; /* that they take a CPU for */
	uint64_t slice_ns;	   /* that a thread keeps a CPU others want */
	uint64_t recorded_ns;	/* length of what was recorded, as scripted */
	uint64_t run_ns;	/* of the whole run */
	uint64_t sync_calls;	/* to devices */
	uint64_t sync_overlaps; /* those that began during another one */
	enum replay_sharing sharing;
	bool learned;	      /* the recording showed that they share so */
	bool cut;	      /* the scripts end before the run did */
	bool plays_untold;    /* those of its steps are played */
	bool bounded;	      /* not all acquisitions were told */
	bool sampled;	      /* of some locks, only a sample was told */
	const bool *unplayed; /* which locks those are, by the report's index */
};

enum replay_kind {
	REPLAY_NO_CONTENTION,
	REPLAY_HOLD,	/* time inside the sections, times factor */
	REPLAY_SHARDS,	/* n locks instead of one */
	REPLAY_OUTSIDE, /* delays inside the sections moved behind them */
	REPLAY_READERS, /* this share of the sections only reads, or `threads`
			 */
	REPLAY_IO_TIME, /* all I/O, times factor */
	REPLAY_CPUS,	/* n CPUs */
	REPLAY_THREADS, /* n threads share the work of those named */
	REPLAY_SHARING, /* n: an enum replay_sharing */
	REPLAY_NKINDS,
};

struct replay_change {
	const bool *locks;   /* by the report's index: which it is about */
	const bool *threads; /* the same for threads */
	double factor;
	enum replay_kind kind;
	uint32_t n;
};

#define REPLAY_CHANGES_MOST 32	 /* at once */
#define REPLAY_OFF_MOST	    0.25 /* more: no prediction is worth its name */

struct replay_result {
	uint64_t ns;	 /* how long the run takes */
	uint64_t forced; /* waits that nothing ended: broken off */
};

/* Plays the run with all of `changes`. */
struct replay_result replay_run(const struct replay *replay,
				const struct replay_change *changes, size_t n);

size_t replay_steps(const struct replay *replay);

/*
 * Chooses how calls share a device: as those of the recording did that
 * overlapped, as far as a replay of it shows; in batches if too few did.
 */
void replay_learn(struct replay *replay);

/*
 * Chooses whether acquisitions that no event told are played: if that brings
 * the replay nearer to what was recorded.
 */
void replay_learn_untold(struct replay *replay);

struct replay_base { /* the run unchanged */
	uint64_t ns; /* not 0 */
	/* The same for each way of sharing, where nothing is known of it. */
	uint64_t shared_ns[REPLAY_NSHARINGS];
	double error; /* of what was recorded */
	uint64_t forced;
	bool trusted; /* the error is small enough for predictions */
};

struct replay_base replay_base(const struct replay *replay);

/*
 * A run that took `run_ns` with the changes. Where nothing is known of how
 * calls to a device share it, low is the time if they do not disturb each other
 * and high the time if there is only one at a time; else both are `ns`.
 */
struct replay_prediction {
	uint64_t ns, low_ns, high_ns;
	uint64_t forced;
};

struct replay_prediction replay_predict(const struct replay *replay,
					const struct replay_base *base,
					const struct replay_change *changes,
					size_t n, uint64_t run_ns);

struct report;

/*
 * Fills report->what_if with the changes that help most, from a report whose
 * locks have labels. Does nothing without scripts, nor where the replay of the
 * run itself is too far off.
 */
void replay_suggest(struct report *report);

#endif
