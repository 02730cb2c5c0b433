#include "tracing/interposer/board.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "tracing/interposer/sys.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define PATH_BYTES  4096
#define CHUNK_BYTES ((uint64_t)256 << 10) /* made ready at once */
#define LARGE_BYTES ((uint64_t)4 << 30)
#define SMALL_BYTES ((uint64_t)1 << 20)
#define TABLE_MAX   ((uint32_t)1 << 17) /* entries */
#define REUSE_STEPS 4

static struct {
	struct board_header *header;
	bool is_private;	 /* no recorder reads it */
	_Atomic uint64_t ready;	 /* all before it is populated */
	_Atomic uint64_t cursor; /* slot to look at for reuse, 0: newest */
} board;

/* A failed mmap() as the kernel returns it. */
static bool is_error(long ret)
{
	return ret < 0 && ret >= -4095;
}

static long map(uint64_t bytes, int protection, int flags, int fd)
{
	return sys6(SYS_mmap, 0, (long)bytes, protection, flags, fd, 0);
}

static char *append(char *to, const char *end, const char *text)
{
	while (*text && to < end)
		*to++ = *text++;
	return to;
}

static char *append_u64(char *to, const char *end, uint64_t value)
{
	char digits[24];
	size_t n = sizeof(digits);

	digits[--n] = '\0';
	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return append(to, end, digits + n);
}

const struct board_session *board_session_open(const char *directory)
{
	char path[PATH_BYTES];
	const char *end = path + sizeof(path) - 1;
	char *at = path;
	const struct board_session *session;
	long fd;
	long ret;

	if (!directory || !*directory)
		return NULL;
	at = append(at, end, directory);
	at = append(at, end, "/" BOARD_SESSION_FILE);
	*at = '\0';
	fd = sys6(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0,
		  0);
	if (fd < 0)
		return NULL;
	ret = map(sizeof(*session), PROT_READ, MAP_SHARED, (int)fd);
	sys3(SYS_close, fd, 0, 0);
	if (is_error(ret))
		return NULL;
	session = (const struct board_session *)ret;
	if (session->magic == BOARD_MAGIC && session->version == BOARD_VERSION)
		return session;
	sys3(SYS_munmap, ret, sizeof(*session), 0);
	return NULL;
}

static uint64_t limit_of(int resource)
{
	struct rlimit limit = { 0 };

	if (sys6(SYS_prlimit64, 0, resource, 0, (long)&limit, 0, 0) < 0)
		return RLIM_INFINITY;
	return limit.rlim_cur;
}

/* A program with limits of its own must not meet them because of us. */
static uint64_t size_to_try(void)
{
	uint64_t bytes = LARGE_BYTES;
	uint64_t files = limit_of(RLIMIT_FSIZE);
	uint64_t space = limit_of(RLIMIT_AS);

	if (files != RLIM_INFINITY && files < bytes)
		bytes = files & ~(CHUNK_BYTES - 1);
	if (space != RLIM_INFINITY && space / 16 < bytes)
		bytes = space / 16 & ~(CHUNK_BYTES - 1);
	return bytes;
}

static long open_file(const char *directory)
{
	char path[PATH_BYTES];
	const char *end = path + sizeof(path) - 1;
	char *at = append(path, end, directory);

	at = append(at, end, "/");
	at = append_u64(at, end, (uint64_t)process.outer_pid);
	at = append(at, end, ".");
	at = append_u64(at, end, process.begin_ns);
	*at = '\0';
	return sys6(SYS_openat, AT_FDCWD, (long)path,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600, 0,
		    0);
}

static long map_file(const char *directory, uint64_t *bytes)
{
	long fd;
	long ret = -1;

	if (!directory || !*directory)
		return -1;
	fd = open_file(directory);
	if (fd < 0)
		return -1;
	for (; *bytes >= SMALL_BYTES; *bytes /= 4) {
		if (sys3(SYS_ftruncate, fd, (long)*bytes, 0) < 0)
			continue;
		ret = map(*bytes, PROT_NONE, MAP_SHARED | MAP_NORESERVE,
			  (int)fd);
		if (!is_error(ret))
			break;
	}
	sys3(SYS_close, fd, 0, 0);
	return *bytes >= SMALL_BYTES ? ret : -1;
}

