/*
 * What the interposer keeps for each thread.
 *
 * `self.open` says that the thread is recorded and not inside of our own
 * bookkeeping; while it is 0, every interposed function only calls through.
 * That is so in threads of LTTng, in signal handlers that interrupt us, in a
 * thread that has ended. It brackets bookkeeping and events, never a real call.
 *
 * Only the thread itself (and its signal handlers) reads and writes this. What
 * a handler may interrupt without closing is ordered so that what the handler
 * adds it also takes away.
 */
#ifndef TRACING_INTERPOSER_THREAD_H
#define TRACING_INTERPOSER_THREAD_H

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "tracing/interposer/clock.h"
#include "tracing/interposer/module.h"
#include "tracing/interposer/process.h"

#define PENDING_MAX 256 /* memory that is touched only when it is needed */
#define BRIEF_SHIFT 4	/* a sixteenth of the budget for what is brief */

enum thread_life {
	THREAD_NEW,
	THREAD_LIVE,
	THREAD_FOREIGN, /* LTTng's own */
	THREAD_LOST,	/* no room for it on the board */
	THREAD_ENDED,
};

/* Beside board_slot.held: what the recorder need not see of a hold. */
struct section {
	struct board_entry *entry;
	uint64_t wait_begin_ticks; /* set where it waited */
	union {
		struct {
			uint32_t weight; /* of the event of its wait */
			uint8_t flags;	 /* enum lock_flag */
			uint8_t waited;
		};
		uint64_t state; /* 0: nothing of all that */
	};
};

/* One rate of events: at most a tenth of the budget in each tenth of a second,
 * beyond that one in `every`, drawn at random. */
struct budget {
	uint64_t end_ticks;
	uint32_t shift; /* its limit is the usual one, halved so often */
	uint32_t limit; /* in each such span of time */
	uint32_t seen;
	uint32_t told;
	uint32_t every;
	uint32_t countdown;
	uint32_t random;
};

struct pending; /* tell.h */

/* The bulky part, in memory of our own: TLS counts against small stacks. */
struct thread_more {
	struct thread_more *next; /* in the list of free ones */

	/* Set by the creator for the child. */
	void *(*routine)(void *);
	void *argument;
	uint64_t created_ns;
	int32_t creator_tid;
	uint8_t is_foreign;

	struct section section[BOARD_HELD];
	struct budget locks;
	struct budget brief; /* locks held so briefly that events disturb */
	struct budget io;
	uint64_t stack_next_ticks;
	uint32_t n_pending;
	struct pending *pending; /* [PENDING_MAX], right behind */
};

#define THREAD_PLAIN 1 /* .plain: open, and nothing asks for attention */

struct thread {
	union {
		struct {
			uint32_t open;
			uint32_t attention; /* 0: the plain end of a hold tells
					       nothing */
		};
		uint64_t plain; /* both, for one look */
	};
	uint8_t life; /* enum thread_life */
	uint8_t end_how;
	uint8_t end_rounds;
	uint8_t in_vfork;
	int32_t tid;
	uint32_t pending; /* more->n_pending != 0 */
	uint32_t module;  /* where the last site was found, see module.c */
	/* The only lock that is held, where it was taken on the fast path and
	 * nothing has been done to it since; 0: look at the slot. */
	uint64_t top_lock;
	struct board_entry *top_entry;
	uint64_t top_ticks;
	struct board_slot *slot;
	struct board_entry *table;
	uint64_t table_mask;
	struct thread_more *more;
	int32_t outer_tid; /* what it is told as, see ids.h */
};

extern __thread struct thread self
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/*
 * For whoever finds self.open at 0: takes a new thread in, unless `site` is
 * LTTng's. True when the thread is recorded and open now.
 */
bool thread_enter(uint64_t site);

/* As above, for the way in of any interposed function. */
static inline bool thread_is_open(uint64_t site)
{
	return likely(self.open) || thread_enter(site);
}

/* Closes the thread for our own work, with errno kept; then opens it again. */
struct closed {
	int kept_errno;
};
static inline struct closed thread_close(void)
{
	struct closed closed = { errno };

	self.open = 0;
	atomic_signal_fence(memory_order_seq_cst);
	return closed;
}

static inline void thread_open(struct closed closed)
{
	errno = closed.kept_errno;
	atomic_signal_fence(memory_order_seq_cst);
	self.open = self.life == THREAD_LIVE;
}

/* Tells the start of this thread. */
void thread_told_start(void);

/* Memory for a thread to be; NULL when there is none. */
struct thread_more *thread_more_new(void);
void thread_more_free(struct thread_more *more);

/* First function of a created thread: tells its start, calls its routine. */
void *thread_begin(void *more);
int thread_begin_c11(void *more);

/* Forgets the parent's thread, in the child after fork(). */
void thread_forked(void);

/* In a child process that cannot be recorded: nothing is, from here on. */
void thread_stray(void);

/* The thread ends now: nothing of it is recorded any more. */
void thread_end(int how);

/* tid of a pthread_t, 0: not known. */
int32_t thread_tid_of(pthread_t thread);

#endif
