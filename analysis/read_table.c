#include "analysis/read_table.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define FIELD(type, name, member)	{ name, READ_##type, offsetof(struct event, member), 0 }
#define COUNTED(type, name, member, n)	{ name, READ_##type, offsetof(struct event, member), offsetof(struct event, n) }
#define FIXED(type, name, member, n)	{ name, READ_##type, offsetof(struct event, member), n }
#define ENUM(name, member, n)		{ name, READ_U8, offsetof(struct event, member), n }
#define NOW(member)			{ NULL, READ_NOW, offsetof(struct event, member), 0 }
#define SET8(member, value)		{ NULL, READ_SET8, offsetof(struct event, member), value }
#define SET32(member, value)		{ NULL, READ_SET32, offsetof(struct event, member), value }
#define LIST(name)			static const struct read_field name[]
#define END				{ NULL, READ_END, 0, 0 }

LIST(process_start) = { FIELD(I32, "ppid", u.process.ppid), FIELD(U8, "detail", u.process.detail_all),
	FIELD(U32, "budget", u.process.budget), FIELD(NS, "begin_ns", u.process.begin_ns),
	FIELD(TEXT, "executable", u.process.executable), END };
LIST(process_end) = { ENUM("how", u.process.how, END_RUNNING + 1), FIELD(I32, "status", u.process.status), END };
LIST(process_fork) = { FIELD(I32, "ppid", u.process.ppid), FIELD(I32, "ptid", u.process.ptid), END };

LIST(thread_create) = { FIELD(U64, "thread", u.thread.thread), FIELD(I32, "child_tid", u.thread.other),
	FIELD(U64, "start_routine", u.thread.start_routine), FIELD(U64, "site", u.thread.site),
	FIELD(NS, "begin_ns", u.thread.begin_ns), FIELD(NS, "end_ns", u.thread.end_ns),
	FIELD(I32, "result", u.thread.result), END };
LIST(thread_start) = { FIELD(U64, "thread", u.thread.thread), FIELD(I32, "creator_tid", u.thread.other),
	FIELD(U64, "start_routine", u.thread.start_routine), FIELD(NS, "created_ns", u.thread.begin_ns),
	FIELD(TEXT, "name", u.thread.name), END };
LIST(thread_exit) = { ENUM("how", u.thread.how, END_RUNNING + 1), END };
LIST(thread_name) = { FIELD(I32, "tid", u.thread.other), FIELD(TEXT, "name", u.thread.name), END };
LIST(join_begin) = { NOW(u.thread.begin_ns), FIELD(U64, "thread", u.thread.thread),
	FIELD(I32, "tid", u.thread.other), FIELD(U64, "site", u.thread.site), END };
LIST(join_end) = { NOW(u.thread.end_ns), FIELD(U64, "thread", u.thread.thread), FIELD(I32, "tid", u.thread.other),
	FIELD(NS, "begin_ns", u.thread.begin_ns), FIELD(I32, "result", u.thread.result), END };

LIST(lock_init) = { FIELD(U64, "lock", u.lock.address), ENUM("kind", u.lock.kind, LOCK_NKINDS),
	FIELD(U32, "attributes", u.lock.attributes), FIELD(U64, "site", u.lock.site), END };
LIST(lock_destroy) = { FIELD(U64, "lock", u.lock.address), ENUM("kind", u.lock.kind, LOCK_NKINDS),
	FIELD(U64, "site", u.lock.site), FIELD(I32, "result", u.lock.result),
	FIELD(I32, "owner_tid", u.lock.owner), FIELD(U64, "owner_site", u.lock.owner_site), END };
LIST(lock_name) = { FIELD(U64, "lock", u.lock.address), ENUM("kind", u.lock.kind, LOCK_NKINDS),
	FIELD(TEXT, "name", u.lock.name), END };
