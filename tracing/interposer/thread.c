#include "tracing/interposer/thread.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "tracing/interposer/board.h"
#include "tracing/interposer/ids.h"
#include "tracing/interposer/privileges.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/sys.h"
#include "tracing/interposer/tell.h"

#define TABLE_TIDS 4096
#define END_ROUNDS 3 /* of thread-specific destructors that we wait for */
#define TAG_SHIFT  48
#define MORE_BYTES \
	(sizeof(struct thread_more) + sizeof(struct pending) * PENDING_MAX)

__thread struct thread self;

/*
 * pthread_t -> tid, lossy: a later thread may take the place. Both in one word,
 * so that nobody reads one thread's with another's: a pthread_t is an address
 * of 47 bits that ends in six zeros, a tid has 22 bits.
 */
#define TID_BITS 22
static _Atomic uint64_t tids[TABLE_TIDS];

/* Free struct thread_more: a pointer, with a count of pops in its top bits. */
static _Atomic uint64_t free_list;

static pthread_key_t end_key;
static _Atomic uint32_t end_key_made;

static struct thread_more *more_pop(void)
{
	uint64_t head = atomic_load_explicit(&free_list, memory_order_acquire);

	for (;;) {
		uint64_t at = head & (((uint64_t)1 << TAG_SHIFT) - 1);
		uint64_t tag = (head >> TAG_SHIFT) + 1;
		struct thread_more *more = (struct thread_more *)(uintptr_t)at;

		if (!more)
			return NULL;
		/* Its memory is never given back: reading `next` of one that
		 * another thread has just taken is harmless, the tag tells. */
		if (atomic_compare_exchange_weak_explicit(
			    &free_list, &head,
			    (uint64_t)(uintptr_t)more->next | tag << TAG_SHIFT,
			    memory_order_acquire, memory_order_acquire))
			return more;
	}
}

void thread_more_free(struct thread_more *more)
{
	uint64_t head = atomic_load_explicit(&free_list, memory_order_relaxed);
	const uint64_t mask = ((uint64_t)1 << TAG_SHIFT) - 1;

	do {
		more->next = (struct thread_more *)(uintptr_t)(head & mask);
	} while (!atomic_compare_exchange_weak_explicit(
		&free_list, &head, (uint64_t)(uintptr_t)more | (head & ~mask),
		memory_order_release, memory_order_relaxed));
}

struct thread_more *thread_more_new(void)
{
	struct thread_more *more = more_pop();
	long ret;

