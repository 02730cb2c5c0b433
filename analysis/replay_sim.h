/*
 * What the files of the simulation share; nobody else includes this.
 *
 * replay.c plays the threads' steps, replay_cpu.c gives them CPUs, and
 * replay_lock.c lets them wait for locks and devices. An actor is a thread as
 * it is played: it is on a CPU, ready for one, due at a point in time, or in
 * line for something.
 */
#ifndef ANALYSIS_REPLAY_SIM_H
#define ANALYSIS_REPLAY_SIM_H

#include <glib.h>

#include "analysis/replay.h"
#include "analysis/replay_threads.h"

#define NOBODY (-1)

enum place {
	PLACE_AWAY, /* due, in line or done */
	PLACE_READY,
	PLACE_CPU,
};

/* Told as one of several, so that it cannot be played. */
struct unplayed {
	double factor;	 /* of what it takes */
	uint32_t weight; /* 0: not in one */
};

struct actor {
	const struct replay_step *steps;
	size_t n, next;
	uint64_t left;	   /* of the burst that it is in, on a CPU */
	uint64_t since;	   /* up to when its time on the CPU is counted */
	uint64_t slice_ns; /* that it has had of its slice */
	uint64_t used;	   /* fair share: time on CPUs, as the others have it */
	uint64_t debt;	   /* time saved in sections that nobody told */
	uint64_t wake_delay;		/* of the lock that it waits for */
	struct sim_lock *spins;		/* on it, NULL: not */
	GArray *put_off;		/* steps moved behind the section */
	const struct replay_step *back; /* its own, while it does those */
	size_t n_back, next_back;
	struct unplayed wait, hold; /* that it is in */
	uint32_t calls;		    /* put off, that it is in */
	uint32_t drawn;		    /* state of its own random numbers */
	uint8_t inside[REPLAY_CHANGES_MOST]; /* sections that those change */
	int32_t later;			     /* next in a line */
	int thread;   /* of the report, -1: it does the work of many */
	int32_t pool; /* whose work it does, NOBODY: its own */
	size_t due_at, ready_at; /* in the heaps, from 1; 0: not */
	enum place place;
	bool done, waking, looks_again, reads, last_words, stolen;
};

struct line { /* of actors */
	int32_t first, last;
};

struct sim_lock {
	struct line waiters;
	uint32_t readers, spinners;
	bool written;
	bool asked; /* to wake somebody at the next release */
};

struct sim_device {
	struct line waiters;
	uint32_t inside; /* calls that it is working on */
};

struct sim_pool {
	struct replay_parts *parts;
	size_t next, working; /* its next part; parts being worked on */
	struct line waiters;  /* for the last words of its threads */
};

struct point {
	uint64_t at; /* when it was posted */
	struct line waiters;
	bool posted;
};

struct due {
	uint64_t ns, order;
	int32_t actor;
};

struct sim {
	const struct replay *replay;
	const struct replay_change *changes;
	size_t n_changes;
	struct actor *actors;
	size_t n_actors;
	struct sim_lock *locks; /* shards of a lock side by side */
	uint32_t shards;
	struct sim_device *devices;
	struct sim_pool *pools; /* by change */
	struct point *points;
	uint32_t cpus, busy;
	struct due *heap;
	int32_t *ready;	   /* a heap: who had least comes first */
	double foreign;	   /* CPU time of others, for each of ours in a crowd */
	double crowded;	   /* share of that while there is none */
	double foreign_ns; /* that they still have to get */
	uint64_t foreign_slice_ns;
	size_t n_heap, n_ready;
	uint64_t now, order, end, forced;
	uint64_t least; /* `used` of who had least, never falls */
	uint64_t slice_ns;
	int last; /* actor whose end is that of the run, -1: any */
	double io;
	enum replay_sharing sharing;
	GHashTable *shard_of; /* actor and lock -> shard + 1, while it has it */
};

/* Lines are first come, first served. */
void line_put(struct sim *s, struct line *line, int32_t actor);
int32_t line_take(struct sim *s, struct line *line);
/* It need not be in it. */
void line_remove(struct sim *s, struct line *line, int32_t actor);

const struct replay_change *change_of(const struct sim *s, int32_t lock,
				      enum replay_kind kind);
uint32_t draw(struct actor *a);

/* Its place is the next one. */
void actor_init(struct sim *s, const struct replay_script *script,
		int32_t pool);

/* replay_pool.c: threads that share their work */
/* Those that do the work of a pool, in place of its threads. */
void pool_init(struct sim *s, size_t change);
bool pool_has(const struct sim *s, const struct replay_script *script);
/* False if the actor has nothing more to do; it may have to wait for it. */
bool pool_next(struct sim *s, int32_t actor);

/* replay_cpu.c */
/* The actor is due in `ns`; it is so once at most. */
void due_put(struct sim *s, int32_t actor, uint64_t ns);
int32_t due_take(struct sim *s);
/* It computes for a->left from now on, as soon as it has a CPU. */
void cpu_want(struct sim *s, int32_t actor);
/* It needs a CPU for an instant: true if it has one, else it goes on later. */
bool cpu_seize(struct sim *s, int32_t actor);
void cpu_leave(struct sim *s, int32_t actor);
/* What it spins on is free now. */
void cpu_hurry(struct sim *s, int32_t actor);
/* Its time is over, or its slice. True if it is for it to go on. */
bool cpu_is_due(struct sim *s, int32_t actor);
/* Gives free CPUs to those that are ready; after each thing that happened. */
void cpu_dispatch(struct sim *s);

/* replay_lock.c */
/* True if it has the lock now; else it waits, or is to get a CPU first. */
bool lock_acquire(struct sim *s, int32_t actor, const struct replay_step *step);
/* Did it wake a waiter? */
bool lock_release(struct sim *s, int32_t actor, int32_t lock);
bool lock_is_free(const struct sim_lock *lock, bool reads);
/* False if it waits; what lets it in moves it to its next step. */
bool device_enter(struct sim *s, int32_t actor, const struct replay_step *step);
void device_leave(struct sim *s, int32_t device);

#endif