LIST(lock_wait) = { FIELD(U64, "lock", u.lock.address), ENUM("kind", u.lock.kind, LOCK_NKINDS),
	ENUM("mode", u.lock.mode, LOCK_NMODES), FIELD(U8, "flags", u.lock.flags), FIELD(U64, "site", u.lock.site),
	FIELD(I32, "owner_tid", u.lock.owner), FIELD(NS, "begin_ns", u.lock.begin_ns),
	COUNTED(U64S, "held", u.lock.held, u.lock.n_held), COUNTED(U64S, "stack", u.lock.stack, u.lock.n_stack), END };
LIST(lock_held) = { SET32(u.lock.weight, 1), FIELD(U64, "lock", u.lock.address), ENUM("kind", u.lock.kind, LOCK_NKINDS),
	ENUM("mode", u.lock.mode, LOCK_NMODES), FIELD(U8, "flags", u.lock.flags), FIELD(U64, "site", u.lock.site),
	FIELD(NS, "wait_begin_ns", u.lock.wait_begin_ns), FIELD(NS, "acquired_ns", u.lock.begin_ns),
	FIELD(NS, "released_ns", u.lock.end_ns), FIELD(U32, "weight", u.lock.weight), END };
LIST(lock_failed) = { SET32(u.lock.weight, 1), FIELD(U64, "lock", u.lock.address), ENUM("kind", u.lock.kind, LOCK_NKINDS),
	ENUM("mode", u.lock.mode, LOCK_NMODES), FIELD(U8, "flags", u.lock.flags), FIELD(U64, "site", u.lock.site),
	FIELD(NS, "wait_begin_ns", u.lock.wait_begin_ns), FIELD(NS, "end_ns", u.lock.end_ns),
	FIELD(I32, "result", u.lock.result), FIELD(U32, "weight", u.lock.weight), END };
LIST(lock_order) = { FIELD(U64, "first", u.order.first), FIELD(U64, "second", u.order.second),
	ENUM("first_kind", u.order.first_kind, LOCK_NKINDS), ENUM("second_kind", u.order.second_kind, LOCK_NKINDS),
	ENUM("first_mode", u.order.first_mode, LOCK_NMODES), ENUM("second_mode", u.order.second_mode, LOCK_NMODES),
	FIELD(U8, "flags", u.order.flags), FIELD(U64, "first_site", u.order.first_site),
	FIELD(U64, "second_site", u.order.second_site), COUNTED(U64S, "held", u.order.held, u.order.n_held), END };

/* Waits: the same facts for every kind of object. */
#define WAIT_BEGIN(list, object_name, of_kind, ...) \
	LIST(list##_begin) = { SET8(u.wait.kind, of_kind), FIELD(U64, object_name, u.wait.object), \
		FIELD(U64, "site", u.wait.site), FIELD(NS, "begin_ns", u.wait.begin_ns), __VA_ARGS__ END }
#define WAIT_END(list, object_name, of_kind, ...) \
	LIST(list##_end) = { SET8(u.wait.kind, of_kind), FIELD(U64, object_name, u.wait.object), \
		FIELD(U64, "site", u.wait.site), FIELD(NS, "begin_ns", u.wait.begin_ns), \
		FIELD(NS, "end_ns", u.wait.end_ns), __VA_ARGS__ END }
#define SIGNAL(list, object_name, of_kind, ...) \
	LIST(list) = { SET8(u.wait.kind, of_kind), FIELD(U64, object_name, u.wait.object), \
		FIELD(U64, "site", u.wait.site), FIELD(NS, "at_ns", u.wait.begin_ns), \
		FIELD(NS, "at_ns", u.wait.end_ns), __VA_ARGS__ END }
#define RESULT FIELD(I32, "result", u.wait.result),
#define FLAGS FIELD(U8, "flags", u.wait.flags),
#define MUTEX FIELD(U64, "mutex", u.wait.mutex),
#define STACK COUNTED(U64S, "stack", u.wait.stack, u.wait.n_stack),
#define WAITERS(name) FIELD(U32, name, u.wait.waiters),

