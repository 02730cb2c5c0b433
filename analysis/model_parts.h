/*
 * What the files of the model share; nobody else includes this.
 *
 * How lateness is handled: each thread has a timeline (model_thread.c) of raw
 * scheduler segments and of covers, the calls that explain why it blocked. A
 * cover may be told after the fact, so the newer half of a timeline stays
 * unsettled; what is settled becomes pieces, each with one state, and is final.
 * Each lock has queues of told waits and holds (model_lock.c), settled in the
 * same manner into blame and queue depth. What comes later than that is
 * counted (`late`) and never changes what was settled.
 *
 * Times are ns of the events' clock. Threads, locks and sites are indices.
 */
#ifndef ANALYSIS_MODEL_PARTS_H
#define ANALYSIS_MODEL_PARTS_H

#include <glib.h>
#include <stdbool.h>

#include "analysis/hist.h"
#include "analysis/model.h"
#include "analysis/model_store.h"
#include "analysis/order.h"
#include "analysis/path.h"
#include "analysis/replay_tape.h"
#include "analysis/series.h"

#define NEVER	   UINT64_MAX
#define SKEW_MOST  1000000000ull /* of a payload against its ts */
#define APART_MOST 1000000ull /* ns between two words for one point in time */
#define RECENT	   256	      /* answers at hand; a power of two */
#define SETTLE_AT  256	      /* items of a timeline that make it settle */
#define KEEP_MOST  4096	      /* and those that force it to */

enum raw {
	RAW_UNKNOWN, /* the scheduler said nothing yet */
	RAW_ON,
	RAW_BLOCKED,
	RAW_PREEMPTED,
	RAW_WOKEN,
};

struct segment { /* lasts until the next one begins */
	uint64_t begin;
	int32_t waker; /* RAW_WOKEN: tid, 0 unknown */
	int16_t cpu;   /* -1 unknown */
	uint8_t raw;
};

struct cover {		     /* a call that may block */
	uint64_t begin, end; /* NEVER while open */
	int32_t lock, site;
	uint32_t call; /* its number */
	uint8_t state, op, fd_kind;
	bool timed_out; /* nobody ended it */
	bool guessed;	/* `end` is the latest that it can be */
};

struct piece { /* lasts until the next one begins */
	uint64_t begin;
	int32_t lock, site;
	uint32_t call; /* number of the cover that it is in, 0 none */
	int16_t cpu;
	uint8_t state, op, fd_kind;
	uint8_t in; /* state of the call that it is in, STATE_N none */
};

struct section { /* a hold, to be broken down by the states of its owner */
	uint64_t acquired, released;
	int32_t lock;
	uint32_t weight;
};

struct m_span { /* for wait_span */
	uint64_t begin, end, waker_ns;
	int32_t lock, waker; /* a tid */
	uint8_t state;
};

struct m_thread {
	int32_t pid, tid, index;
	int32_t earlier; /* the one that had this tid before, -1 none */
	char *name;
	int32_t creator; /* thread, -1 */
	int32_t start_site, create_site;
	uint64_t handle; /* pthread_t */
	uint64_t begin, end;
	uint8_t end_how;
	bool told;  /* by the program itself */
	bool child; /* of a recorded process, as the scheduler saw it */
	bool ended;
	bool gone;	/* it is over, `end` is final */
	bool outside;	/* the interposer is not in its program: as told */
	bool forgot;	/* what it did before its first word */
	bool gone_told; /* the scheduler saw it end */
	bool boarded;
	bool open_told; /* the board said what it was in at its end */

	uint64_t settled; /* all before is final */
	uint64_t half_ns; /* when half of what makes it settle was there */
	uint32_t limit;
	uint8_t raw; /* its newest segment's */
	struct queue segments, covers, pieces, sections;
	uint64_t forgotten_ns[STATE_N]; /* pieces before the path took them */
	uint64_t state_ns[STATE_N];
	uint64_t voluntary, involuntary;
	struct tally states;
	uint64_t under_lock_until;
	int is_running, is_wanting; /* as the edges say */
	uint64_t last_told;	    /* newest ts of an event of its own */

	/* Of its newest condition wait. */
	int32_t cond;
	uint64_t cond_end; /* 0: none, or it timed out */
	/* When it began to wait again though the mutex was its own all along
	 * since it was woken, 0 never. */
	uint64_t again;
	/* Of its newest wait that a broadcast ended, as settled. */
	int32_t roused;			   /* the condition */
	uint64_t roused_begin, roused_end; /* broadcast and return; 0 none */

