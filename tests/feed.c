#include "tests/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/check.h"

int feed_by_ts(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return x->tid - y->tid;
}

struct model *feed_new_from(uint32_t cpus, uint64_t begin_ns)
{
	return model_new(&(struct model_options){
		.cpus = cpus, .begin_ns = begin_ns, .bins = 64, .waits = 8 });
}

struct model *feed_new(uint32_t cpus)
{
	return feed_new_from(cpus, 0);
}

struct report *feed_report(struct model *m)
{
	struct report *r = report_new();
	struct err err = { "" };

	model_finish(m, r);
	if (report_check(r, &err))
		fail_msg("%s", err.text);
	return r;
}

static struct event event_of(enum event_type type, uint64_t ts, int32_t tid)
{
	return (struct event){ .ts_ns = ts,
			       .type = type,
			       .pid = FEED_PID,
			       .tid = tid,
			       .cpu = -1 };
}

void feed_start(struct model *m, uint64_t ts, int32_t tid)
{
	struct event e = event_of(EVENT_THREAD_START, ts, tid);

	e.u.thread.thread = (uint64_t)tid * 0x1000;
	model_event(m, &e);
}

void feed_exit(struct model *m, uint64_t ts, int32_t tid)
{
	struct event e = event_of(EVENT_THREAD_EXIT, ts, tid);

	e.u.thread.how = END_RETURN;
	model_event(m, &e);
}

void feed_process(struct model *m, uint64_t ts, int32_t pid,
		  enum event_type type, int32_t parent)
{
	struct event e = event_of(type, ts, pid);

	e.pid = pid;
	e.u.process.ppid = e.u.process.ptid = parent;
	e.u.process.how = END_RETURN;
	model_event(m, &e);
}

void feed_wait(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
	       uint64_t site)
{
	struct event e = event_of(EVENT_LOCK_WAIT, ts, tid);

	e.u.lock.address = lock;
	e.u.lock.site = site;
	e.u.lock.begin_ns = ts;
	model_event(m, &e);
}

void feed_held(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
	       uint64_t site, uint64_t wait_begin, uint64_t acquired,
	       uint64_t released)
{
	struct event e = event_of(EVENT_LOCK_HELD, ts, tid);

	e.u.lock.address = lock;
	e.u.lock.site = site;
	e.u.lock.wait_begin_ns = wait_begin;
	e.u.lock.begin_ns = acquired;
	e.u.lock.end_ns = released;
	e.u.lock.weight = 1;
	model_event(m, &e);
}

void feed_rw_held(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
		  enum lock_mode mode, uint64_t wait_begin, uint64_t acquired,
		  uint64_t released)
{
	struct event e = event_of(EVENT_LOCK_HELD, ts, tid);

	e.u.lock.address = lock;
	e.u.lock.kind = LOCK_RWLOCK;
	e.u.lock.mode = (uint8_t)mode;
	e.u.lock.site = 0x51;
	e.u.lock.wait_begin_ns = wait_begin;
	e.u.lock.begin_ns = acquired;
	e.u.lock.end_ns = released;
	e.u.lock.weight = 1;
	model_event(m, &e);
}

void feed_failed(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
		 uint64_t wait_begin, int result)
{
	struct event e = event_of(EVENT_LOCK_FAILED, ts, tid);

	e.u.lock.address = lock;
	e.u.lock.site = 0x51;
	e.u.lock.wait_begin_ns = wait_begin;
	e.u.lock.end_ns = ts;
	e.u.lock.result = result;
	e.u.lock.weight = 1;
	model_event(m, &e);
}

void feed_destroy(struct model *m, uint64_t ts, int32_t tid, uint64_t lock,
		  enum lock_kind kind, int result)
{
	struct event e = event_of(EVENT_LOCK_DESTROY, ts, tid);

	e.u.lock.address = lock;
	e.u.lock.kind = (uint8_t)kind;
	e.u.lock.site = 0x54;
	e.u.lock.result = result;
	model_event(m, &e);
}

void feed_object(struct model *m, uint64_t ts, int32_t tid,
		 enum event_type type, enum lock_kind kind, uint64_t object,
		 uint64_t begin)
{
	struct event e = event_of(type, ts, tid);

	e.u.wait.object = object;
	e.u.wait.kind = (uint8_t)kind;
	e.u.wait.site = 0x52;
	e.u.wait.begin_ns = begin;
	e.u.wait.end_ns = ts;
	model_event(m, &e);
}

void feed_io(struct model *m, uint64_t ts, int32_t tid, enum event_type type,
	     uint8_t op, uint64_t site, uint64_t begin)
{
	struct event e = event_of(type, ts, tid);

	e.u.io.op = op;
	e.u.io.fd = 3;
	e.u.io.fd_kind = FD_FILE;
	e.u.io.site = site;
	e.u.io.begin_ns = begin;
	e.u.io.end_ns = ts;
	e.u.io.bytes = 100;
	e.u.io.weight = 1;
	model_event(m, &e);
}

void feed_join(struct model *m, uint64_t ts, int32_t tid, enum event_type type,
	       int32_t joined, uint64_t begin)
{
	struct event e = event_of(type, ts, tid);

	e.u.thread.other = joined;
	e.u.thread.begin_ns = begin;
	e.u.thread.end_ns = ts;
	model_event(m, &e);
}

void feed_switch(struct model *m, uint64_t ts, int32_t cpu, int32_t prev,
		 int64_t prev_state, int32_t next)
{
	struct event e = event_of(EVENT_SWITCH, ts, prev);

	e.pid = 0;
	e.cpu = cpu;
	e.u.sched.prev_state = prev_state;
	e.u.sched.next_tid = next;
	e.u.sched.prev_comm = e.u.sched.next_comm = "t";
	model_event(m, &e);
}

void feed_waking(struct model *m, uint64_t ts, int32_t cpu, int32_t waker,
		 int32_t tid)
{
	struct event e = event_of(EVENT_WAKING, ts, waker);

	e.pid = 0;
	e.cpu = cpu;
	e.u.task.tid = tid;
	e.u.task.comm = "t";
	model_event(m, &e);
}

const struct lock *feed_lock(const struct report *r, uint64_t address)
{
	for (size_t i = 0; i < r->n_locks; i++)
		if (r->locks[i].address == address)
			return &r->locks[i];
	fail_msg("no lock %lx", (unsigned long)address);
	abort();
}

const struct thread *feed_thread(const struct report *r, int32_t tid)
{
	for (size_t i = 0; i < r->n_threads; i++)
		if (r->threads[i].tid == tid)
			return &r->threads[i];
	fail_msg("no thread %d", tid);
	abort();
}

uint64_t feed_blame(const struct report *r, uint64_t lock, int32_t waiter,
		    int32_t owner)
{
	const struct lock *l = feed_lock(r, lock);
	uint64_t ns = 0;

	for (size_t i = 0; i < l->n_blame; i++)
		if (r->threads[l->blame[i].waiter].tid == waiter &&
		    r->threads[l->blame[i].owner].tid == owner)
			ns += l->blame[i].wait_ns;
	return ns;
}
