#include "analysis/race/hang.h"

#include <string.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define OWNER_OFFSET  8	    /* of __owner in glibc's pthread_mutex_t */
#define MUTEX_OPS     0x7e  /* all bits of a futex operation but those of */
#define FUTEX_WAIT_OP 0	    /* FUTEX_WAIT, private or not */
#define COND_WAIT_OP  0x189 /* what glibc waits with for a signal or a post */

struct waiter {
	int tid;
	uint64_t address;
	int owner;	  /* 0 unknown */
	bool is_mutex;	  /* else a condition or semaphore: without an owner */
	const char *name; /* of the lock */
};

/* What thread `tid` waits for, if it is in futex(address, FUTEX_WAIT). */
static bool read_waiter(pid_t pid, int tid, struct waiter *waiter)
{
	char *path = g_strdup_printf("/proc/%d/task/%d/syscall", pid, tid);
	char *text = NULL, *at;
	bool found = false;
	uint64_t op;

	*waiter = (struct waiter){ .tid = tid, .name = "" };
	if (!g_file_get_contents(path, &text, NULL, NULL))
		goto out;
	if (g_ascii_strtoll(text, &at, 10) != SYS_futex || at == text)
		goto out;
	waiter->address = g_ascii_strtoull(at, &at, 16);
	op = g_ascii_strtoull(at, &at, 16);
	waiter->is_mutex = (op & MUTEX_OPS) == FUTEX_WAIT_OP;
	found = waiter->is_mutex || (op | FUTEX_PRIVATE_FLAG) == COND_WAIT_OP;
out:
	g_free(text);
	g_free(path);
	return found;
}

static int read_owner(pid_t pid, uint64_t address)
{
	int owner = 0;
	struct iovec here = { &owner, sizeof(owner) };
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of another process */
	struct iovec there = { (void *)(uintptr_t)(address + OWNER_OFFSET),
			       sizeof(owner) };
	char *path;
	bool is_thread;

	if (process_vm_readv(pid, &here, 1, &there, 1, 0) != sizeof(owner))
		return 0;
	path = g_strdup_printf("/proc/%d/task/%d", pid, owner);
	is_thread = owner > 0 && g_file_test(path, G_FILE_TEST_IS_DIR);
	g_free(path);
	return is_thread ? owner : 0;
}

/* "BEGIN-END MODE OFFSET DEVICE INODE PATH"; false if no file is mapped. */
static bool read_mapping(const char *line, uint64_t *begin, uint64_t *offset,
			 const char **path)
{
	char *at;

	*path = strchr(line, '/');
	*begin = g_ascii_strtoull(line, &at, 16);
	at = strchr(at, ' ');
	at = at ? strchr(at + 1, ' ') : NULL;
	*offset = at ? g_ascii_strtoull(at, NULL, 16) : 0;
	return *path && at;
}

/* The file mapped last before `address`, and how far in it is. */
static char *find_module(const char *maps, uint64_t address, uint64_t *offset)
{
	char **lines = g_strsplit(maps, "\n", -1);
	uint64_t begin, at, base = 0;
	const char *path;
	char *module = NULL;

	for (char **line = lines; *line; line++) {
		if (!read_mapping(*line, &begin, &at, &path) ||
		    begin > address || !g_strcmp0(path, module))
			continue;
		g_free(module);
		module = g_strdup(path);
		base = begin - at;
	}
	g_strfreev(lines);
	*offset = address - base;
	return module;
}

/* The variable at `address`, or NULL. */
static const char *variable_name(const char *maps, uint64_t address,
				 struct program_symbols *symbols,
				 struct race_pool *pool)
{
	struct race_names names = program_names(symbols);
	const char *name = NULL;
	uint64_t offset;
	char *module = find_module(maps, address, &offset);

	if (module)
		name = names.variable(names.data, module, offset, pool);
	g_free(module);
	return name;
}

static const char *lock_name(const char *maps, uint64_t address,
			     struct program_symbols *symbols,
			     struct race_pool *pool)
{
	const char *name = variable_name(maps, address, symbols, pool), *kept;
	char *text;

	if (name)
		return name;
	text = g_strdup_printf("lock 0x%llx", (unsigned long long)address);
	kept = race_pool_text(pool, text);
	g_free(text);
	return kept;
}

/* Threads are numbered as they are met: tids differ from run to run. */
static int number_of(const GArray *waiters, int tid)
{
	for (guint i = 0; i < waiters->len; i++)
		if (g_array_index(waiters, struct waiter, i).tid == tid)
			return (int)i + 1;
	return 0;
}