	/* Of its newest lock_wait. */
	uint64_t wait_begin;
	int32_t wait_owner;
	uint8_t n_held, n_stack;
	uint64_t *held; /* HELD_MAX addresses */
	int32_t *stack; /* STACK_MAX sites */

	struct m_span *spans; /* a heap, shortest first */
	uint32_t n_spans;
	struct m_span span; /* the one that is being made */
	uint32_t span_call;
	struct enders *enders; /* of waits, NULL: none */
};

struct told_wait {
	uint64_t begin, end;
	int32_t thread, site;
	uint32_t weight;
	uint8_t mode;
	bool gave_up; /* it ended without what it waited for */
	bool again;   /* as in m_thread */
};

struct told_begin { /* of a wait that had not ended when it was told */
	uint64_t begin;
	int32_t thread;
};

struct told_hold { /* or, of objects, a wake-up: acquired == released */
	uint64_t acquired, released;
	int32_t thread, site;
	uint32_t weight;
	uint8_t mode; /* of wake-ups: 1: for all */
	bool used;
};

struct m_counts {
	uint64_t acquisitions, contended, relocks;
	uint64_t by_mode[LOCK_NMODES];
	uint64_t hold_ns, hold_max_ns, wait_ns, wait_max_ns;
	uint64_t waits, signals, gave_up;
	uint64_t waits_told, holds_told;
	uint64_t failed[LOCK_NERRORS];
	uint64_t cond_relocks;
	uint64_t spurious, stolen;
	uint64_t relock_waits, relock_wait_ns; /* for it, inside such a wait */
};

struct m_lock_site {
	int32_t site;
	struct m_counts told, board;
	uint64_t longest_ns;
	int32_t *stack;
	uint8_t n_stack;
};

struct m_detail { /* of locks that events told about */
	struct hist wait[LOCK_NMODES], hold;
	uint64_t parts[HOLD_NPARTS];
	uint64_t spin_ns;
	uint64_t blamed_ns;
	uint64_t told_wait_ns; /* finished waits, weighted */
	uint64_t uncovered_ns; /* waited for, and nobody held it */
	uint64_t busy_ns;      /* anybody held it, as told */
	uint64_t waiting_ns;   /* sum of waits as swept */
	uint64_t swept;	       /* all before went into the sums above */
	uint64_t half_ns;
	uint32_t limit;
	uint32_t queue_max;
	struct queue waits, holds, open;
	struct tally queue;
	struct reign owners;
};

struct m_signals { /* what became of a condition's wake-ups */
	uint64_t timed, unheard, rewaits, rewait_ns;
	uint64_t last_ns; /* of the newest one, 0 none */
	int32_t last_thread, last_site;
	bool last_unheard;
};

/* The end of a lock that may still be in use then. */
struct m_destroy {
	uint64_t ns, count; /* of those that failed: it was in use */
	int32_t thread, site;
	int32_t owner, owner_site; /* of the hold around it, -1 unknown */
};

struct m_lock {
	int32_t pid, index;
	uint64_t address;
	uint8_t kind;
	bool ended, touched;
	bool followed; /* by another generation */
	bool opened;   /* somebody waited or held when it ended */
	bool sampled;  /* an event of it stood for more than one */
	uint32_t generation;
	int32_t earlier; /* generation of this address, -1 */
	uint32_t attributes;
	int32_t init_site;
	int32_t mutex; /* of a condition: its waits' newest, -1 unknown */
	char *name;
	uint64_t named_ns;
	struct m_counts told, board;
	bool boarded;
	struct m_signals signals;
	GArray *sites; /* struct m_lock_site */
	struct m_detail *detail;
	struct m_destroy *destroy; /* or NULL */
	uint64_t ended_ns;
};

struct m_blame {
	int32_t lock, waiter, owner, waiter_site, owner_site;
	int32_t next; /* of its lock's list */
	uint64_t ns, count;
};

struct m_held_wait {
	int32_t lock; /* that was held */
	int32_t other, site;
	uint8_t state, op, fd_kind;
	uint64_t ns, count;
};

struct m_process {
	int32_t pid, ppid;
	char *executable;
	bool told, boarded, ended, child;
	uint8_t end_how;
	int32_t status;
	uint64_t begin, end; /* 0 unknown */
	int32_t ender;	     /* thread that ended it, -1 unknown */
	int32_t copied;	     /* its memory was that process'; 0: nobody's */
	uint64_t copied_ns;
	/* The program that it is: when its board began, and what its own first
	 * word says of that; whether its board has counted anything. */
	uint64_t board_ns, word_ns;
	bool counted;
	char *became; /* the newest program, by the scheduler */
	/* Since when it is that, or is at all: until its first word LTTng is at
	 * work in it. */
	uint64_t fresh_ns;
};

