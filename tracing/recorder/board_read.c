#include "tracing/recorder/board_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracing/recorder/clock.h"

#define CALIBRATE_NS 2000000 /* of the first measurement of the clocks */

/* What was told of one lock, call site and mode of a thread. */
struct told_lock {
	uint64_t lock, site;
	uint8_t kind, mode;
	struct board_counts counts; /* totals */
};

/* What was told of one thread. */
struct told_slot {
	int32_t tid;
	GHashTable *locks; /* set of struct told_lock */
	struct board_io io[BOARD_IO_KINDS];
	uint64_t lost[4];
};

struct board {
	char *name; /* of its file */
	struct board_header *header;
	uint64_t bytes;
	int pidfd;	   /* -1: it was gone at once */
	GHashTable *slots; /* offset -> struct told_slot */
	uint64_t slots_lost;
	bool is_seen; /* by the scan under way */
};

struct boards {
	char *dir;
	struct board_session *session;
	struct board_trace *trace;
	struct clock_pair first, last;
	GHashTable *live; /* name -> struct board */
	uint64_t processes, outlived, lost[4];
	pid_t main_pid;
	int main_status;
	bool is_last;
};

static guint told_hash(gconstpointer key)
{
	const struct told_lock *told = key;
	uint64_t mix = (told->lock ^ told->site * 0x9e3779b97f4a7c15ull) +
		       (uint64_t)told->kind * 31 + told->mode;

	return (guint)(mix * 0x9e3779b97f4a7c15ull >> 32);
}

static gboolean told_equal(gconstpointer a, gconstpointer b)
{
	const struct told_lock *left = a;
	const struct told_lock *right = b;

	return left->lock == right->lock && left->site == right->site &&
	       left->kind == right->kind && left->mode == right->mode;
}

static void told_slot_free(gpointer data)
{
	struct told_slot *told = data;

	g_hash_table_destroy(told->locks);
	g_free(told);
}

static void board_free(gpointer data)
{
	struct board *board = data;

	munmap(board->header, board->bytes);
	if (board->pidfd >= 0)
		close(board->pidfd);
	g_hash_table_destroy(board->slots);
	g_free(board->name);
	g_free(board);
}

static int make_session(struct boards *boards, bool detail_all, uint32_t budget,
			struct err *err)
{
	char *path = g_build_filename(boards->dir, BOARD_SESSION_FILE, NULL);
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
	bool ok = fd >= 0 && !fchmod(fd, 0644) &&
		  !ftruncate(fd, sizeof(struct board_session));
	void *map = ok ? mmap(NULL, sizeof(struct board_session),
			      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
		       : MAP_FAILED;

	if (map == MAP_FAILED)
		err_errno(err, errno, "cannot create '%s'", path);
	else
		boards->session = map;
	if (fd >= 0)
		close(fd);
	g_free(path);
	if (!boards->session)
		return -1;
	boards->session->version = BOARD_VERSION;
	boards->session->detail_all = detail_all;
	boards->session->budget = budget;
	boards->session->tsc_usable = clock_tsc_usable();
	boards->session->magic = BOARD_MAGIC;
	return 0;
}

/* The longer the two readings lie apart, the more exact the rate. */
static void calibrate(struct boards *boards)
{
	boards->last = clock_pair_read(boards->session->tsc_usable);
	atomic_store_explicit(&boards->session->ns_per_tick_q32,
			      clock_rate_q32(boards->first, boards->last),
			      memory_order_relaxed);
}

struct boards *boards_new(const char *dir, bool detail_all, uint32_t budget,
			  struct err *err)
{
	struct boards *boards = g_new0(struct boards, 1);
	const struct timespec nap = { 0, CALIBRATE_NS };

	boards->dir = g_strdup(dir);
	boards->live = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					     board_free);
	if (make_session(boards, detail_all, budget, err)) {
		boards_free(boards);
		return NULL;
	}
	boards->first = clock_pair_read(boards->session->tsc_usable);
	nanosleep(&nap, NULL);
	calibrate(boards);
	return boards;
}

void boards_set_budget(struct boards *boards, uint32_t budget)
{
	atomic_store_explicit(&boards->session->budget, budget,
			      memory_order_relaxed);
}

void boards_write_to(struct boards *boards, struct board_trace *trace)
{
	boards->trace = trace;
}

static uint64_t to_ns(const struct boards *boards, uint64_t ticks)
{
	return clock_ticks_to_ns(ticks, boards->session->ns_per_tick_q32);
}

/* When something happened that the TSC told. */
static uint64_t at_ns(const struct boards *boards, uint64_t ticks)
{
	if (!boards->session->tsc_usable)
		return ticks;
	if (ticks >= boards->last.ticks)
		return boards->last.ns +
		       to_ns(boards, ticks - boards->last.ticks);
	return boards->last.ns - to_ns(boards, boards->last.ticks - ticks);
}