static void add_access(GArray *accesses, const GArray *waiters, guint i,
		       struct race_pool *pool)
{
	const struct waiter *waiter = &g_array_index(waiters, struct waiter, i);
	int owner = number_of(waiters, waiter->owner);
	char *thread = g_strdup_printf("thread %u", i + 1);
	char *operation =
		!waiter->is_mutex
			? g_strdup_printf(
				  "waits for '%s', which nobody signals",
				  waiter->name)
		: owner ? g_strdup_printf("waits for '%s', held by thread %d",
					  waiter->name, owner)
			: g_strdup_printf(
				  "waits for '%s', held by a thread that "
				  "waits for no mutex",
				  waiter->name);
	struct race_access access = {
		.thread = race_pool_text(pool, thread),
		.operation = race_pool_text(pool, operation),
		.address = waiter->address,
	};

	g_array_append_val(accesses, access);
	g_free(thread);
	g_free(operation);
}

/* Is each owner a waiter, from any of them on, in a circle? */
static bool is_cycle(const GArray *waiters)
{
	for (guint i = 0; i < waiters->len; i++) {
		int tid = g_array_index(waiters, struct waiter, i).owner;

		for (guint hops = 0; hops < waiters->len; hops++) {
			guint at = 0;

			if (tid == g_array_index(waiters, struct waiter, i).tid)
				return true;
			while (at < waiters->len &&
			       g_array_index(waiters, struct waiter, at).tid !=
				       tid)
				at++;
			if (at == waiters->len)
				break;
			tid = g_array_index(waiters, struct waiter, at).owner;
		}
	}
	return false;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(((const struct waiter *)a)->name,
		      ((const struct waiter *)b)->name);
}

static GArray *read_waiters(pid_t pid, struct program_symbols *symbols,
			    struct race_pool *pool)
{
	GArray *waiters = g_array_new(FALSE, FALSE, sizeof(struct waiter));
	char *path = g_strdup_printf("/proc/%d/task", pid);
	char *maps_path = g_strdup_printf("/proc/%d/maps", pid);
	GDir *dir = g_dir_open(path, 0, NULL);
	struct waiter waiter;
	const char *name;
	char *maps = NULL;

	g_file_get_contents(maps_path, &maps, NULL, NULL);
	while (dir && (name = g_dir_read_name(dir))) {
		if (!read_waiter(pid, (int)g_ascii_strtoll(name, NULL, 10),
				 &waiter))
			continue;
		if (waiter.is_mutex)
			waiter.owner = read_owner(pid, waiter.address);
		/* By an address alone nobody knows a condition. */
		waiter.name =
			waiter.is_mutex
				? lock_name(maps ? maps : "", waiter.address,
					    symbols, pool)
				: variable_name(maps ? maps : "",
						waiter.address, symbols, pool);
		if (waiter.owner || (!waiter.is_mutex && waiter.name))
			g_array_append_val(waiters, waiter);
	}
	if (dir)
		g_dir_close(dir);
	g_array_sort(waiters, compare_names);
	g_free(maps);
	g_free(maps_path);
	g_free(path);
	return waiters;
}

/* "cup, spoon": the locks that are waited for. */
static const char *lock_names(const GArray *waiters, struct race_pool *pool)
{
	GString *text = g_string_new(NULL);
	const char *kept;

	for (guint i = 0; i < waiters->len; i++)
		g_string_append_printf(
			text, "%s%s", i ? ", " : "",
			g_array_index(waiters, struct waiter, i).name);
	kept = race_pool_text(pool, text->str);
	g_string_free(text, TRUE);
	return kept;
}

struct race_report *hang_report(pid_t pid, struct program_symbols *symbols,
				struct race_pool *pool)
{
	GArray *waiters = read_waiters(pid, symbols, pool);
	GArray *accesses =
		g_array_new(FALSE, FALSE, sizeof(struct race_access));
	bool is_deadlock = is_cycle(waiters);
	struct race_report report = {
		.kind = is_deadlock ? RACE_DEADLOCK : RACE_HANG,
		.title = is_deadlock ? "threads wait for each other" : "hang",
		.pid = pid,
	};

	report.variable = lock_names(waiters, pool);
	for (guint i = 0; i < waiters->len; i++)
		add_access(accesses, waiters, i, pool);
	report.n_accesses = accesses->len;
	report.accesses =
		race_pool_copy(pool, accesses->data,
			       accesses->len * sizeof(struct race_access));
	g_array_free(accesses, TRUE);
	g_array_free(waiters, TRUE);
	return race_pool_copy(pool, &report, sizeof(report));
}
