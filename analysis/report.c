#include "analysis/report.h"

#include "analysis/arena.h"

const char *const state_names[STATE_N] = {
	[STATE_RUNNING] = "running",	 [STATE_SPINNING] = "spinning",
	[STATE_PREEMPTED] = "preempted", [STATE_WOKEN] = "woken",
	[STATE_LOCK] = "lock",		 [STATE_COND] = "cond",
	[STATE_BARRIER] = "barrier",	 [STATE_SEMAPHORE] = "semaphore",
	[STATE_JOIN] = "join",		 [STATE_IO] = "io",
	[STATE_SLEEP] = "sleep",	 [STATE_OTHER] = "other",
};

const char *const bound_names[BOUND_N] = {
	[BOUND_NONE] = "none", [BOUND_CPU] = "cpu",   [BOUND_LOCK] = "lock",
	[BOUND_IO] = "io",     [BOUND_IDLE] = "idle", [BOUND_MIXED] = "mixed",
};

const char *const hold_part_names[HOLD_NPARTS] = {
	[HOLD_RUNNING] = "running", [HOLD_PREEMPTED] = "preempted",
	[HOLD_WOKEN] = "woken",	    [HOLD_IO] = "io",
	[HOLD_LOCK] = "lock",	    [HOLD_SLEEP] = "sleep",
	[HOLD_OTHER] = "other",	    [HOLD_UNRECORDED] = "unrecorded",
};

const char *const lock_kind_names[LOCK_NKINDS] = {
	[LOCK_MUTEX] = "mutex",		[LOCK_RWLOCK] = "rwlock",
	[LOCK_SPIN] = "spin",		[LOCK_SEMAPHORE] = "semaphore",
	[LOCK_CONDITION] = "condition", [LOCK_BARRIER] = "barrier",
	[LOCK_ONCE] = "once",		[LOCK_FUTEX] = "futex",
	[LOCK_ANNOTATED] = "annotated",
};

const char *const lock_error_names[LOCK_NERRORS] = {
	[LOCK_EBUSY] = "EBUSY",
	[LOCK_ETIMEDOUT] = "ETIMEDOUT",
	[LOCK_EDEADLK] = "EDEADLK",
	[LOCK_EPERM] = "EPERM",
	[LOCK_EOWNERDEAD] = "EOWNERDEAD",
	[LOCK_ENOTRECOVERABLE] = "ENOTRECOVERABLE",
};

const char *const io_op_names[IO_NOPS] = {
	[IO_READ] = "read",	      [IO_WRITE] = "write",
	[IO_RECV] = "recv",	      [IO_SEND] = "send",
	[IO_ACCEPT] = "accept",	      [IO_CONNECT] = "connect",
	[IO_POLL] = "poll",	      [IO_SELECT] = "select",
	[IO_EPOLL] = "epoll_wait",    [IO_FSYNC] = "fsync",
	[IO_FDATASYNC] = "fdatasync", [IO_SYNC_RANGE] = "sync_file_range",
	[IO_OPEN] = "open",	      [IO_CLOSE] = "close",
	[IO_FLOCK] = "flock",	      [IO_FCNTL_LOCK] = "fcntl lock",
	[IO_WAITPID] = "waitpid",     [IO_SENDFILE] = "sendfile",
	[IO_SYNC] = "sync",	      [IO_YIELD] = "sched_yield",
};

const char *const fd_kind_names[FD_NKINDS] = {
	[FD_UNKNOWN] = "unknown",     [FD_FILE] = "file",
	[FD_DIRECTORY] = "directory", [FD_PIPE] = "pipe",
	[FD_SOCKET] = "socket",	      [FD_TTY] = "tty",
	[FD_CHAR] = "char",	      [FD_BLOCK] = "block",
	[FD_EVENT] = "eventfd",	      [FD_TIMER] = "timerfd",
	[FD_SIGNAL] = "signalfd",     [FD_EPOLL] = "epoll",
	[FD_INOTIFY] = "inotify",     [FD_NONE] = "none",
};

struct report *report_new(void)
{
	struct arena *arena = arena_new();
	struct report *report = arena_array(arena, 1, sizeof(*report));

	report->arena = arena;
	report->run.trace = report->run.command = report->run.host = "";
	report->run.not_entered = "";
	report->run.start = report->run.ended = report->run.detail = "";
	report->run.scheduler_why = "";
	report->run.exit_status = -1;
	report->overhead.slowdown = -1;
	report->replay_error = -1;
	return report;
}

void report_free(struct report *report)
{
	if (report)
		arena_free(report->arena);
}

double report_foreign(const struct report *report)
{
	double sum = 0;

	for (size_t i = 0; i < report->utilization.n_cpus; i++)
		sum += (double)report->utilization.cpu_foreign_ns[i];
	return sum;
}
