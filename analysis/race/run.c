#include "analysis/race/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/race/frame.h"

/*
 * Deep history, so that few stacks cannot be restored; both stacks of an
 * inversion; no second of waiting at the end. The user's own come after, so
 * that they win; but the log path is ours.
 */
#define PRESET                                                        \
	"history_size=7:second_deadlock_stack=1:atexit_sleep_ms=100:" \
	"print_suppressions=1:stack_trace_format=\"" FRAME_FORMAT "\""

char *run_options(const struct run_setup *setup, const char *user,
		  const char *dir, bool asks_runtime)
{
	GString *text = g_string_new(PRESET);

	if (setup->symbolizer)
		g_string_append_printf(text, ":external_symbolizer_path=\"%s\"",
				       setup->symbolizer);
	if (user && *user)
		g_string_append_printf(text, ":%s", user);
	if (setup->suppressions)
		g_string_append_printf(text, ":suppressions=\"%s\"",
				       setup->suppressions);
	if (asks_runtime)
		g_string_append(text, ":verbosity=1");
	g_string_append_printf(text, ":log_path=\"%s/tsan\"", dir);
	return g_string_free(text, FALSE);
}

static char **make_environment(const struct run_setup *setup,
			       const struct run *run, bool asks_runtime)
{
	char **env = g_get_environ();
	char *options =
		run_options(setup, g_environ_getenv(env, "TSAN_OPTIONS"),
			    run->dir, asks_runtime);
	const char *preload = g_environ_getenv(env, "LD_PRELOAD");
	char *text;

	env = g_environ_setenv(env, "TSAN_OPTIONS", options, TRUE);
	g_free(options);
	if (!setup->shake || !run->plan.chance)
		return env;
	text = preload && *preload
		       ? g_strdup_printf("%s:%s", setup->shake, preload)
		       : g_strdup(setup->shake);
	env = g_environ_setenv(env, "LD_PRELOAD", text, TRUE);
	g_free(text);
	text = g_strdup_printf(
		"%llu:%u:%u:%u", (unsigned long long)run->plan.seed,
		run->plan.chance, run->plan.max_us, run->plan.budget_us);
	env = g_environ_setenv(env, "HOLDUP_SHAKE", text, TRUE);
	g_free(text);
	return env;
}

static char **make_arguments(char *const *argv, uint64_t seed)
{
	GPtrArray *made = g_ptr_array_new();
	char number[24];

	g_snprintf(number, sizeof(number), "%llu", (unsigned long long)seed);
	for (; *argv; argv++) {
		char **parts = g_strsplit(*argv, "{seed}", -1);

		g_ptr_array_add(made, g_strjoinv(number, parts));
		g_strfreev(parts);
	}
	g_ptr_array_add(made, NULL);
	return (char **)g_ptr_array_free(made, FALSE);
}

static int open_onto(int fd, const char *path, int flags)
{
	int opened = open(path, flags, 0600);

	return opened < 0 ? -1 : dup2(opened, fd);
}

static void child(const struct run_setup *setup, const struct run *run,
		  char **argv, char **env, const char *stderr_path, int told)
{
	ssize_t written;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* What of the schedule is refused is left as it is. */
	sched_setaffinity(0, sizeof(run->plan.cpus), &run->plan.cpus);
	if (run->plan.nice && nice(run->plan.nice) < 0)
		errno = 0;
	if (setup->fixed_addresses)
		personality(ADDR_NO_RANDOMIZE);
	if (open_onto(0, "/dev/null", O_RDONLY) >= 0 &&
	    open_onto(1, "/dev/null", O_WRONLY) >= 0 &&
	    open_onto(2, stderr_path, O_WRONLY | O_CREAT | O_APPEND) >= 0)
		execve(setup->path, argv, env);
	written = write(told, &errno, sizeof(errno));
	_exit(written > 0 ? 127 : 126);
}

static uint64_t now_ns(void)
{
	return (uint64_t)g_get_monotonic_time() * 1000;
}

int run_start(struct run *run, const struct run_setup *setup,
	      const struct plan *plan, const char *dir, bool asks_runtime,
	      struct err *err)
{
	char **argv = make_arguments(setup->argv, plan->seed), **env;
	char *stderr_path = g_strdup_printf("%s/stderr", dir);
	int failed = 0, told[2] = { -1, -1 };

	run->plan = *plan;
	run->dir = g_strdup(dir);
	run->hung = false;
	run->pidfd = -1;
	env = make_environment(setup, run, asks_runtime);
	if (g_mkdir_with_parents(dir, 0700) || pipe2(told, O_CLOEXEC)) {
		failed = errno;
		goto out;
	}
	run->pid = fork();
	if (run->pid == 0)
		child(setup, run, argv, env, stderr_path, told[1]);
	close(told[1]);
	if (run->pid < 0 ||
	    read(told[0], &failed, sizeof(failed)) == sizeof(failed))
		failed = run->pid < 0 ? errno : failed;
	close(told[0]);
	run->begin_ns = now_ns();
	if (run->pid > 0 && failed)
		waitpid(run->pid, NULL, 0);
	else if (run->pid > 0)
		run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	if (!failed && run->pidfd < 0) {
		failed = errno;
		run_end(run);
	}
out:
	g_strfreev(argv);
	g_strfreev(env);
	g_free(stderr_path);
	if (!failed)
		return 0;
	run->pid = 0;
	g_clear_pointer(&run->dir, g_free);
	return err_errno(err, failed, "cannot run '%s'", setup->path);
}

int run_end(struct run *run)
{
	int status = 0;

	if (run->pid <= 0)
		return 0;
	/* Not yet reaped, so the group's number is still ours. */
	kill(-run->pid, SIGKILL);
	kill(run->pid, SIGKILL);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (run->pidfd >= 0)
		close(run->pidfd);
	run->pid = 0;
	run->pidfd = -1;
	return status;
}