struct m_io {
	uint8_t op, fd_kind;
	const char *target; /* interned */
	uint64_t bytes, under_lock_ns;
	uint64_t untold; /* calls counted that no event told */
	struct hist wait;
};

struct m_io_board {
	uint64_t calls, told, bytes, wait_ns;
};

struct m_cpu {
	uint64_t since;
	int32_t tid; /* current, -1 unknown */
	bool seen;
	uint64_t busy_ns, idle_ns;
	uint64_t told_idle_ns, told_foreign_ns; /* by the recorder */
};

struct m_phase {
	int32_t pid;
	const char *name;    /* interned */
	uint64_t begin, end; /* NEVER while it lasts */
	uint64_t state_ns[STATE_N];
};

struct m_open {				   /* thread_open */
	int32_t thread, lock, owner, site; /* owner: a tid, 0 unknown */
	int32_t joined;			   /* thread, -1 unknown */
	uint8_t state;
	uint64_t since;
};

struct m_open_hold {
	int32_t thread, lock, site;
	uint8_t mode;
	uint64_t acquired;
};

struct recent {
	uint64_t a, b;
	uint32_t value;
};

struct model {
	struct model_options options;
	uint64_t begin, last; /* newest ts */
	uint64_t newest;      /* of all that happened */
	uint64_t newest_word; /* told by the program */
	bool told;	      /* the program has said something */
	bool begun;
	uint64_t from, to; /* the window; NEVER: no end */
	bool windowed;
	enum sched_source scheduler;

	GPtrArray *threads, *locks, *processes;
	GArray *sites;	      /* struct site_key */
	struct map thread_of; /* tid -> the newest */
	struct map handle_of; /* pthread_t, pid -> the newest */
	struct map create_of; /* the same -> index of creates */
	GArray *creates;      /* struct m_create */
	struct map lock_of;   /* pid, address -> the newest */
	struct map site_of, process_of;
	struct recent recent_threads[RECENT], recent_locks[RECENT];
	struct recent recent_sites[RECENT], recent_shares[RECENT];

	GArray *blames, *held_waits;
	struct map blame_of, held_wait_of, acquisitions_of;
	GArray *acquisitions; /* struct m_share */

	GPtrArray *io;
	struct map io_of, fd_of;
	GArray *targets; /* const char * by descriptor */
	struct m_io_board io_board[IO_NOPS][FD_NKINDS];
	bool io_boarded;

	GArray *cpus;
	struct tally cpu_busy, states;
	GArray *edges; /* struct timed: running, wanting */
	uint32_t edges_limit;
	uint64_t edges_done;
	/* Thread time of edges that came when theirs had been counted. */
	int64_t late_running_ns, late_wanting_ns;
	GArray *concurrency, *demand; /* uint64_t ns */
	int32_t n_running, n_wanting;

	GArray *phases;
	GArray *opens, *open_holds;
	struct hist creations;
	uint64_t starts, starts_ns; /* of processes, under the recording */
	struct path *path;
	struct order *order;
	struct tape *tape; /* or NULL */

	uint64_t events, refused, late, overlaps, lost_ust, lost_sched,
		lost_board;
	uint64_t untold;  /* events that threads had no room for */
	uint64_t unheard; /* events that LTTng was not ready to take */
	uint64_t switches;
	uint64_t series_bytes;
	uint32_t calls;
	GStringChunk *strings;
};

struct site_key {
	uint64_t address;
	int32_t pid;
};

struct m_create { /* told before its thread was */
	int32_t creator, site;
};

struct m_share {
	int32_t lock, thread;
	uint64_t told, board;
};

static inline struct m_thread *thread_at(const struct model *m, int32_t i)
{
	return m->threads->pdata[i];
}

static inline struct m_lock *lock_at(const struct model *m, int32_t i)
{
	return m->locks->pdata[i];
}

#include "analysis/model_timeline.h"

/* model_name.c: who is who */
/* Makes the bins of its states over time anew, from the window's begin on. */
void model_thread_bins(struct model *m, struct m_thread *t);
struct m_thread *model_thread(struct model *m, const struct event *e);
struct m_thread *model_task(struct model *m, int32_t tid, uint64_t ns);
/* Bins for one more series: fewer, then none, when there are very many. */
uint32_t model_bins(struct model *m, uint32_t bytes_a_bin);
struct m_thread *model_thread_new(struct model *m, int32_t pid, int32_t tid,
				  uint64_t ns);