WAIT_BEGIN(cond_wait, "cond", LOCK_CONDITION, MUTEX FLAGS);
WAIT_END(cond_wait, "cond", LOCK_CONDITION, MUTEX RESULT);
SIGNAL(cond_signal, "cond", LOCK_CONDITION, WAITERS("waiters"));
WAIT_BEGIN(barrier, "barrier", LOCK_BARRIER, );
WAIT_END(barrier, "barrier", LOCK_BARRIER, RESULT);
WAIT_BEGIN(sem_wait, "sem", LOCK_SEMAPHORE, FLAGS);
WAIT_END(sem_wait, "sem", LOCK_SEMAPHORE, FLAGS RESULT);
SIGNAL(sem_post, "sem", LOCK_SEMAPHORE, FIELD(I32, "value", u.wait.result),);
WAIT_BEGIN(once, "once", LOCK_ONCE, FIELD(U64, "routine", u.wait.mutex),);
WAIT_END(once, "once", LOCK_ONCE, FIELD(I32, "ran", u.wait.result),);
WAIT_BEGIN(futex_wait, "address", LOCK_FUTEX, STACK);
WAIT_END(futex_wait, "address", LOCK_FUTEX, RESULT);
SIGNAL(futex_wake, "address", LOCK_FUTEX, WAITERS("woken"));

LIST(io_begin) = { ENUM("op", u.io.op, IO_NOPS), FIELD(I32, "fd", u.io.fd), ENUM("fd_kind", u.io.fd_kind, FD_NKINDS),
	FIELD(U64, "site", u.io.site), FIELD(NS, "begin_ns", u.io.begin_ns), END };
LIST(io_end) = { SET32(u.io.weight, 1), ENUM("op", u.io.op, IO_NOPS), FIELD(I32, "fd", u.io.fd),
	ENUM("fd_kind", u.io.fd_kind, FD_NKINDS), FIELD(U64, "site", u.io.site), FIELD(NS, "begin_ns", u.io.begin_ns),
	FIELD(NS, "end_ns", u.io.end_ns), FIELD(I64, "bytes", u.io.bytes), FIELD(I32, "result", u.io.result),
	FIELD(U32, "weight", u.io.weight), END };
LIST(fd_open) = { FIELD(I32, "fd", u.io.fd), ENUM("fd_kind", u.io.fd_kind, FD_NKINDS), FIELD(TEXT, "target", u.io.target), END };
LIST(sleep_begin) = { FIELD(I64, "asked_ns", u.io.bytes), FIELD(U64, "site", u.io.site),
	FIELD(NS, "begin_ns", u.io.begin_ns), END };
LIST(sleep_end) = { FIELD(U64, "site", u.io.site), FIELD(NS, "begin_ns", u.io.begin_ns),
	FIELD(NS, "end_ns", u.io.end_ns), FIELD(I32, "result", u.io.result), END };

LIST(task_begin) = { FIELD(U64, "task", u.mark.to), FIELD(TEXT, "name", u.mark.name), END };
LIST(task_end) = { FIELD(U64, "task", u.mark.to), END };
LIST(task_switch) = { FIELD(U64, "from", u.mark.from), FIELD(U64, "to", u.mark.to), END };
LIST(mark) = { FIELD(TEXT, "name", u.mark.name), FIELD(I64, "value", u.mark.value), END };

LIST(board_process) = { FIELD(I32, "ppid", u.process.ppid), FIELD(NS, "begin_ns", u.process.begin_ns),
	FIELD(NS, "end_ns", u.process.end_ns),
	FIELD(TEXT, "executable", u.process.executable), ENUM("how", u.process.how, END_RUNNING + 1),
	FIELD(I32, "status", u.process.status), END };
LIST(board_thread) = { FIELD(U64, "start_routine", u.thread.start_routine),
	FIELD(NS, "begin_ns", u.thread.begin_ns), FIELD(NS, "end_ns", u.thread.end_ns),
	ENUM("how", u.thread.how, END_RUNNING + 1), FIELD(TEXT, "name", u.thread.name), END };
