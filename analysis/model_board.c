/*
 * What the recorder read from the boards: exact counts, threads' lives, and
 * what was open at the end.
 */
#include "analysis/model_parts.h"

static const enum state state_of[IN_N] = {
	[IN_NOTHING] = STATE_RUNNING,
	[IN_LOCK] = STATE_LOCK,
	[IN_COND] = STATE_COND,
	[IN_BARRIER] = STATE_BARRIER,
	[IN_SEMAPHORE] = STATE_SEMAPHORE,
	[IN_JOIN] = STATE_JOIN,
	[IN_IO] = STATE_IO,
	[IN_SLEEP] = STATE_SLEEP,
	[IN_ONCE] = STATE_LOCK,
	[IN_FUTEX] = STATE_OTHER,
	[IN_WAITPID] = STATE_JOIN,
};

/* The thread that had this tid in this process, at `ns` if that is told. */
static struct m_thread *thread_of(struct model *m, const struct event *e,
				  uint64_t ns)
{
	struct m_thread *t = model_thread_find(m, e->tid);

	while (t && t->earlier >= 0 &&
	       ((ns && t->begin > ns && thread_at(m, t->earlier)->told) ||
		(t->pid && t->pid != e->pid)))
		t = thread_at(m, t->earlier);
	if (!t || (t->pid && t->pid != e->pid))
		t = model_thread_new(m, e->pid, e->tid, ns ? ns : e->ts_ns);
	if (!t->told)
		timeline_forget(t);
	t->told = true;
	t->pid = e->pid;
	return t;
}

/* Of what the process is by now. */
static void board_begins(struct m_process *p, const struct event *e)
{
	p->board_ns = e->u.process.begin_ns;
	p->counted = false;
	if (p->ended && p->end_how == END_EXEC && p->end <= p->board_ns) {
		p->ended = false;
		p->end = 0;
	}
	if (e->u.process.executable && p->board_ns > p->word_ns) {
		g_free(p->executable);
		p->executable = g_strdup(e->u.process.executable);
	}
}

static void on_process(struct model *m, const struct event *e)
{
	struct m_process *p = model_process(m, e->pid);

	p->told = p->boarded = true;
	if (e->u.process.begin_ns > p->board_ns)
		board_begins(p, e);
	if (e->u.process.ppid)
		p->ppid = e->u.process.ppid;
	if (!p->begin)
		p->begin = e->u.process.begin_ns;
	if (!p->executable && e->u.process.executable)
		p->executable = g_strdup(e->u.process.executable);
	if (e->u.process.how == END_EXEC)
		return; /* it goes on, as another program */
	if (!p->end)
		p->end = e->u.process.end_ns;
	if (!p->ended && e->u.process.how != END_RUNNING) {
		p->end_how = e->u.process.how;
		p->ended = true;
	}
}

/* The recorder sees some time after it that a process has ended. */
static uint64_t end_of(const struct model *m, const struct event *e,
		       const struct m_thread *t)
{
	const struct m_process *p = model_process_find(m, e->pid);

	if (p && p->ended && p->end >= t->begin)
		return MIN(p->end, e->u.thread.end_ns);
	return e->u.thread.end_ns;
}

static void on_thread(struct model *m, const struct event *e)
{
	struct m_thread *t = thread_of(m, e, e->u.thread.begin_ns);

	if (e->u.thread.begin_ns && e->u.thread.begin_ns < t->begin)
		timeline_begin(m, t, e->u.thread.begin_ns);
	/* That one goes on when its process becomes another program. */
	if (e->u.thread.how == END_EXEC && e->tid == e->pid)
		t->boarded = true;
	else if (!t->gone && !t->ended && e->u.thread.end_ns) {
		t->end = end_of(m, e, t);
		t->end_how = e->u.thread.how;
		t->ended = t->end_how != END_RUNNING;
	}
	t->boarded = true;
	if (e->u.thread.start_routine && t->start_site < 0)
		t->start_site =
			model_site(m, e->pid, e->u.thread.start_routine);
	if (e->u.thread.name && *e->u.thread.name && !t->name)
		t->name = g_strdup(e->u.thread.name);
}

static void counts_add(struct m_counts *c, const struct event *e)
{
	unsigned int mode =
		e->u.stats.mode == LOCK_READ ? LOCK_READ : LOCK_WRITE;

	c->acquisitions += e->u.stats.acquisitions;
	c->by_mode[mode] += e->u.stats.acquisitions;
	c->contended += e->u.stats.contended;
	c->relocks += e->u.stats.relocks;
	c->hold_ns += e->u.stats.hold_ns;
	c->wait_ns += e->u.stats.wait_ns;
	c->waits += e->u.stats.waits;
	c->signals += e->u.stats.signals;
	c->gave_up += e->u.stats.gave_up;
	c->waits_told += e->u.stats.waits_told;
	c->holds_told += e->u.stats.holds_told;
	c->hold_max_ns = MAX(c->hold_max_ns, e->u.stats.hold_max_ns);
	c->wait_max_ns = MAX(c->wait_max_ns, e->u.stats.wait_max_ns);
	for (int i = 0; i < LOCK_NERRORS; i++)
		c->failed[i] += e->u.stats.failed[i];
}

