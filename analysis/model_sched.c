/* The scheduler's events: segments of threads, what CPUs do, how many run. */
#include "analysis/model_parts.h"

#include <string.h>

#define STATE_PREEMPT 0x100 /* TASK_REPORT_MAX: still runnable */
#define STATE_DEAD    0xb0  /* dead or zombie */

#define EDGES_MOST (1u << 20)
#define CPUS_MOST  4096

struct m_cpu *model_cpu(struct model *m, int32_t cpu)
{
	guint n = m->cpus->len;

	if (cpu < 0 || cpu >= CPUS_MOST)
		return NULL;
	if ((guint)cpu >= n) {
		g_array_set_size(m->cpus, (guint)cpu + 1);
		for (; n < m->cpus->len; n++)
			g_array_index(m->cpus, struct m_cpu, n) =
				(struct m_cpu){ .since = m->begin, .tid = -1 };
	}
	return &g_array_index(m->cpus, struct m_cpu, cpu);
}

/* Ends what ran on the CPU at `ns`. */
static void cpu_switch(struct model *m, struct m_cpu *cpu, uint64_t ns,
		       int32_t prev, int32_t next)
{
	uint64_t from = MAX(cpu->since, m->from), to = MIN(ns, m->to);
	int32_t was = cpu->seen ? cpu->tid : prev;

	if (was == 0 && to > from) {
		struct tape_idle idle = { from, to,
					  (uint32_t)(cpu - model_cpu(m, 0)) };

		cpu->idle_ns += to - from;
		tape_idle(m->tape, &idle);
	}
	cpu->seen = true;
	cpu->since = ns;
	cpu->tid = next;
}

/* Names tell the tracer's own threads apart, which are not recorded ones. */
static void name_child(struct m_thread *t, const char *comm)
{
	if ((t->told && !t->outside) || !t->child || !comm || !*comm ||
	    (t->name && !strcmp(t->name, comm)))
		return;
	g_free(t->name);
	t->name = g_strdup(comm);
}

static void gone(struct m_thread *t, uint64_t ns)
{
	t->gone = t->gone_told = true;
	t->end = ns;
	if (t->end_how == END_RUNNING)
		t->end_how = END_UNKNOWN;
}

static void switch_out(struct model *m, const struct event *e)
{
	int64_t state = e->u.sched.prev_state;
	struct m_thread *t = model_thread_find(m, e->tid);
	bool preempted = !state || (state & STATE_PREEMPT);

	if (!t)
		t = model_thread_new(m, 0, e->tid, e->ts_ns);
	if (t->gone)
		return;
	if (!t->segments.n && !t->pieces.n)
		timeline_segment(m, t, t->begin, RAW_ON, (int16_t)e->cpu, 0);
	timeline_segment(m, t, e->ts_ns,
			 preempted ? RAW_PREEMPTED : RAW_BLOCKED, -1, 0);
	name_child(t, e->u.sched.prev_comm);
	if (!preempted && (state & STATE_DEAD) && !t->gone)
		gone(t, e->ts_ns);
	if (e->ts_ns >= m->from && e->ts_ns < m->to) {
		t->voluntary += !preempted;
		t->involuntary += preempted;
	}
}

static void sched_switch(struct model *m, const struct event *e)
{
	struct m_cpu *cpu = model_cpu(m, e->cpu);
	struct m_thread *t;

	if (m->scheduler == SCHED_NONE)
		m->scheduler = SCHED_TASK;
	if (cpu)
		cpu_switch(m, cpu, e->ts_ns, e->tid, e->u.sched.next_tid);
	if (e->tid > 0)
		switch_out(m, e);
	if (e->u.sched.next_tid <= 0)
		return;
	t = model_task(m, e->u.sched.next_tid, e->ts_ns);
	if (!t->gone)
		timeline_segment(m, t, e->ts_ns, RAW_ON, (int16_t)e->cpu, 0);
}

