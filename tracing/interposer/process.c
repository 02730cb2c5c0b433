#include "tracing/interposer/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/interposer/board.h"
#include "tracing/interposer/ids.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/surroundings.h"
#include "tracing/interposer/sys.h"
#include "tracing/interposer/tell.h"

#define BUDGET_DEFAULT 20000
#define WINDOW_NS      100000000 /* a tenth of a second */
#define BRIEF_NS       5000

struct process process;

static uint32_t number_of(const char *text, uint32_t otherwise)
{
	uint64_t value = 0;

	if (!text || !*text)
		return otherwise;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || value > UINT32_MAX)
			return otherwise;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	return value > UINT32_MAX ? otherwise : (uint32_t)value;
}

/* What the recorder asks for; by hand, the environment says it. */
static void take_settings(const char *directory)
{
	const char *detail = getenv(ENV_DETAIL);
	const struct board_session *session = board_session_open(directory);
	uint64_t scale = 0;

	process.session = session;
	process.detail_all = detail && strcmp(detail, "all") == 0;
	process.budget = number_of(getenv(ENV_BUDGET), BUDGET_DEFAULT);
	if (session) {
		process.detail_all = session->detail_all;
		process.budget = atomic_load_explicit(&session->budget,
						      memory_order_relaxed);
		scale = atomic_load_explicit(&session->ns_per_tick_q32,
					     memory_order_relaxed);
		process.tsc = session->tsc_usable && scale;
	}
	if (process.detail_all)
		process.budget = 0;
	process.window_ticks = WINDOW_NS;
	if (process.tsc && scale)
		process.window_ticks = ((uint64_t)WINDOW_NS << 32) / scale;
	process.brief_ticks = process.window_ticks / (WINDOW_NS / BRIEF_NS);
	if (process.budget)
		process.long_ticks = process.window_ticks * 10 / process.budget;
	clock_start();
}

/*
 * The address of the environment's string is kept, for a child: the program
 * may change its environment, and getenv() after fork() may find it half done.
 */
static char board_directory[4096];

static bool start_now(void)
{
	const char *directory = getenv(ENV_BOARD);

	process.pid = (int32_t)sys3(SYS_getpid, 0, 0, 0);
	process.begin_ns = clock_now_ns();
	if (directory && strlen(directory) < sizeof(board_directory))
		memcpy(board_directory, directory, strlen(directory) + 1);
	take_settings(board_directory);
	surroundings_keep();
	return ids_start(board_directory) && board_open(board_directory);
}

const char *process_directory(void)
{
	return board_directory;
}

bool process_start(void)
{
	uint8_t was = PROCESS_NEW;
	int kept = errno;
	bool good;

	if (atomic_load_explicit(&process.life, memory_order_acquire) ==
	    PROCESS_LIVE)
		return true;
	if (!real_start() || !atomic_compare_exchange_strong(
				     &process.life, &was, PROCESS_STARTING))
		return false;
	good = start_now();
	atomic_store_explicit(&process.life,
			      good ? PROCESS_LIVE : PROCESS_ENDED,
			      memory_order_release);
	errno = kept;
	return good;
}

static void tell_process(void)
{
	const struct board_header *header = board_header();
	union fact fact = { .process_start = {
				    .ppid = header->ppid,
				    .detail = process.detail_all,
				    .budget = process.budget,
				    .begin_ns = process.begin_ns,
				    .executable = header->executable,
			    } };

	tell_now(TELL_process_start, &fact);
}

static int32_t parent_pid;
static bool is_known;

void process_born(void)
{
	parent_pid = process.outer_pid;
	process.pid = (int32_t)sys3(SYS_getpid, 0, 0, 0);
	process.begin_ns = clock_now_ns();
	is_known = ids_start(board_directory);
}

void process_forked(int32_t ptid)
{
	union fact fact = { .process_fork = { .ppid = parent_pid,
					      .ptid = ptid } };

	board_forget();
	clock_start();
	thread_forked();
	if (!is_known || !board_open(board_directory)) {
		atomic_store(&process.life, PROCESS_ENDED);
		return;
	}
	/* It may have lost its parent already. */
	board_header()->ppid = fact.process_fork.ppid;
	if (!thread_enter(0))
		return;
	tell_now(TELL_process_fork, &fact);
	tell_process();
	thread_told_start();
}

void process_end(int how, int status)
{
	union fact fact = { .process_end = { .how = (uint8_t)how,
					     .status = status } };
	struct board_header *header = board_header();

	if (atomic_load(&process.life) != PROCESS_LIVE || !header)
		return;
	if (self.open)
		tell_now(TELL_process_end, &fact);
	atomic_store_explicit(&header->ended, (uint32_t)how,
			      memory_order_release);
}

void process_resumes(void)
{
	struct board_header *header = board_header();

	if (!header || !self.open)
		return;
	atomic_store_explicit(&header->ended, 0, memory_order_release);
	tell_process();
}

/*
 * Runs before those of the program, after LTTng's and those of libraries that
 * we do not need: a call from such a one may have started us already.
 */
__attribute__((constructor)) static void enter(void)
{
	process.telling = 1;
	if (thread_is_open(0)) {
		tell_process();
		thread_told_start();
	}
	errno = 0; /* a program starts with that, whatever LTTng left in it */
}

__attribute__((destructor)) static void leave(void)
{
	process_end(process.end_how ? process.end_how : END_RETURN,
		    process.end_status);
	process.telling = 0;
}
