#include "tracing/recorder/rings.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tracing/recorder/rings_decode.h"

#define RING_BYTES_ALL (64u << 20) /* for all CPUs together */
#define RING_BYTES_MAX (16u << 20) /* for each: 0.8 s at 200,000 switches/s */
#define RING_BYTES_MIN (16u << 10)
#define RECORD_MAX     1024 /* longer ones are not ours */

/* The inode of the first PID namespace, as the kernel has fixed it. */
#define FIRST_PID_NS 0xEFFFFFFCu

static const char *const point_names[N_POINTS] = {
	[POINT_SWITCH] = "sched_switch",
	[POINT_WAKING] = "sched_waking",
	[POINT_NEW] = "sched_wakeup_new",
};

struct ring {
	int fd; /* owns the ring; -1: CPU is absent */
	int more[N_POINTS];
	int runs; /* for RING_RUNS; -1: not recorded */
	struct perf_event_mmap_page *page;
	uint8_t *data;
	uint64_t head, tail; /* what is there, what was read */
	uint64_t last_ns;
	bool has_record; /* `record` is the next one, not yet handed over */
	struct ring_record record;
};

struct rings {
	uint32_t n;
	struct ring *rings;
	uint64_t bytes;
	bool is_system;
	struct point_layout points[N_POINTS];
	int epoll;
	bool is_closing; /* `closer` closes the tracepoints */
	pthread_t closer;
	uint64_t fetched_ns; /* heads were read at this time */
};

static int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	attr->size = sizeof(*attr);
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	return (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

/* The number that stands behind `key`. */
static bool number_after(const char *text, const char *key, uint32_t *out)
{
	const char *at = text ? strstr(text, key) : NULL;

	if (at)
		*out = (uint32_t)strtoul(at + strlen(key), NULL, 10);
	return at;
}

static bool parse_field(const char *format, const char *name, struct field *out)
{
	char *key = g_strdup_printf(" %s", name);
	const char *at = format;
	bool found = false;
	size_t n = strlen(key);

	while (!found && (at = strstr(at, key))) {
		at += n;
		if (*at != ';' && *at != '[')
			continue;
		found = number_after(at, "offset:", &out->at) &&
			number_after(at, "size:", &out->bytes);
	}
	g_free(key);
	return found;
}

static int read_layout(const char *tracefs, enum point point,
		       struct point_layout *layout, struct err *err)
{
	char *path = g_build_filename(tracefs, "events/sched",
				      point_names[point], "format", NULL);
	char *text = NULL;
	uint32_t id = 0;
	bool ok = g_file_get_contents(path, &text, NULL, NULL) &&
		  number_after(text, "ID: ", &id);

	if (ok && point == POINT_SWITCH)
		ok = parse_field(text, "prev_comm", &layout->prev_comm) &&
		     parse_field(text, "prev_pid", &layout->prev_pid) &&
		     parse_field(text, "prev_prio", &layout->prev_prio) &&
		     parse_field(text, "prev_state", &layout->prev_state) &&
		     parse_field(text, "next_comm", &layout->next_comm) &&
		     parse_field(text, "next_pid", &layout->next_pid) &&
		     parse_field(text, "next_prio", &layout->next_prio);
	else if (ok)
		ok = parse_field(text, "comm", &layout->comm) &&
		     parse_field(text, "pid", &layout->pid) &&
		     parse_field(text, "prio", &layout->prio) &&
		     parse_field(text, "target_cpu", &layout->cpu);
	layout->id = (uint16_t)id;
	if (!ok)
		err_set(err, "cannot read '%s'", path);
	g_free(text);
	g_free(path);
	return ok ? 0 : -1;
}

static struct rings *rings_new(uint64_t bytes)
{
	struct rings *rings = g_new0(struct rings, 1);

	rings->n = (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
	rings->rings = g_new0(struct ring, rings->n);
	rings->bytes = bytes;
	rings->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (uint32_t cpu = 0; cpu < rings->n; cpu++) {
		rings->rings[cpu].fd = rings->rings[cpu].runs = -1;
		for (int i = 0; i < N_POINTS; i++)
			rings->rings[cpu].more[i] = -1;
	}
	return rings;
}

static int ring_map(struct rings *rings, struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct epoll_event event = { .events = EPOLLIN };
	void *map = mmap(NULL, page + rings->bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED, ring->fd, 0);

	if (map == MAP_FAILED)
		return -1;
	ring->page = map;
	ring->data = (uint8_t *)map + page;
	epoll_ctl(rings->epoll, EPOLL_CTL_ADD, ring->fd, &event);
	return 0;
}

static int share_ring(int fd, const struct ring *ring)
{
	return fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd) ? -1
									: 0;
}

/*
 * A kernel was met whose tracepoints say nothing while some tasks are current,
 * a CPU's idle task among them: what runs after those seems to wait. The
 * kernel's own records of switches are written by the task that begins to run,
 * and leave none out.
 */
static int open_runs(struct ring *ring, uint32_t cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.context_switch = 1,
	};

	ring->runs = perf_open(&attr, -1, (int)cpu);
	return share_ring(ring->runs, ring);
}

