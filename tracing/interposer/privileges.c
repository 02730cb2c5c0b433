#include "tracing/interposer/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#include "tracing/interposer/ids.h"
#include "tracing/interposer/real.h"
#include "tracing/interposer/sys.h"
#include "tracing/interposer/thread.h"

#define THREADS_MAX   8
#define SETXID_SIGNAL 33 /* glibc's, for the same end; nobody blocks it */
#define NAP_NS	      50000
#define NAPS_MAX      4000

/* Threads of LTTng: process << 32 | thread. Those of a parent are void. */
static _Atomic uint64_t threads[THREADS_MAX];
static _Atomic int32_t expected; /* made, but not yet in `threads` */

/* What they are to do; protected by `busy`, changed while nobody is asked. */
static struct {
	_Atomic uint32_t busy;
	_Atomic uint32_t asked; /* those that have not yet answered */
	long number;
	long arguments[6];
	struct __user_cap_header_struct header;
} command;

/* The kernel's. */
struct action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void (*handler_of_libc)(int, siginfo_t *, void *);

static int32_t process_id(void)
{
	return (int32_t)sys3(SYS_getpid, 0, 0, 0);
}

static uint64_t key_of(int32_t pid, int32_t tid)
{
	return (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

void privileges_expect(bool made)
{
	if (made)
		atomic_fetch_add(&expected, 1);
	else
		atomic_fetch_sub(&expected, 1);
}

void privileges_join(void)
{
	int32_t pid = process_id();
	uint64_t key = key_of(pid, (int32_t)sys3(SYS_gettid, 0, 0, 0));

	for (int i = 0; i < THREADS_MAX; i++) {
		uint64_t there = atomic_load(&threads[i]);

		if ((int32_t)(there >> 32) != pid &&
		    atomic_compare_exchange_strong(&threads[i], &there, key))
			break;
	}
	atomic_fetch_sub(&expected, 1);
}

void privileges_forked(void)
{
	atomic_store(&expected, 0);
	atomic_store(&command.asked, 0);
	atomic_store(&command.busy, 0);
}

void privileges_leave(void)
{
	uint64_t key = key_of(process_id(), (int32_t)sys3(SYS_gettid, 0, 0, 0));

	for (int i = 0; i < THREADS_MAX; i++) {
		uint64_t there = key;

		atomic_compare_exchange_strong(&threads[i], &there, 0);
	}
}

/* In a thread of LTTng: ours say so, all others are glibc's. */
static void handle(int signal_number, siginfo_t *info, void *context)
{
	if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &command) {
		handler_of_libc(signal_number, info, context);
		return;
	}
	sys6(command.number, command.arguments[0], command.arguments[1],
	     command.arguments[2], command.arguments[3], command.arguments[4],
	     command.arguments[5]);
	atomic_fetch_sub_explicit(&command.asked, 1, memory_order_release);
}

/* glibc sets its handler with the first thread, once and for all. */
static bool has_handler(void)
{
	struct action action = { 0 };

	if (sys6(SYS_rt_sigaction, SETXID_SIGNAL, 0, (long)&action,
		 sizeof(action.mask), 0, 0) ||
	    !action.handler)
		return false;
	if (action.handler == handle)
		return true;
	handler_of_libc = action.handler;
	action.handler = handle;
	return !sys6(SYS_rt_sigaction, SETXID_SIGNAL, (long)&action, 0,
		     sizeof(action.mask), 0, 0);
}

static void nap(void)
{
	struct timespec span = { 0, NAP_NS };

	sys3(SYS_nanosleep, (long)&span, 0, 0);
}

static bool is_one(int32_t pid, uint64_t key)
{
	return key && (int32_t)(key >> 32) == pid &&
	       !sys3(SYS_tgkill, pid, (int32_t)key, 0);
}

static void ask(int32_t pid)
{
	siginfo_t info = { .si_signo = SETXID_SIGNAL, .si_code = SI_QUEUE };

	info.si_pid = pid;
	info.si_value.sival_ptr = &command;
	for (int i = 0; i < THREADS_MAX; i++) {
		uint64_t key = atomic_load(&threads[i]);

		if (!is_one(pid, key))
			continue;
		atomic_fetch_add(&command.asked, 1);
		if (sys6(SYS_rt_tgsigqueueinfo, pid, (int32_t)key,
			 SETXID_SIGNAL, (long)&info, 0, 0))
			atomic_fetch_sub(&command.asked, 1);
	}
}

/* The header names the caller by its number; they are others. */
static void set_command(long number, const long arguments[6])
{
	command.number = number;
	for (int i = 0; i < 6; i++)
		command.arguments[i] = arguments[i];
	if (number != SYS_capset)
		return;
	command.header = *(const struct __user_cap_header_struct *)arguments[0];
	command.header.pid = 0;
	command.arguments[0] = (long)&command.header;
}

/*
 * One that does not answer in time has ended, or a debugger holds it: then the
 * program goes on, as it would have without us.
 */
static void tell_threads(int32_t pid, long number, const long arguments[6])
{
	uint32_t none = 0;
	int naps = 0;

	while (atomic_load(&expected) > 0 && naps++ < NAPS_MAX)
		nap();
	if (!atomic_compare_exchange_strong(&command.busy, &none, 1))
		return;
	if (!atomic_load(&command.asked) && has_handler()) {
		set_command(number, arguments);
		ask(pid);
	}
	while (atomic_load_explicit(&command.asked, memory_order_acquire) &&
	       naps++ < NAPS_MAX)
		nap();
	atomic_store(&command.busy, 0);
}

/* Whether the call changed what the calling thread may do, and only that. */
static bool is_about_privileges(long number, const long arguments[6])
{
	const struct __user_cap_header_struct *header;

	switch (number) {
	case SYS_setuid:
	case SYS_setgid:
	case SYS_setreuid:
	case SYS_setregid:
	case SYS_setresuid:
	case SYS_setresgid:
	case SYS_setgroups:
		return true;
	case SYS_capset:
		header = (const struct __user_cap_header_struct *)arguments[0];
		return !header->pid || header->pid == sys3(SYS_gettid, 0, 0, 0);
	case SYS_prctl:
		return arguments[0] == PR_SET_KEEPCAPS ||
		       arguments[0] == PR_SET_SECUREBITS ||
		       arguments[0] == PR_CAPBSET_DROP ||
		       (arguments[0] == PR_CAP_AMBIENT &&
			arguments[1] != PR_CAP_AMBIENT_IS_SET);
	default:
		return false;
	}
}

/*
 * Threads of the program may each have privileges of their own; the main one
 * stands for all. In a child of vfork() the memory is the parent's.
 */
void privileges_did(long number, const long arguments[6])
{
	int32_t pid;
	int kept = errno;

	ids_did(number, arguments);
	if (!is_about_privileges(number, arguments))
		return;
	pid = process_id();
	if (pid == process.pid && pid == sys3(SYS_gettid, 0, 0, 0))
		tell_threads(pid, number, arguments);
	errno = kept;
}

/* No header of libc declares it. */
int capset(cap_user_header_t header, cap_user_data_t data);

EXPORT int capset(cap_user_header_t header, cap_user_data_t data)
{
	const long arguments[6] = { (long)header, (long)data };
	int result;

	real_start();
	result = real.capset(header, data);
	if (!result)
		privileges_did(SYS_capset, arguments);
	return result;
}

/* All are read, however many the caller gave: as the real one does. */
EXPORT int prctl(int option, ...)
{
	long arguments[6] = { option };
	va_list list;
	int result;

	va_start(list, option);
	for (int i = 1; i < 5; i++)
		/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is */
		arguments[i] = va_arg(list, long);
	va_end(list);
	real_start();
	result = real.prctl(option, arguments[1], arguments[2], arguments[3],
			    arguments[4]);
	if (!result)
		privileges_did(SYS_prctl, arguments);
	return result;
}

/*
 * Another mount namespace is only for who shares its root and directory with
 * no thread: then those of LTTng, whose paths are all absolute, have their own.
 */
EXPORT int setns(int fd, int kind)
{
	const long arguments[6] = { CLONE_FS };
	int32_t pid = process_id();
	int result;

	real_start();
	result = real.setns(fd, kind);
	if (!result || errno != EINVAL || pid != process.pid ||
	    pid != sys3(SYS_gettid, 0, 0, 0))
		return result;
	tell_threads(pid, SYS_unshare, arguments);
	return real.setns(fd, kind);
}
