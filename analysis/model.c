#include "analysis/model_parts.h"

#include "analysis/arena.h"

#define ROUND (1u << 16) /* changes of state that settle all threads */

static void thread_free(gpointer data)
{
	struct m_thread *t = data;

	g_free(t->name);
	queue_clear(&t->segments);
	queue_clear(&t->covers);
	queue_clear(&t->pieces);
	queue_clear(&t->sections);
	tally_clear(&t->states);
	g_free(t->held);
	g_free(t->stack);
	g_free(t->spans);
	g_free(t->enders);
	g_free(t);
}

static void detail_free(struct m_detail *d)
{
	if (!d)
		return;
	hist_clear(&d->wait[LOCK_READ]);
	hist_clear(&d->wait[LOCK_WRITE]);
	hist_clear(&d->hold);
	queue_clear(&d->waits);
	queue_clear(&d->holds);
	queue_clear(&d->open);
	tally_clear(&d->queue);
	reign_clear(&d->owners);
	g_free(d);
}

static void lock_free(gpointer data)
{
	struct m_lock *lock = data;

	for (guint i = 0; lock->sites && i < lock->sites->len; i++)
		g_free(g_array_index(lock->sites, struct m_lock_site, i).stack);
	if (lock->sites)
		g_array_free(lock->sites, TRUE);
	detail_free(lock->detail);
	g_free(lock->name);
	g_free(lock->destroy);
	g_free(lock);
}

static void process_free(gpointer data)
{
	struct m_process *p = data;

	g_free(p->executable);
	g_free(p->became);
	g_free(p);
}

static void io_free(gpointer data)
{
	struct m_io *io = data;

	hist_clear(&io->wait);
	g_free(io);
}

static GArray *array_of(guint size)
{
	return g_array_new(FALSE, TRUE, size);
}

struct model *model_new(const struct model_options *options)
{
	struct model *m = g_new0(struct model, 1);

	m->options = *options;
	m->to = NEVER;
	m->scheduler = options->scheduler;
	m->threads = g_ptr_array_new_with_free_func(thread_free);
	m->locks = g_ptr_array_new_with_free_func(lock_free);
	m->processes = g_ptr_array_new_with_free_func(process_free);
	m->io = g_ptr_array_new_with_free_func(io_free);
	m->sites = array_of(sizeof(struct site_key));
	m->blames = array_of(sizeof(struct m_blame));
	m->held_waits = array_of(sizeof(struct m_held_wait));
	m->acquisitions = array_of(sizeof(struct m_share));
	m->targets = array_of(sizeof(const char *));
	m->cpus = array_of(sizeof(struct m_cpu));
	m->edges = array_of(sizeof(struct timed));
	m->concurrency = array_of(sizeof(uint64_t));
	m->demand = array_of(sizeof(uint64_t));
	m->creates = array_of(sizeof(struct m_create));
	m->phases = array_of(sizeof(struct m_phase));
	m->opens = array_of(sizeof(struct m_open));
	m->open_holds = array_of(sizeof(struct m_open_hold));
	m->strings = g_string_chunk_new(4096);
	m->path = path_new();
	m->order = order_new();
	m->tape = tape_new(options->tape_bytes);
	m->edges_limit = options->round ? options->round : ROUND;
	for (int i = 0; i < RECENT; i++)
		m->recent_threads[i].value = m->recent_locks[i].value =
			m->recent_sites[i].value = m->recent_shares[i].value =
				MAP_NONE;
	return m;
}