/* Totals never shrink, though the rate of the clock may become a bit less. */
static void totals(const struct boards *boards, const struct board_entry *entry,
		   const struct board_counts *before, struct board_counts *now)
{
	*now = (struct board_counts){
		.acquisitions = entry->acquisitions,
		.contended = entry->contended,
		.relocks = entry->relocks,
		.hold_ns =
			MAX(to_ns(boards, entry->hold_ticks), before->hold_ns),
		.hold_max_ns = to_ns(boards, entry->hold_max_ticks),
		.wait_ns = entry->wait_ns,
		.wait_max_ns = entry->wait_max_ns,
		.waits = entry->waits,
		.signals = entry->signals,
		.gave_up = entry->gave_up,
		.waits_told = entry->waits_told,
		.holds_told = entry->holds_told,
	};
	memcpy(now->failed, entry->failed, sizeof(now->failed));
}

static bool is_same(const struct board_counts *a, const struct board_counts *b)
{
	return a->acquisitions == b->acquisitions &&
	       a->contended == b->contended && a->relocks == b->relocks &&
	       a->wait_ns == b->wait_ns && a->waits == b->waits &&
	       a->signals == b->signals && a->gave_up == b->gave_up &&
	       a->waits_told == b->waits_told &&
	       a->holds_told == b->holds_told && a->hold_ns == b->hold_ns &&
	       !memcmp(a->failed, b->failed, sizeof(a->failed));
}

static struct board_counts difference(const struct board_counts *now,
				      const struct board_counts *before)
{
	struct board_counts out = {
		.acquisitions = now->acquisitions - before->acquisitions,
		.contended = now->contended - before->contended,
		.relocks = now->relocks - before->relocks,
		.hold_ns = now->hold_ns - before->hold_ns,
		.hold_max_ns = now->hold_max_ns,
		.wait_ns = now->wait_ns - before->wait_ns,
		.wait_max_ns = now->wait_max_ns,
		.waits = now->waits - before->waits,
		.signals = now->signals - before->signals,
		.gave_up = now->gave_up - before->gave_up,
		.waits_told = (uint32_t)(now->waits_told - before->waits_told),
		.holds_told = (uint32_t)(now->holds_told - before->holds_told),
	};

	for (int i = 0; i < LOCK_NERRORS; i++)
		out.failed[i] = now->failed[i] - before->failed[i];
	return out;
}

static void read_entry(struct boards *boards, struct told_slot *told,
		       struct board_who who, const struct board_entry *entry)
{
	struct told_lock key = {
		.lock = entry->lock,
		.site = entry->site,
		.kind = entry->kind,
		.mode = entry->mode,
	};
	struct told_lock *before = g_hash_table_lookup(told->locks, &key);
	struct board_counts now, change;

	totals(boards, entry, before ? &before->counts : &key.counts, &now);
	if (before ? is_same(&now, &before->counts)
		   : is_same(&now, &key.counts))
		return;
	if (!before) {
		before = g_memdup2(&key, sizeof(key));
		g_hash_table_add(told->locks, before);
	}
	change = difference(&now, &before->counts);
	before->counts = now;
	board_trace_stats(boards->trace, who, entry, &change);
}

/* Whether `bytes` at `offset` lie within what the process has handed out. */
static const void *at_offset(const struct board *board, uint64_t offset,
			     uint64_t bytes)
{
	uint64_t used = atomic_load_explicit(&board->header->used,
					     memory_order_acquire);

	used = MIN(used, board->bytes);
	if (offset < sizeof(struct board_header) || offset > used ||
	    bytes > used - offset)
		return NULL;
	return (const char *)board->header + offset;
}

static void read_table(struct boards *boards, const struct board *board,
		       const struct board_slot *slot, struct told_slot *told,
		       struct board_who who)
{
	uint64_t capacity = *(const volatile uint32_t *)&slot->capacity;
	uint64_t offset;
	const struct board_entry *entries;

	/* Its table only grows: the capacity first, so that it fits. */
	atomic_thread_fence(memory_order_acquire);
	offset = atomic_load_explicit(&slot->table, memory_order_acquire);
	entries = at_offset(board, offset, capacity * sizeof(*entries));
	for (uint64_t i = 0; entries && i < capacity; i++)
		if (entries[i].lock)
			read_entry(boards, told, who, &entries[i]);
}

