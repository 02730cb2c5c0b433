#include "analysis/read_wrapper.h"

#include <glib.h>
#include <string.h>

#include "analysis/read_table.h"

struct thread {
	int32_t pid, tid;
	GArray *held;	 /* of struct hold */
	uint64_t wanted; /* the mutex that it asked for, 0: none */
	uint64_t request_ns;
	uint64_t wait_begin_ns; /* 0: it was free, as far as one can see */
	uint64_t site;
};

struct hold {
	uint64_t mutex, site;
	uint64_t wait_begin_ns, acquired_ns;
	uint64_t lost_ns; /* another thread had it from then on, 0: none */
	unsigned int depth;
	uint8_t flags;
};

struct mutex { /* by process and address */
	int32_t pid;
	uint64_t address;
	struct thread *owner; /* NULL: free */
};

struct read_wrapper {
	read_callback on_event;
	void *data;
	GHashTable *threads, *mutexes, *processes;
};

static guint thread_hash(gconstpointer key)
{
	const struct thread *thread = key;

	return (guint)thread->tid * 2654435761u ^ (guint)thread->pid;
}

static gboolean thread_equal(gconstpointer a, gconstpointer b)
{
	const struct thread *of_a = a, *of_b = b;

	return of_a->tid == of_b->tid && of_a->pid == of_b->pid;
}

static guint mutex_hash(gconstpointer key)
{
	const struct mutex *mutex = key;

	return (guint)(mutex->address >> 3) * 2654435761u ^ (guint)mutex->pid;
}

static gboolean mutex_equal(gconstpointer a, gconstpointer b)
{
	const struct mutex *of_a = a, *of_b = b;

	return of_a->address == of_b->address && of_a->pid == of_b->pid;
}

static void thread_free(void *data)
{
	struct thread *thread = data;

	g_array_free(thread->held, TRUE);
	g_free(thread);
}

/* Nobody tells when threads begin: it is when they are first heard of. */
static void tell_start(struct read_wrapper *wrapper, const struct event *event)
{
	struct event start = { .ts_ns = event->ts_ns,
			       .type = EVENT_PROCESS_START,
			       .pid = event->pid,
			       .tid = event->pid,
			       .cpu = event->cpu };

	if (g_hash_table_add(wrapper->processes, GINT_TO_POINTER(event->pid))) {
		start.u.process.detail_all = 1;
		start.u.process.begin_ns = event->ts_ns;
		start.u.process.executable = "";
		wrapper->on_event(wrapper->data, &start);
	}
	memset(&start.u, 0, sizeof(start.u));
	start.type = EVENT_THREAD_START;
	start.tid = event->tid;
	start.u.thread.begin_ns = event->ts_ns;
	start.u.thread.name = "";
	wrapper->on_event(wrapper->data, &start);
}

static struct thread *find_thread(struct read_wrapper *wrapper,
				  const struct event *event)
{
	struct thread key = { .pid = event->pid, .tid = event->tid };
	struct thread *thread = g_hash_table_lookup(wrapper->threads, &key);

	if (!thread) {
		thread = g_memdup2(&key, sizeof(key));
		thread->held = g_array_new(FALSE, TRUE, sizeof(struct hold));
		g_hash_table_add(wrapper->threads, thread);
		tell_start(wrapper, event);
	}
	return thread;
}

static struct mutex *find_mutex(struct read_wrapper *wrapper,
				const struct event *event)
{
	struct mutex key = { .pid = event->pid,
			     .address = event->u.lock.address };
	struct mutex *mutex = g_hash_table_lookup(wrapper->mutexes, &key);

	if (!mutex) {
		mutex = g_memdup2(&key, sizeof(key));
		g_hash_table_add(wrapper->mutexes, mutex);
	}
	return mutex;
}

static struct hold *find_hold(const struct thread *thread, uint64_t mutex)
{
	for (guint i = thread->held->len; i-- > 0;) {
		struct hold *hold =
			&g_array_index(thread->held, struct hold, i);

		if (hold->mutex == mutex)
			return hold;
	}
	return NULL;
}

/* An event of the same thread and time, about the same mutex. */
static struct event like(const struct event *event, enum event_type type)
{
	struct event made = { .ts_ns = event->ts_ns,
			      .type = type,
			      .pid = event->pid,
			      .tid = event->tid,
			      .cpu = event->cpu };

	made.u.lock.address = event->u.lock.address;
	made.u.lock.site = event->u.lock.site;
	made.u.lock.weight = 1;
	return made;
}

static void request(struct read_wrapper *wrapper, const struct event *event)
{
	struct thread *thread = find_thread(wrapper, event);
	const struct mutex *mutex = find_mutex(wrapper, event);
	struct event wait;

	thread->wanted = event->u.lock.address;
	thread->site = event->u.lock.site;
	thread->request_ns = event->ts_ns;
	thread->wait_begin_ns = 0;
	if (!mutex->owner || mutex->owner == thread)
		return;
	thread->wait_begin_ns = event->ts_ns;
	wait = like(event, EVENT_LOCK_WAIT);
	wait.u.lock.owner = mutex->owner->tid;
	wait.u.lock.begin_ns = event->ts_ns;
	wrapper->on_event(wrapper->data, &wait);
}

static void fail(struct read_wrapper *wrapper, const struct thread *thread,
		 const struct event *event, uint8_t flags)
{
	struct event failed = like(event, EVENT_LOCK_FAILED);

	failed.u.lock.flags = flags;
	failed.u.lock.result = event->u.lock.result;
	failed.u.lock.end_ns = event->ts_ns;
	if (!(flags & LOCK_TRY))
		failed.u.lock.wait_begin_ns = thread->wait_begin_ns;
	wrapper->on_event(wrapper->data, &failed);
}