static void on_stats(struct model *m, const struct event *e)
{
	struct m_thread *t = thread_of(m, e, 0);
	struct m_lock *lock =
		model_lock(m, e->pid, e->u.stats.address, e->u.stats.kind, 0);

	lock->boarded = lock->touched = true;
	model_process(m, e->pid)->counted = true;
	counts_add(&lock->board, e);
	counts_add(
		&model_lock_site(lock, model_site(m, e->pid, e->u.stats.site))
			 ->board,
		e);
	model_share(m, lock->index, t->index)->board += e->u.stats.acquisitions;
}

static void on_io_stats(struct model *m, const struct event *e)
{
	struct m_io_board *b =
		&m->io_board[MIN(e->u.io_stats.op, IO_NOPS - 1)]
			    [MIN(e->u.io_stats.fd_kind, FD_NKINDS - 1)];

	m->io_boarded = true;
	b->calls += e->u.io_stats.calls;
	b->told += e->u.io_stats.told;
	b->bytes += e->u.io_stats.bytes;
	b->wait_ns += e->u.io_stats.wait_ns;
}

static bool is_lock_wait(uint8_t in)
{
	return in == IN_LOCK || in == IN_COND || in == IN_BARRIER ||
	       in == IN_SEMAPHORE || in == IN_ONCE || in == IN_FUTEX;
}

static const uint8_t kind_of[IN_N] = {
	[IN_COND] = LOCK_CONDITION,	 [IN_BARRIER] = LOCK_BARRIER,
	[IN_SEMAPHORE] = LOCK_SEMAPHORE, [IN_ONCE] = LOCK_ONCE,
	[IN_FUTEX] = LOCK_FUTEX,
};

static int32_t joined_thread(const struct model *m, const struct event *e)
{
	uint32_t place =
		map_get(&m->handle_of, e->u.open.object, (uint32_t)e->pid);

	return place == MAP_NONE ? -1 : (int32_t)place;
}

static void on_open(struct model *m, const struct event *e)
{
	uint8_t in = MIN(e->u.open.in, IN_N - 1);
	struct m_thread *t = thread_of(m, e, 0);
	struct m_open open = {
		.thread = t->index,
		.lock = -1,
		.owner = e->u.open.owner,
		.joined = -1,
		.site = model_site(m, e->pid, e->u.open.site),
		.state = (uint8_t)state_of[in],
		.since = e->u.open.since_ns,
	};
	struct cover cover;

	if (in == IN_NOTHING)
		return;
	if (in == IN_JOIN)
		open.joined = joined_thread(m, e);
	if (is_lock_wait(in))
		open.lock =
			model_lock(m, e->pid, e->u.open.object,
				   in == IN_LOCK ? e->u.open.kind : kind_of[in],
				   0)
				->index;
	if (open.lock >= 0)
		lock_at(m, open.lock)->opened = true;
	t->open_told = true;
	g_array_append_val(m->opens, open);
	cover = (struct cover){
		.begin = open.since,
		.end = NEVER,
		.lock = open.lock,
		.site = open.site,
		.state = open.state,
	};
	if (!timeline_is_open(t, &cover))
		timeline_open(m, t, &cover);
}

static void on_lock_open(struct model *m, const struct event *e)
{
	struct m_thread *t = thread_of(m, e, 0);
	struct m_lock *lock =
		model_lock(m, e->pid, e->u.lock.address, e->u.lock.kind, 0);
	struct m_open_hold hold = {
		.thread = t->index,
		.lock = lock->index,
		.site = model_site(m, e->pid, e->u.lock.site),
		.mode = e->u.lock.mode,
		.acquired = e->u.lock.begin_ns,
	};

	lock->touched = lock->opened = true;
	g_array_append_val(m->open_holds, hold);
}

/* What the tracer lost touches whatever waits and holds are told of. */
static void on_discarded(struct model *m, const struct event *e)
{
	uint64_t n = MAX(e->u.discarded.count, 1);

	if (e->u.discarded.source == SOURCE_SCHED)
		m->lost_sched += n;
	else
		m->lost_ust += n;
}

/*
 * What the CPUs did apart from the program: the kernel's own accounts, better
 * than what switches of recorded threads alone can tell.
 */
static void on_cpu(struct model *m, const struct event *e)
{
	struct m_cpu *cpu = model_cpu(m, e->u.cpu_stats.cpu);

	if (!cpu)
		return;
	cpu->told_idle_ns += e->u.cpu_stats.idle_ns;
	cpu->told_foreign_ns += e->u.cpu_stats.foreign_ns;
}

static void on_lost(struct model *m, const struct event *e)
{
	m->untold += e->u.lost.pending;
	m->unheard += e->u.lost.unheard;
	m->lost_board += e->u.lost.slots + e->u.lost.untabled;
}

void model_board_event(struct model *m, const struct event *e)
{
	switch (e->type) {
	case EVENT_BOARD_PROCESS:
		on_process(m, e);
		break;
	case EVENT_BOARD_THREAD:
		on_thread(m, e);
		break;
	case EVENT_LOCK_STATS:
		on_stats(m, e);
		break;
	case EVENT_IO_STATS:
		on_io_stats(m, e);
		break;
	case EVENT_THREAD_OPEN:
		on_open(m, e);
		break;
	case EVENT_LOCK_OPEN:
		on_lock_open(m, e);
		break;
	case EVENT_CPU_STATS:
		on_cpu(m, e);
		break;
	case EVENT_BOARD_LOST:
		on_lost(m, e);
		break;
	case EVENT_DISCARDED:
		on_discarded(m, e);
		break;
	default:
		break;
	}
}