struct m_thread *model_thread_find(struct model *m, int32_t tid);
struct m_process *model_process(struct model *m, int32_t pid);
/* One of whom the scheduler alone tells, though all of it is wanted. */
struct m_thread *model_outside(struct model *m, int32_t pid, int32_t tid);
struct m_process *model_process_find(const struct model *m, int32_t pid);
struct m_lock *model_lock(struct model *m, int32_t pid, uint64_t address,
			  uint8_t kind, uint64_t ns);
struct m_lock *model_lock_next(struct model *m, struct m_lock *lock);
int32_t model_site(struct model *m, int32_t pid, uint64_t address);
struct m_lock_site *model_lock_site(struct m_lock *lock, int32_t site);
struct m_share *model_share(struct model *m, int32_t lock, int32_t thread);
struct m_detail *model_detail(struct model *m, struct m_lock *lock);

/* One thread ended the wait of another: for the path, and the tape. */
void model_hop(struct model *m, const struct hop *hop);

/* model_hold.c: what settled pieces mean for holds and sums */
void piece_count(struct model *m, struct m_thread *t, const struct piece *p,
		 uint64_t end, int32_t waker, const struct cover *cover);
/* The last piece that begins at `ns` or before; 0 if there is none. */
uint32_t piece_find(const struct m_thread *t, uint64_t ns);
/* The thread is over: so are its edges and its span. */
void piece_stop(struct model *m, struct m_thread *t);
void sections_settle(struct model *m, struct m_thread *t);

/* model_span.c: the longest waits */
void span_count(struct model *m, struct m_thread *t, const struct piece *p,
		uint64_t end, int32_t waker);
void span_finish(struct model *m, struct m_thread *t);
/* Another thread ended a wait. */
void span_hop(struct model *m, const struct hop *hop);

/* model_lock.c */
void model_lock_event(struct model *m, const struct event *e);
void lock_settle_all(struct model *m, struct m_lock *lock);
void lock_add_hold(struct model *m, struct m_lock *lock,
		   const struct told_hold *hold);
void lock_add_wait(struct model *m, struct m_lock *lock,
		   const struct told_wait *wait);
/* A wait for a lock that has ended, counted and queued. */
void lock_wait_done(struct model *m, struct m_lock *lock, struct m_thread *t,
		    const struct told_wait *w);
/* The stack that comes with a wait's begin, kept by its thread until it ends:
 * then it is its site's, where that wait is the longest. */
void stack_keep(struct model *m, struct m_thread *t, uint64_t begin,
		const uint64_t *stack, uint8_t most);
void stack_move(const struct m_thread *t, struct m_lock_site *site,
		uint64_t begin, uint64_t ns);
/* Waits that `thread` began before `ns` are no longer open. */
void lock_close_begin(struct m_lock *lock, int32_t thread, uint64_t ns);

/* model_blame.c */
void lock_settle(struct model *m, struct m_lock *lock, uint64_t until);
void blame_add(struct model *m, struct m_lock *lock, const struct told_wait *w,
	       int32_t owner, int32_t owner_site, uint64_t ns);

/* model_object.c: conditions, barriers, semaphores, once, futexes */
void model_object_event(struct model *m, const struct event *e);
void object_settle(struct model *m, struct m_lock *lock, uint64_t until);
bool is_object(uint8_t kind);

/* model_sched.c */
void model_sched_event(struct model *m, const struct event *e);
void model_cpus_finish(struct model *m, uint64_t end);
void model_edge(struct model *m, uint64_t ns, int32_t running, int32_t wanting);
void model_edges_press(struct model *m);
/* The last one: what came too late is made up for. */
void model_edges_finish(struct model *m, uint64_t until);

/* model_call.c: processes, threads, joins, I/O, sleeps */
void model_process_event(struct model *m, const struct event *e);
void model_thread_event(struct model *m, const struct event *e);
void model_call_event(struct model *m, const struct event *e);
void model_phase_event(struct model *m, const struct event *e);

/* The thread whose end was that of its process, NULL if nobody told of it. */
const struct m_thread *model_last_thread(const struct model *m, int32_t pid);

/* NULL for a number that no CPU has. */
struct m_cpu *model_cpu(struct model *m, int32_t cpu);

/* model_board.c */
void model_board_event(struct model *m, const struct event *e);

/* model_fill.c */
void model_fill(struct model *m, struct report *report);

#endif
