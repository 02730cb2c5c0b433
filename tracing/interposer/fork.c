/*
 * Interposers of the calls that make a process: the child gets a board of its
 * own. LTTng wants to know of a fork before and after it; its own library for
 * that may be preloaded too, and is left to do it then.
 */
#include "tracing/interposer/privileges.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/surroundings.h"
#include "tracing/interposer/sys.h"
#include "tracing/interposer/thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <lttng/ust-fork.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

struct fork {
	struct closed closed;
	sigset_t signals;
	int32_t tid;
	bool hooked; /* we told LTTng */
};

/* Whether the function in a slot of `real` is that of LTTng's fork library. */
static bool is_hooked_behind(const void *slot)
{
	Dl_info info;
	void *function;

	memcpy(&function, slot, sizeof(function));

	return dladdr(function, &info) && info.dli_fname &&
	       strstr(info.dli_fname, "liblttng-ust-fork");
}

/* The thread is closed over the fork: handlers that the program registered
 * run in it, in the child still with the parent's board. */
static void before(struct fork *fork, const void *slot)
{
	fork->closed = thread_close();
	fork->tid = self.outer_tid;
	fork->hooked = !is_hooked_behind(slot);
	if (fork->hooked)
		lttng_ust_before_fork(&fork->signals);
}

/* LTTng starts anew, and finds its daemon by the environment. */
static void start_lttng(struct fork *fork)
{
	surroundings_swap();
	lttng_ust_after_fork_child(&fork->signals);
	surroundings_swap();
}

static void after(struct fork *fork, bool is_child)
{
	fork->closed.kept_errno = errno;
	if (is_child) {
		privileges_forked();
		process_born();
		if (fork->hooked)
			start_lttng(fork);
		process_forked(fork->tid);
		errno = fork->closed.kept_errno;
		return;
	}
	if (fork->hooked)
		lttng_ust_after_fork_parent(&fork->signals);
	thread_open(fork->closed);
}

/* In the child of a vfork, or where we are not in: nothing to be done. */
static bool is_bystander(uint64_t site)
{
	return !thread_is_open(site);
}

EXPORT pid_t fork(void)
{
	struct fork fork;
	pid_t pid;

	if (is_bystander(SITE))
		return real.fork();
	before(&fork, &real.fork);
	pid = real.fork();
	after(&fork, pid == 0);
	return pid;
}

/* The parent ends inside of the real one, without a word. */
EXPORT int daemon(int keep_directory, int keep_streams)
{
	struct fork fork;
	int result;

	if (is_bystander(SITE))
		return real.daemon(keep_directory, keep_streams);
	before(&fork, &real.daemon);
	result = real.daemon(keep_directory, keep_streams);
	/* Failed before or after its fork: then we may be either. */
	after(&fork, process.pid != sys3(SYS_getpid, 0, 0, 0));
	return result;
}

/* For signal handlers: its child may not do what recording takes. */
EXPORT pid_t _Fork(void)
{
	bool open = thread_is_open(SITE);
	struct closed closed = thread_close();
	pid_t pid = real._Fork();

	closed.kept_errno = errno;
	if (pid == 0) {
		thread_stray();
		return 0;
	}
	if (open)
		thread_open(closed);
	return pid;
}

/* A process made by clone(): what it is to run, and with what. */
struct stray {
	int (*routine)(void *);
	void *argument;
};

static int begin_stray(void *data)
{
	struct stray *stray = data;

	thread_stray();
	return stray->routine(stray->argument);
}

/*
 * One that does not share our memory is a process, and not recorded: all that
 * a fork takes has no room on a stack that may be small. The others are left
 * alone; they are threads of somebody who does without libc.
 */
EXPORT int clone(int (*routine)(void *), void *stack, int flags, void *argument,
		 ...)
{
	struct stray stray = { routine, argument };
	void *rest[3];
	va_list list;

	va_start(list, argument);
	for (int i = 0; i < 3; i++)
		/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is */
		rest[i] = va_arg(list, void *);
	va_end(list);
	real_start();
	if (flags & CLONE_VM || !routine)
		return real.clone(routine, stack, flags, argument, rest[0],
				  rest[1], rest[2]);
	return real.clone(begin_stray, stack, flags, &stray, rest[0], rest[1],
			  rest[2]);
}

/*
 * The child of vfork() runs in our memory, with our thread's state, until it
 * calls exec: it must not be recorded as us. The thread is closed, and opens
 * at its next call that the parent makes (thread_enter()). No C function can
 * stand here, the frame of it would be gone when the parent returns.
 */
__attribute__((used)) static void vfork_begins(void)
{
	if (!real_start() || self.life != THREAD_LIVE || !self.open)
		return;
	self.in_vfork = 1;
	self.open = 0;
}

__asm__(".pushsection .text\n"
	".globl vfork\n"
	".type vfork, @function\n"
	"vfork:\n"
	"	endbr64\n"
	"	subq $8, %rsp\n"
	"	call vfork_begins\n"
	"	addq $8, %rsp\n"
	"	movq real_vfork(%rip), %rax\n"
	"	jmp *%rax\n"
	".size vfork, . - vfork\n"
	".popsection\n");