LIST(lock_stats) = { FIELD(U64, "address", u.stats.address), ENUM("kind", u.stats.kind, LOCK_NKINDS),
	ENUM("mode", u.stats.mode, LOCK_NMODES), FIELD(U64, "site", u.stats.site),
	FIELD(U64, "acquisitions", u.stats.acquisitions), FIELD(U64, "contended", u.stats.contended),
	FIELD(U64, "relocks", u.stats.relocks), FIELD(NS, "hold_ns", u.stats.hold_ns),
	FIELD(NS, "hold_max_ns", u.stats.hold_max_ns), FIELD(NS, "wait_ns", u.stats.wait_ns),
	FIELD(NS, "wait_max_ns", u.stats.wait_max_ns), FIELD(U64, "waits", u.stats.waits),
	FIELD(U64, "signals", u.stats.signals), FIELD(U64, "gave_up", u.stats.gave_up),
	FIELD(U64, "waits_told", u.stats.waits_told), FIELD(U64, "holds_told", u.stats.holds_told),
	FIXED(U32S, "failed", u.stats.failed, LOCK_NERRORS), END };
LIST(io_stats) = { ENUM("op", u.io_stats.op, IO_NOPS), ENUM("fd_kind", u.io_stats.fd_kind, FD_NKINDS),
	FIELD(U64, "calls", u.io_stats.calls), FIELD(U64, "told", u.io_stats.told),
	FIELD(U64, "bytes", u.io_stats.bytes), FIELD(NS, "wait_ns", u.io_stats.wait_ns), END };
LIST(thread_open) = { ENUM("in", u.open.in, IN_N), ENUM("kind", u.open.kind, IO_NOPS), ENUM("mode", u.open.mode, FD_NKINDS),
	FIELD(I32, "fd", u.open.fd), FIELD(I32, "owner", u.open.owner), FIELD(U64, "object", u.open.object),
	FIELD(U64, "object2", u.open.object2), FIELD(U64, "site", u.open.site),
	FIELD(NS, "since_ns", u.open.since_ns), END };
LIST(lock_open) = { SET32(u.lock.weight, 1), FIELD(U64, "address", u.lock.address), ENUM("kind", u.lock.kind, LOCK_NKINDS),
	ENUM("mode", u.lock.mode, LOCK_NMODES), FIELD(U64, "site", u.lock.site),
	FIELD(NS, "begin_ns", u.lock.begin_ns), END };
LIST(board_lost) = { FIELD(U64, "slots", u.lost.slots), FIELD(U64, "untabled", u.lost.untabled),
	FIELD(U64, "pending", u.lost.pending), FIELD(U64, "held", u.lost.held), FIELD(U64, "unheard", u.lost.unheard), END };

LIST(cpu_stats) = { FIELD(I32, "cpu", u.cpu_stats.cpu), FIELD(NS, "idle_ns", u.cpu_stats.idle_ns),
	FIELD(NS, "foreign_ns", u.cpu_stats.foreign_ns), END };

LIST(sched_switch) = { FIELD(I32, "prev_tid", tid), FIELD(I64, "prev_state", u.sched.prev_state),
	FIELD(I32, "next_tid", u.sched.next_tid), FIELD(TEXT, "prev_comm", u.sched.prev_comm),
	FIELD(TEXT, "next_comm", u.sched.next_comm), END };
LIST(sched_waking) = { FIELD(I32, "tid", u.task.tid), FIELD(I32, "target_cpu", u.task.target_cpu),
	FIELD(TEXT, "comm", u.task.comm), END };
LIST(sched_fork) = { FIELD(I32, "parent_tid", tid), FIELD(I32, "parent_pid", pid),
	FIELD(I32, "child_tid", u.task.tid), FIELD(I32, "child_pid", u.task.pid),
	FIELD(TEXT, "child_comm", u.task.comm), SET32(u.task.target_cpu, 0xffff), END };
LIST(sched_exec) = { FIELD(I32, "tid", u.task.tid), FIELD(TEXT, "filename", u.task.comm),
	SET32(u.task.target_cpu, 0xffff), END };
