/*
 * Interposers of exec and of the ends of a process. A process that becomes
 * another program ends; where exec fails after all, it says that it is back.
 */
#include "tracing/interposer/real.h"
#include "tracing/interposer/sys.h"
#include "tracing/interposer/tell.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool can_run(const char *path)
{
	return path &&
	       sys6(SYS_faccessat, AT_FDCWD, (long)path, X_OK, 0, 0, 0) == 0;
}

/* Whether `file` is found as execvp() would find it. */
static bool can_find(const char *file)
{
	char path[4096];
	const char *at = getenv("PATH"); /* NOLINT: execvp() reads it, too */
	size_t length;

	if (!file || strchr(file, '/') || !at)
		return can_run(file);
	length = strlen(file);
	while (at) {
		const char *end = strchr(at, ':');
		size_t n = end ? (size_t)(end - at) : strlen(at);

		if (n + length + 2 <= sizeof(path)) {
			/* NOLINTNEXTLINE(bugprone-not-null-terminated-result)
			 */
			memcpy(path, at, n);
			path[n] = '/';
			memcpy(path + n + 1, file, length);
			path[n + 1 + length] = '\0';
			if (can_run(n ? path : path + 1))
				return true;
		}
		at = end ? end + 1 : NULL;
	}
	return false;
}

static bool exec_begins(bool likely_good, uint64_t site)
{
	if (!likely_good || !thread_is_open(site))
		return false;
	process_end(END_EXEC, 0);
	return true;
}

static int exec_failed(bool told, int result)
{
	if (told)
		process_resumes();
	return result;
}

EXPORT int execve(const char *path, char *const arguments[],
		  char *const environment[])
{
	bool told = exec_begins(can_run(path), SITE);

	return exec_failed(told, real.execve(path, arguments, environment));
}

EXPORT int execv(const char *path, char *const arguments[])
{
	bool told = exec_begins(can_run(path), SITE);

	return exec_failed(told, real.execve(path, arguments, environ));
}

EXPORT int execvpe(const char *file, char *const arguments[],
		   char *const environment[])
{
	bool told = exec_begins(can_find(file), SITE);

	return exec_failed(told, real.execvpe(file, arguments, environment));
}

EXPORT int execvp(const char *file, char *const arguments[])
{
	bool told = exec_begins(can_find(file), SITE);

	return exec_failed(told, real.execvpe(file, arguments, environ));
}

EXPORT int fexecve(int fd, char *const arguments[], char *const environment[])
{
	bool told = exec_begins(fd >= 0, SITE);

	return exec_failed(told, real.fexecve(fd, arguments, environment));
}

EXPORT int execveat(int directory, const char *path, char *const arguments[],
		    char *const environment[], int flags)
{
	bool told = exec_begins(true, SITE);

	return exec_failed(told, real.execveat(directory, path, arguments,
					       environment, flags));
}

static size_t count_arguments(va_list list)
{
	size_t n = 1;

	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): callers did */
	while (va_arg(list, char *))
		n++;
	return n;
}

/* Fills `arguments`, and leaves the list behind the NULL that ends them. */
static void take_arguments(char **arguments, const char *first, va_list list)
{
	memcpy(arguments, &first, sizeof(first));
	for (size_t i = 1; (arguments[i] = va_arg(list, char *)); i++)
		;
}

typedef int exec_call(const char *file, char *const *arguments,
		      char *const *environment);

/* What those have in common whose arguments stand in a list. */
static int exec_listed(exec_call *call, const char *file, const char *first,
		       va_list list, bool has_environment)
{
	char *const *environment = environ;
	char **arguments;
	va_list counted;
	size_t bytes;

	va_copy(counted, list);
	bytes = (count_arguments(counted) + 1) * sizeof(char *);
	va_end(counted);
	/* cppcheck-suppress allocaCalled; a VLA is no better */
	arguments = alloca(bytes);
	take_arguments(arguments, first, list);
	if (has_environment)
		environment = va_arg(list, char *const *);
	return call(file, arguments, environment);
}

EXPORT int execl(const char *path, const char *first, ...)
{
	bool told = exec_begins(can_run(path), SITE);
	va_list list;
	int result;

	va_start(list, first);
	result = exec_listed(real.execve, path, first, list, false);
	va_end(list);
	return exec_failed(told, result);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	bool told = exec_begins(can_find(file), SITE);
	va_list list;
	int result;

	va_start(list, first);
	result = exec_listed(real.execvpe, file, first, list, false);
	va_end(list);
	return exec_failed(told, result);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	bool told = exec_begins(can_run(path), SITE);
	va_list list;
	int result;

	va_start(list, first);
	result = exec_listed(real.execve, path, first, list, true);
	va_end(list);
	return exec_failed(told, result);
}

static void end_at_once(int status, uint64_t site)
{
	if (thread_is_open(site))
		process_end(END_EXIT, status);
}

EXPORT void _exit(int status)
{
	real_start();
	end_at_once(status, SITE);
	real._exit(status);
	__builtin_unreachable();
}

EXPORT void _Exit(int status)
{
	real_start();
	end_at_once(status, SITE);
	real._exit(status);
	__builtin_unreachable();
}

/* The program's main(), which we stand before to learn its exit status. */
static int (*program_main)(int, char **, char **);

/* Registered first in main, so it runs after what main registers. */
static void note_status(int status, void *data)
{
	(void)data;
	process.end_status = status;
	if (!process.end_how)
		process.end_how = END_EXIT;
}

static int begin_main(int count, char **arguments, char **environment)
{
	int status;

	on_exit(note_status, NULL);
	status = program_main(count, arguments, environment);
	process.end_how = END_RETURN;
	return status;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): libc's
 */
int __libc_start_main(int (*main)(int, char **, char **), int count,
		      char **arguments, void (*init)(void), void (*fini)(void),
		      void (*loader_fini)(void), void *stack_end);

EXPORT int __libc_start_main(int (*main)(int, char **, char **), int count,
			     char **arguments, void (*init)(void),
			     void (*fini)(void), void (*loader_fini)(void),
			     void *stack_end)
{
	real_start();
	program_main = main;
	return real.__libc_start_main(begin_main, count, arguments, init, fini,
				      loader_fini, stack_end);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
