/* Processes, threads and joins, I/O, sleeps. */
#include "analysis/model_parts.h"

#define PHASES_MOST 4096

/* What LTTng forks before our first word makes its files, and is no process of
 * the program. */
static void forget_helpers(struct model *m, const struct m_process *p)
{
	for (guint i = m->processes->len; i-- > 0;) {
		struct m_process *child = m->processes->pdata[i];
		struct m_thread *t;

		if (child->ppid != p->pid || child->told || !child->child ||
		    child->fresh_ns < p->fresh_ns)
			continue;
		child->child = false;
		t = model_thread_find(m, child->pid);
		if (t && !t->told && t->pid == child->pid)
			t->child = false;
	}
}

static void on_start(struct model *m, const struct event *e)
{
	struct m_process *p = model_process(m, e->pid);

	model_thread(m, e);
	if (p->fresh_ns)
		forget_helpers(m, p);
	p->fresh_ns = 0;
	p->told = true;
	p->ended = false;
	p->end = 0;
	p->word_ns = MAX(p->word_ns, e->u.process.begin_ns);
	p->end_how = END_RUNNING;
	if (e->u.process.ppid)
		p->ppid = e->u.process.ppid;
	if (!p->begin)
		p->begin = e->u.process.begin_ns;
	if (e->u.process.executable) {
		g_free(p->executable);
		p->executable = g_strdup(e->u.process.executable);
	}
	if (e->u.process.begin_ns && e->u.process.begin_ns < e->ts_ns) {
		m->starts++;
		m->starts_ns += e->ts_ns - e->u.process.begin_ns;
	}
}

/* A thread begins where its creator was. */
static void create_hop(struct model *m, const struct m_thread *t)
{
	if (t->creator >= 0 && t->creator != t->index)
		model_hop(m, &(struct hop){ .ns = t->begin,
					    .begin = t->begin,
					    .end = t->begin,
					    .from = t->creator,
					    .to = t->index,
					    .lock = -1 });
}

static void on_forked(struct model *m, const struct event *e)
{
	struct m_process *p = model_process(m, e->pid);
	struct m_thread *t = model_thread(m, e);
	const struct m_thread *parent = model_thread_find(m, e->u.process.ptid);
	const struct m_process *from = model_process(m, e->u.process.ppid);

	p->told = true;
	p->ppid = p->copied = e->u.process.ppid;
	p->copied_ns = e->ts_ns;
	if (!p->begin)
		p->begin = e->ts_ns;
	if (!p->executable)
		p->executable = g_strdup(from->executable);
	if (parent && t->creator < 0) {
		t->creator = parent->index;
		create_hop(m, t);
	}
}

static void on_process_end(struct model *m, const struct event *e)
{
	struct m_process *p = model_process(m, e->pid);

	p->ended = true;
	p->end_how = e->u.process.how;
	p->status = e->u.process.status;
	p->end = e->ts_ns;
	p->ender = model_thread(m, e)->index;
}

void model_process_event(struct model *m, const struct event *e)
{
	if (e->type == EVENT_PROCESS_START)
		on_start(m, e);
	else if (e->type == EVENT_PROCESS_FORK)
		on_forked(m, e);
	else
		on_process_end(m, e);
}

/* The thread that this creation made, NULL while nothing is known of it. */
static struct m_thread *created(struct model *m, const struct event *e)
{
	uint32_t place =
		map_get(&m->handle_of, e->u.thread.thread, (uint32_t)e->pid);
	struct m_thread *t;

	if (place != MAP_NONE) {
		t = thread_at(m, (int32_t)place);
		if (t->begin >= e->u.thread.begin_ns)
			return t;
	}
	if (e->u.thread.other <= 0)
		return NULL;
	t = model_thread_find(m, e->u.thread.other);
	if (!t || t->gone || (t->pid && t->pid != e->pid) ||
	    (t->ended && t->end < e->u.thread.begin_ns))
		return NULL;
	return t;
}

static void on_create(struct model *m, const struct event *e)
{
	struct m_create create = {
		.creator = model_thread(m, e)->index,
		.site = model_site(m, e->pid, e->u.thread.site),
	};
	struct m_thread *child;

	if (e->u.thread.result || e->u.thread.end_ns < e->u.thread.begin_ns)
		return;
	hist_add(&m->creations, e->u.thread.end_ns - e->u.thread.begin_ns, 1);
	child = created(m, e);
	if (child) {
		child->creator = create.creator;
		child->create_site = create.site;
		return;
	}
	*map_at(&m->create_of, e->u.thread.thread, (uint32_t)e->pid) =
		m->creates->len;
	g_array_append_val(m->creates, create);
}

