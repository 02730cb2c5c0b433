/*
 * The critical path, in one pass forward and bounded memory.
 *
 * Each thread carries the chain that led to where it is: spans of time, each of
 * one thread in one state. While it lives, its own time is appended. When
 * another thread ends its wait (release, signal, post, last arrival, exit
 * before a join, creation), it takes over that one's chain as of then: a hop.
 * The chain of the thread that the end waited for is the critical path.
 *
 * Chains share what they have in common (a tree, with counted references);
 * what is old and not shared any more is summed up.
 *
 * What a hop through a lock skips, [begin of the wait, hop), and the handoff
 * after it, is that lock's share, unless an inner hop gave it to another lock
 * before: eliminating the contention can save no more than this.
 */
#ifndef ANALYSIS_PATH_H
#define ANALYSIS_PATH_H

#include <stdint.h>

struct model;
struct fill;
struct m_thread;
struct path_sum;
struct path;

struct hop {
	uint64_t ns;	     /* when `to` takes over the chain of `from` */
	uint64_t begin, end; /* of the wait that this ends */
	int32_t from, to;    /* threads */
	int32_t lock;	     /* -1: not through a lock that is held */
	uint8_t by_waking;   /* told by the scheduler, not by the object */
	uint8_t io;	     /* only if `from` was in an I/O call then */
	uint8_t early;	     /* it came before the wait: of the tape alone */
};

struct path *path_new(void);
void path_free(struct path *path);

/* Queues a hop; they may come out of order. */
void path_hop(struct path *path, const struct hop *hop);
uint32_t path_pending(const struct path *path);
/* A point in time with half of them before it. */
uint64_t path_half(const struct path *path);
/* All before has been worked through. */
uint64_t path_done(const struct path *path);

/* Works through all hops up to `until`; all threads are settled up to there. */
void path_round(struct model *m, uint64_t until);

/* Adds the chain of a thread to `sum`. */
void path_sum_up(const struct model *m, int32_t thread, struct path_sum *sum);

/* The thread that the end of the run waited for, NULL if there is none. */
const struct m_thread *path_last_thread(const struct model *m);

/* Fills report.path, and path_ns of its locks. */
void path_fill(struct model *m, struct fill *fill);

#endif
