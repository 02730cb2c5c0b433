/*
 * Events made by hand for the model: one short call each. Process 1 only;
 * addresses double as names (lock 0xA, site 0x51). Times are ns.
 */
#ifndef TESTS_FEED_H
#define TESTS_FEED_H

#include <stdint.h>

#include "analysis/model.h"

#define FEED_PID 1

/* Sorts struct event by ts_ns, then by thread. */
int feed_by_ts(const void *a, const void *b);

struct model *feed_new(uint32_t cpus);
/* The same with series and longest waits kept, from a begin on. */
struct model *feed_new_from(uint32_t cpus, uint64_t begin_ns);
/* Finishes at `end_ns` at least, and checks the invariants. */
struct report *feed_report(struct model *m);

void feed_start(struct model *m, uint64_t ts, int32_t tid);
void feed_exit(struct model *m, uint64_t ts, int32_t tid);

/* Of a process with one thread: its id is that of the process. */
void feed_process(struct model *m, uint64_t ts, int32_t pid,
		  enum event_type type, int32_t parent);

void feed_wait(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
	       uint64_t site);
/* wait_begin 0: did not wait. Told at `ts`. */
void feed_held(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
	       uint64_t site, uint64_t wait_begin, uint64_t acquired,
	       uint64_t released);
/* As feed_held(), of a rwlock. */
void feed_rw_held(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
		  enum lock_mode mode, uint64_t wait_begin, uint64_t acquired,
		  uint64_t released);
void feed_failed(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
		 uint64_t wait_begin, int result);

void feed_destroy(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
		  enum lock_kind kind, int result);

void feed_object(struct model *m, uint64_t ts, int32_t tid,
		 enum event_type type, enum lock_kind kind, uint64_t object,
		 uint64_t begin);
void feed_io(struct model *m, uint64_t ts, int32_t tid, enum event_type type,
	     uint8_t op, uint64_t site, uint64_t begin);
void feed_join(struct model *m, uint64_t ts, int32_t tid, enum event_type type,
	       int32_t joined, uint64_t begin);

void feed_switch(struct model *m, uint64_t ts, int32_t cpu, int32_t prev,
		 int64_t prev_state, int32_t next);
void feed_waking(struct model *m, uint64_t ts, int32_t cpu, int32_t waker,
		 int32_t tid);

/* The row of a lock or thread; fails the test if there is none. */
const struct lock *feed_lock(const struct report *r, uint64_t address);
const struct thread *feed_thread(const struct report *r, int32_t tid);
/* What `waiter` blames on `owner`, over all sites. */
uint64_t feed_blame(const struct report *r, uint64_t lock, int32_t waiter,
		    int32_t owner);

#endif