static void free_all(struct model *m)
{
	GArray **const arrays[] = {
		&m->sites,   &m->blames, &m->held_waits, &m->acquisitions,
		&m->targets, &m->cpus,	 &m->edges,	 &m->concurrency,
		&m->demand,  &m->opens,	 &m->open_holds, &m->creates,
		&m->phases,
	};
	struct map *const maps[] = {
		&m->thread_of,	     &m->lock_of,   &m->site_of,
		&m->process_of,	     &m->blame_of,  &m->held_wait_of,
		&m->acquisitions_of, &m->io_of,	    &m->fd_of,
		&m->handle_of,	     &m->create_of,
	};

	g_ptr_array_free(m->threads, TRUE);
	g_ptr_array_free(m->locks, TRUE);
	g_ptr_array_free(m->processes, TRUE);
	g_ptr_array_free(m->io, TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
		g_array_free(*arrays[i], TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(maps); i++)
		map_clear(maps[i]);
	hist_clear(&m->creations);
	tally_clear(&m->cpu_busy);
	tally_clear(&m->states);
	path_free(m->path);
	order_free(m->order);
	tape_free(m->tape);
	g_string_chunk_free(m->strings);
	g_free(m);
}

void model_free(struct model *m)
{
	if (m)
		free_all(m);
}

enum group {
	GROUP_NONE,
	GROUP_PROCESS,
	GROUP_THREAD,
	GROUP_LOCK,
	GROUP_OBJECT,
	GROUP_CALL,
	GROUP_BOARD,
	GROUP_SCHED,
	GROUP_ORDER,
	GROUP_PHASE,
	GROUP_N,
};

static const uint8_t group_of[EVENT_NTYPES] = {
	[EVENT_PROCESS_START] = GROUP_PROCESS,
	[EVENT_PROCESS_END] = GROUP_PROCESS,
	[EVENT_PROCESS_FORK] = GROUP_PROCESS,
	[EVENT_THREAD_CREATE] = GROUP_THREAD,
	[EVENT_THREAD_START] = GROUP_THREAD,
	[EVENT_THREAD_EXIT] = GROUP_THREAD,
	[EVENT_THREAD_NAME] = GROUP_THREAD,
	[EVENT_JOIN_BEGIN] = GROUP_THREAD,
	[EVENT_JOIN_END] = GROUP_THREAD,
	[EVENT_LOCK_INIT] = GROUP_LOCK,
	[EVENT_LOCK_DESTROY] = GROUP_LOCK,
	[EVENT_LOCK_NAME] = GROUP_LOCK,
	[EVENT_LOCK_WAIT] = GROUP_LOCK,
	[EVENT_LOCK_HELD] = GROUP_LOCK,
	[EVENT_LOCK_FAILED] = GROUP_LOCK,
	[EVENT_LOCK_ORDER] = GROUP_ORDER,
	[EVENT_PHASE] = GROUP_PHASE,
	[EVENT_DISCARDED] = GROUP_BOARD,
	[EVENT_CPU_STATS] = GROUP_BOARD,
	[EVENT_WAIT_BEGIN] = GROUP_OBJECT,
	[EVENT_WAIT_END] = GROUP_OBJECT,
	[EVENT_SIGNAL] = GROUP_OBJECT,
	[EVENT_BROADCAST] = GROUP_OBJECT,
	[EVENT_IO_BEGIN] = GROUP_CALL,
	[EVENT_IO_END] = GROUP_CALL,
	[EVENT_FD_OPEN] = GROUP_CALL,
	[EVENT_SLEEP_BEGIN] = GROUP_CALL,
	[EVENT_SLEEP_END] = GROUP_CALL,
	[EVENT_BOARD_PROCESS] = GROUP_BOARD,
	[EVENT_LOCK_STATS] = GROUP_BOARD,
	[EVENT_IO_STATS] = GROUP_BOARD,
	[EVENT_THREAD_OPEN] = GROUP_BOARD,
	[EVENT_LOCK_OPEN] = GROUP_BOARD,
	[EVENT_BOARD_LOST] = GROUP_BOARD,
	[EVENT_BOARD_THREAD] = GROUP_BOARD,
	[EVENT_SWITCH] = GROUP_SCHED,
	[EVENT_WAKING] = GROUP_SCHED,
	[EVENT_WAKEUP_NEW] = GROUP_SCHED,
	[EVENT_SCHED_FORK] = GROUP_SCHED,
	[EVENT_SCHED_EXEC] = GROUP_SCHED,
	[EVENT_SCHED_EXIT] = GROUP_SCHED,
};

static void (*const takers[GROUP_N])(struct model *, const struct event *) = {
	[GROUP_PROCESS] = model_process_event,
	[GROUP_THREAD] = model_thread_event,
	[GROUP_LOCK] = model_lock_event,
	[GROUP_OBJECT] = model_object_event,
	[GROUP_CALL] = model_call_event,
	[GROUP_BOARD] = model_board_event,
	[GROUP_SCHED] = model_sched_event,
	[GROUP_ORDER] = order_event,
	[GROUP_PHASE] = model_phase_event,
};

static void begin_at(struct model *m, uint64_t ns)
{
	m->begin = ns;
	m->from = m->begin + m->options.from_ns;
	m->to = m->options.to_ns ? m->begin + m->options.to_ns : NEVER;
	m->windowed = m->options.from_ns || m->options.to_ns;
	m->edges_done = m->from;
	tally_init(&m->states, m->from, m->options.bins, STATE_N);
	tally_init(&m->cpu_busy, m->from, m->options.bins, 4096);
}

/* The first event says when the recording began, if nobody else did. */
static void begin(struct model *m, const struct event *e)
{
	uint64_t ns = e->ts_ns;

	if (e->type == EVENT_PROCESS_START || e->type == EVENT_BOARD_PROCESS)
		if (e->u.process.begin_ns && e->u.process.begin_ns < ns)
			ns = e->u.process.begin_ns;
	m->begun = true;
	begin_at(m, m->options.begin_ns ? m->options.begin_ns : ns);
	m->last = m->newest = MAX(m->begin, e->ts_ns);
	if (m->options.outside_pid)
		model_outside(m, m->options.outside_pid,
			      m->options.outside_pid);
}

/* Of our own interposer: the program has done nothing before it. */
static bool is_first_word(const struct event *e)
{
	return e->type == EVENT_PROCESS_START && e->u.process.executable &&
	       *e->u.process.executable;
}

/*
 * What came before the first word of the program is the recording's own: the
 * start of the program under the tracer. The run begins with that word, where
 * a recorder says when it started itself, or where the word says that it is
 * the first.
 */
static void begin_again(struct model *m, const struct event *e)
{
	uint64_t ns = e->ts_ns;

	m->told = true;
	if (m->options.outside_pid)
		return;
	if ((!m->options.begin_ns && !is_first_word(e)) || ns <= m->begin)
		return;
	for (guint i = 0; i < m->threads->len; i++) {
		struct m_thread *t = thread_at(m, (int32_t)i);

		timeline_forget(t);
		t->begin = t->settled = MAX(t->begin, ns);
		t->voluntary = t->involuntary = 0;
	}
	for (guint i = 0; i < m->cpus->len; i++) {
		struct m_cpu *cpu = &g_array_index(m->cpus, struct m_cpu, i);

		cpu->since = ns;
		cpu->idle_ns = 0;
	}
	tally_clear(&m->states);
	tally_clear(&m->cpu_busy);
	begin_at(m, ns);
	for (guint i = 0; i < m->threads->len; i++)
		model_thread_bins(m, thread_at(m, (int32_t)i));
}

/* A time in a payload: not after it was told, give or take clocks. */
static void sane(struct model *m, const struct event *e, uint64_t *ns)
{
	if (*ns > e->ts_ns + SKEW_MOST) {
		*ns = e->ts_ns;
		m->refused++;
	}
	if (*ns && *ns < m->begin)
		*ns = m->begin;
	if (*ns > m->newest)
		m->newest = *ns;
}

static void tidy_board(struct model *m, struct event *e)
{
	switch (e->type) {
	case EVENT_BOARD_PROCESS:
		sane(m, e, &e->u.process.begin_ns);
		sane(m, e, &e->u.process.end_ns);
		break;
	case EVENT_BOARD_THREAD:
		sane(m, e, &e->u.thread.begin_ns);
		sane(m, e, &e->u.thread.end_ns);
		break;
	case EVENT_LOCK_OPEN:
		sane(m, e, &e->u.lock.begin_ns);
		break;
	case EVENT_THREAD_OPEN:
		sane(m, e, &e->u.open.since_ns);
		break;
	default:
		break;
	}
}

static void tidy(struct model *m, struct event *e)
{
	switch (group_of[e->type]) {
	case GROUP_LOCK:
		sane(m, e, &e->u.lock.wait_begin_ns);
		sane(m, e, &e->u.lock.begin_ns);
		sane(m, e, &e->u.lock.end_ns);
		if (!e->u.lock.weight)
			e->u.lock.weight = 1;
		if (e->u.lock.wait_begin_ns > e->u.lock.begin_ns &&
		    e->type == EVENT_LOCK_HELD)
			e->u.lock.wait_begin_ns = e->u.lock.begin_ns;
		break;
	case GROUP_OBJECT:
		sane(m, e, &e->u.wait.begin_ns);
		sane(m, e, &e->u.wait.end_ns);
		if (e->u.wait.kind >= LOCK_NKINDS)
			e->u.wait.kind = LOCK_FUTEX;
		break;
	case GROUP_CALL:
		sane(m, e, &e->u.io.begin_ns);
		sane(m, e, &e->u.io.end_ns);
		break;
	case GROUP_THREAD:
		sane(m, e, &e->u.thread.begin_ns);
		sane(m, e, &e->u.thread.end_ns);
		break;
	case GROUP_PROCESS:
		sane(m, e, &e->u.process.begin_ns);
		break;
	case GROUP_BOARD:
		tidy_board(m, e);
		break;
	default:
		break;
	}
}

void model_event(struct model *m, const struct event *event)
{
	struct event e;
	uint8_t group;

	if ((unsigned int)event->type >= EVENT_NTYPES)
		return;
	group = group_of[event->type];
	if (!m->begun)
		begin(m, event);
	if (event->ts_ns > m->last)
		m->last = event->ts_ns;
	if (group == GROUP_NONE)
		return;
	if (!m->told && group != GROUP_BOARD && group != GROUP_SCHED)
		begin_again(m, event);
	e = *event;
	if (e.ts_ns < m->begin)
		e.ts_ns = m->begin;
	if (group != GROUP_BOARD)
		m->newest = MAX(m->newest, e.ts_ns);
	if (group != GROUP_BOARD && group != GROUP_SCHED) {
		m->newest_word = MAX(m->newest_word, e.ts_ns);
		m->events++;
	}
	tidy(m, &e);
	takers[group](m, &e);
	model_edges_press(m);
}

/* Waits that turned into holds which never ended. */
static void finish_open_holds(struct model *m, uint64_t end)
{
	for (guint i = 0; i < m->open_holds->len; i++) {
		const struct m_open_hold *o =
			&g_array_index(m->open_holds, struct m_open_hold, i);
		struct m_lock *lock = lock_at(m, o->lock);
		struct m_thread *t = thread_at(m, o->thread);
		struct told_wait w = {
			.begin = timeline_end_wait(t, o->lock, o->acquired),
			.end = o->acquired,
			.thread = o->thread,
			.site = o->site,
			.weight = 1,
			.mode = o->mode == LOCK_READ ? LOCK_READ : LOCK_WRITE,
		};

		if (w.begin)
			lock_wait_done(m, lock, t, &w);
		lock_add_hold(m, lock,
			      &(struct told_hold){
				      .acquired = MAX(o->acquired, m->from),
				      .released = MIN(end, m->to),
				      .thread = o->thread,
				      .site = o->site,
				      .weight = 1,
				      .mode = o->mode });
	}
}

static void finish_thread(struct model *m, struct m_thread *t, uint64_t end)
{
	const struct m_process *p = t->pid ? model_process(m, t->pid) : NULL;
	uint64_t until = end;

	if (t->gone || t->ended)
		until = t->end;
	else if (p && p->end)
		until = p->end;
	t->gone = true;
	t->end = MIN(MAX(until, t->settled), end);
	if (t->settled < t->end)
		timeline_settle(m, t, t->end);
	else
		piece_stop(m, t);
	sections_settle(m, t);
}

/* When the last thread ended; when the recording did, if one had not. */
static uint64_t end_of(const struct model *m)
{
	uint64_t end =
		m->told && !m->options.outside_pid ? m->newest_word : m->newest;
	bool alive = false;

	for (guint i = 0; i < m->threads->len; i++) {
		const struct m_thread *t = thread_at(m, (int32_t)i);

		if (!t->told)
			continue;
		alive |= !t->gone && !t->ended;
		end = MAX(end, t->settled);
		end = MAX(end, t->end);
	}
	return alive ? MAX(end, MAX(m->options.end_ns, m->newest)) : end;
}

void model_finish(struct model *m, struct report *report)
{
	uint64_t end = end_of(m);

	m->last = m->newest = end;
	finish_open_holds(m, end);
	for (guint i = 0; i < m->threads->len; i++) {
		struct m_thread *t = thread_at(m, (int32_t)i);

		if (t->told || t->child)
			finish_thread(m, t, end);
	}
	for (guint i = 0; i < m->locks->len; i++)
		lock_settle_all(m, lock_at(m, (int32_t)i));
	model_edges_finish(m, MIN(end, m->to));
	path_round(m, end);
	model_cpus_finish(m, end);
	model_fill(m, report);
	model_free(m);
}
