#include "workloads/coro.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "tracing/holdup.h"
#include "workloads/common.h"

struct coro { /* lies at the upper end of its stack */
	ucontext_t context;
	coro_fn *run;
	void *data;
	uint64_t id;
	uint64_t at_ns;	   /* when its sleep ends */
	struct coro *next; /* in a list */
};

struct list { /* first in, first out */
	struct coro *first, *last;
};

struct coros {
	char *stacks;
	size_t most, stack_bytes;
	int epoll, wake_fd;

	pthread_mutex_t lock;
	pthread_cond_t some_ready;
	size_t used, alive; /* protected by lock, as all below */
	struct coro *spare; /* ended ones */
	struct list ready;
	struct coro **heap; /* sleepers, the earliest first */
	size_t n_heap;
	unsigned idle; /* threads that wait for some_ready */
	bool polling;  /* one thread sits in epoll_wait() */
	uint64_t switches, next_id;
};

/* What a coroutine asked for when it gave its thread up. */
enum ask {
	ASK_YIELD,
	ASK_SLEEP,
	ASK_READABLE,
	ASK_END,
};

struct worker { /* one kernel thread */
	struct coros *coros;
	ucontext_t context;
	struct coro *current;
	enum ask ask;
	int fd;
};

static __thread struct worker *here;

/*
 * A coroutine may go on in another thread, so nobody may keep the address of
 * thread-local data over a switch: hence never inlined.
 */
static __attribute__((noinline)) struct worker *this_worker(void)
{
	__asm__ volatile("" : : : "memory");
	return here;
}

static void list_put(struct list *list, struct coro *coro)
{
	coro->next = NULL;
	if (list->last)
		list->last->next = coro;
	else
		list->first = coro;
	list->last = coro;
}

static struct coro *list_take(struct list *list)
{
	struct coro *coro = list->first;

	if (!coro)
		return NULL;
	list->first = coro->next;
	if (!list->first)
		list->last = NULL;
	return coro;
}

