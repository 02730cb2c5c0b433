/*
 * The report: everything that the analysis found out, as plain data.
 *
 * The one thing that passes from analysis to the renderers (text, JSON, HTML,
 * exports) and to plots/. Renderers scale units and lay out; they never sum,
 * divide or filter. All figures are defined in section 5 of the design.
 *
 * Times are ns; points in time are ns since the recording began. Locks,
 * threads and sites refer to each other by index into their arrays (-1: none).
 * Arrays are sorted by cost, dearest first, unless their comment says
 * otherwise. Everything belongs to the report and dies with report_free().
 */
#ifndef ANALYSIS_REPORT_H
#define ANALYSIS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracing/schema.h"

/* What a thread is doing, at every instant in exactly one of these. */
enum state {
	STATE_RUNNING,
	STATE_SPINNING,	 /* on a CPU inside a lock wait */
	STATE_PREEMPTED, /* runnable: lost its CPU */
	STATE_WOKEN,	 /* runnable: woken, no CPU yet */
	STATE_LOCK,
	STATE_COND,
	STATE_BARRIER,
	STATE_SEMAPHORE,
	STATE_JOIN,
	STATE_IO,
	STATE_SLEEP,
	STATE_OTHER, /* blocked, reason unknown */
	STATE_N,
};

/* "running", "spinning" ...: the words of text, JSON and plots. */
extern const char *const state_names[STATE_N];

enum bound {
	BOUND_NONE, /* never lived */
	BOUND_CPU,
	BOUND_LOCK,
	BOUND_IO,
	BOUND_IDLE,
	BOUND_MIXED,
	BOUND_N,
};

extern const char *const bound_names[BOUND_N];

enum sched_source {
	SCHED_NONE,
	SCHED_TASK,   /* switches of the recorded threads, no wakers */
	SCHED_SYSTEM, /* tracepoints */
};

/* What a hold is made of: states of its owner, and what nobody told. */
enum hold_part {
	HOLD_RUNNING, /* and spinning */
	HOLD_PREEMPTED,
	HOLD_WOKEN,
	HOLD_IO,
	HOLD_LOCK, /* waits for another lock */
	HOLD_SLEEP,
	HOLD_OTHER, /* conditions, barriers, semaphores, joins, unknown */
	HOLD_UNRECORDED,
	HOLD_NPARTS,
};

extern const char *const hold_part_names[HOLD_NPARTS];

/* The words for the enums of tracing/schema.h. */
extern const char *const lock_kind_names[LOCK_NKINDS];
extern const char *const lock_error_names[LOCK_NERRORS];
extern const char *const io_op_names[IO_NOPS];
extern const char *const fd_kind_names[FD_NKINDS];

struct dist { /* durations; percentiles to 1 % */
	uint64_t count;
	uint64_t total, mean, p50, p90, p99, max;
	/* Log-linear counts for plots: n bins from low[i] on; NULL if empty. */
	uint32_t n_bins;
	uint64_t *bin_low_ns;
	uint64_t *bin_count;
};

/* A place in the code, as good as symbols allow. Text is never NULL. */
struct site {
	uint64_t address;
	int32_t pid;
	const char *function; /* "" unknown */
	const char *file;     /* "" unknown; base name */
	const char *path;     /* "" unknown; as the compiler saw it */
	int line;	      /* 0 unknown */
	const char *module;   /* base name of the binary, "" unknown */
	uint64_t offset;      /* in it */
	const char *text;     /* for people: "append (orders.c:77)" */
	bool wrapper; /* of a library, as std::mutex::lock: look at its caller
		       */
};

struct lock_site {
	int site;
	uint64_t acquisitions, contended;
	uint64_t wait_ns, hold_ns;
	int n_stack;
	const int *stack; /* sites, innermost first, of its longest wait told */
};

struct blame {
	int waiter, owner; /* threads; owner -1: handoff */
	int waiter_site, owner_site;
	uint64_t wait_ns;
	uint64_t count;
};