static long map_private(uint64_t *bytes)
{
	long ret = -1;

	for (; *bytes >= SMALL_BYTES; *bytes /= 4) {
		ret = map(*bytes, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
		if (!is_error(ret))
			return ret;
	}
	return -1;
}

/*
 * Makes [ready, end) usable. Threads may do this at the same time: to do it
 * twice is harmless. What is not yet handed out stays inaccessible, so that
 * mlockall() in the program does not fill the disk.
 */
static bool make_ready(struct board_header *base, uint64_t bytes, uint64_t end)
{
	uint64_t from =
		atomic_load_explicit(&board.ready, memory_order_acquire);
	uint64_t to = (end + CHUNK_BYTES - 1) & ~(CHUNK_BYTES - 1);
	char *at = (char *)base + from;

	if (end <= from)
		return true;
	if (to > bytes)
		to = bytes;
	if (sys3(SYS_mprotect, (long)at, (long)(to - from),
		 PROT_READ | PROT_WRITE) < 0)
		return false;
	if (sys3(SYS_madvise, (long)at, (long)(to - from),
		 MADV_POPULATE_WRITE) < 0)
		return false;
	while (from < to && !atomic_compare_exchange_weak_explicit(
				    &board.ready, &from, to,
				    memory_order_acq_rel, memory_order_acquire))
		;
	return true;
}

static void read_executable(char *to, size_t bytes)
{
	long n = sys6(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe",
		      (long)to, (long)bytes - 1, 0, 0);

	to[n > 0 ? n : 0] = '\0';
}

static bool board_begin(long base, uint64_t bytes, bool is_private)
{
	struct board_header *header = (struct board_header *)base;

	atomic_store_explicit(&board.ready, 0, memory_order_relaxed);
	atomic_store_explicit(&board.cursor, 0, memory_order_relaxed);
	if (!make_ready(header, bytes, BOARD_ALIGN)) {
		/* What could be had of it may be the last that there is. */
		sys3(SYS_madvise, base, CHUNK_BYTES, MADV_REMOVE);
		sys3(SYS_munmap, base, (long)bytes, 0);
		return false;
	}
	sys3(SYS_madvise, base, (long)bytes, MADV_DONTDUMP);
	header->version = BOARD_VERSION;
	header->pid = process.outer_pid;
	/* Nobody says what that is called outside. */
	if (!process.is_apart)
		header->ppid = (int32_t)sys3(SYS_getppid, 0, 0, 0);
	header->begin_ns = process.begin_ns;
	header->bytes = bytes;
	read_executable(header->executable, sizeof(header->executable));
	atomic_store_explicit(&header->used, BOARD_ALIGN, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	header->magic = BOARD_MAGIC;
	board.is_private = is_private;
	board.header = header;
	return true;
}

bool board_open(const char *directory)
{
	uint64_t bytes = size_to_try();
	long base = map_file(directory, &bytes);

	if (base != -1 && board_begin(base, bytes, false))
		return true;
	bytes = size_to_try();
	base = map_private(&bytes);
	return base != -1 && board_begin(base, bytes, true);
}

void board_forget(void)
{
	struct board_header *header = board.header;

	board.header = NULL;
	if (header)
		sys3(SYS_munmap, (long)header, (long)header->bytes, 0);
}

struct board_header *board_header(void)
{
	return board.header;
}

static void *at_offset(uint64_t offset)
{
	return (char *)board.header + offset;
}

/* Offset of a fresh zeroed region, or 0. */
static uint64_t region_new(uint64_t bytes)
{
	struct board_header *header = board.header;
	uint64_t offset;

	bytes = (bytes + 63) & ~(uint64_t)63;
	if (atomic_load_explicit(&header->used, memory_order_relaxed) + bytes >
	    header->bytes)
		return 0;
	offset = atomic_fetch_add_explicit(&header->used, bytes,
					   memory_order_relaxed);
	if (offset + bytes > header->bytes ||
	    !make_ready(header, header->bytes, offset + bytes))
		return 0;
	return offset;
}

/* A slot that its reader is done with (BOARD_FREE), made ours; or NULL. */
static struct board_slot *slot_reuse(void)
{
	uint64_t offset =
		atomic_load_explicit(&board.cursor, memory_order_relaxed);
	struct board_slot *found = NULL;

	for (int i = 0; i < REUSE_STEPS && !found; i++) {
		struct board_slot *slot;
		uint32_t was = BOARD_FREE;

		if (!offset)
			offset = atomic_load_explicit(&board.header->slots,
						      memory_order_acquire);
		if (!offset)
			return NULL;
		slot = at_offset(offset);
		if (atomic_compare_exchange_strong_explicit(
			    &slot->life, &was, BOARD_ENDED,
			    memory_order_acquire, memory_order_relaxed))
			found = slot;
		offset =
			atomic_load_explicit(&slot->next, memory_order_relaxed);
	}
	atomic_store_explicit(&board.cursor, offset, memory_order_relaxed);
	return found;
}

/* Wipes all but the place in the list and the table. */
static void slot_wipe(struct board_slot *slot)
{
	uint64_t table =
		atomic_load_explicit(&slot->table, memory_order_relaxed);
	uint32_t capacity = slot->capacity;
	char *from = (char *)&slot->begin_ns;

	memset(at_offset(table), 0, sizeof(struct board_entry) * capacity);
	memset(from, 0, sizeof(*slot) - offsetof(struct board_slot, begin_ns));
	atomic_store_explicit(&slot->table, table, memory_order_relaxed);
	slot->capacity = capacity;
}

static struct board_slot *slot_make(void)
{
	struct board_header *header = board.header;
	uint64_t offset =
		region_new(sizeof(struct board_slot) +
			   sizeof(struct board_entry) * BOARD_FIRST_TABLE);
	struct board_slot *slot;
	uint64_t next;

	if (!offset)
		return NULL;
	slot = at_offset(offset);
	slot->capacity = BOARD_FIRST_TABLE;
	atomic_store_explicit(&slot->table, offset + sizeof(*slot),
			      memory_order_relaxed);
	atomic_store_explicit(&slot->life, BOARD_ENDED, memory_order_relaxed);
	next = atomic_load_explicit(&header->slots, memory_order_relaxed);
	do {
		atomic_store_explicit(&slot->next, next, memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&header->slots, &next, offset, memory_order_release,
		memory_order_relaxed));
	return slot;
}

struct board_slot *board_slot_new(int32_t tid)
{
	struct board_slot *slot = slot_reuse();

	if (slot)
		slot_wipe(slot);
	else
		slot = slot_make();
	if (!slot) {
		atomic_fetch_add_explicit(&board.header->slots_lost, 1,
					  memory_order_relaxed);
		return NULL;
	}
	slot->tid = tid;
	slot->begin_ns = clock_now_ns();
	atomic_store_explicit(&slot->life, BOARD_LIVE, memory_order_release);
	return slot;
}

void board_slot_end(struct board_slot *slot, int how, uint64_t now_ns)
{
	slot->end_how = (uint8_t)how;
	slot->end_ns = now_ns;
	atomic_store_explicit(&slot->in, IN_NOTHING, memory_order_relaxed);
	atomic_store_explicit(&slot->life,
			      board.is_private ? BOARD_FREE : BOARD_ENDED,
			      memory_order_release);
}

struct board_entry *board_table(const struct board_slot *slot)
{
	return at_offset(
		atomic_load_explicit(&slot->table, memory_order_relaxed));
}

struct board_entry *board_table_place(struct board_entry *table,
				      uint32_t capacity, uint64_t lock,
				      uint64_t site, uint8_t kind, uint8_t mode)
{
	uint32_t mask = capacity - 1;
	uint32_t i = (uint32_t)(board_hash(lock, site) >> 32) & mask;

	for (;; i = (i + 1) & mask) {
		struct board_entry *entry = &table[i];

		if (!entry->lock ||
		    (entry->lock == lock && entry->site == site &&
		     entry->kind == kind && entry->mode == mode))
			return entry;
	}
}

bool board_table_grow(struct board_slot *slot)
{
	uint32_t capacity = slot->capacity * 2;
	struct board_entry *old = board_table(slot);
	struct board_entry *table;
	uint64_t offset;

	if (capacity > TABLE_MAX)
		return false;
	offset = region_new(sizeof(*table) * capacity);
	if (!offset)
		return false;
	table = at_offset(offset);
	for (uint32_t i = 0; i < slot->capacity; i++)
		if (old[i].lock)
			*board_table_place(table, capacity, old[i].lock,
					   old[i].site, old[i].kind,
					   old[i].mode) = old[i];
	/* A reader takes capacity first, the table after it: never too far. */
	atomic_store_explicit(&slot->table, offset, memory_order_release);
	atomic_thread_fence(memory_order_release);
	slot->capacity = capacity;
	return true;
}