static void heap_put(struct coros *coros, struct coro *coro)
{
	struct coro **heap = coros->heap;
	size_t i = coros->n_heap++;

	for (; i > 0 && heap[(i - 1) / 2]->at_ns > coro->at_ns; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = coro;
}

static struct coro *heap_take(struct coros *coros)
{
	struct coro **heap = coros->heap;
	struct coro *first = heap[0], *last = heap[--coros->n_heap];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < coros->n_heap) {
		if (child + 1 < coros->n_heap &&
		    heap[child + 1]->at_ns < heap[child]->at_ns)
			child++;
		if (last->at_ns <= heap[child]->at_ns)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return first;
}

struct coros *coros_new(size_t most, size_t stack_bytes)
{
	struct coros *coros = must_alloc(1, sizeof(*coros));
	struct epoll_event event = { .events = EPOLLIN };

	coros->most = most;
	coros->stack_bytes = stack_bytes;
	coros->heap = must_alloc(most, sizeof(struct coro *));
	/* Memory is only taken for the pages that are touched. */
	coros->stacks =
		mmap(NULL, most * stack_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (coros->stacks == MAP_FAILED)
		die("stacks", errno);
	madvise(coros->stacks, most * stack_bytes, MADV_NOHUGEPAGE);
	coros->epoll = epoll_create1(EPOLL_CLOEXEC);
	coros->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (coros->epoll < 0 || coros->wake_fd < 0 ||
	    epoll_ctl(coros->epoll, EPOLL_CTL_ADD, coros->wake_fd, &event))
		die("epoll", errno);
	pthread_mutex_init(&coros->lock, NULL);
	pthread_cond_init(&coros->some_ready, NULL);
	return coros;
}

void coros_free(struct coros *coros)
{
	if (!coros)
		return;
	munmap(coros->stacks, coros->most * coros->stack_bytes);
	close(coros->epoll);
	close(coros->wake_fd);
	pthread_mutex_destroy(&coros->lock);
	pthread_cond_destroy(&coros->some_ready);
	free(coros->heap);
	free(coros);
}

static void wake_poller(struct coros *coros)
{
	uint64_t one = 1;

	if (coros->polling && write(coros->wake_fd, &one, sizeof(one)) < 0 &&
	    errno != EAGAIN)
		die("eventfd", errno);
}

/* Lets one thread know that there is something to run; under the lock. */
static void wake_one(struct coros *coros)
{
	if (coros->idle > 0)
		pthread_cond_signal(&coros->some_ready);
	else
		wake_poller(coros);
}

/* Back to the scheduler of this thread, to do there what was asked for. */
static void give_up(enum ask ask)
{
	struct worker *worker = this_worker();

	worker->ask = ask;
	swapcontext(&worker->current->context, &worker->context);
}

static void entry(void)
{
	struct coro *coro = this_worker()->current;

	coro->run(coro->data);
	give_up(ASK_END);
}

static struct coro *coro_place(struct coros *coros)
{
	struct coro *coro = coros->spare;

	if (coro) {
		coros->spare = coro->next;
		return coro;
	}
	if (coros->used == coros->most)
		die("too many coroutines", ENOMEM);
	coros->used++;
	return (struct coro *)(void *)(coros->stacks +
				       coros->used * coros->stack_bytes -
				       ((sizeof(*coro) + 63) & ~63UL));
}

/* Makes a context that begins in entry(), on the stack below `coro`. */
static void prepare(struct coro *coro, size_t stack_bytes)
{
	size_t below = stack_bytes - ((sizeof(*coro) + 63) & ~63UL);

	getcontext(&coro->context);
	coro->context.uc_stack.ss_sp = (char *)coro - below;
	coro->context.uc_stack.ss_size = below;
	makecontext(&coro->context, entry, 0);
}

void coro_spawn(struct coros *coros, coro_fn *run, void *data)
{
	struct coro *coro;

	pthread_mutex_lock(&coros->lock);
	coro = coro_place(coros);
	prepare(coro, coros->stack_bytes);
	coro->run = run;
	coro->data = data;
	coro->id = ++coros->next_id;
	coros->alive++;
	list_put(&coros->ready, coro);
	wake_one(coros);
	pthread_mutex_unlock(&coros->lock);
}

/* Puts the coroutine where it asked to be; under the lock. */
static void settle(struct worker *worker)
{
	struct coros *coros = worker->coros;
	struct coro *coro = worker->current;
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT,
				     .data.ptr = coro };

	worker->current = NULL;
	switch (worker->ask) {
	case ASK_YIELD:
		list_put(&coros->ready, coro);
		return;
	case ASK_SLEEP:
		heap_put(coros, coro);
		if (coros->heap[0] == coro)
			wake_poller(coros);
		return;
	case ASK_READABLE:
		if (epoll_ctl(coros->epoll, EPOLL_CTL_MOD, worker->fd,
			      &event) &&
		    epoll_ctl(coros->epoll, EPOLL_CTL_ADD, worker->fd, &event))
			die("epoll", errno);
		return;
	case ASK_END:
		coro->next = coros->spare;
		coros->spare = coro;
		if (--coros->alive == 0) {
			pthread_cond_broadcast(&coros->some_ready);
			wake_poller(coros);
		}
		return;
	}
}

static int patience_ms(const struct coros *coros)
{
	uint64_t now_ns = clock_ns();

	if (coros->n_heap == 0)
		return -1;
	if (coros->heap[0]->at_ns <= now_ns)
		return 0;
	return (int)((coros->heap[0]->at_ns - now_ns + MS - 1) / MS);
}

/* Waits for descriptors and times; the lock is held on entry and exit. */
static void poll_once(struct coros *coros)
{
	struct epoll_event events[64];
	int patience = patience_ms(coros);
	uint64_t now_ns, woken;
	int n;

	coros->polling = true;
	pthread_mutex_unlock(&coros->lock);
	n = epoll_wait(coros->epoll, events, 64, patience);
	pthread_mutex_lock(&coros->lock);
	coros->polling = false;
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr)
			list_put(&coros->ready, events[i].data.ptr);
		else if (read(coros->wake_fd, &woken, sizeof(woken)) < 0 &&
			 errno != EAGAIN)
			die("eventfd", errno);
	now_ns = clock_ns();
	while (coros->n_heap > 0 && coros->heap[0]->at_ns <= now_ns)
		list_put(&coros->ready, heap_take(coros));
	if (coros->ready.first && coros->ready.first->next)
		wake_one(coros);
}

static void run_one(struct worker *worker, struct coro *coro)
{
	struct coros *coros = worker->coros;

	coros->switches++;
	pthread_mutex_unlock(&coros->lock);
	worker->current = coro;
	holdup_task_switch(0, coro->id);
	swapcontext(&worker->context, &coro->context);
	holdup_task_switch(coro->id, 0);
	pthread_mutex_lock(&coros->lock);
	settle(worker);
}

static void *worker_run(void *arg)
{
	struct worker worker = { .coros = arg };
	struct coros *coros = arg;

	here = &worker;
	pthread_mutex_lock(&coros->lock);
	while (coros->alive > 0) {
		struct coro *coro = list_take(&coros->ready);

		if (coro) {
			run_one(&worker, coro);
		} else if (!coros->polling) {
			poll_once(coros);
		} else {
			coros->idle++;
			pthread_cond_wait(&coros->some_ready, &coros->lock);
			coros->idle--;
		}
	}
	pthread_mutex_unlock(&coros->lock);
	here = NULL;
	return NULL;
}

void coros_run(struct coros *coros, unsigned threads)
{
	pthread_t *others = must_alloc(threads, sizeof(*others));

	for (unsigned i = 1; i < threads; i++)
		others[i] = thread_start("coros", worker_run, coros);
	worker_run(coros);
	for (unsigned i = 1; i < threads; i++)
		thread_join(others[i]);
	free(others);
}

void coro_yield(void)
{
	give_up(ASK_YIELD);
}

void coro_sleep(uint64_t ns)
{
	this_worker()->current->at_ns = clock_ns() + ns;
	give_up(ASK_SLEEP);
}

void coro_wait_readable(int fd)
{
	this_worker()->fd = fd;
	give_up(ASK_READABLE);
}

uint64_t coros_switches(const struct coros *coros)
{
	return coros->switches;
}