static void read_io(struct boards *boards, const struct board_slot *slot,
		    struct told_slot *told, struct board_who who)
{
	for (int i = 0; i < BOARD_IO_KINDS; i++) {
		struct board_io now = slot->io[i];
		struct board_io *before = &told->io[i];
		struct board_io change = now;

		if (!now.used ||
		    (now.calls == before->calls && now.ns == before->ns))
			continue;
		change.calls -= before->calls;
		change.told -= before->told;
		change.bytes -= before->bytes;
		change.ns -= before->ns;
		*before = now;
		board_trace_io(boards->trace, who, &change);
	}
}

static void tell_lost(struct boards *boards, struct board_who who,
		      const uint64_t now[4], uint64_t before[4])
{
	uint64_t change[4];
	uint64_t any = 0;

	for (int i = 0; i < 4; i++) {
		change[i] = now[i] - before[i];
		boards->lost[i] += change[i];
		any |= change[i];
		before[i] = now[i];
	}
	if (any)
		board_trace_lost(boards->trace, who, change);
}

static struct told_slot *told_of(struct board *board, uint64_t offset,
				 int32_t tid)
{
	gpointer key = GSIZE_TO_POINTER(offset);
	struct told_slot *told = g_hash_table_lookup(board->slots, key);

	if (told && told->tid == tid)
		return told;
	told = g_new0(struct told_slot, 1);
	told->tid = tid;
	told->locks =
		g_hash_table_new_full(told_hash, told_equal, g_free, NULL);
	g_hash_table_replace(board->slots, key, told);
	return told;
}

static void tell_held(struct boards *boards, const struct board_slot *slot,
		      struct board_who who)
{
	uint32_t n = atomic_load_explicit(&slot->n_held, memory_order_acquire);

	for (uint32_t i = 0; i < MIN(n, BOARD_HELD); i++)
		board_trace_held(boards->trace, who, &slot->held[i],
				 at_ns(boards, slot->held[i].acquired_ticks));
}

/* Writes what a thread was in the middle of. */
static void tell_open(struct boards *boards, const struct board_slot *slot,
		      struct board_who who)
{
	if (slot->in != IN_NOTHING)
		board_trace_open(boards->trace, who, slot);
	tell_held(boards, slot, who);
}

/* How a process ended, for its threads that have no word of their own. */
struct ending {
	enum end_how how;
	uint64_t ns;
};

/* `ending` is NULL while the process runs. */
static void read_slot(struct boards *boards, struct board *board,
		      uint64_t offset, struct board_slot *slot,
		      const struct ending *ending)
{
	uint32_t life = atomic_load_explicit(&slot->life, memory_order_acquire);
	struct board_who who = { board->header->pid, slot->tid };
	struct told_slot *told;

	if (life == BOARD_FREE || !slot->tid)
		return;
	told = told_of(board, offset, slot->tid);
	read_table(boards, board, slot, told, who);
	read_io(boards, slot, told, who);
	tell_lost(boards, who,
		  (const uint64_t[4]){ 0, slot->untabled, slot->pending_lost,
				       slot->held_lost },
		  told->lost);
	if (life == BOARD_ENDED) {
		tell_held(boards, slot, who); /* and never gave back */
		board_trace_thread(boards->trace, who, slot, slot->end_ns,
				   slot->end_how);
		g_hash_table_remove(board->slots, GSIZE_TO_POINTER(offset));
		atomic_store_explicit(&slot->life, BOARD_FREE,
				      memory_order_release);
	} else if (ending) {
		tell_open(boards, slot, who);
		board_trace_thread(boards->trace, who, slot, ending->ns,
				   ending->how);
	}
}

static void read_slots(struct boards *boards, struct board *board,
		       const struct ending *ending)
{
	uint64_t offset = atomic_load_explicit(&board->header->slots,
					       memory_order_acquire);
	struct board_who process = { board->header->pid, 0 };
	const uint64_t lost[4] = { board->header->slots_lost, 0, 0, 0 };
	uint64_t before[4] = { board->slots_lost, 0, 0, 0 };
	uint64_t left = board->bytes / sizeof(struct board_slot);

	/* No more than there can be, should a program have scribbled on it. */
	while (offset && left--) {
		struct board_slot *slot =
			(struct board_slot *)(uintptr_t)at_offset(
				board, offset, sizeof(*slot));

		if (!slot)
			break;
		read_slot(boards, board, offset, slot, ending);
		offset = slot->next;
	}
	tell_lost(boards, process, lost, before);
	board->slots_lost = before[0];
}

