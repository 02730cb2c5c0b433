#include "tests/unit/plot_sim.h"

#include <glib.h>
#include <string.h>

#include "analysis/arena.h"

#define BINS 680

struct hold {
	int thread;
	uint64_t begin_ns, end_ns;
};

/* A run of the simulation. */
struct sim {
	struct report *report;
	struct sim_plan plan;
	uint32_t seed;

	uint64_t *next_ns; /* by thread: when it asks again */
	uint64_t *free_ns; /* by lock */
	GArray **holds;	   /* by lock: struct hold */
	GArray **waits;	   /* by lock: uint64_t */
	GArray **spans;	   /* by thread: struct wait_span */
	uint64_t **blame;  /* by lock: waiter x owner */
	double **queue;	   /* by lock: bin */
};

static uint32_t next_random(struct sim *s)
{
	s->seed = s->seed * 1664525u + 1013904223u;
	return s->seed >> 8;
}

/* Between half and one and a half of `ns`. */
static uint64_t around(struct sim *s, uint64_t ns)
{
	return ns / 2 + ns * (next_random(s) % 1000) / 1000 + 1;
}

static void *array_of(struct sim *s, size_t n, size_t size)
{
	return arena_array(s->report->arena, n, size);
}

void sim_add(struct series *to, uint32_t row, uint64_t begin, uint64_t end)
{
	while (begin < end) {
		uint64_t bin = begin / to->width_ns;
		uint64_t edge = MIN(end, (bin + 1) * to->width_ns);

		if (bin >= to->n)
			return;
		to->values[bin * to->rows + row] += edge - begin;
		begin = edge;
	}
}

static struct series make_series(struct sim *s, uint32_t rows)
{
	struct series made = { .width_ns = s->plan.end_ns / BINS + 1,
			       .rows = rows };

	made.n = (uint32_t)(s->plan.end_ns / made.width_ns) + 1;
	made.values = array_of(s, (size_t)made.n * rows, sizeof(uint64_t));
	return made;
}

static void live(struct sim *s, int thread, enum state state, uint64_t begin,
		 uint64_t end)
{
	struct thread *t = &s->report->threads[thread];

	begin = MIN(begin, s->plan.end_ns);
	end = MIN(end, s->plan.end_ns);
	if (begin >= end)
		return;
	t->state_ns[state] += end - begin;
	sim_add(&t->states, state, begin, end);
	sim_add(&s->report->utilization.states, state, begin, end);
	if (state == STATE_RUNNING)
		sim_add(&s->report->utilization.cpus,
			(uint32_t)thread % s->report->run.cpus, begin, end);
}

/* Splits a wait over the holds that covered it. */
static void charge(struct sim *s, size_t lock, int waiter, uint64_t begin,
		   uint64_t end)
{
	struct lock *l = &s->report->locks[lock];
	uint64_t left = end - begin;

	for (guint i = s->holds[lock]->len; i-- > 0;) {
		struct hold *h = &g_array_index(s->holds[lock], struct hold, i);
		uint64_t from = MAX(h->begin_ns, begin);
		uint64_t to = MIN(h->end_ns, end);

		if (h->end_ns <= begin)
			break;
		if (from >= to)
			continue;
		s->blame[lock][(size_t)waiter * s->plan.n_threads +
			       (size_t)h->thread] += to - from;
		left -= to - from;
	}
	l->handoff_ns += left;
}

static void wait_for(struct sim *s, size_t lock, int thread, uint64_t begin,
		     uint64_t end)
{
	struct lock *l = &s->report->locks[lock];
	uint64_t waited = end - begin;
	struct wait_span span = { begin, end, STATE_LOCK, (int)lock, -1, 0 };
	guint n = s->holds[lock]->len;

	if (n) {
		span.waker = g_array_index(s->holds[lock], struct hold, n - 1)
				     .thread;
		span.waker_ns =
			g_array_index(s->holds[lock], struct hold, n - 1)
				.end_ns;
	}
	live(s, thread, STATE_LOCK, begin, end);
	l->contended++;
	g_array_append_val(s->waits[lock], waited);
	g_array_append_val(s->spans[thread], span);
	charge(s, lock, thread, begin, end);
	sim_add(&l->queue, 0, begin, MIN(end, s->plan.end_ns));
}

static void hold(struct sim *s, size_t lock, int thread, uint64_t begin,
		 uint64_t end)
{
	struct lock *l = &s->report->locks[lock];
	uint64_t run =
		(uint64_t)((double)(end - begin) * (1 - s->plan.io_share));
	struct hold h = { thread, begin, end };

	live(s, thread, STATE_RUNNING, begin, begin + run);
	live(s, thread, STATE_IO, begin + run, end);
	l->hold_parts_ns[HOLD_RUNNING] += run;
	l->hold_parts_ns[HOLD_IO] += end - begin - run;
	l->acquisitions++;
	l->held_ns += end - begin;
	sim_add(&l->queue, 1, begin, MIN(end, s->plan.end_ns));
	g_array_append_val(s->holds[lock], h);
}

