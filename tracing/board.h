/*
 * The board: what of a recorded process must survive its kill -9.
 *
 * Each process maps one file of its recording, shared with the recorder, and
 * writes into it with plain stores: what each thread is inside of, the locks
 * that it holds, its counts per lock and call site. The recorder reads it once
 * a second and when the process has ended. Nothing here is private to one side.
 *
 * Times that end in _ticks are TSC ticks where the session says that the TSC
 * can be used, else CLOCK_MONOTONIC ns; ns = ticks * ns_per_tick_q32 >> 32.
 *
 * Layout of a board file: one struct board_header, then regions handed out by
 * board_header.used and never given back: a struct board_slot for each thread
 * (with its first table behind it) and larger tables. Offsets are from the
 * start of the file. A region is populated before its first use, so that a
 * full file system is an error that the owner sees and not a SIGBUS.
 *
 * Written by one thread each: a slot and its tables by the thread itself,
 * header.used and the slot list by atomic operations. The recorder only reads;
 * what it reads of a live thread may be torn between fields, never within one.
 */
#ifndef TRACING_BOARD_H
#define TRACING_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracing/schema.h"

#define BOARD_MAGIC	   0x3164726f61624448ull
#define BOARD_VERSION	   1
#define BOARD_SESSION_FILE "session"
#define BOARD_IDS_SOCKET   ".ids" /* who asks gets /proc/thread-self */
#define BOARD_ALIGN	   4096
#define BOARD_HELD	   64 /* locks that a slot can name as held */
#define BOARD_FIRST_TABLE  32 /* entries of a slot's first table */
#define BOARD_IO_KINDS	   32 /* entries of a slot's table of I/O */
#define BOARD_COMM	   16
#define BOARD_LOSSES	   5 /* slots, untabled, pending, held, unheard */

/*
 * One per recording, in the directory of the boards, written by the recorder
 * and mapped read-only by every process.
 */
struct board_session {
	uint64_t magic;
	uint32_t version;
	uint8_t detail_all;
	uint8_t tsc_usable;
	uint8_t pad[2];
	/* Contended events a second and thread; 0: no limit. Lowered where
	 * events are lost. */
	_Atomic uint32_t budget;
	_Atomic uint32_t stopped; /* the recording is over: tell no more */
	_Atomic uint64_t ns_per_tick_q32; /* made more exact while it runs */
	/* Inode of the PID namespace that all ids are told in; 0: each tells
	 * its own. */
	uint64_t pid_space;
};

struct board_entry {   /* two cache lines: the first is all of a fast path */
	uint64_t lock; /* address; 0: free entry */
	uint64_t site;
	uint8_t kind; /* enum lock_kind */
	uint8_t mode; /* enum lock_mode */
	uint16_t pad;
	uint32_t waits_told; /* by events */
	uint64_t acquisitions;
	uint64_t contended;
	uint64_t relocks; /* inner ones of a recursive mutex */
	uint64_t hold_ticks;
	uint64_t hold_max_ticks;

	uint64_t wait_ns;
	uint64_t wait_max_ns;
	uint64_t waits;	  /* of a condition, barrier, semaphore, once, futex */
	uint64_t signals; /* signals and broadcasts, posts, wakes */
	uint32_t holds_told; /* by events */
	uint32_t failed[LOCK_NERRORS];
	uint32_t gave_up; /* waits that ended without the lock */
};

struct board_held {
	uint64_t lock;
	uint64_t acquired_ticks;
	uint64_t site;
	uint8_t kind;
	uint8_t mode;
	uint8_t pad[6];
};

struct board_io {
	uint8_t op;	 /* enum io_op */
	uint8_t fd_kind; /* enum fd_kind */
	uint8_t used;
	uint8_t pad[5];
	uint64_t calls;
	uint64_t told; /* by events */
	uint64_t bytes;
	uint64_t ns;
};

enum board_life {
	BOARD_FREE,
	BOARD_LIVE,
	BOARD_ENDED,
};

struct board_slot {
	_Atomic uint32_t life; /* enum board_life */
	int32_t tid;
	_Atomic uint64_t next; /* offset of the slot made before this one */
	uint64_t begin_ns;
	uint64_t end_ns;
	uint8_t end_how; /* enum end_how */
	uint8_t pad[7];
	uint64_t start_routine;
	char name[BOARD_COMM];

	/* What the thread is inside of; `in` is written last on the way in. */
	_Atomic uint32_t in; /* enum thread_in */
	uint8_t in_kind;     /* lock_kind, or io_op */
	uint8_t in_mode;     /* lock_mode, or fd_kind */
	uint8_t pad2[2];
	int32_t fd;
	int32_t owner_tid; /* of the lock, where the primitive knows it */
	uint64_t object;   /* lock, condition, thread joined ... */
	uint64_t object2;  /* mutex of a condition wait */
	uint64_t since_ns;
	uint64_t in_site;

	_Atomic uint64_t table; /* offset of the current table */
	uint32_t capacity;	/* its entries, a power of two */
	uint32_t entries;	/* in use */
	uint64_t untabled; /* acquisitions that found no room: lost counts */
	uint64_t pending_lost; /* events that found no room to wait in */
	uint64_t held_lost;    /* holds that found no room in `held` */
	uint64_t unheard;      /* events that LTTng had not yet asked for */

	_Atomic uint32_t n_held;
	uint32_t pad3;
	struct board_held held[BOARD_HELD];
	struct board_io io[BOARD_IO_KINDS];
};

struct board_header {
	uint64_t magic;
	uint32_t version;
	int32_t pid;
	int32_t ppid;
	uint32_t pad;
	uint64_t begin_ns;
	uint64_t bytes;		     /* size of the mapping */
	_Atomic uint64_t used;	     /* next free offset; beyond bytes: full */
	_Atomic uint64_t slots;	     /* offset of the newest slot, 0: none */
	_Atomic uint64_t slots_lost; /* threads that found no room */
	_Atomic uint32_t ended;	     /* enum end_how, once it ends in order */
	char executable[256];
};

#endif