/* What its creator told of it before, if it did. */
static void created_by(struct model *m, struct m_thread *t)
{
	uint32_t place = map_get(&m->create_of, t->handle, (uint32_t)t->pid);
	struct m_create *create;

	*map_at(&m->handle_of, t->handle, (uint32_t)t->pid) =
		(uint32_t)t->index;
	if (place == MAP_NONE)
		return;
	create = &g_array_index(m->creates, struct m_create, place);
	if (create->creator < 0)
		return;
	t->creator = create->creator;
	t->create_site = create->site;
	create->creator = -1;
}

static void on_thread_start(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread_find(m, e->tid);
	const struct m_thread *creator;

	if (t && t->ended)
		model_thread_new(m, e->pid, e->tid, e->ts_ns);
	t = model_thread(m, e);
	t->handle = e->u.thread.thread;
	if (e->u.thread.start_routine)
		t->start_site =
			model_site(m, e->pid, e->u.thread.start_routine);
	creator = model_thread_find(m, e->u.thread.other);
	if (creator && e->u.thread.other > 0)
		t->creator = creator->index;
	if (t->handle)
		created_by(m, t);
	create_hop(m, t);
	if (e->u.thread.name && *e->u.thread.name && !t->name)
		t->name = g_strdup(e->u.thread.name);
}

static void on_thread_exit(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread(m, e);

	t->ended = true;
	t->end = MAX(t->end, e->ts_ns);
	t->end_how = e->u.thread.how;
}

static void on_thread_name(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread_find(m, e->u.thread.other);

	/* Its teller does not always know whom it names. */
	if (e->u.thread.other <= 0 || !t || !e->u.thread.name)
		return;
	g_free(t->name);
	t->name = g_strdup(e->u.thread.name);
}

/* The join waited for the end of that thread. */
static void join_hop(struct model *m, const struct event *e,
		     const struct m_thread *t, const struct cover *cover)
{
	uint32_t place =
		map_get(&m->handle_of, e->u.thread.thread, (uint32_t)e->pid);
	const struct m_thread *joined =
		e->u.thread.other > 0 ? model_thread_find(m, e->u.thread.other)
		: place != MAP_NONE   ? thread_at(m, (int32_t)place)
				      : NULL;
	struct hop hop;
	uint64_t ns;

	if (!joined || joined == t || !(joined->ended || joined->gone))
		return;
	ns = MIN(joined->end, cover->end);
	hop = (struct hop){ .ns = ns,
			    .begin = cover->begin,
			    .end = cover->end,
			    .from = joined->index,
			    .to = t->index,
			    .lock = -1 };
	if (ns > cover->begin) {
		model_hop(m, &hop);
	} else { /* Played again, it may have to wait. */
		hop.early = true;
		tape_hop(m->tape, &hop);
	}
}

static void on_join(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread(m, e);
	struct cover cover = {
		.begin = e->u.thread.begin_ns ? e->u.thread.begin_ns : e->ts_ns,
		.end = NEVER,
		.lock = -1,
		.site = model_site(m, e->pid, e->u.thread.site),
		.state = STATE_JOIN,
	};

	if (e->type == EVENT_JOIN_BEGIN) {
		timeline_open(m, t, &cover);
		return;
	}
	cover.end = e->u.thread.end_ns ? e->u.thread.end_ns : e->ts_ns;
	timeline_close(m, t, &cover);
	if (!e->u.thread.result)
		join_hop(m, e, t, &cover);
}

void model_thread_event(struct model *m, const struct event *e)
{
	switch (e->type) {
	case EVENT_THREAD_CREATE:
		on_create(m, e);
		break;
	case EVENT_THREAD_START:
		on_thread_start(m, e);
		break;
	case EVENT_THREAD_EXIT:
		on_thread_exit(m, e);
		break;
	case EVENT_THREAD_NAME:
		on_thread_name(m, e);
		break;
	case EVENT_JOIN_BEGIN:
	case EVENT_JOIN_END:
		on_join(m, e);
		break;
	default:
		break;
	}
}

/* What the descriptor stands for, "" if nobody told. */
static const char **target_of(struct model *m, int32_t pid, int32_t fd)
{
	uint32_t *place = map_at(&m->fd_of, (uint32_t)pid, (uint32_t)fd);

	if (*place == MAP_NONE) {
		const char *none = "";

		*place = m->targets->len;
		g_array_append_val(m->targets, none);
	}
	return &g_array_index(m->targets, const char *, *place);
}

static int32_t io_row(struct model *m, const struct event *e)
{
	const char *target =
		e->u.io.fd >= 0 ? *target_of(m, e->pid, e->u.io.fd) : "";
	uint8_t op = MIN(e->u.io.op, IO_NOPS - 1);
	uint8_t kind = MIN(e->u.io.fd_kind, FD_NKINDS - 1);
	uint32_t *place = map_at(&m->io_of, (uint64_t)(op << 8 | kind),
				 (uint64_t)(uintptr_t)target);
	struct m_io *row;

	if (*place != MAP_NONE)
		return (int32_t)*place;
	*place = m->io->len;
	row = g_new0(struct m_io, 1);
	row->op = op;
	row->fd_kind = kind;
	row->target = target;
	g_ptr_array_add(m->io, row);
	return (int32_t)*place;
}