/* Tasks, names and losses by a dummy event; the tracepoints share its ring. */
static int open_cpu_system(struct rings *rings, uint32_t cpu)
{
	struct ring *ring = &rings->rings[cpu];
	struct perf_event_attr base = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.task = 1,
		.comm = 1,
		.comm_exec = 1,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(rings->bytes / 2),
	};

	ring->fd = perf_open(&base, -1, (int)cpu);
	if (ring->fd < 0)
		return errno == ENODEV ? 0 : -1;
	if (ring_map(rings, ring))
		return -1;
	for (int i = 0; i < N_POINTS; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_TRACEPOINT,
			.config = rings->points[i].id,
			.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
				       PERF_SAMPLE_RAW,
			.sample_period = 1,
			.watermark = 1,
			.wakeup_watermark = (uint32_t)(rings->bytes / 2),
		};

		ring->more[i] = perf_open(&attr, -1, (int)cpu);
		if (share_ring(ring->more[i], ring))
			return -1;
	}
	return open_runs(ring, cpu);
}

static uint64_t system_bytes(void)
{
	uint64_t bytes = RING_BYTES_MAX;

	while (bytes > RING_BYTES_MIN &&
	       bytes * (uint64_t)sysconf(_SC_NPROCESSORS_CONF) > RING_BYTES_ALL)
		bytes /= 2;
	return bytes;
}

/* The tracepoints tell ids as they are outside of all PID namespaces. */
static bool ids_are_global(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino == FIRST_PID_NS;
}

struct rings *rings_open_system(const char *tracefs, struct err *err)
{
	struct rings *rings;

	if (!ids_are_global()) {
		err_set(err, "in a PID namespace (a container has one) the "
			     "tracepoints tell the ids from outside of it");
		return NULL;
	}
	if (!tracefs) {
		err_set(err, "the whole machine's takes root, or CAP_PERFMON "
			     "and a readable tracefs");
		return NULL;
	}
	rings = rings_new(system_bytes());
	rings->is_system = true;
	for (int i = 0; i < N_POINTS; i++)
		if (read_layout(tracefs, (enum point)i, &rings->points[i], err))
			goto failed;
	for (uint32_t cpu = 0; cpu < rings->n; cpu++)
		if (open_cpu_system(rings, cpu)) {
			err_errno(err, errno, "perf_event_open");
			goto failed;
		}
	return rings;
failed:
	rings_free(rings);
	return NULL;
}

static int open_cpu_task(struct rings *rings, pid_t pid, uint32_t cpu)
{
	struct ring *ring = &rings->rings[cpu];
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.inherit = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.context_switch = 1,
		.task = 1,
		.comm = 1,
		.comm_exec = 1,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(rings->bytes / 2),
	};

	ring->fd = perf_open(&attr, pid, (int)cpu);
	if (ring->fd < 0)
		return errno == ENODEV ? 0 : -1;
	return ring_map(rings, ring);
}

/* The memory that a user may lock is little: take what can be had. */
struct rings *rings_open_task(pid_t pid, struct err *err)
{
	int why = 0;

	for (uint64_t bytes = 512u << 10; bytes >= RING_BYTES_MIN; bytes /= 2) {
		struct rings *rings = rings_new(bytes);
		uint32_t cpu = 0;

		while (cpu < rings->n && !open_cpu_task(rings, pid, cpu))
			cpu++;
		if (cpu == rings->n)
			return rings;
		why = errno;
		rings_free(rings);
		if (why != EPERM && why != ENOMEM)
			break;
	}
	err_errno(err, why, "perf_event_open");
	return NULL;
}

uint32_t rings_cpus(const struct rings *rings)
{
	return rings->n;
}

bool rings_has(const struct rings *rings, uint32_t cpu)
{
	return rings->rings[cpu].fd >= 0;
}