/* What owners of a lock blocked on while they held it, summed by place. */
struct held_wait {
	/* STATE_IO, _SLEEP, _LOCK, _COND ...; STATE_PREEMPTED: its owner gave
	 * its CPU away (sched_yield). */
	enum state state;
	uint8_t op;	 /* enum io_op, where STATE_IO */
	uint8_t fd_kind; /* enum fd_kind, where STATE_IO */
	int lock;	 /* the other lock or object, -1 none */
	int site;	 /* -1 unknown */
	uint64_t ns, count;
};

/*
 * A quantity over time, in `n` bins of `width_ns` from `begin_ns` on; `rows`
 * values a bin, values[bin * rows + row]. Sums over bins equal the figure.
 */
struct series {
	uint64_t begin_ns, width_ns;
	uint32_t n, rows;
	uint64_t *values;
};

/* What the labels of CPython's global interpreter lock begin with. */
#define NAMES_GIL "Python GIL"

struct lock {
	const char *id; /* PID:ADDRESS#GENERATION */
	int32_t pid;
	uint8_t kind; /* enum lock_kind */
	uint64_t address;
	const char *name;  /* by annotation, or NULL */
	const char *label; /* for people: "ledger (bank.c:41)" */
	uint32_t instances;
	uint32_t attributes; /* enum lock_attr */
	int init_site;	     /* -1 unknown */
	int first_site;	     /* of the first acquisition told, -1 unknown */
	int group;	     /* of report.groups that it belongs to */

	uint64_t acquisitions, contended;
	uint64_t read_acquisitions, write_acquisitions;
	uint64_t relocks;
	uint64_t cond_relocks; /* acquisitions by the return of a condition wait
				*/
	uint64_t waits, signals, posts;
	int mutex; /* of a condition: the one of its waits, -1 unknown */
	uint64_t spurious; /* waits that returned though nobody signalled */
	uint64_t stolen;   /* waits that began again as soon as they ended */
	uint64_t timed;	   /* condition waits that would end by themselves */
	uint64_t unheard;  /* signals and broadcasts while nobody waited */
	/* Waits woken by a broadcast whose thread went back to wait within 1 ms
	 * of its return, without a release of the mutex in between. */
	uint64_t rewaits;
	uint64_t rewait_ns; /* from the broadcasts until they waited again */
	/* Of a condition's newest signal or broadcast: 0 and -1 for never. */
	uint64_t last_signal_ns;
	int last_signal_thread, last_signal_site;
	bool last_unheard; /* nobody waited then, and none is known untold */
	uint64_t failed[LOCK_NERRORS];
	uint64_t gave_up;
	struct {
		uint64_t count;	  /* times it was destroyed while in use */
		int thread, site; /* by whom and where, the first time */
		int owner;	  /* thread that held it then, -1 unknown */
		int owner_site;	  /* where that took it, -1 unknown */
	} destroyed_held;
	uint64_t held_ns; /* time during which anybody held it */
	bool bound;	  /* losses touch its figures */
	bool sampled;	  /* distributions and blame are scaled from a sample */

	struct dist wait, hold;
	struct dist wait_by_mode[LOCK_NMODES];
	uint64_t hold_parts_ns[HOLD_NPARTS]; /* sums to hold.total */
	uint32_t queue_max;
	double queue_mean; /* over the time that anybody waited or held */
	uint64_t handoff_ns;
	uint64_t spin_ns; /* part of wait.total that waiters were on a CPU */
	size_t n_held_waits;
	struct held_wait *held_waits;

	size_t n_by_thread;
	struct {
		int thread;
		uint64_t acquisitions;
	} * by_thread;
	size_t n_sites;
	struct lock_site *sites;
	size_t n_blame;
	struct blame *blame; /* and handoff_ns sum to wait.total */

	uint64_t path_ns; /* its share of the critical path */

	/* For plots; n is 0 for locks without contention. */
	struct series queue; /* row 0: sum of waiters x time, 1: time held */
	struct series owner; /* row 0: who held longest in the bin: tid or 0 */
};