static void sched_waking(struct model *m, const struct event *e)
{
	struct m_thread *t = model_task(m, e->u.task.tid, e->ts_ns);

	m->scheduler = SCHED_SYSTEM;
	/* One that had not left its CPU yet just stays. */
	if (t->gone)
		return;
	if (t->raw == RAW_BLOCKED || t->raw == RAW_UNKNOWN)
		timeline_segment(m, t, e->ts_ns, RAW_WOKEN, -1,
				 e->tid > 0 ? e->tid : 0);
}

static void sched_new(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread_find(m, e->u.task.tid);

	m->scheduler = SCHED_SYSTEM;
	/* A program outside may have run before its parent's word of it. */
	if (!t || t->gone || t->ended || (t->segments.n && !t->outside))
		t = model_thread_new(m, 0, e->u.task.tid, e->ts_ns);
	else if (!t->segments.n)
		timeline_begin(m, t, e->ts_ns);
	timeline_segment(m, t, e->ts_ns, RAW_WOKEN, -1,
			 e->tid > 0 ? e->tid : 0);
}

static void sched_fork(struct model *m, const struct event *e)
{
	struct m_thread *parent = model_thread_find(m, e->tid);
	struct m_thread *t = model_thread_find(m, e->u.task.tid);
	struct m_process *p;

	if (!parent || parent->gone || !(parent->told || parent->child))
		return;
	if (!t || t->gone || t->ended || t->segments.n)
		t = model_thread_new(m, 0, e->u.task.tid, e->ts_ns);
	t->child = true;
	t->pid = e->u.task.pid ? e->u.task.pid : t->pid;
	t->creator = parent->index;
	if (!t->pid)
		return;
	p = model_process(m, t->pid);
	/* Not for a process of its own, which may be recorded. */
	if (parent->outside && t->pid == parent->pid)
		model_outside(m, t->pid, t->tid);
	if (!p->ppid && t->pid == t->tid)
		p->ppid = parent->pid;
	p->child = true;
	p->fresh_ns = e->ts_ns;
}

static void sched_exec(struct model *m, const struct event *e)
{
	struct m_thread *t = model_task(m, e->tid, e->ts_ns);
	struct m_process *p = model_process_find(m, e->tid);

	if (p)
		p->fresh_ns = e->ts_ns;
	if (p && e->u.task.comm) {
		g_free(p->became);
		p->became = g_strdup(e->u.task.comm);
	}
	if (!t->told && !t->gone)
		timeline_begin(m, t, e->ts_ns);
}

static void sched_exit(struct model *m, const struct event *e)
{
	struct m_thread *t =
		model_thread_find(m, e->u.task.tid ? e->u.task.tid : e->tid);

	if (t && !t->gone)
		gone(t, e->ts_ns);
}

void model_sched_event(struct model *m, const struct event *e)
{
	switch (e->type) {
	case EVENT_SWITCH:
		sched_switch(m, e);
		break;
	case EVENT_WAKING:
		sched_waking(m, e);
		break;
	case EVENT_WAKEUP_NEW:
		sched_new(m, e);
		break;
	case EVENT_SCHED_FORK:
		sched_fork(m, e);
		break;
	case EVENT_SCHED_EXEC:
		sched_exec(m, e);
		break;
	case EVENT_SCHED_EXIT:
		sched_exit(m, e);
		break;
	default:
		break;
	}
}

void model_cpus_finish(struct model *m, uint64_t end)
{
	if (m->options.cpus && m->scheduler != SCHED_NONE)
		model_cpu(m, (int32_t)m->options.cpus - 1);
	for (guint i = 0; i < m->cpus->len; i++) {
		struct m_cpu *cpu = &g_array_index(m->cpus, struct m_cpu, i);

		/* One that nobody switched on did nothing that concerns us. */
		cpu_switch(m, cpu, end, cpu->seen ? cpu->tid : 0, 0);
	}
}

static void histogram_add(GArray *histogram, int32_t n, uint64_t ns)
{
	if (!ns)
		return;
	if (n < 0)
		n = 0;
	if ((guint)n >= histogram->len)
		g_array_set_size(histogram, (guint)n + 1);
	g_array_index(histogram, uint64_t, n) += ns;
}