	if (more) {
		memset(more, 0, sizeof(*more));
	} else {
		ret = sys6(SYS_mmap, 0, MORE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (ret <= 0 && ret >= -4095)
			return NULL;
		more = (struct thread_more *)ret;
	}
	more->pending = (struct pending *)(more + 1);
	return more;
}

static uint32_t tid_place(uint64_t thread)
{
	return (uint32_t)((thread >> 6) * 0x9e3779b97f4a7c15ull >> 40) %
	       TABLE_TIDS;
}

static uint64_t tid_key(uint64_t thread)
{
	return thread >> 6 << TID_BITS;
}

static void tid_remember(void)
{
	uint64_t thread = (uint64_t)pthread_self();
	uint32_t tid = (uint32_t)self.outer_tid;

	if (tid >> TID_BITS)
		return; /* it is not known */
	atomic_store_explicit(&tids[tid_place(thread)], tid_key(thread) | tid,
			      memory_order_relaxed);
}

int32_t thread_tid_of(pthread_t thread)
{
	uint64_t key = tid_key((uint64_t)thread);
	uint64_t found = atomic_load_explicit(
		&tids[tid_place((uint64_t)thread)], memory_order_relaxed);

	return (found ^ key) >> TID_BITS ? 0 : (int32_t)(found ^ key);
}

/*
 * Runs with the other thread-specific destructors; comes back in their next
 * round while it can, so that it sees what they do.
 */
static void end_destructor(void *value)
{
	if (self.life != THREAD_LIVE)
		return;
	if (++self.end_rounds < END_ROUNDS &&
	    !pthread_setspecific(end_key, value))
		return;
	thread_end(self.end_how ? self.end_how : END_RETURN);
}

static void end_arm(void)
{
	uint32_t made =
		atomic_load_explicit(&end_key_made, memory_order_acquire);

	/* 0 not made, 1 being made, 2 made, 3 cannot be made. */
	if (made == 0 &&
	    atomic_compare_exchange_strong(&end_key_made, &made, 1)) {
		made = pthread_key_create(&end_key, end_destructor) ? 3 : 2;
		atomic_store_explicit(&end_key_made, made,
				      memory_order_release);
	}
	if (made == 2)
		pthread_setspecific(end_key, &self);
}

/* Gives the calling thread its place on the board. */
static bool begin(struct thread_more *more)
{
	self.tid = (int32_t)sys3(SYS_gettid, 0, 0, 0);
	self.outer_tid = ids_of_me(self.tid);
	self.more = more;
	self.slot = board_slot_new(self.outer_tid);
	if (!self.slot) {
		self.life = THREAD_LOST;
		return false;
	}
	self.table = board_table(self.slot);
	self.table_mask = self.slot->capacity - 1;
	self.end_how = END_UNKNOWN;
	self.end_rounds = 0;
	self.pending = 0;
	self.top_lock = 0;
	self.attention = process.detail_all;
	more->brief.shift = BRIEF_SHIFT;
	sys6(SYS_prctl, PR_GET_NAME, (long)self.slot->name, 0, 0, 0, 0);
	tid_remember();
	self.life = THREAD_LIVE;
	return true;
}

void thread_told_start(void)
{
	union fact fact = { .thread_start = {
				    .thread = (uint64_t)pthread_self(),
				    .creator_tid = self.more->creator_tid,
				    .start_routine = (uint64_t)(uintptr_t)
							     self.more->routine,
				    .created_ns = self.more->created_ns,
				    .name = self.slot->name,
			    } };

	tell(TELL_thread_start, &fact);
}

bool thread_enter(uint64_t site)
{
	struct closed closed;
	struct thread_more *more;

	if (self.in_vfork && process.pid == sys3(SYS_getpid, 0, 0, 0)) {
		self.in_vfork = 0;
		self.open = self.life == THREAD_LIVE;
		return self.open;
	}
	if (self.life != THREAD_NEW || self.in_vfork)
		return false;
	if (!real_start() || module_is_foreign(site))
		return false;
	self.life = THREAD_LOST; /* until it is in: no way back to here */
	if (!process_start()) {
		self.life = THREAD_NEW;
		return false;
	}
	closed = thread_close();
	more = thread_more_new();
	if (more && begin(more))
		end_arm();
	thread_open(closed);
	/* The first one is told after its process (process.c). */
	if (self.open && self.tid != process.pid)
		thread_told_start();
	return self.open;
}

void thread_forked(void)
{
	self.life = THREAD_NEW;
	self.open = 0;
	self.top_lock = 0;
	/* The rest of the parent's memory stays unused: other threads of the
	 * parent may have been at work on it when the copy was made. */
	atomic_store_explicit(&free_list, 0, memory_order_relaxed);
}

void thread_stray(void)
{
	self.life = THREAD_LOST;
	self.open = 0;
	process.telling = 0;
	atomic_store_explicit(&process.life, PROCESS_ENDED,
			      memory_order_release);
}

void thread_end(int how)
{
	union fact fact = { .thread_exit = { .how = (uint8_t)how } };
	struct thread_more *more = self.more;

	if (self.life != THREAD_LIVE)
		return;
	tell_now(TELL_thread_exit, &fact);
	self.open = 0;
	self.life = THREAD_ENDED;
	board_slot_end(self.slot, how, clock_now_ns());
	self.more = NULL;
	thread_more_free(more);
}

struct thread_run {
	bool returned;
};

static void run_end(struct thread_run *run)
{
	if (self.life == THREAD_FOREIGN)
		privileges_leave();
	if (run->returned)
		self.end_how = END_RETURN;
	else if (self.end_how != END_EXIT)
		self.end_how = END_CANCEL;
}

/* Takes a thread in that was created through us. */
static void adopt(struct thread_more *more)
{
	void *(*routine)(void *) = more->routine;
	struct closed closed;

	if (more->is_foreign ||
	    atomic_load_explicit(&process.life, memory_order_acquire) !=
		    PROCESS_LIVE) {
		self.life = more->is_foreign ? THREAD_FOREIGN : THREAD_LOST;
		if (more->is_foreign)
			privileges_join();
		thread_more_free(more);
		return;
	}
	closed = thread_close();
	if (begin(more)) {
		self.slot->start_routine = (uint64_t)(uintptr_t)routine;
		end_arm();
	} else {
		self.more = NULL;
		thread_more_free(more);
	}
	thread_open(closed);
	if (self.open)
		thread_told_start();
}

void *thread_begin(void *argument)
{
	struct thread_more *more = argument;
	void *(*routine)(void *) = more->routine;
	void *value = more->argument;
	struct thread_run run __attribute__((cleanup(run_end))) = { false };
	void *result;

	adopt(more);
	result = routine(value);
	run.returned = true;
	return result;
}

int thread_begin_c11(void *argument)
{
	struct thread_more *more = argument;
	thrd_start_t routine = (thrd_start_t)(void (*)(void))more->routine;
	void *value = more->argument;
	struct thread_run run __attribute__((cleanup(run_end))) = { false };
	int result;

	adopt(more);
	result = routine(value);
	run.returned = true;
	return result;
}
