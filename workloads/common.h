/*
 * What every workload shares: its options, its clock, its result.
 *
 * A workload is a program that shows one effect of concurrency. It has
 * variants (the wrong way and the right ones), knows its own right answer,
 * and prints "key: value" lines, the last of them "result: right" or
 * "result: wrong". Exit status: 0 right, 1 wrong, 2 usage, 3 cannot run.
 * Times are CLOCK_MONOTONIC ns.
 */
#ifndef WORKLOADS_COMMON_H
#define WORKLOADS_COMMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define MS 1000000ULL	 /* ns */
#define S  1000000000ULL /* ns */

struct run { /* what was asked for */
	const char *variant;
	unsigned threads;
	unsigned tasks;
	double scale; /* multiplies durations and amounts of work */
	uint64_t seed;
	const struct workload *workload;
	double *knobs; /* beside workload->knobs */
};

struct variant {
	const char *name;
	const char *what;
	bool (*run)(const struct run *run); /* true: the result is right */
};

struct knob { /* an option of one workload alone: --set NAME=VALUE */
	const char *name;
	double value; /* unless set */
	const char *what;
};

struct workload {
	const char *name;
	const char *what;
	unsigned threads, tasks;	/* unless set */
	const struct variant *variants; /* ends with a NULL name; first: the
					   default */
	const struct knob *knobs;	/* ends with a NULL name; may be NULL */
};

/* The main() of every workload: reads options, runs the variant, tells. */
int workload_main(const struct workload *workload, int argc, char **argv);

double knob(const struct run *run, const char *name);

/* `ns` times the scale, at least 1. */
uint64_t scaled_ns(const struct run *run, uint64_t ns);
uint64_t scaled_count(const struct run *run, uint64_t count);

/* Print a "key: value" line. */
void tell_count(const char *key, uint64_t value);
void tell_real(const char *key, double value);
void tell_text(const char *key, const char *value);

uint64_t clock_ns(void);
uint64_t cpu_ns(void);	       /* CPU time of this thread */
uint64_t process_cpu_ns(void); /* of all threads so far */

/* Spends CPU: until this thread has used `ns` more of it; a fixed amount. */
void spend_cpu(uint64_t ns);
uint64_t churn(uint64_t rounds, uint64_t seed);

/* `ns` from now on CLOCK_REALTIME, as the timed forms of POSIX want it. */
struct timespec time_limit(uint64_t ns);

/* Sleeps, through signals. */
void pause_ns(uint64_t ns);

/*
 * Input that comes `ns` after it was asked for, as a disk or a peer would
 * bring it: a read() that blocks. timer_fd() makes the descriptor to wait on
 * in an event loop instead; it becomes readable once.
 */
void slow_read(uint64_t ns);
int timer_fd(uint64_t ns);

/* Bind the calling thread, or the process before it has threads, to a CPU. */
void pin_to_cpu(unsigned index);
unsigned cpus_online(void); /* that this process may use */

/*
 * KiB of memory in use by this process that are no file's; `own`: all that no
 * other process uses too.
 */
uint64_t memory_kib(bool own);

/* Counts how many are under way at once; processes share it too. */
struct flight {
	atomic_uint now, most;
};

struct flight *flight_new(void);
unsigned flight_enter(struct flight *flight); /* returns how many are now */
void flight_leave(struct flight *flight);
unsigned flight_most(struct flight *flight); /* were at once; frees it */

/* Threads that die where a program could not go on anyway. */
pthread_t thread_start(const char *name, void *(*routine)(void *), void *arg);
void thread_join(pthread_t thread);

/* A file on disk that loses its name at once, and so leaves nothing behind. */
int scratch_file(const char *name);

/*
 * A directory on disk for files of this run that need a name; removed by
 * scratch_clear(), and by a signal that ends the process.
 */
const char *scratch_dir(void);
int scratch_open(const char *name, int flags); /* created if need be */
void scratch_clear(void);

void *must_alloc(size_t n, size_t bytes); /* zeroed */
_Noreturn void die(const char *what, int number);

#endif