/* Who asks first, of all threads. */
static int earliest(const struct sim *s)
{
	int best = 0;

	for (size_t i = 1; i < s->plan.n_threads; i++)
		if (s->next_ns[i] < s->next_ns[best])
			best = (int)i;
	return best;
}

static void run(struct sim *s)
{
	for (;;) {
		int thread = earliest(s);
		uint64_t asked = s->next_ns[thread];
		size_t lock = next_random(s) % s->plan.n_locks;
		uint64_t got = asked, released;

		if (asked >= s->plan.end_ns)
			return;
		if (lock && next_random(s) % 3 == 0)
			lock /= 2;
		if (s->free_ns[lock] > asked) {
			got = s->free_ns[lock] + s->plan.hold_ns / 50;
			if (got >= s->plan.end_ns) {
				live(s, thread, STATE_LOCK, asked,
				     s->plan.end_ns);
				s->next_ns[thread] = s->plan.end_ns;
				continue;
			}
			wait_for(s, lock, thread, asked, got);
		}
		released =
			MIN(got + around(s, s->plan.hold_ns), s->plan.end_ns);
		hold(s, lock, thread, got, released);
		s->free_ns[lock] = released;
		s->next_ns[thread] = released + around(s, s->plan.work_ns);
		live(s, thread, STATE_RUNNING, released,
		     released + (s->next_ns[thread] - released) / 2);
		live(s, thread,
		     thread % 5 == 4
			     ? STATE_SLEEP
			     : (thread % 2 ? STATE_PREEMPTED : STATE_WOKEN),
		     released + (s->next_ns[thread] - released) / 2,
		     s->next_ns[thread]);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Log-linear bins of 1/32 of an octave. */
static struct dist distribute(struct sim *s, GArray *values)
{
	struct dist d = { .count = values->len };
	const uint64_t *v = (const uint64_t *)(const void *)values->data;

	if (!values->len)
		return d;
	g_array_sort(values, by_value);
	d.bin_low_ns = array_of(s, values->len, sizeof(uint64_t));
	d.bin_count = array_of(s, values->len, sizeof(uint64_t));
	for (guint i = 0; i < values->len; i++) {
		int shift = 64 - __builtin_clzll(v[i] | 1) - 6;
		uint64_t low = shift > 0 ? v[i] >> shift << shift : v[i];

		d.total += v[i];
		if (!d.n_bins || d.bin_low_ns[d.n_bins - 1] != low)
			d.bin_low_ns[d.n_bins++] = low;
		d.bin_count[d.n_bins - 1]++;
	}
	d.mean = d.total / d.count;
	d.p50 = v[values->len / 2];
	d.p90 = v[values->len * 9 / 10];
	d.p99 = v[values->len * 99 / 100];
	d.max = v[values->len - 1];
	return d;
}

static void finish_lock(struct sim *s, size_t index)
{
	struct lock *l = &s->report->locks[index];
	GArray *held = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint64_t longest_ns[BINS + 2] = { 0 };

	for (guint i = 0; i < s->holds[index]->len; i++) {
		struct hold *h =
			&g_array_index(s->holds[index], struct hold, i);
		uint64_t ns = h->end_ns - h->begin_ns;
		uint64_t first = h->begin_ns / l->owner.width_ns;

		g_array_append_val(held, ns);
		for (uint64_t b = first;
		     b < l->owner.n && b * l->owner.width_ns < h->end_ns; b++) {
			uint64_t from = MAX(h->begin_ns, b * l->owner.width_ns);
			uint64_t to =
				MIN(h->end_ns, (b + 1) * l->owner.width_ns);

			if (to - from <= longest_ns[b])
				continue;
			longest_ns[b] = to - from;
			l->owner.values[b] =
				(uint64_t)s->report->threads[h->thread].tid;
		}
	}
	l->hold = distribute(s, held);
	l->wait = distribute(s, s->waits[index]);
	g_array_free(held, TRUE);
	l->queue_max = (uint32_t)MIN(s->plan.n_threads - 1, l->contended);
	l->queue_mean =
		l->held_ns ? (double)l->wait.total / (double)l->held_ns : 0;
	l->blame = array_of(s, s->plan.n_threads * s->plan.n_threads + 1,
			    sizeof(struct blame));
	for (size_t i = 0; i < s->plan.n_threads * s->plan.n_threads; i++)
		if (s->blame[index][i])
			l->blame[l->n_blame++] = (struct blame){
				(int)(i / s->plan.n_threads),
				(int)(i % s->plan.n_threads),
				(int)(i / s->plan.n_threads % 3),
				(int)(i % s->plan.n_threads % 3),
				s->blame[index][i],
				1
			};
	l->path_ns = l->held_ns / 2;
	if (!l->contended)
		l->queue.n = l->owner.n = 0;
}

static void finish_threads(struct sim *s)
{
	struct report *r = s->report;

	for (size_t i = 0; i < s->plan.n_threads; i++) {
		struct thread *t = &r->threads[i];
		const GArray *spans = s->spans[i];

		if (!spans || !spans->len)
			continue;
		t->n_waits = MIN(spans->len, 64);
		t->waits = array_of(s, t->n_waits, sizeof(t->waits[0]));
		memcpy(t->waits, spans->data, t->n_waits * sizeof(t->waits[0]));
	}
}

/* How many threads ran, and wanted to, from the bins: good enough to draw. */
static void finish_utilization(struct sim *s)
{
	struct report *r = s->report;
	const struct series *all = &r->utilization.states;

	r->utilization.n_cpus = r->run.cpus;
	r->utilization.cpu_busy_ns = array_of(s, r->run.cpus, 8);
	r->utilization.cpu_idle_ns = array_of(s, r->run.cpus, 8);
	r->utilization.cpu_foreign_ns = array_of(s, r->run.cpus, 8);
	r->utilization.n_concurrency = r->utilization.n_demand =
		s->plan.n_threads + 1;
	r->utilization.concurrency_ns = array_of(s, s->plan.n_threads + 1, 8);
	r->utilization.demand_ns = array_of(s, s->plan.n_threads + 1, 8);
	for (uint32_t i = 0; i < all->n; i++) {
		const uint64_t *v = all->values + (size_t)i * STATE_N;
		uint64_t at = i * all->width_ns;
		uint64_t width =
			at >= s->plan.end_ns
				? 0
				: MIN(all->width_ns, s->plan.end_ns - at);
		uint64_t on = v[STATE_RUNNING] + v[STATE_SPINNING];
		uint64_t want = on + v[STATE_PREEMPTED] + v[STATE_WOKEN];

		if (!width)
			continue;
		r->utilization.concurrency_ns[MIN((on + width / 2) / width,
						  r->run.cpus)] += width;
		r->utilization.demand_ns[MIN((want + width / 2) / width,
					     s->plan.n_threads)] += width;
	}
	for (uint32_t cpu = 0; cpu < r->run.cpus; cpu++) {
		for (uint32_t i = 0; i < r->utilization.cpus.n; i++)
			r->utilization.cpu_busy_ns[cpu] +=
				r->utilization.cpus
					.values[i * r->run.cpus + cpu];
		r->utilization.cpu_idle_ns[cpu] =
			s->plan.end_ns -
			MIN(s->plan.end_ns, r->utilization.cpu_busy_ns[cpu]);
	}
}

static void finish_path(struct sim *s)
{
	struct report *r = s->report;
	size_t n = MIN(s->plan.n_locks, 40);

	r->path.length_ns = s->plan.end_ns;
	r->path.by_state_ns[STATE_RUNNING] = s->plan.end_ns * 3 / 10;
	r->path.by_state_ns[STATE_IO] = s->plan.end_ns * 5 / 10;
	r->path.by_state_ns[STATE_WOKEN] = s->plan.end_ns -
					   r->path.by_state_ns[STATE_RUNNING] -
					   r->path.by_state_ns[STATE_IO];
	r->path.by_lock = array_of(s, n + 1, sizeof(struct path_share));
	for (size_t i = 0; i < n; i++)
		r->path.by_lock[r->path.n_by_lock++] = (struct path_share){
			(int)i, s->plan.end_ns / (2u << MIN(i, 20))
		};
	r->path.by_thread =
		array_of(s, s->plan.n_threads + 1, sizeof(struct path_share));
	for (size_t i = 0; i < s->plan.n_threads; i++)
		r->path.by_thread[r->path.n_by_thread++] = (struct path_share){
			(int)i, s->plan.end_ns / s->plan.n_threads
		};
}

static void begin_threads(struct sim *s)
{
	struct report *r = s->report;

	r->n_threads = s->plan.n_threads;
	r->threads = array_of(s, s->plan.n_threads, sizeof(r->threads[0]));
	for (size_t i = 0; i < s->plan.n_threads; i++) {
		struct thread *t = &r->threads[i];

		t->pid = 4000;
		t->tid = 4001 + (int32_t)i;
		t->creator = i ? 0 : -1;
		t->start_site = t->create_site = -1;
		t->recorded = true;
		t->name =
			arena_printf(r->arena, "%s%zu", s->plan.thread_name, i);
		t->begin_ns = s->plan.end_ns / 50 * i / s->plan.n_threads;
		t->end_ns = s->plan.end_ns;
		t->states = make_series(s, STATE_N);
		s->next_ns[i] = t->begin_ns + around(s, s->plan.work_ns);
		live(s, (int)i, STATE_RUNNING, t->begin_ns, s->next_ns[i]);
		s->spans[i] =
			g_array_new(FALSE, FALSE, sizeof(struct wait_span));
	}
}

static void begin_locks(struct sim *s)
{
	struct report *r = s->report;

	r->n_locks = s->plan.n_locks;
	r->locks = array_of(s, s->plan.n_locks, sizeof(r->locks[0]));
	for (size_t i = 0; i < s->plan.n_locks; i++) {
		struct lock *l = &r->locks[i];

		l->pid = 4000;
		l->address = 0x5000 + i * 64;
		l->id = arena_printf(r->arena, "4000:0x%lx#0",
				     (unsigned long)l->address);
		l->label = arena_printf(r->arena, "%s%zu (orders.c:%zu)",
					s->plan.lock_name, i, 41 + i);
		l->init_site = -1;
		l->instances = 1;
		l->queue = make_series(s, 2);
		l->owner = make_series(s, 1);
		s->holds[i] = g_array_new(FALSE, FALSE, sizeof(struct hold));
		s->waits[i] = g_array_new(FALSE, FALSE, sizeof(uint64_t));
		s->blame[i] = g_new0(uint64_t,
				     s->plan.n_threads * s->plan.n_threads + 1);
	}
}

static void add_sites(struct sim *s)
{
	static const char *const functions[] = { "append", "flush_ledger",
						 "rebalance" };
	struct report *r = s->report;

	r->n_sites = 3;
	r->sites = array_of(s, 3, sizeof(r->sites[0]));
	for (int i = 0; i < 3; i++) {
		struct site *site = &r->sites[i];

		site->function = functions[i];
		site->file = "orders.c";
		site->path = site->module = "";
		site->line = 77 + 11 * i;
		site->text = arena_printf(r->arena, "%s (orders.c:%d)",
					  functions[i], site->line);
	}
}

struct report *sim_run(struct sim_plan plan)
{
	struct sim s = { .plan = plan };
	struct report *r = report_new();

	s.report = r;
	r->run.trace = "holdup.trace";
	r->run.command = "./orders 8";
	r->run.host = "example";
	r->run.start = "2026-01-02T03:04:05Z";
	r->run.cpus = 2;
	r->run.duration_ns = s.plan.end_ns;
	r->run.scheduler = SCHED_SYSTEM;
	s.next_ns = g_new0(uint64_t, s.plan.n_threads);
	s.free_ns = g_new0(uint64_t, s.plan.n_locks);
	s.holds = g_new0(GArray *, s.plan.n_locks);
	s.waits = g_new0(GArray *, s.plan.n_locks);
	s.spans = g_new0(GArray *, s.plan.n_threads);
	s.blame = g_new0(uint64_t *, s.plan.n_locks);
	r->utilization.states = make_series(&s, STATE_N);
	r->utilization.cpus = make_series(&s, r->run.cpus);
	begin_threads(&s);
	begin_locks(&s);
	add_sites(&s);
	run(&s);
	finish_threads(&s);
	for (size_t i = 0; i < s.plan.n_locks; i++) {
		finish_lock(&s, i);
		r->run.lock_operations += r->locks[i].acquisitions;
		r->run.events += r->locks[i].contended * 2;
		g_array_free(s.holds[i], TRUE);
		g_array_free(s.waits[i], TRUE);
		g_free(s.blame[i]);
	}
	finish_utilization(&s);
	finish_path(&s);
	for (size_t i = 0; i < s.plan.n_threads; i++)
		g_array_free(s.spans[i], TRUE);
	g_free(s.next_ns);
	g_free(s.free_ns);
	g_free(s.holds);
	g_free(s.waits);
	g_free(s.spans);
	g_free(s.blame);
	r->overhead.creations = s.plan.n_threads;
	r->overhead.creation_mean_ns = 23000;
	r->overhead.creation_p99_ns = 61000;
	r->overhead.switches_per_s = 3100;
	r->overhead.lock_operation_ns = 11;
	r->overhead.cost_per_event_ns = 66;
	r->overhead.events_per_s = 12000;
	r->overhead.estimated_share = 0.0008;
	return r;
}