struct wait_span { /* one of the longest waits, for labels and arrows */
	uint64_t begin_ns, end_ns;
	enum state state;
	int lock;  /* -1: not for a lock */
	int waker; /* thread whose release or signal ended it, -1 unknown */
	uint64_t waker_ns; /* when; 0 unknown */
};

struct thread {
	int32_t pid, tid;
	const char *name;
	int creator;	/* thread, -1: unknown or the first of its process */
	int start_site; /* of the start routine, -1 unknown */
	int create_site;
	uint64_t begin_ns, end_ns;
	uint8_t end_how;	    /* enum end_how */
	uint64_t state_ns[STATE_N]; /* sums to end_ns - begin_ns */
	uint64_t voluntary, involuntary;
	enum bound bound;
	bool recorded; /* false: only the scheduler saw it */

	struct series states; /* STATE_N rows */
	size_t n_waits;
	struct wait_span *waits; /* longest ones, in order of begin_ns */
};

struct io_row {
	uint8_t op, fd_kind;
	const char *target; /* "" unknown */
	uint64_t count, bytes;
	struct dist wait;
	uint64_t under_lock_ns; /* while its thread held a lock */
};

/* From one holdup_phase() of a process to its next, or to its end. */
struct phase {
	const char *name;
	int32_t pid;
	uint64_t begin_ns, end_ns;
	uint64_t state_ns[STATE_N]; /* of the process' threads in it */
	double concurrency;	    /* threads running, on average */
	enum bound bound;
};

struct path_share {
	int index; /* enum state, lock or thread */
	uint64_t ns;
};

struct open_wait { /* had not ended when the trace did */
	int thread;
	enum state state;
	int lock;  /* -1 none */
	int owner; /* thread, -1 unknown */
	uint64_t since_ns, wait_ns;
	size_t n_held;
	const int *held; /* locks */
	int site;
};

struct open_hold { /* had not ended when its thread, or the trace, did */
	int lock, thread;
	int site; /* of the acquisition, -1 unknown */
	uint64_t since_ns, hold_ns;
	bool thread_ended;
};

struct order_edge {
	int first, second; /* locks */
	int first_site, second_site;
	int thread;
	bool reads; /* both in read mode: cannot block each other */
};

struct order_row {
	bool inversion;
	bool one_thread; /* every edge by the same thread: cannot deadlock */
	int guard;	 /* lock held around every edge, -1 none */
	size_t n_locks, n_edges;
	const int *locks;
	const struct order_edge *edges;
};

struct deadlock {
	size_t n;
	struct {
		int thread, lock, owner;
		int site, held_site;
	} * cycle;
};

struct what_if {
	const char *change;
	uint64_t predicted_ns;
	double speedup;
	uint64_t low_ns, high_ns; /* where calls to disk may overlap or not */
};

enum severity {
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
};

struct finding {
	const char *kind; /* "io-under-lock" ... of the design */
	enum severity severity;
	uint64_t cost_ns;
	double path_share; /* of the critical path, or < 0 if not known */
	int lock;	   /* -1 none */
	int thread;	   /* -1 none */
	const char *title;
	const char *evidence;
	const char *advice;
};

struct process {
	int32_t pid, ppid;
	const char *executable;
	bool recorded;	    /* false: no interposer in it */
	const char *reason; /* why not, or why not all of it; "": all is */
	uint8_t end_how;
	int32_t status;
};

struct replay;

