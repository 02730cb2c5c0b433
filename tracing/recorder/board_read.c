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

#include "tracing/recorder/board_parts.h"
#include "tracing/recorder/ids.h"

#define CALIBRATE_NS 2000000 /* of the first measurement of the clocks */

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
	/* Where there is no room for it, nobody must learn that by SIGBUS. */
	int why = fd < 0 ? errno
			 : posix_fallocate(fd, 0, sizeof(struct board_session));
	bool ok = !why && !fchmod(fd, 0644);
	void *map = ok ? mmap(NULL, sizeof(struct board_session),
			      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
		       : MAP_FAILED;

	if (map == MAP_FAILED)
		err_errno(err, why ? why : errno, "cannot create '%s'", path);
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
	boards->ids = ids_listen(boards->dir);
	if (boards->ids >= 0)
		boards->session->pid_space = ids_space();
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
	boards->ids = -1;
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

int boards_fd(const struct boards *boards)
{
	return boards->ids;
}

void boards_answer(const struct boards *boards)
{
	ids_answer(boards->ids);
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

static struct board_header *map_board(const char *path, uint64_t *bytes)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct board_header *header = MAP_FAILED;
	uint64_t magic = 0;
	struct stat st;

	/* Not through memory: there may have been no room for the first page.
	 */
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (size_t)st.st_size >= sizeof(*header) &&
	    pread(fd, &magic, sizeof(magic), 0) == sizeof(magic) &&
	    magic == BOARD_MAGIC) {
		*bytes = (uint64_t)st.st_size;
		header = mmap(NULL, *bytes, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_NORESERVE, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	if (header == MAP_FAILED)
		return NULL;
	if (header->version == BOARD_VERSION)
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
	board->slots = board_slots_new();
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
	board_slots_read(boards, board, &ending);
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
			board_slots_read(boards, board, NULL);
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
	if (boards->ids >= 0)
		close(boards->ids);
	g_free(boards->dir);
	g_free(boards);
}
