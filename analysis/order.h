/*
 * The order in which threads take locks while they hold others, and what is
 * wrong with it: cycles in that order (may hang), cycles of waits (did hang).
 *
 * A cycle may hang if at least two threads took part in it, no other lock was
 * held around all of it (a gate), none of its locks was taken by a try, and no
 * two steps meet in a lock that both only read. One of a single thread or with
 * a gate is told as such; the others are left out.
 */
#ifndef ANALYSIS_ORDER_H
#define ANALYSIS_ORDER_H

#include <stdint.h>

#include "analysis/event.h"

struct model;
struct m_thread;
struct m_lock;
struct fill;
struct order;

struct order *order_new(void);
void order_free(struct order *order);

/* EVENT_LOCK_ORDER. */
void order_event(struct model *m, const struct event *e);
/* A contended acquisition, with the locks that its thread held. */
void order_wait(struct model *m, const struct m_thread *t,
		const struct m_lock *lock, const struct event *e);

/* Fills report.order; report.threads and report.locks are there. */
void order_fill(struct model *m, struct fill *fill);

/* Fills report.deadlocks from what had not ended. */
void deadlock_fill(struct model *m, struct fill *fill);

#endif