static struct cover io_cover(struct model *m, const struct event *e)
{
	bool is_io = e->type == EVENT_IO_BEGIN || e->type == EVENT_IO_END;
	struct cover cover = {
		.begin = e->u.io.begin_ns,
		.end = NEVER,
		.lock = -1,
		.site = model_site(m, e->pid, e->u.io.site),
		.state = is_io ? STATE_IO : STATE_SLEEP,
	};

	if (is_io && e->u.io.op == IO_WAITPID) {
		cover.state = STATE_JOIN; /* for a child process */
	} else if (is_io && e->u.io.op == IO_YIELD) {
		cover.state = STATE_PREEMPTED; /* by its own wish */
		cover.op = IO_YIELD;
	} else if (is_io) {
		cover.lock = io_row(m, e);
		cover.op = e->u.io.op;
		cover.fd_kind = e->u.io.fd_kind;
	}
	return cover;
}

const struct m_thread *model_last_thread(const struct model *m, int32_t pid)
{
	const struct m_process *p = model_process_find(m, pid);
	const struct m_thread *t = NULL;

	if (!p || !p->told)
		return NULL;
	if (p->ender >= 0 && thread_at(m, p->ender)->pid == pid)
		return thread_at(m, p->ender);
	for (guint i = m->threads->len; i && !t; i--)
		if (thread_at(m, (int32_t)i - 1)->pid == pid &&
		    thread_at(m, (int32_t)i - 1)->told)
			t = thread_at(m, (int32_t)i - 1);
	return t;
}

/* The wait for a child process was one for the end of that. */
static void child_hop(struct model *m, const struct event *e,
		      const struct m_thread *t, const struct cover *cover)
{
	const struct m_thread *last =
		e->u.io.bytes > 0 && e->u.io.bytes <= INT32_MAX
			? model_last_thread(m, (int32_t)e->u.io.bytes)
			: NULL;

	if (last && last != t && cover->end > cover->begin)
		model_hop(m, &(struct hop){ .ns = cover->end,
					    .begin = cover->begin,
					    .end = cover->end,
					    .from = last->index,
					    .to = t->index,
					    .lock = -1 });
}

/* Does it write to disk what others have written before? */
static bool is_sync(uint8_t op)
{
	return op == IO_FSYNC || op == IO_FDATASYNC || op == IO_SYNC_RANGE ||
	       op == IO_SYNC;
}

static void io_end(struct model *m, const struct event *e)
{
	int32_t place = io_row(m, e); /* may move the array */
	struct m_io *row = m->io->pdata[place];
	uint64_t begin = MAX(e->u.io.begin_ns, m->from);
	uint64_t end = MIN(MAX(e->u.io.end_ns, begin), m->to);
	uint32_t weight = MAX(e->u.io.weight, 1);

	if (begin > end || (m->windowed && begin == end))
		return;
	hist_add(&row->wait, end - begin, weight);
	if (e->u.io.bytes > 0 && row->op != IO_WAITPID)
		row->bytes += (uint64_t)e->u.io.bytes * weight;
}

void model_phase_event(struct model *m, const struct event *e)
{
	struct m_phase phase = {
		.pid = e->pid,
		.name = g_string_chunk_insert_const(
			m->strings, e->u.mark.name ? e->u.mark.name : ""),
		.begin = e->ts_ns,
		.end = NEVER,
	};

	if (m->phases->len >= PHASES_MOST) {
		m->refused++;
		return;
	}
	for (guint i = m->phases->len; i; i--) {
		struct m_phase *last =
			&g_array_index(m->phases, struct m_phase, i - 1);

		if (last->pid == e->pid && last->end == NEVER) {
			last->end = e->ts_ns;
			break;
		}
	}
	g_array_append_val(m->phases, phase);
}

void model_call_event(struct model *m, const struct event *e)
{
	struct m_thread *t = model_thread(m, e);
	struct cover cover;

	if (e->type == EVENT_FD_OPEN) {
		const char *target = e->u.io.target ? e->u.io.target : "";

		*target_of(m, e->pid, e->u.io.fd) =
			g_string_chunk_insert_const(m->strings, target);
		return;
	}
	cover = io_cover(m, e);
	if (e->type == EVENT_IO_BEGIN || e->type == EVENT_SLEEP_BEGIN) {
		timeline_open(m, t, &cover);
		return;
	}
	cover.end = MAX(e->u.io.end_ns, cover.begin);
	timeline_close(m, t, &cover);
	if (e->type != EVENT_IO_END)
		return;
	io_end(m, e);
	if (e->u.io.op == IO_WAITPID)
		child_hop(m, e, t, &cover);
	if (is_sync(e->u.io.op))
		tape_call(m->tape, &(struct tape_call){ cover.begin, cover.end,
							t->index });
}
