/*
 * The words of a holdup trace: what the recorder writes and the analysis reads.
 *
 * Plain C without LTTng, the only thing of tracing/ that other rooms include
 * (beside tracing/base/). All times are CLOCK_MONOTONIC ns, all sizes bytes.
 * Numbers in these enums are written into traces: append, never renumber.
 */
#ifndef TRACING_SCHEMA_H
#define TRACING_SCHEMA_H

/* Its macros of these names belong to a flock() that no system has: included
 * here, so that a later #include cannot bring them back. */
#include <fcntl.h>
#undef LOCK_READ
#undef LOCK_WRITE

#define SCHEMA_VERSION	1
#define SCHEMA_PROVIDER "holdup"

/* Files of a trace directory. */
#define SCHEMA_MANIFEST	 "holdup.json"
#define SCHEMA_UST_DIR	 "ust"	  /* LTTng-UST */
#define SCHEMA_SCHED_DIR "kernel" /* scheduler, in LTTng's kernel shape */
#define SCHEMA_BOARD_DIR "board"  /* lock_stats, thread_open ...: CTF, ours */

/* What a lock, or another object that threads wait for, is. */
enum lock_kind {
	LOCK_MUTEX,
	LOCK_RWLOCK,
	LOCK_SPIN,
	LOCK_SEMAPHORE,
	LOCK_CONDITION,
	LOCK_BARRIER,
	LOCK_ONCE,
	LOCK_FUTEX,
	LOCK_ANNOTATED, /* told by the annotation header */
	LOCK_NKINDS,
};

enum lock_mode {
	LOCK_WRITE, /* exclusive: all of a mutex or spin lock */
	LOCK_READ,
	LOCK_NMODES,
};

/* How a section or wait came to be: bits of `flags`. */
enum lock_flag {
	LOCK_TRY = 1 << 0,   /* by a try form */
	LOCK_TIMED = 1 << 1, /* by a timed form */
	/* Taken again by the return of a condition wait; of a condition wait:
	 * begun in such a section. */
	LOCK_RELOCK = 1 << 2,
	LOCK_TO_COND = 1 << 3, /* ended by the start of a condition wait */
	LOCK_WAITERS = 1 << 4, /* somebody waited during the section */
	LOCK_DIED = 1 << 5,    /* EOWNERDEAD: the owner before had died */
	LOCK_SAMPLED = 1 << 6, /* one of `weight` sections like it (budget) */
};

/* Attributes that lock_init tells, as bits. */
enum lock_attr {
	LOCK_RECURSIVE = 1 << 0,
	LOCK_ERRORCHECK = 1 << 1,
	LOCK_ADAPTIVE = 1 << 2,
	LOCK_ROBUST = 1 << 3,
	LOCK_SHARED = 1 << 4,  /* between processes */
	LOCK_INHERIT = 1 << 5, /* priority inheritance */
	LOCK_PROTECT = 1 << 6, /* priority ceiling */
	LOCK_PREFER_WRITER = 1 << 7,
};

/*
 * What a thread is inside of, as told by its own calls. What the scheduler adds
 * (running, preempted, woken) is the analysis' business.
 */
enum thread_in {
	IN_NOTHING,
	IN_LOCK,
	IN_COND,
	IN_BARRIER,
	IN_SEMAPHORE,
	IN_JOIN,
	IN_IO,
	IN_SLEEP,
	IN_ONCE,
	IN_FUTEX,
	IN_WAITPID, /* waits for a child process */
	IN_N,
};

enum io_op {
	IO_READ,
	IO_WRITE,
	IO_RECV,
	IO_SEND,
	IO_ACCEPT,
	IO_CONNECT,
	IO_POLL,
	IO_SELECT,
	IO_EPOLL,
	IO_FSYNC,
	IO_FDATASYNC,
	IO_SYNC_RANGE,
	IO_OPEN,
	IO_CLOSE,
	IO_FLOCK,
	IO_FCNTL_LOCK,
	IO_WAITPID,
	IO_SENDFILE,
	IO_SYNC,
	IO_YIELD, /* no I/O: the CPU given away, told where that lasted */
	IO_NOPS,
};

enum fd_kind {
	FD_UNKNOWN,
	FD_FILE,
	FD_DIRECTORY,
	FD_PIPE,
	FD_SOCKET,
	FD_TTY,
	FD_CHAR,
	FD_BLOCK,
	FD_EVENT,  /* eventfd */
	FD_TIMER,  /* timerfd */
	FD_SIGNAL, /* signalfd */
	FD_EPOLL,
	FD_INOTIFY,
	FD_NONE, /* the call has no descriptor, or many */
	FD_NKINDS,
};

/* How a thread or a process ended. */
enum end_how {
	END_UNKNOWN,
	END_RETURN, /* from its start routine, or of main */
	END_EXIT,   /* pthread_exit(), exit() */
	END_CANCEL,
	END_EXEC,
	END_SIGNAL,  /* process killed */
	END_GONE,    /* seen gone by the recorder, no word of its own */
	END_RUNNING, /* still there when the recording ended */
};

/* Errors that acquisitions end with, counted one by one. */
enum lock_error {
	LOCK_EBUSY,
	LOCK_ETIMEDOUT,
	LOCK_EDEADLK,
	LOCK_EPERM,
	LOCK_EOWNERDEAD,
	LOCK_ENOTRECOVERABLE,
	LOCK_NERRORS,
};

/* Environment of a recorded program, set by the recorder. */
#define ENV_BOARD  "HOLDUP_BOARD"  /* directory of the boards */
#define ENV_DETAIL "HOLDUP_DETAIL" /* "contended" or "all" */
#define ENV_BUDGET "HOLDUP_BUDGET" /* contended events a second and thread */

#define HELD_MAX  8  /* held locks that an event lists */
#define STACK_MAX 32 /* frames that an event lists */

#endif