static void acquire(struct read_wrapper *wrapper, const struct event *event,
		    uint8_t flags)
{
	struct thread *thread = find_thread(wrapper, event);
	struct mutex *mutex = find_mutex(wrapper, event);
	struct hold *again = find_hold(thread, event->u.lock.address);
	struct hold hold = { .mutex = event->u.lock.address,
			     .site = event->u.lock.site,
			     .acquired_ns = event->ts_ns,
			     .depth = 1,
			     .flags = flags };
	struct hold *other;

	if (!(flags & LOCK_TRY) && thread->wanted == hold.mutex) {
		hold.wait_begin_ns = thread->wait_begin_ns;
		thread->wanted = 0;
		if (!hold.site)
			hold.site = thread->site;
	}
	if (event->u.lock.result) {
		fail(wrapper, thread, event, flags);
		return;
	}
	if (again && mutex->owner == thread) {
		again->depth++;
		return;
	}
	/* Its release is told a little after the fact, or hidden in a wait. */
	if (mutex->owner && mutex->owner != thread) {
		other = find_hold(mutex->owner, hold.mutex);
		if (other && !other->lost_ns)
			other->lost_ns = event->ts_ns;
	}
	mutex->owner = thread;
	if (again)
		*again = hold;
	else
		g_array_append_val(thread->held, hold);
}

static void release(struct read_wrapper *wrapper, const struct event *event)
{
	struct thread *thread = find_thread(wrapper, event);
	struct mutex *mutex = find_mutex(wrapper, event);
	struct hold *hold = find_hold(thread, event->u.lock.address);
	struct event held = like(event, EVENT_LOCK_HELD);

	if (!hold || event->u.lock.result || --hold->depth)
		return;
	held.u.lock.site = hold->site;
	held.u.lock.flags = hold->flags;
	held.u.lock.wait_begin_ns = hold->wait_begin_ns;
	held.u.lock.begin_ns = hold->acquired_ns;
	held.u.lock.end_ns = hold->lost_ns ? hold->lost_ns : event->ts_ns;
	g_array_remove_index(
		thread->held,
		(guint)(hold - &g_array_index(thread->held, struct hold, 0)));
	if (mutex->owner == thread)
		mutex->owner = NULL;
	wrapper->on_event(wrapper->data, &held);
}

struct read_wrapper *read_wrapper_new(read_callback on_event, void *data)
{
	struct read_wrapper *wrapper = g_new0(struct read_wrapper, 1);

	wrapper->on_event = on_event;
	wrapper->data = data;
	wrapper->processes = g_hash_table_new(NULL, NULL);
	wrapper->threads = g_hash_table_new_full(thread_hash, thread_equal,
						 thread_free, NULL);
	wrapper->mutexes =
		g_hash_table_new_full(mutex_hash, mutex_equal, g_free, NULL);
	return wrapper;
}

void read_wrapper_free(struct read_wrapper *wrapper)
{
	if (!wrapper)
		return;
	g_hash_table_destroy(wrapper->mutexes);
	g_hash_table_destroy(wrapper->threads);
	g_hash_table_destroy(wrapper->processes);
	g_free(wrapper);
}

void read_wrapper_event(struct read_wrapper *wrapper, const struct event *event)
{
	switch ((int)event->type) {
	case READ_MUTEX_REQUEST:
		request(wrapper, event);
		break;
	case READ_MUTEX_ACQUIRED:
		acquire(wrapper, event, 0);
		break;
	case READ_MUTEX_TRIED:
		acquire(wrapper, event, LOCK_TRY);
		break;
	case READ_MUTEX_RELEASED:
		release(wrapper, event);
		break;
	default:
		break;
	}
}

static void tell_open(struct read_wrapper *wrapper, const struct thread *thread,
		      uint64_t end_ns)
{
	struct event open = { .ts_ns = end_ns,
			      .pid = thread->pid,
			      .tid = thread->tid,
			      .cpu = -1 };
	const struct mutex key = { .pid = thread->pid,
				   .address = thread->wanted };
	const struct mutex *mutex = g_hash_table_lookup(wrapper->mutexes, &key);

	for (guint i = 0; i < thread->held->len; i++) {
		const struct hold *hold =
			&g_array_index(thread->held, struct hold, i);

		open.type = EVENT_LOCK_OPEN;
		memset(&open.u, 0, sizeof(open.u));
		open.u.lock.address = hold->mutex;
		open.u.lock.site = hold->site;
		open.u.lock.begin_ns = hold->acquired_ns;
		open.u.lock.weight = 1;
		if (!hold->lost_ns)
			wrapper->on_event(wrapper->data, &open);
	}
	if (!thread->wanted)
		return;
	open.type = EVENT_THREAD_OPEN;
	memset(&open.u, 0, sizeof(open.u));
	open.u.open.in = IN_LOCK;
	open.u.open.kind = LOCK_MUTEX;
	open.u.open.object = thread->wanted;
	open.u.open.site = thread->site;
	open.u.open.since_ns = thread->request_ns;
	open.u.open.owner = mutex && mutex->owner ? mutex->owner->tid : 0;
	wrapper->on_event(wrapper->data, &open);
}

static gint by_tid(gconstpointer a, gconstpointer b)
{
	return ((const struct thread *)a)->tid -
	       ((const struct thread *)b)->tid;
}

void read_wrapper_end(struct read_wrapper *wrapper, uint64_t end_ns)
{
	g_autoptr(GList) threads =
		g_list_sort(g_hash_table_get_keys(wrapper->threads), by_tid);

	for (const GList *i = threads; i; i = i->next)
		tell_open(wrapper, i->data, end_ns);
}