static struct board_header *map_board(const char *path, uint64_t *bytes)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct board_header *header = MAP_FAILED;
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (size_t)st.st_size >= sizeof(*header)) {
		*bytes = (uint64_t)st.st_size;
		header = mmap(NULL, *bytes, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_NORESERVE, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	if (header == MAP_FAILED)
		return NULL;
	if (header->magic == BOARD_MAGIC && header->version == BOARD_VERSION)
		return header;
	munmap(header, *bytes);
	return NULL;
}

static struct board *open_board(struct boards *boards, const char *name)
{
	char *path = g_build_filename(boards->dir, name, NULL);
	uint64_t bytes = 0;
	struct board_header *header = map_board(path, &bytes);
	struct board *board = NULL;

	g_free(path);
	if (!header) /* not ready yet, or none */
		return NULL;
	board = g_new0(struct board, 1);
	board->name = g_strdup(name);
	board->header = header;
	board->bytes = bytes;
	board->pidfd = (int)syscall(SYS_pidfd_open, header->pid, 0);
	board->slots = g_hash_table_new_full(g_direct_hash, g_direct_equal,
					     NULL, told_slot_free);
	g_hash_table_insert(boards->live, board->name, board);
	boards->processes++;
	board_trace_process(boards->trace,
			    (struct board_who){ header->pid, header->pid },
			    header, 0, END_RUNNING);
	return board;
}

static bool is_gone(const struct board *board)
{
	struct pollfd ended = { .fd = board->pidfd, .events = POLLIN };

	if (board->pidfd < 0)
		return kill(board->header->pid, 0) && errno == ESRCH;
	return poll(&ended, 1, 0) == 1;
}

/* Whether the process has become another program, which has its own board. */
static bool is_replaced(const struct boards *boards, const struct board *board)
{
	GHashTableIter at;
	gpointer value;

	g_hash_table_iter_init(&at, boards->live);
	while (g_hash_table_iter_next(&at, NULL, &value)) {
		const struct board *other = value;

		if (other->header->pid == board->header->pid &&
		    other->header->begin_ns > board->header->begin_ns)
			return true;
	}
	return false;
}

static enum end_how how_ended(const struct boards *boards,
			      const struct board *board, bool gone)
{
	bool is_main = board->header->pid == boards->main_pid;

	if (is_replaced(boards, board))
		return END_EXEC;
	if (is_main && boards->is_last && boards->main_pid &&
	    WIFSIGNALED(boards->main_status))
		return END_SIGNAL;
	if (board->header->ended)
		return (enum end_how)board->header->ended;
	return gone ? END_GONE : END_RUNNING;
}

static void finish_board(struct boards *boards, struct board *board, bool gone)
{
	struct board_who who = { board->header->pid, board->header->pid };
	struct ending ending = { how_ended(boards, board, gone), clock_ns() };
	char *path = g_build_filename(boards->dir, board->name, NULL);

	if (ending.how == END_RUNNING)
		boards->outlived++;
	read_slots(boards, board, &ending);
	board_trace_process(boards->trace, who, board->header, ending.ns,
			    ending.how);
	unlink(path);
	g_free(path);
}

static void scan(struct boards *boards)
{
	DIR *dir = opendir(boards->dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    strcmp(entry->d_name, BOARD_SESSION_FILE) != 0 &&
		    !g_hash_table_contains(boards->live, entry->d_name))
			open_board(boards, entry->d_name);
	if (dir)
		closedir(dir);
}

void boards_read(struct boards *boards)
{
	GHashTableIter at;
	gpointer value;

	calibrate(boards);
	scan(boards);
	g_hash_table_iter_init(&at, boards->live);
	while (g_hash_table_iter_next(&at, NULL, &value)) {
		struct board *board = value;
		bool gone = is_gone(board);

		if (gone || boards->is_last || is_replaced(boards, board)) {
			finish_board(boards, board, gone);
			g_hash_table_iter_remove(&at);
		} else {
			read_slots(boards, board, NULL);
		}
	}
}

void boards_stop(struct boards *boards)
{
	atomic_store(&boards->session->stopped, 1);
}

void boards_finish(struct boards *boards, pid_t main_pid, int status)
{
	boards->main_pid = main_pid;
	boards->main_status = status;
	boards->is_last = true;
	boards_read(boards);
}

uint64_t boards_processes(const struct boards *boards)
{
	return boards->processes;
}

uint64_t boards_outlived(const struct boards *boards)
{
	return boards->outlived;
}

const uint64_t *boards_lost(const struct boards *boards)
{
	return boards->lost;
}

double boards_ns_per_tick(const struct boards *boards)
{
	return (double)boards->session->ns_per_tick_q32 / 4294967296.0;
}

void boards_free(struct boards *boards)
{
	if (!boards)
		return;
	if (boards->live)
		g_hash_table_destroy(boards->live);
	if (boards->session)
		munmap(boards->session, sizeof(*boards->session));
	g_free(boards->dir);
	g_free(boards);
}
