/*
 * usage: trace_gen DIR EVENTS [THREADS]
 *
 * Writes a trace of about that many events to measure readers with: threads,
 * each on a CPU of its own, that take turns on a few locks, as the recorder
 * would tell it. The same arguments make the same events; holds of a lock never
 * overlap.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/synth.h"

#define THREADS_MAX 64
#define LOCKS	    16
#define PID	    100
#define TID(i)	    (101 + (int32_t)(i))
#define BEGIN_NS    1000000000u

struct thread {
	uint64_t now_ns;
	bool started;
};

struct generator {
	uint64_t events, told;
	size_t n_threads;
	uint64_t random;
	struct thread threads[THREADS_MAX];
	uint64_t free_ns[LOCKS]; /* when each lock is free again */
	size_t owner[LOCKS];
	GQueue pending; /* of struct event, by time */
};

static const uint64_t stack[] = { 0x401000, 0x402000, 0x403000, 0x404000,
				  0x405000 };

static uint64_t next_random(struct generator *g)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return g->random;
}

static void rewind_all(void *data)
{
	struct generator *g = data;

	g_queue_clear_full(&g->pending, g_free);
	memset(g->threads, 0, sizeof(g->threads));
	memset(g->free_ns, 0, sizeof(g->free_ns));
	g->told = 0;
	g->random = 88172645463325252u;
	for (size_t i = 0; i < g->n_threads; i++)
		g->threads[i].now_ns = BEGIN_NS + 1000 * i;
}

static void tell(struct generator *g, const struct event *event)
{
	GList *at = g->pending.tail;

	while (at && ((struct event *)at->data)->ts_ns > event->ts_ns)
		at = at->prev;
	g_queue_insert_after(&g->pending, at, g_memdup2(event, sizeof(*event)));
}

static struct event event_of(size_t thread, enum event_type type,
			     uint64_t ts_ns)
{
	return (struct event){ .ts_ns = ts_ns,
			       .type = type,
			       .pid = PID,
			       .tid = TID(thread),
			       .cpu = (int32_t)thread };
}

static void tell_switch(struct generator *g, size_t cpu, uint64_t ts_ns,
			bool in)
{
	struct event e = event_of(cpu, EVENT_SWITCH, ts_ns);

	e.tid = in ? 0 : TID(cpu);
	e.u.sched.next_tid = in ? TID(cpu) : 0;
	e.u.sched.prev_state = in ? 0 : 1;
	e.u.sched.prev_comm = in ? "swapper" : "worker";
	e.u.sched.next_comm = in ? "worker" : "swapper";
	tell(g, &e);
}

/* The lock is another one's: the thread sleeps until it is released. */
static void tell_wait(struct generator *g, size_t thread, size_t lock)
{
	uint64_t now_ns = g->threads[thread].now_ns;
	struct event e = event_of(thread, EVENT_LOCK_WAIT, now_ns);

	e.u.lock.address = 0x1000 + lock * 64;
	e.u.lock.site = 0x400000 + lock;
	e.u.lock.owner = TID(g->owner[lock]);
	e.u.lock.begin_ns = now_ns;
	e.u.lock.stack = stack;
	e.u.lock.n_stack = G_N_ELEMENTS(stack);
	tell(g, &e);
	tell_switch(g, thread, now_ns + 100, false);
	e = event_of(g->owner[lock], EVENT_WAKING, g->free_ns[lock] + 50);
	e.u.task.tid = TID(thread);
	e.u.task.target_cpu = (int32_t)thread;
	e.u.task.comm = "worker";
	tell(g, &e);
	tell_switch(g, thread, g->free_ns[lock] + 1000, true);
}

static void start(struct generator *g, size_t thread)
{
	struct thread *t = &g->threads[thread];
	struct event e = event_of(thread, EVENT_THREAD_START, t->now_ns);

	t->started = true;
	if (!thread) {
		e.type = EVENT_PROCESS_START;
		e.u.process.begin_ns = t->now_ns;
		e.u.process.detail_all = 1;
		e.u.process.executable = "/bin/bench";
	} else {
		e.u.thread.other = TID(0);
		e.u.thread.begin_ns = t->now_ns;
		e.u.thread.name = "worker";
	}
	tell(g, &e);
	tell_switch(g, thread, t->now_ns + 1, true);
	t->now_ns += 100;
}

/* One critical section, and now and then a write after it. */
static void step(struct generator *g, size_t thread)
{
	struct thread *t = &g->threads[thread];
	size_t lock = next_random(g) % LOCKS;
	bool waits = g->free_ns[lock] > t->now_ns + 200;
	struct event e;

	if (!t->started) {
		start(g, thread);
		return;
	}
	if (g->free_ns[lock] > t->now_ns && !waits) {
		t->now_ns = g->free_ns[lock];
		return;
	}
	if (waits)
		tell_wait(g, thread, lock);
	e = event_of(thread, EVENT_LOCK_HELD, 0);
	e.u.lock.address = 0x1000 + lock * 64;
	e.u.lock.site = 0x400000 + lock;
	e.u.lock.weight = 1;
	e.u.lock.wait_begin_ns = waits ? t->now_ns : 0;
	e.u.lock.begin_ns = waits ? g->free_ns[lock] + 1100 : t->now_ns;
	e.u.lock.end_ns = e.u.lock.begin_ns + 200 + next_random(g) % 800;
	e.ts_ns = e.u.lock.end_ns + 40;
	tell(g, &e);
	g->free_ns[lock] = e.u.lock.end_ns;
	g->owner[lock] = thread;
	t->now_ns = e.ts_ns + 100 + next_random(g) % 2000;
	if (next_random(g) % 16)
		return;
	e = event_of(thread, EVENT_IO_END, t->now_ns + 500);
	e.u.io.op = IO_WRITE;
	e.u.io.fd = 1;
	e.u.io.fd_kind = FD_FILE;
	e.u.io.site = 0x410000;
	e.u.io.begin_ns = t->now_ns;
	e.u.io.end_ns = e.ts_ns;
	e.u.io.bytes = 4096;
	e.u.io.weight = 1;
	tell(g, &e);
	t->now_ns = e.ts_ns + 50;
}

static int next_event(void *data, struct event *event)
{
	struct generator *g = data;
	struct event *first;
	size_t earliest = 0;

	if (g->told >= g->events)
		return 0;
	for (;;) {
		for (size_t i = 1; i < g->n_threads; i++)
			if (g->threads[i].now_ns < g->threads[earliest].now_ns)
				earliest = i;
		first = g_queue_peek_head(&g->pending);
		if (first && first->ts_ns < g->threads[earliest].now_ns)
			break;
		step(g, earliest);
	}
	*event = *first;
	g_free(g_queue_pop_head(&g->pending));
	g->told++;
	return 1;
}

int main(int argc, char **argv)
{
	static struct generator g = { .n_threads = 4 };
	struct synth_flow flow = { .rewind = rewind_all,
				   .next = next_event,
				   .data = &g,
				   .packet_events = 4096 };

	if (argc < 3) {
		fprintf(stderr, "usage: trace_gen DIR EVENTS [THREADS]\n");
		return 2;
	}
	g.events = strtoull(argv[2], NULL, 10);
	if (argc > 3)
		g.n_threads = CLAMP(strtoul(argv[3], NULL, 10), 1, THREADS_MAX);
	synth_write_flow(argv[1], &flow);
	rewind_all(&g);
	return 0;
}