LIST(sched_exit) = { FIELD(I32, "tid", u.task.tid), FIELD(TEXT, "comm", u.task.comm),
	SET32(u.task.target_cpu, 0xffff), END };

LIST(module) = { FIELD(U64, "baddr", u.module.base), FIELD(U64, "memsz", u.module.bytes),
	FIELD(TEXT, "path", u.module.path), END };
LIST(module_build_id) = { FIELD(U64, "baddr", u.module.base),
	COUNTED(BYTES, "build_id", u.module.build_id, u.module.n_build_id), END };
LIST(module_told) = { FIELD(U64, "base", u.module.base), FIELD(U64, "bytes", u.module.bytes),
	FIELD(TEXT, "path", u.module.path),
	COUNTED(BYTES, "build_id", u.module.build_id, u.module.n_build_id), END };
LIST(module_gone) = { FIELD(U64, "baddr", u.module.base), END };

LIST(nothing) = { END };
LIST(wrapper_request) = { FIELD(U64, "mutex", u.lock.address), END };
LIST(wrapper_done) = { FIELD(U64, "mutex", u.lock.address), FIELD(I32, "status", u.lock.result), END };

#define UST(name, type, fields) { "holdup:" name, EVENT_##type, SOURCE_UST, fields }
#define BOARD(name, type, fields) { name, EVENT_##type, SOURCE_BOARD, fields }
#define SCHED(name, type, fields) { name, EVENT_##type, SOURCE_SCHED, fields }
#define LTTNG(name, type, fields) { "lttng_ust_" name, type, SOURCE_UST, fields }

