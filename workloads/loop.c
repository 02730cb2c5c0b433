#include "workloads/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "workloads/common.h"

struct watch { /* one descriptor, or one time */
	loop_fn *call;
	void *data;
	int fd;
	uint64_t at_ns;
};

struct loop {
	int epoll;
	size_t n_fds;	     /* descriptors waited for */
	struct watch **heap; /* times, the earliest first */
	size_t n_heap, heap_room;
	uint64_t sleeps, calls;
};

struct loop *loop_new(void)
{
	struct loop *loop = must_alloc(1, sizeof(*loop));

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		die("epoll", errno);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll);
	free(loop->heap);
	free(loop);
}

static struct watch *watch_new(loop_fn *call, void *data)
{
	struct watch *watch = must_alloc(1, sizeof(*watch));

	watch->call = call;
	watch->data = data;
	return watch;
}

void loop_readable(struct loop *loop, int fd, loop_fn *call, void *data)
{
	struct watch *watch = watch_new(call, data);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

	watch->fd = fd;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll", errno);
	loop->n_fds++;
}

static void swap(struct watch **a, struct watch **b)
{
	struct watch *kept = *a;

	*a = *b;
	*b = kept;
}

void loop_after(struct loop *loop, uint64_t ns, loop_fn *call, void *data)
{
	struct watch *watch = watch_new(call, data);
	size_t i = loop->n_heap;

	watch->at_ns = clock_ns() + ns;
	if (loop->n_heap == loop->heap_room) {
		loop->heap_room = loop->heap_room ? 2 * loop->heap_room : 64;
		loop->heap = realloc(loop->heap,
				     loop->heap_room * sizeof(struct watch *));
		if (!loop->heap)
			die("memory", ENOMEM);
	}
	loop->heap[loop->n_heap++] = watch;
	for (; i > 0 && loop->heap[(i - 1) / 2]->at_ns > watch->at_ns;
	     i = (i - 1) / 2)
		swap(&loop->heap[i], &loop->heap[(i - 1) / 2]);
}

static struct watch *take_earliest(struct loop *loop)
{
	struct watch *earliest = loop->heap[0];
	size_t i = 0, child;

	loop->heap[0] = loop->heap[--loop->n_heap];
	while ((child = 2 * i + 1) < loop->n_heap) {
		if (child + 1 < loop->n_heap &&
		    loop->heap[child + 1]->at_ns < loop->heap[child]->at_ns)
			child++;
		if (loop->heap[i]->at_ns <= loop->heap[child]->at_ns)
			break;
		swap(&loop->heap[i], &loop->heap[child]);
		i = child;
	}
	return earliest;
}

static void call_and_free(struct loop *loop, struct watch *watch)
{
	struct watch told = *watch;

	free(watch);
	loop->calls++;
	told.call(loop, told.data);
}

/* Milliseconds until the next time is due, rounded up; -1: none is set. */
static int patience_ms(const struct loop *loop)
{
	uint64_t now_ns = clock_ns();

	if (loop->n_heap == 0)
		return -1;
	if (loop->heap[0]->at_ns <= now_ns)
		return 0;
	return (int)((loop->heap[0]->at_ns - now_ns + MS - 1) / MS);
}

void loop_run(struct loop *loop)
{
	struct epoll_event events[64];

	while (loop->n_fds + loop->n_heap > 0) {
		int n = epoll_wait(loop->epoll, events, 64, patience_ms(loop));

		loop->sleeps++;
		for (int i = 0; i < n; i++) {
			struct watch *watch = events[i].data.ptr;

			epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
			loop->n_fds--;
			call_and_free(loop, watch);
		}
		while (loop->n_heap > 0 && loop->heap[0]->at_ns <= clock_ns())
			call_and_free(loop, take_earliest(loop));
	}
}

uint64_t loop_sleeps(const struct loop *loop)
{
	return loop->sleeps;
}

uint64_t loop_calls(const struct loop *loop)
{
	return loop->calls;
}
