/* From the model to the report: threads, CPUs, I/O, what had not ended. */
#include "analysis/model_fill.h"

#include <string.h>

uint64_t fill_time(const struct model *m, uint64_t ns)
{
	return ns > m->begin ? ns - m->begin : 0;
}

/*
 * What a thread is bound by: CPU is running and runnable, lock is spinning and
 * blocked on locks, idle is every other wait. At least half of its life.
 */
static enum bound fill_bound(const uint64_t *state_ns)
{
	uint64_t share[BOUND_N] = { 0 };
	uint64_t life = 0;
	enum bound most = BOUND_CPU;

	for (int i = 0; i < STATE_N; i++)
		life += state_ns[i];
	if (!life)
		return BOUND_NONE;
	share[BOUND_CPU] = state_ns[STATE_RUNNING] + state_ns[STATE_PREEMPTED] +
			   state_ns[STATE_WOKEN];
	share[BOUND_LOCK] = state_ns[STATE_SPINNING] + state_ns[STATE_LOCK];
	share[BOUND_IO] = state_ns[STATE_IO];
	share[BOUND_IDLE] =
		life - share[BOUND_CPU] - share[BOUND_LOCK] - share[BOUND_IO];
	for (int b = BOUND_CPU; b <= BOUND_IDLE; b++)
		if (share[b] > share[most])
			most = (enum bound)b;
	return share[most] >= life - share[most] ? most : BOUND_MIXED;
}

static bool is_tracer(const char *name)
{
	return name && g_str_has_suffix(name, "-ust");
}

/* Threads of the program, as against the tracer's and those of others. */
static bool is_reported(const struct model *m, const struct m_thread *t)
{
	if (t->told)
		return t->end > t->begin || t->segments.n || t->pieces.n ||
		       t->last_told || t->boarded;
	(void)m;
	return t->child && !is_tracer(t->name);
}