struct report {
	/* The run. */
	struct {
		const char *trace;   /* directory, as given */
		const char *command; /* for people: one line */
		size_t argc;
		const char *const *argv;
		const char *host;
		const char *start; /* ISO 8601 */
		uint32_t cpus;
		uint64_t duration_ns;
		uint64_t begin_clock_ns; /* CLOCK_MONOTONIC of time 0 */
		int exit_status;	 /* -1 unknown */
		const char *ended; /* how the recording ended, "" in order */
		const char *not_entered; /* why the program is unrecorded, "" */
		const char *detail;	 /* "contended", "all", "" unknown */
		bool boards; /* its boards are there: counts are exact */
		enum sched_source scheduler;
		uint32_t budget;
		uint64_t buffer_bytes;	   /* for each CPU, 0 unknown */
		const char *scheduler_why; /* not a better one; "" it is */
		uint64_t buffer_needed;	   /* as the recorder says, 0 unknown */
		uint64_t lock_operations;
		uint64_t events, events_lost, sched_lost;
		uint64_t untold;    /* events that a thread had no room for */
		uint64_t unheard;   /* events before LTTng was ready for them */
		uint64_t uncounted; /* threads and acquisitions likewise */
		uint64_t refused;   /* events that could not follow */
		uint64_t unresolved; /* addresses without a name */
		bool truncated;
		bool threadless; /* events do not say which thread told them */
		size_t n_notes;
		const char *const *notes; /* caveats, a line each */
	} run;

	size_t n_processes;
	struct process *processes; /* in order of their start */
	size_t n_threads;
	struct thread *threads; /* in order of their start */
	size_t n_locks;
	struct lock *locks;
	size_t n_groups;
	struct lock *groups; /* locks with one label summed: what people read */
	size_t n_sites;
	struct site *sites; /* in no order */

	struct {
		size_t n_cpus;
		uint64_t *cpu_busy_ns; /* recorded threads, per CPU */
		uint64_t *cpu_idle_ns; /* with busy and foreign: the duration */
		uint64_t *cpu_foreign_ns; /* other programs, and idle time that
					   * nobody told of unless: */
		bool foreign_told;	  /* the recorder counted both apart */
		double cpu_share;	  /* busy / (CPUs x duration) */
		size_t n_concurrency;	  /* [i]: time with i threads running */
		uint64_t *concurrency_ns;
		size_t n_demand; /* [i]: time with i running or runnable */
		uint64_t *demand_ns;
		/*
		 * Of the time during which any thread ran or wanted to
		 * (demand 1 or more): the share in which one alone did,
		 * Amdahl's serial share as measured, and the threads that ran,
		 * on average. Time in which all are blocked is in neither: it
		 * is the critical path that says what they waited for. 0:
		 * never.
		 */
		double serial_share;
		double parallelism;
		enum bound bound;
		struct series states; /* STATE_N rows, over all threads */
		struct series cpus;   /* a row a CPU: busy time */
	} utilization;

	size_t n_phases;
	struct phase *phases; /* in order of their begin */

	size_t n_io;
	struct io_row *io;

	struct {
		uint64_t length_ns;
		uint64_t by_state_ns[STATE_N];
		size_t n_by_lock, n_by_thread;
		struct path_share *by_lock, *by_thread;
	} path;

	struct {
		uint64_t creations, creation_mean_ns, creation_p99_ns;
		/* Processes, and what the recording added to their start. */
		uint64_t starts, start_mean_ns;
		double switches_per_s;
		uint64_t lock_operation_ns; /* calibrated, uncontended pair */
		double events_per_s;
		uint64_t cost_per_event_ns; /* calibrated */
		double estimated_share;	    /* of the CPU time of the run */
		uint32_t baseline_runs;
		double slowdown; /* measured; < 0: not measured */
		double slowdown_low, slowdown_high; /* 95 % interval */
	} overhead;

	size_t n_order;
	struct order_row *order;
	size_t n_deadlocks;
	struct deadlock *deadlocks;
	struct replay *replay; /* the run, to be played again; NULL: none */
	double replay_error;   /* of it unchanged, of the time; < 0: none */
	size_t n_what_if;
	struct what_if *what_if;
	size_t n_unfinished;
	struct open_wait *unfinished;
	size_t n_open_holds;
	struct open_hold *open_holds;
	size_t n_findings;
	struct finding *findings;

	void *arena; /* struct arena of analysis/arena.h: owns all of this */
};

/* An empty report in an arena of its own: texts "", the unknown as unknown. */
struct report *report_new(void);

void report_free(struct report *report);

/* What programs that were not recorded used of the CPUs, in ns. */
double report_foreign(const struct report *report);

#endif