const struct read_kind read_kinds[] = {
	UST("process_start", PROCESS_START, process_start),
	UST("process_end", PROCESS_END, process_end),
	UST("process_fork", PROCESS_FORK, process_fork),
	UST("thread_create", THREAD_CREATE, thread_create),
	UST("thread_start", THREAD_START, thread_start),
	UST("thread_exit", THREAD_EXIT, thread_exit),
	UST("thread_name", THREAD_NAME, thread_name),
	UST("thread_join_begin", JOIN_BEGIN, join_begin),
	UST("thread_join_end", JOIN_END, join_end),
	UST("lock_init", LOCK_INIT, lock_init),
	UST("lock_destroy", LOCK_DESTROY, lock_destroy),
	UST("lock_name", LOCK_NAME, lock_name),
	UST("lock_wait", LOCK_WAIT, lock_wait),
	UST("lock_held", LOCK_HELD, lock_held),
	UST("lock_failed", LOCK_FAILED, lock_failed),
	UST("lock_order", LOCK_ORDER, lock_order),
	UST("cond_wait_begin", WAIT_BEGIN, cond_wait_begin),
	UST("cond_wait_end", WAIT_END, cond_wait_end),
	UST("cond_signal", SIGNAL, cond_signal),
	UST("cond_broadcast", BROADCAST, cond_signal),
	UST("barrier_wait_begin", WAIT_BEGIN, barrier_begin),
	UST("barrier_wait_end", WAIT_END, barrier_end),
	UST("sem_wait_begin", WAIT_BEGIN, sem_wait_begin),
	UST("sem_wait_end", WAIT_END, sem_wait_end),
	UST("sem_post", SIGNAL, sem_post),
	UST("once_begin", WAIT_BEGIN, once_begin),
	UST("once_end", WAIT_END, once_end),
	UST("futex_wait_begin", WAIT_BEGIN, futex_wait_begin),
	UST("futex_wait_end", WAIT_END, futex_wait_end),
	UST("futex_wake", SIGNAL, futex_wake),
	UST("io_begin", IO_BEGIN, io_begin),
	UST("io_end", IO_END, io_end),
	UST("fd_open", FD_OPEN, fd_open),
	UST("sleep_begin", SLEEP_BEGIN, sleep_begin),
	UST("sleep_end", SLEEP_END, sleep_end),
	UST("task_begin", TASK_BEGIN, task_begin),
	UST("task_end", TASK_END, task_end),
	UST("task_switch", TASK_SWITCH, task_switch),
	UST("phase", PHASE, mark),
	UST("mark", MARK, mark),
	UST("module", MODULE, module_told),
	BOARD("board_process", BOARD_PROCESS, board_process),
	BOARD("board_thread", BOARD_THREAD, board_thread),
	BOARD("lock_stats", LOCK_STATS, lock_stats),
	BOARD("io_stats", IO_STATS, io_stats),
	BOARD("thread_open", THREAD_OPEN, thread_open),
	BOARD("lock_open", LOCK_OPEN, lock_open),
	BOARD("board_lost", BOARD_LOST, board_lost),
	BOARD("cpu_stats", CPU_STATS, cpu_stats),
	SCHED("sched_switch", SWITCH, sched_switch),
	SCHED("sched_waking", WAKING, sched_waking),
	SCHED("sched_wakeup_new", WAKEUP_NEW, sched_waking),
	SCHED("sched_wakeup", WAKING, sched_waking), /* after its sched_waking,
							where there is one */
	SCHED("sched_process_fork", SCHED_FORK, sched_fork),
	SCHED("sched_process_exec", SCHED_EXEC, sched_exec),
	SCHED("sched_process_exit", SCHED_EXIT, sched_exit),
	LTTNG("statedump:bin_info", EVENT_MODULE, module),
	LTTNG("statedump:build_id", EVENT_MODULE_BUILD_ID, module_build_id),
	LTTNG("lib:load", EVENT_MODULE, module),
	LTTNG("lib:build_id", EVENT_MODULE_BUILD_ID, module_build_id),
	LTTNG("lib:unload", EVENT_MODULE_GONE, module_gone),
	LTTNG("pthread:pthread_mutex_lock_req", READ_MUTEX_REQUEST, wrapper_request),
	LTTNG("pthread:pthread_mutex_lock_acq", READ_MUTEX_ACQUIRED, wrapper_done),
	LTTNG("pthread:pthread_mutex_trylock", READ_MUTEX_TRIED, wrapper_done),
	LTTNG("pthread:pthread_mutex_unlock", READ_MUTEX_RELEASED, wrapper_done),
	LTTNG("statedump:start", EVENT_NONE, nothing),
	LTTNG("statedump:end", EVENT_NONE, nothing),
	LTTNG("statedump:procname", EVENT_NONE, nothing),
	LTTNG("statedump:debug_link", EVENT_NONE, nothing),
	LTTNG("lib:debug_link", EVENT_NONE, nothing),
	LTTNG("dl:dlopen", EVENT_NONE, nothing),
	LTTNG("dl:dlmopen", EVENT_NONE, nothing),
	LTTNG("dl:dlclose", EVENT_NONE, nothing),
	{ NULL, 0, 0, NULL },
};
/* clang-format on */

const struct read_kind *read_kind_find(const char *name)
{
	for (const struct read_kind *kind = read_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

static bool fits(const struct read_kind *kind, const struct event *event)
{
	const uint8_t *bytes = (const uint8_t *)event;

	if (kind->type != (int)event->type)
		return false;
	for (const struct read_field *f = kind->fields; f->type != READ_END;
	     f++)
		if (f->type == READ_SET8 && bytes[f->offset] != f->more)
			return false;
	return true;
}

const struct read_kind *read_kind_of_event(const struct event *event)
{
	for (const struct read_kind *kind = read_kinds; kind->name; kind++)
		if (fits(kind, event))
			return kind;
	return NULL;
}

bool read_kind_allows(const struct read_kind *kind, const struct event *event)
{
	const uint8_t *bytes = (const uint8_t *)event;

	for (const struct read_field *f = kind->fields; f->type != READ_END;
	     f++)
		if (f->type == READ_U8 && f->more &&
		    bytes[f->offset] >= f->more)
			return false;
	/* What these are depends on what the thread is in. */
	if (event->type == EVENT_THREAD_OPEN && event->u.open.in != IN_IO)
		return event->u.open.kind < LOCK_NKINDS &&
		       event->u.open.mode < LOCK_NMODES;
	return true;
}