static int by_start(gconstpointer a, gconstpointer b)
{
	const struct m_thread *x = *(struct m_thread *const *)a;
	const struct m_thread *y = *(struct m_thread *const *)b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static int by_begin(const void *a, const void *b)
{
	const struct m_span *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

static void fill_spans(const struct model *m, const struct m_thread *t,
		       struct thread *out, struct fill *fill)
{
	if (t->n_spans)
		qsort(t->spans, t->n_spans, sizeof(*t->spans), by_begin);
	out->n_waits = t->n_spans;
	out->waits = arena_array(fill->arena, t->n_spans, sizeof(*out->waits));
	for (uint32_t i = 0; i < t->n_spans; i++) {
		const struct m_span *s = &t->spans[i];

		out->waits[i] = (struct wait_span){
			.begin_ns = fill_time(m, s->begin),
			.end_ns = fill_time(m, s->end),
			.state = s->state,
			.lock = s->lock,
			.waker = s->waker,
			.waker_ns = s->waker ? fill_time(m, s->waker_ns) : 0,
		};
	}
}

/* Wakers were told by tid: the thread that had it then. */
static int thread_of_tid(const struct fill *fill, const struct model *m,
			 int32_t tid, uint64_t ns)
{
	uint32_t place = map_get(&m->thread_of, (uint32_t)tid, 0);
	const struct m_thread *t;

	if (tid <= 0 || place == MAP_NONE)
		return -1;
	t = thread_at(m, (int32_t)place);
	while (t->begin > ns && t->earlier >= 0)
		t = thread_at(m, t->earlier);
	return fill->thread[t->index];
}

static void fill_thread(struct model *m, struct m_thread *t, struct thread *out,
			struct fill *fill)
{
	*out = (struct thread){
		.pid = t->pid,
		.tid = t->tid,
		.name = arena_string(fill->arena, t->name),
		.creator = t->creator >= 0 ? fill->thread[t->creator] : -1,
		.start_site = t->start_site,
		.create_site = t->create_site,
		.begin_ns = fill_time(m, CLAMP(t->begin, m->from, m->to)),
		.end_ns = fill_time(m, CLAMP(t->end, m->from, m->to)),
		.end_how = t->end_how,
		.voluntary = t->voluntary,
		.involuntary = t->involuntary,
		.bound = fill_bound(t->state_ns),
		.recorded = t->told,
	};
	memcpy(out->state_ns, t->state_ns, sizeof(out->state_ns));
	tally_series(&t->states, m->begin, t->end, &out->states, fill->arena);
	fill_spans(m, t, out, fill);
}

static void fill_threads(struct model *m, struct fill *fill)
{
	struct report *report = fill->report;
	GPtrArray *order = g_ptr_array_new();

	for (guint i = 0; i < m->threads->len; i++)
		if (is_reported(m, thread_at(m, (int32_t)i)))
			g_ptr_array_add(order, thread_at(m, (int32_t)i));
	g_ptr_array_sort(order, by_start);
	fill->thread = g_new(int, m->threads->len + 1);
	for (guint i = 0; i <= m->threads->len; i++)
		fill->thread[i] = -1;
	for (guint i = 0; i < order->len; i++)
		fill->thread[((struct m_thread *)order->pdata[i])->index] =
			(int)i;
	report->n_threads = order->len;
	report->threads =
		arena_array(fill->arena, order->len, sizeof(*report->threads));
	for (guint i = 0; i < order->len; i++)
		fill_thread(m, order->pdata[i], &report->threads[i], fill);
	g_ptr_array_free(order, TRUE);
}

static void fill_sites(const struct model *m, struct fill *fill)
{
	struct report *report = fill->report;

	report->n_sites = m->sites->len;
	report->sites =
		arena_array(fill->arena, m->sites->len, sizeof(*report->sites));
	for (guint i = 0; i < m->sites->len; i++) {
		const struct site_key *key =
			&g_array_index(m->sites, struct site_key, i);

		report->sites[i] = (struct site){
			.address = key->address,
			.pid = key->pid,
			.function = "",
			.file = "",
			.path = "",
			.module = "",
			.text = "",
		};
	}
}

static int by_process_begin(gconstpointer a, gconstpointer b)
{
	const struct m_process *x = *(struct m_process *const *)a;
	const struct m_process *y = *(struct m_process *const *)b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Why not all of a process is recorded; "": it is. */
static const char *missing(const struct m_process *p, struct fill *fill)
{
	g_autofree char *text = NULL;

	if (!p->told)
		return "the interposer is not in it";
	if (p->ended && p->end_how == END_EXEC && p->board_ns < p->end)
		text = g_strdup_printf("the interposer is not in the program "
				       "that it became%s%s",
				       p->became ? ", " : "",
				       p->became ? p->became : "");
	else if (p->counted && p->board_ns > p->word_ns)
		return "none of its events arrived, but its counts";
	return text ? arena_string(fill->arena, text) : "";
}

static void fill_processes(struct model *m, struct fill *fill)
{
	struct report *report = fill->report;
	size_t n = 0;

	g_ptr_array_sort(m->processes, by_process_begin);
	report->processes = arena_array(fill->arena, m->processes->len,
					sizeof(*report->processes));
	for (guint i = 0; i < m->processes->len; i++) {
		const struct m_process *p = m->processes->pdata[i];

		if (!p->told && !p->child)
			continue;
		report->processes[n++] = (struct process){
			.pid = p->pid,
			.ppid = p->ppid,
			.executable = arena_string(fill->arena, p->executable),
			.recorded = p->told,
			.reason = missing(p, fill),
			.end_how = p->ended ? p->end_how : END_RUNNING,
			.status = p->status,
		};
	}
	report->n_processes = n;
}

static uint64_t *fill_histogram(const GArray *histogram, size_t *n,
				struct fill *fill)
{
	uint64_t *out = arena_array(fill->arena, histogram->len, sizeof(*out));

	*n = histogram->len;
	if (histogram->len)
		memcpy(out, histogram->data, histogram->len * sizeof(*out));
	return out;
}

/* Of `rest` ns in which no recorded thread ran, how many nobody did. */
static uint64_t cpu_idle(const struct m_cpu *cpu, uint64_t rest)
{
	uint64_t told = cpu->told_idle_ns + cpu->told_foreign_ns;

	if (told)
		return fill_scale(rest, cpu->told_idle_ns, told);
	return MIN(cpu->idle_ns, rest);
}

static void fill_cpus(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;
	size_t n = m->scheduler == SCHED_NONE ? 0 : m->cpus->len;
	uint64_t duration = r->run.duration_ns;
	uint64_t busy = 0;

	r->utilization.n_cpus = n;
	r->utilization.foreign_told = n > 0;
	r->utilization.cpu_busy_ns = arena_array(fill->arena, n, 8);
	r->utilization.cpu_idle_ns = arena_array(fill->arena, n, 8);
	r->utilization.cpu_foreign_ns = arena_array(fill->arena, n, 8);
	for (size_t i = 0; i < n; i++) {
		const struct m_cpu *cpu =
			&g_array_index(m->cpus, struct m_cpu, i);
		uint64_t used = MIN(cpu->busy_ns, duration);
		uint64_t idle = cpu_idle(cpu, duration - used);

		if (!(cpu->told_idle_ns + cpu->told_foreign_ns))
			r->utilization.foreign_told = false;
		r->utilization.cpu_busy_ns[i] = used;
		r->utilization.cpu_idle_ns[i] = idle;
		r->utilization.cpu_foreign_ns[i] = duration - used - idle;
		busy += used;
	}
	m->cpu_busy.n_rows = (uint32_t)n;
	if (n)
		tally_series(&m->cpu_busy, m->begin, m->last,
			     &r->utilization.cpus, fill->arena);
	m->cpu_busy.n_rows = 4096;
	if (!n)
		for (size_t i = 0; i < r->n_threads; i++)
			if (r->threads[i].recorded)
				busy += r->threads[i].state_ns[STATE_RUNNING] +
					r->threads[i].state_ns[STATE_SPINNING];
	r->run.cpus = m->options.cpus ? m->options.cpus : (uint32_t)n;
	if (r->run.cpus && duration)
		r->utilization.cpu_share =
			MIN((double)busy / (double)duration / r->run.cpus, 1.0);
}

/* How far the run is divided over threads, from the two histograms. */
static void fill_parallelism(struct report *r)
{
	uint64_t busy_ns = 0, active_ns = 0;

	for (size_t i = 1; i < r->utilization.n_concurrency; i++)
		busy_ns += i * r->utilization.concurrency_ns[i];
	for (size_t i = 1; i < r->utilization.n_demand; i++)
		active_ns += r->utilization.demand_ns[i];
	if (!active_ns)
		return;
	r->utilization.serial_share =
		(double)r->utilization.demand_ns[1] / (double)active_ns;
	r->utilization.parallelism = (double)busy_ns / (double)active_ns;
}

static void fill_utilization(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;
	uint64_t state_ns[STATE_N] = { 0 };

	fill_cpus(m, fill);
	r->utilization.concurrency_ns = fill_histogram(
		m->concurrency, &r->utilization.n_concurrency, fill);
	r->utilization.demand_ns =
		fill_histogram(m->demand, &r->utilization.n_demand, fill);
	fill_parallelism(r);
	tally_series(&m->states, m->begin, m->last, &r->utilization.states,
		     fill->arena);
	for (size_t i = 0; i < r->n_threads; i++)
		for (int s = 0; s < STATE_N && r->threads[i].recorded; s++)
			state_ns[s] += r->threads[i].state_ns[s];
	r->utilization.bound = fill_bound(state_ns);
}

static int by_wait(const void *a, const void *b)
{
	const struct io_row *x = a, *y = b;

	if (x->wait.total != y->wait.total)
		return x->wait.total > y->wait.total ? -1 : 1;
	if (x->op != y->op || x->fd_kind != y->fd_kind)
		return x->op * FD_NKINDS + x->fd_kind <
				       y->op * FD_NKINDS + y->fd_kind
			       ? -1
			       : 1;
	return strcmp(x->target, y->target);
}

/* Calls that no event told stand in the row without a target. */
static void io_untold(struct model *m)
{
	for (guint i = 0; i < m->io->len; i++) {
		const struct m_io *io = m->io->pdata[i];
		struct m_io_board *b = &m->io_board[io->op][io->fd_kind];

		b->calls -= MIN(b->calls, io->wait.count);
		b->bytes -= MIN(b->bytes, io->bytes);
		b->wait_ns -= MIN(b->wait_ns, io->wait.total);
	}
}

static struct m_io *io_nameless(struct model *m, uint8_t op, uint8_t kind)
{
	struct m_io *io;

	for (guint i = 0; i < m->io->len; i++) {
		io = m->io->pdata[i];
		if (io->op == op && io->fd_kind == kind && !*io->target)
			return io;
	}
	io = g_new0(struct m_io, 1);
	io->op = op;
	io->fd_kind = kind;
	io->target = "";
	g_ptr_array_add(m->io, io);
	return io;
}

static void io_board(struct model *m)
{
	if (!m->io_boarded || m->windowed)
		return;
	io_untold(m);
	for (unsigned int op = 0; op < IO_NOPS; op++)
		for (unsigned int kind = 0; kind < FD_NKINDS; kind++) {
			const struct m_io_board *b = &m->io_board[op][kind];
			struct m_io *io;

			if (!b->calls)
				continue;
			io = io_nameless(m, (uint8_t)op, (uint8_t)kind);
			io->bytes += b->bytes;
			io->wait.count += b->calls;
			io->wait.total += b->wait_ns;
			io->untold = b->calls;
		}
}

static void fill_io(struct model *m, struct fill *fill)
{
	struct report *r = fill->report;

	io_board(m);
	r->io = arena_array(fill->arena, m->io->len, sizeof(*r->io));
	for (guint i = 0; i < m->io->len; i++) {
		struct m_io *io = m->io->pdata[i];
		struct io_row *row;

		if (!io->wait.count)
			continue;
		row = &r->io[r->n_io++];
		*row = (struct io_row){
			.op = io->op,
			.fd_kind = io->fd_kind,
			.target = arena_string(fill->arena, io->target),
			.count = io->wait.count,
			.bytes = io->bytes,
			.under_lock_ns = MIN(io->under_lock_ns, io->wait.total),
		};
		io->wait.count -= io->untold;
		hist_dist(&io->wait, &row->wait, fill->arena);
		row->wait.count = row->count;
		row->wait.mean = row->wait.total / row->count;
	}
	if (r->n_io)
		qsort(r->io, r->n_io, sizeof(*r->io), by_wait);
}

static void fill_phases(const struct model *m, struct fill *fill)
{
	struct report *r = fill->report;

	r->phases =
		arena_array(fill->arena, m->phases->len, sizeof(*r->phases));
	for (guint i = 0; i < m->phases->len; i++) {
		const struct m_phase *p =
			&g_array_index(m->phases, struct m_phase, i);
		uint64_t begin = CLAMP(p->begin, m->from, m->to);
		uint64_t end = CLAMP(p->end, m->from, MIN(m->last, m->to));
		struct phase *out = &r->phases[r->n_phases];

		if (begin >= end)
			continue;
		r->n_phases++;
		*out = (struct phase){
			.name = arena_string(fill->arena, p->name),
			.pid = p->pid,
			.begin_ns = fill_time(m, begin),
			.end_ns = fill_time(m, end),
			.bound = fill_bound(p->state_ns),
		};
		memcpy(out->state_ns, p->state_ns, sizeof(out->state_ns));
		out->concurrency = (double)(p->state_ns[STATE_RUNNING] +
					    p->state_ns[STATE_SPINNING]) /
				   (double)(end - begin);
	}
}

static void fill_overhead(const struct model *m, struct fill *fill)
{
	struct report *r = fill->report;
	double seconds = (double)r->run.duration_ns / 1e9;
	uint64_t switches = 0;

	r->overhead.starts = m->starts;
	if (m->starts)
		r->overhead.start_mean_ns = m->starts_ns / m->starts;
	r->overhead.creations = m->creations.count;
	if (m->creations.count)
		r->overhead.creation_mean_ns =
			m->creations.total / m->creations.count;
	r->overhead.creation_p99_ns = hist_percentile(&m->creations, 0.99);
	for (size_t i = 0; i < r->n_threads; i++)
		switches += r->threads[i].voluntary + r->threads[i].involuntary;
	if (r->run.duration_ns) {
		r->overhead.switches_per_s = (double)switches / seconds;
		r->overhead.events_per_s = (double)m->events / seconds;
	}
}

static void fill_wakers(const struct model *m, struct fill *fill)
{
	for (size_t i = 0; i < fill->report->n_threads; i++) {
		struct thread *t = &fill->report->threads[i];

		for (size_t j = 0; j < t->n_waits; j++) {
			struct wait_span *w = &t->waits[j];

			w->lock = w->lock >= 0 ? fill->lock[w->lock] : -1;
			w->waker = thread_of_tid(fill, m, w->waker,
						 w->waker_ns + m->begin);
			if (w->waker < 0)
				w->waker_ns = 0;
		}
	}
}

void model_fill(struct model *m, struct report *report)
{
	struct fill fill = { .report = report, .arena = report->arena };
	uint64_t end = MIN(m->last, m->to);

	report->run.begin_clock_ns = m->begin;
	report->run.duration_ns = end > m->from ? end - m->from : 0;
	report->run.scheduler = m->scheduler;
	report->run.refused += m->refused + m->late;
	report->run.untold = m->untold;
	report->run.unheard = m->unheard;
	report->run.uncounted = m->lost_board;
	if (!report->run.events)
		report->run.events = m->events;
	fill_sites(m, &fill);
	fill_processes(m, &fill);
	fill_threads(m, &fill);
	fill_locks(m, &fill);
	fill_utilization(m, &fill);
	fill_io(m, &fill);
	fill_overhead(m, &fill);
	fill_phases(m, &fill);
	fill_wakers(m, &fill);
	fill_unfinished(m, &fill);
	path_fill(m, &fill);
	order_fill(m, &fill);
	deadlock_fill(m, &fill);
	tape_fill(m, &fill);
	g_free(fill.thread);
	g_free(fill.lock);
}
