#include "tracing/recorder/front.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracing/base/exits.h"
#include "tracing/recorder/buffers.h"
#include "tracing/recorder/clock.h"
#include "tracing/recorder/preload.h"
#include "tracing/recorder/rundir.h"
#include "tracing/recorder/target.h"
#include "tracing/recorder/ustdir.h"
#include "tracing/schema.h"

struct front {
	struct logbook *manifest;
	const struct front_options *options;
	struct outdir out;
	struct target_signals caller; /* for the program */
	int signals;		      /* signalfd */
	int keeper;		      /* socket */
	pid_t keeper_pid;
	bool is_orphan; /* the keeper was killed */
	bool has_run;	/* the recorded program has */
	char *run;	/* the keeper's run directory, should it die */
	struct target target;
};

/* Signals that somebody may send to us and means the program by it. */
static const int forwarded[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
				 SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH,
				 SIGPWR,  SIGIO,   SIGURG };

static void complain(const char *text)
{
	fprintf(stderr, "holdup: %s\n", text);
}

/*
 * None of our descriptors may become one of the program's standard streams,
 * should the caller have closed these: they are kept by what exec closes.
 */
static void keep_streams_free(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int take_signals(struct front *f, struct err *err)
{
	const struct sigaction normal = { .sa_handler = SIG_DFL };
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	for (size_t i = 0; i < G_N_ELEMENTS(forwarded); i++)
		sigaddset(&ours, forwarded[i]);
	sigprocmask(SIG_BLOCK, &ours, &f->caller.mask);
	/* A caller that ignores it would have us never hear of the end. */
	sigaction(SIGCHLD, &normal, &f->caller.child);
	f->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return f->signals < 0 ? err_errno(err, errno, "signalfd") : 0;
}

/* The keeper was killed: what it cannot clear away any more, we do. */
static int keeper_died(struct front *f)
{
	complain("the recorder's background process was killed: the recording "
		 "is incomplete");
	f->is_orphan = true;
	if (f->run)
		rundir_remove(f->run);
	close(f->keeper);
	f->keeper = -1;
	return -1;
}

/* Waits for the keeper's next word; on failure all has been said. */
static int hear(struct front *f, enum word wanted, struct message *message)
{
	if (message_receive(f->keeper, message))
		return keeper_died(f);
	if (message->word == wanted)
		return 0;
	if (message->text[0])
		complain(message->text);
	return -1;
}

static void forward(struct front *f)
{
	struct signalfd_siginfo info;

	while (read(f->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		/* What comes from the terminal, the program got as well. */
		if (info.ssi_code <= 0 && f->target.pid > 0)
			kill(f->target.pid, (int)info.ssi_signo);
		if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGURG)
			f->manifest->interrupted = (int)info.ssi_signo;
	}
}

/* Until the program has ended. */
static void wait_for_target(struct front *f, struct run_times *times)
{
	struct pollfd fds[] = {
		{ .fd = f->signals, .events = POLLIN },
		{ .fd = f->keeper, .events = POLLIN },
	};

	while (!target_reap(&f->target, times)) {
		fds[1].fd = f->keeper;
		poll(fds, 2, -1);
		forward(f);
		/* It has nothing to say until then but that it is gone. */
		if (fds[1].fd >= 0 && fds[1].revents)
			keeper_died(f);
	}
}

static int exec_failed(struct front *f, int why)
{
	struct message message = { .word = WORD_NEVER };
	struct err err = { "" };

	wait_for_target(f, &f->manifest->times);
	err_errno(&err, why, "cannot run '%s'", f->manifest->command[0]);
	complain(err.text);
	message_send(f->keeper, &message);
	hear(f, WORD_DONE, &message);
	return why == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_STARTED;
}

static void say_notes(const struct front *f, char *notes)
{
	char **lines = g_strsplit(notes, "\n", -1);

	for (char **line = lines; *line; line++)
		if (**line)
			complain(*line);
	if (isatty(2))
		fprintf(stderr,
			"holdup: recorded %.3f s into '%s': see it with "
			"'holdup report %s'\n",
			(double)(f->manifest->times.end_ns -
				 f->manifest->times.start_ns) /
				1e9,
			f->options->out, f->options->out);
	g_strfreev(lines);
}

static int run_target(struct front *f)
{
	struct message message = { .word = WORD_FOLLOW };
	struct logbook *m = f->manifest;
	int why;

	message.pid = f->target.pid;
	if (message_send(f->keeper, &message) || hear(f, WORD_GO, &message))
		return EXIT_RECORD;
	why = target_go(&f->target, &m->times);
	if (why)
		return exec_failed(f, why);
	f->has_run = true;
	wait_for_target(f, &f->manifest->times);
	message = (struct message){
		.word = WORD_ENDED,
		.times = m->times,
		.interrupted = m->interrupted,
	};
	if (f->keeper >= 0 && !message_send(f->keeper, &message) &&
	    !hear(f, WORD_DONE, &message))
		say_notes(f, message.text);
	return logbook_exit_status(m->times.status);
}

/* Somebody lost patience before there was a program to tell. */
static int give_up(struct front *f)
{
	struct message message = { .word = WORD_NEVER };

	message_send(f->keeper, &message);
	hear(f, WORD_DONE, &message);
	return 128 + f->manifest->interrupted;
}

static int start_target(struct front *f)
{
	struct target_options options = {
		.command = f->manifest->command,
		.signals = &f->caller,
	};
	struct message message;
	struct err err = { "" };
	int status = EXIT_RECORD;
	char *boards;

	if (hear(f, WORD_READY, &message))
		return status;
	f->run = g_strdup(message.text);
	f->target.pid = 0;
	forward(f);
	if (f->manifest->interrupted)
		return give_up(f);
	boards = g_build_filename(f->run, "boards", NULL);
	if (!target_rejects(f->manifest->not_entered))
		options.env = preload_environment(f->run, boards,
						  f->manifest->detail_all,
						  f->manifest->budget);
	g_free(boards);
	if (target_fork(&f->target, &options, &err))
		complain(err.text);
	else
		status = run_target(f);
	g_strfreev(options.env);
	return status;
}

static void show_progress(const struct front *f, uint64_t done)
{
	if (isatty(2))
		fprintf(stderr, "\rholdup: bare run %llu of %llu\r\033[K",
			(unsigned long long)done,
			(unsigned long long)f->options->baseline);
}

/* One bare run; -1: it could not be started, or somebody wants no more. */
static int run_one(struct front *f)
{
	const struct target_options options = {
		.command = f->manifest->command,
		.is_quiet = true,
		.signals = &f->caller,
	};
	struct run_times times;
	struct err err = { "" };
	int why;

	memset(&times, 0, sizeof(times));
	if (target_fork(&f->target, &options, &err)) {
		complain(err.text);
		return -1;
	}
	why = target_go(&f->target, &times);
	wait_for_target(f, &times);
	if (why) {
		err_errno(&err, why, "cannot run '%s'",
			  f->manifest->command[0]);
		complain(err.text);
	}
	g_array_append_val(f->manifest->baseline, times);
	return why || f->manifest->interrupted ? -1 : 0;
}

static int run_bare(struct front *f, uint64_t runs)
{
	for (uint64_t i = 0; i < runs; i++) {
		show_progress(f, f->manifest->baseline->len + 1);
		if (run_one(f))
			return -1;
	}
	return 0;
}

/* What came of bare runs goes into the manifest that the keeper has written. */
static void add_baseline(struct front *f)
{
	struct err err = { "" };

	if (f->is_orphan || !f->manifest->baseline->len ||
	    !logbook_add_baseline(f->manifest, f->out.fd, &err))
		return;
	complain(err.text);
}

static int record_run(struct front *f)
{
	const struct keeper_options keeper = {
		.has_sched = f->options->has_sched,
	};
	struct err err = { "" };
	int status = EXIT_RECORD;

	if (f->options->may_learn && f->out.old)
		buffers_learn(f->manifest, f->out.old);
	f->keeper = keeper_start(f->manifest, &f->out, &keeper, &f->keeper_pid,
				 &err);
	if (f->keeper < 0)
		complain(err.text);
	else
		status = start_target(f);
	if (f->keeper >= 0)
		close(f->keeper);
	f->keeper = -1;
	if (f->keeper_pid > 0)
		waitpid(f->keeper_pid, NULL, 0);
	if (f->is_orphan)
		ustdir_mend(f->out.path);
	return status;
}

int front_run(struct logbook *manifest, const struct front_options *options)
{
	struct front f = {
		.manifest = manifest,
		.options = options,
		.out = { .fd = -1 },
		.keeper = -1,
	};
	struct err err = { "" };
	uint64_t before = options->baseline - options->baseline / 2;
	int status = EXIT_RECORD;

	keep_streams_free();
	if (take_signals(&f, &err) || preload_check(&err) ||
	    outdir_make(&f.out, options->out, &err)) {
		complain(err.text);
	} else if (run_bare(&f, before)) {
		outdir_unmake(&f.out);
		if (manifest->interrupted)
			status = 128 + manifest->interrupted;
	} else {
		status = record_run(&f);
		/* The rest behind it, so that a drift shows in neither. */
		if (!manifest->interrupted && f.has_run)
			run_bare(&f, options->baseline - before);
		add_baseline(&f);
	}
	outdir_clear(&f.out);
	g_free(f.run);
	return status;
}