/* Moves to the next record that means something; false: none is there. */
static bool ring_fill(struct rings *rings, uint32_t cpu)
{
	struct ring *ring = &rings->rings[cpu];
	uint8_t wrapped[RECORD_MAX];

	while (!ring->has_record && ring->tail < ring->head) {
		uint64_t at = ring->tail & (rings->bytes - 1);
		const uint8_t *from = ring->data + at;
		struct perf_event_header header;

		/* Records are multiples of 8: a header never wraps. */
		memcpy(&header, from, sizeof(header));
		ring->tail += header.size;
		if (header.size > RECORD_MAX)
			continue;
		if (at + header.size > rings->bytes) {
			size_t first = rings->bytes - at;

			memcpy(wrapped, from, first);
			memcpy(wrapped + first, ring->data,
			       header.size - first);
			from = wrapped;
		}
		ring->record = (struct ring_record){ .cpu = cpu };
		rings_decode(rings->points, from, &ring->record);
		ring->has_record = ring->record.type != RING_NONE;
		if (ring->record.ts_ns < ring->last_ns)
			ring->record.ts_ns = ring->last_ns;
		ring->last_ns = ring->record.ts_ns;
	}
	return ring->has_record;
}

static void fetch_heads(struct rings *rings, uint64_t until_ns)
{
	if (rings->fetched_ns == until_ns)
		return;
	rings->fetched_ns = until_ns;
	for (uint32_t cpu = 0; cpu < rings->n; cpu++) {
		struct ring *ring = &rings->rings[cpu];

		if (ring->page)
			ring->head = __atomic_load_n(&ring->page->data_head,
						     __ATOMIC_ACQUIRE);
	}
}

bool rings_next(struct rings *rings, uint64_t until_ns,
		struct ring_record *record)
{
	struct ring *oldest = NULL;

	fetch_heads(rings, until_ns);
	for (uint32_t cpu = 0; cpu < rings->n; cpu++) {
		struct ring *ring = &rings->rings[cpu];

		if (!ring->page || !ring_fill(rings, cpu) ||
		    ring->record.ts_ns >= until_ns)
			continue;
		if (!oldest || ring->record.ts_ns < oldest->record.ts_ns)
			oldest = ring;
	}
	if (!oldest)
		return false;
	*record = oldest->record;
	oldest->has_record = false;
	return true;
}

void rings_trust(struct rings *rings, uint32_t cpu, bool trusted)
{
	if (rings->rings[cpu].runs >= 0)
		ioctl(rings->rings[cpu].runs,
		      trusted ? PERF_EVENT_IOC_DISABLE : PERF_EVENT_IOC_ENABLE,
		      0);
}

void rings_release(struct rings *rings)
{
	for (uint32_t cpu = 0; cpu < rings->n; cpu++) {
		struct ring *ring = &rings->rings[cpu];

		if (ring->page)
			__atomic_store_n(&ring->page->data_tail, ring->tail,
					 __ATOMIC_RELEASE);
	}
}

int rings_fd(const struct rings *rings)
{
	return rings->epoll;
}

static void *close_points(void *data)
{
	const struct rings *rings = data;

	for (uint32_t cpu = 0; cpu < rings->n; cpu++) {
		for (int i = 0; i < N_POINTS; i++)
			if (rings->rings[cpu].more[i] >= 0)
				close(rings->rings[cpu].more[i]);
		if (rings->rings[cpu].runs >= 0)
			close(rings->rings[cpu].runs);
	}
	return NULL;
}

void rings_stop(struct rings *rings)
{
	for (uint32_t cpu = 0; cpu < rings->n; cpu++) {
		struct ring *ring = &rings->rings[cpu];

		if (ring->fd >= 0)
			ioctl(ring->fd, PERF_EVENT_IOC_DISABLE, 0);
		for (int i = 0; i < N_POINTS; i++)
			if (ring->more[i] >= 0)
				ioctl(ring->more[i], PERF_EVENT_IOC_DISABLE, 0);
		rings_trust(rings, cpu, true);
	}
	rings->is_closing =
		!pthread_create(&rings->closer, NULL, close_points, rings);
}

void rings_free(struct rings *rings)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!rings)
		return;
	if (rings->is_closing)
		pthread_join(rings->closer, NULL);
	else
		close_points(rings);
	for (uint32_t cpu = 0; cpu < rings->n; cpu++) {
		struct ring *ring = &rings->rings[cpu];

		if (ring->page)
			munmap(ring->page, page + rings->bytes);
		if (ring->fd >= 0)
			close(ring->fd);
	}
	if (rings->epoll >= 0)
		close(rings->epoll);
	g_free(rings->rings);
	g_free(rings);
}