/* Counts the time from the last edge on. */
static void edges_pass(struct model *m, uint64_t ns)
{
	if (ns <= m->edges_done)
		return;
	histogram_add(m->concurrency, m->n_running, ns - m->edges_done);
	histogram_add(m->demand, m->n_wanting, ns - m->edges_done);
	m->edges_done = ns;
}

static void edges_sort(struct model *m)
{
	timed_sort((struct timed *)(void *)m->edges->data, m->edges->len);
}

static void edges_flush(struct model *m, uint64_t until)
{
	guint i = 0;

	if (!m->edges->len)
		goto out;
	edges_sort(m);
	for (; i < m->edges->len; i++) {
		const struct timed *e =
			&g_array_index(m->edges, struct timed, i);

		if (e->ns > until)
			break;
		edges_pass(m, e->ns);
		if (e->ns < m->edges_done) {
			int64_t late_ns = (int64_t)(m->edges_done - e->ns);

			m->late_running_ns += e->first * late_ns;
			m->late_wanting_ns += e->second * late_ns;
		}
		m->n_running += e->first;
		m->n_wanting += e->second;
	}
	g_array_remove_range(m->edges, 0, i);
out:
	edges_pass(m, until);
}

/*
 * One thread more, or one less, for so long: taken from the level that most of
 * the time was at, since of when it was no level is known any more.
 */
static void histogram_shift(GArray *histogram, int64_t thread_ns)
{
	uint64_t left = (uint64_t)(thread_ns < 0 ? -thread_ns : thread_ns);
	guint to, from;

	while (left) {
		uint64_t *ns = (uint64_t *)(void *)histogram->data;
		uint64_t moved;

		from = thread_ns < 0 ? 1 : 0;
		if (from >= histogram->len)
			return;
		for (guint i = from; i < histogram->len; i++)
			from = ns[i] > ns[from] ? i : from;
		moved = MIN(left, ns[from]);
		if (!moved)
			return;
		to = thread_ns < 0 ? from - 1 : from + 1;
		ns[from] -= moved;
		histogram_add(histogram, (int32_t)to, moved);
		left -= moved;
	}
}

void model_edges_finish(struct model *m, uint64_t until)
{
	edges_flush(m, until);
	histogram_shift(m->concurrency, m->late_running_ns);
	histogram_shift(m->demand, m->late_wanting_ns);
	m->late_running_ns = m->late_wanting_ns = 0;
}

/* All threads settle up to one point in time; what came before is counted. */
static void edges_round(struct model *m)
{
	uint64_t safe = m->last, half;
	guint n = m->edges->len;

	edges_sort(m);
	half = n > path_pending(m->path)
		       ? g_array_index(m->edges, struct timed, n / 2).ns
		       : path_half(m->path);
	for (guint i = 0; i < m->threads->len; i++) {
		struct m_thread *t = thread_at(m, (int32_t)i);

		if (t->told && timeline_end(m, t) == NEVER)
			safe = MIN(safe, timeline_safe(t, m->last));
	}
	if (safe < half && m->edges_limit < EDGES_MOST) {
		m->edges_limit *= 2;
		return;
	}
	for (guint i = 0; i < m->threads->len; i++) {
		struct m_thread *t = thread_at(m, (int32_t)i);

		if (t->told)
			timeline_settle(m, t, half);
	}
	for (guint i = 0; i < m->locks->len; i++) {
		struct m_lock *lock = lock_at(m, (int32_t)i);

		if (lock->detail && lock->detail->waits.n)
			lock_settle(m, lock, half);
	}
	edges_flush(m, half);
	path_round(m, half);
}

void model_edge(struct model *m, uint64_t ns, int32_t running, int32_t wanting)
{
	struct timed edge = { ns, running, wanting };

	g_array_append_val(m->edges, edge);
}

void model_edges_press(struct model *m)
{
	if (m->edges->len >= m->edges_limit ||
	    path_pending(m->path) >= m->edges_limit)
		edges_round(m);
}
