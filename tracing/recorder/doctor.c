/* holdup doctor: what this machine allows, and how to allow the rest. */
#include <argp.h>
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracing/base/exits.h"
#include "tracing/base/paths.h"
#include "tracing/commands.h"
#include "tracing/recorder/clock.h"
#include "tracing/recorder/rundir.h"
#include "tracing/schema.h"

enum verdict {
	FINE,
	LIMITED, /* works, with less to tell */
	MISSING,
};

struct doctor {
	char *dir;	  /* for what the checks make */
	json_t *manifest; /* of a recording of `true`; NULL: none came of it */
	char *complaint;  /* what that recording said */
};

/* What a check has found; `remedy` is a command that would allow more. */
struct finding {
	enum verdict verdict;
	char *text, *remedy;
};

typedef struct finding check_fn(const struct doctor *doctor);

static struct finding finding(enum verdict verdict, char *text,
			      const char *remedy)
{
	return (struct finding){ verdict, text, g_strdup(remedy) };
}

/* Runs `argv` and returns what it printed, NULL unless it exits 0. */
static char *output_of(const char *const argv[], char **errors)
{
	GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);
	char *out = NULL;
	int status = 0;
	gboolean ran;

	do {
		g_ptr_array_add(copy, g_strdup(*argv));
	} while (*argv++);
	ran = g_spawn_sync(NULL, (char **)copy->pdata, NULL,
			   G_SPAWN_SEARCH_PATH, NULL, NULL, &out, errors,
			   &status, NULL);
	g_ptr_array_free(copy, TRUE);
	if (ran && status == 0)
		return out;
	g_free(out);
	return NULL;
}

static char *number_text(const char *path)
{
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return g_strdup("unknown");
	return g_strstrip(text);
}

static long long manifest_number(const struct doctor *doctor, const char *part,
				 const char *key)
{
	const json_t *object = part ? json_object_get(doctor->manifest, part)
				    : doctor->manifest;

	return (long long)json_integer_value(json_object_get(object, key));
}

static struct finding check_interposer(const struct doctor *doctor)
{
	char *path = paths_lib("libholdup.so");
	struct finding f = finding(FINE, g_strdup(path), NULL);

	(void)doctor;
	if (access(path, R_OK)) {
		g_free(f.text);
		f = finding(MISSING, g_strdup_printf("'%s' is not there", path),
			    "make install");
	}
	free(path);
	return f;
}

static struct finding check_daemon(const struct doctor *doctor)
{
	const char *const argv[] = { "lttng-sessiond", "--version", NULL };
	char *path = g_find_program_in_path(argv[0]);
	char *version = path ? output_of(argv, NULL) : NULL;
	struct finding f;

	(void)doctor;
	if (path)
		f = finding(FINE,
			    g_strdup_printf("%s %s", path,
					    version ? g_strstrip(version) : ""),
			    NULL);
	else
		f = finding(MISSING,
			    g_strdup("without lttng-sessiond nothing can be "
				     "recorded"),
			    "apt-get install lttng-tools");
	g_free(version);
	g_free(path);
	return f;
}

static struct finding check_recording(const struct doctor *doctor)
{
	if (!doctor->manifest)
		return finding(MISSING,
			       g_strdup(doctor->complaint ? doctor->complaint
							  : "it failed"),
			       NULL);
	if (!manifest_number(doctor, NULL, "processes"))
		return finding(MISSING,
			       g_strdup("the interposer did not get into "
					"'true'"),
			       "apt-get install liblttng-ust1");
	if (!manifest_number(doctor, "ust", "packets"))
		return finding(MISSING,
			       g_strdup("'true' told no event (LTTng-UST)"),
			       "apt-get install liblttng-ust1");
	return finding(FINE, g_strdup("'true' was recorded, events and counts"),
		       NULL);
}

static struct finding check_scheduler(const struct doctor *doctor)
{
	static const char outside[] =
		"run it as root outside of it: what is started in a PID "
		"namespace from there is told by its ids outside";
	static const char all[] =
		"run it as root outside of containers, or: "
		"sysctl kernel.perf_event_paranoid=-1 (and tracefs, below)";
	const json_t *sched = json_object_get(doctor->manifest, "scheduler");
	const char *source =
		json_string_value(json_object_get(sched, "source"));
	const char *why = json_string_value(json_object_get(sched, "why"));
	char *level = number_text("/proc/sys/kernel/perf_event_paranoid");
	struct finding f;

	if (source && !strcmp(source, "system"))
		f = finding(FINE,
			    g_strdup("switches and wake-ups, of the "
				     "whole machine"),
			    NULL);
	else if (source && !strcmp(source, "task"))
		f = finding(LIMITED,
			    g_strdup_printf(
				    "switches of the program's own threads; "
				    "not who woke them, nor who ran instead "
				    "(perf_event_paranoid is %s): %s",
				    level, why ? why : "it is not known why"),
			    why && strstr(why, "PID namespace") ? outside
								: all);
	else if (g_ascii_strtoll(level, NULL, 10) > 2) /* as in Debian */
		f = finding(LIMITED,
			    g_strdup_printf("none: perf_event_paranoid is %s",
					    level),
			    "sysctl kernel.perf_event_paranoid=2");
	else
		f = finding(LIMITED,
			    g_strdup_printf("none: %s, as in containers",
					    why ? why : "it is not known why"),
			    "start the container with --cap-add PERFMON, or "
			    "with a seccomp profile that allows it");
	g_free(level);
	return f;
}

static struct finding check_tracefs(const struct doctor *doctor)
{
	static const char id[] = "/sys/kernel/tracing/events/sched/"
				 "sched_switch/id";

	(void)doctor;
	if (!access(id, R_OK))
		return finding(FINE, g_strdup("/sys/kernel/tracing"), NULL);
	if (!geteuid())
		return finding(FINE,
			       g_strdup("not mounted; each recording mounts "
					"one of its own"),
			       NULL);
	return finding(LIMITED, g_strdup("cannot be read"),
		       "mount -o remount,mode=750,gid=GROUP "
		       "/sys/kernel/tracing");
}

static struct finding check_clock(const struct doctor *doctor)
{
	(void)doctor;
	if (clock_tsc_usable())
		return finding(FINE, g_strdup("time stamp counter"), NULL);
	return finding(LIMITED,
		       g_strdup("the time stamp counter is not used by the "
				"kernel: timing a lock costs more"),
		       NULL);
}

static struct finding check_shm(const struct doctor *doctor)
{
	(void)doctor;
	if (!access("/dev/shm", W_OK | X_OK))
		return finding(FINE, g_strdup("/dev/shm"), NULL);
	return finding(LIMITED,
		       g_strdup("no /dev/shm: LTTng-UST needs it for its "
				"buffers"),
		       "mount -t tmpfs -o mode=1777 tmpfs /dev/shm");
}

/* Builds and runs a program, since some kernels' layouts break TSan. */
static struct finding check_tsan(const struct doctor *doctor)
{
	static const char *const compilers[] = { "clang", "gcc" };
	char *source = g_build_filename(doctor->dir, "tsan.c", NULL);
	char *program = g_build_filename(doctor->dir, "tsan", NULL);
	struct finding f = finding(MISSING,
				   g_strdup("no compiler makes programs for "
					    "'holdup race'"),
				   "apt-get install clang libclang-rt-14-dev");

	g_file_set_contents(source, "int main(void) { return 0; }\n", -1, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(compilers); i++) {
		const char *const build[] = { compilers[i], "-fsanitize=thread",
					      "-pthread",   "-o",
					      program,	    source,
					      NULL };
		const char *const run[] = { program, NULL };
		char *built = output_of(build, NULL);
		char *ran = built ? output_of(run, NULL) : NULL;

		if (built) {
			g_free(f.text);
			g_free(f.remedy);
			f = ran ? finding(FINE, g_strdup(compilers[i]), NULL)
				: finding(MISSING,
					  g_strdup("programs built with it do "
						   "not run"),
					  "sysctl vm.mmap_rnd_bits=28");
		}
		g_free(built);
		g_free(ran);
		if (f.verdict == FINE)
			break;
	}
	g_free(source);
	g_free(program);
	return f;
}

static struct finding in_path(const char *program, const char *without,
			      const char *remedy)
{
	char *path = g_find_program_in_path(program);

	return path ? finding(FINE, path, NULL)
		    : finding(MISSING, g_strdup(without), remedy);
}

static struct finding check_gnuplot(const struct doctor *doctor)
{
	(void)doctor;
	return in_path("gnuplot", "without it 'holdup plot' cannot draw",
		       "apt-get install gnuplot-nox");
}

static struct finding check_babeltrace(const struct doctor *doctor)
{
	(void)doctor;
	return in_path("babeltrace2", "without it traces cannot be printed",
		       "apt-get install babeltrace2");
}

static struct finding check_symbols(const struct doctor *doctor)
{
	(void)doctor;
	if (!access("/usr/lib/debug/.build-id", R_OK))
		return finding(FINE,
			       g_strdup("of some of the system's libraries; "
					"your own need -g"),
			       NULL);
	return finding(LIMITED,
		       g_strdup("lines of code need -g, those of libraries "
				"their -dbg or -dbgsym package"),
		       "apt-get install libc6-dbg");
}

static const struct {
	const char *name;
	check_fn *run;
	bool is_vital; /* without it nothing can be recorded */
} checks[] = {
	{ "interposer", check_interposer, true },
	{ "session daemon", check_daemon, true },
	{ "recording", check_recording, true },
	{ "scheduler", check_scheduler, false },
	{ "tracefs", check_tracefs, false },
	{ "clock", check_clock, false },
	{ "shared memory", check_shm, false },
	{ "race detector", check_tsan, false },
	{ "gnuplot", check_gnuplot, false },
	{ "babeltrace2", check_babeltrace, false },
	{ "symbols", check_symbols, false },
};

/* The surest test is to do it. */
static void try_recording(struct doctor *doctor)
{
	char *self = paths_self();
	char *out = g_build_filename(doctor->dir, "trace", NULL);
	char *manifest = g_build_filename(out, SCHEMA_MANIFEST, NULL);
	const char *const argv[] = { self, "record", "-o", out,
				     "--", "true",   NULL };
	char *said = output_of(argv, &doctor->complaint);

	if (said)
		doctor->manifest =
			json_load_file(manifest, JSON_DISABLE_EOF_CHECK, NULL);
	if (doctor->complaint) {
		g_strchomp(doctor->complaint);
		doctor->complaint[strcspn(doctor->complaint, "\n")] = '\0';
	}
	g_free(said);
	g_free(manifest);
	g_free(out);
	free(self);
}

/* Words of `text` from column 26 on, in 80 columns. */
static void print_wrapped(const char *text, size_t column)
{
	char **words = g_strsplit(text, " ", -1);

	for (char **word = words; *word; word++) {
		size_t n = strlen(*word);

		if (word > words && column + 1 + n > 79) {
			printf("\n%*s", 25, "");
			column = 25;
		} else if (word > words) {
			putchar(' ');
			column++;
		}
		fputs(*word, stdout);
		column += n;
	}
	putchar('\n');
	g_strfreev(words);
}

static void print_finding(const char *name, const struct finding *f)
{
	static const char *const words[] = {
		[FINE] = "ok",
		[LIMITED] = "limited",
		[MISSING] = "missing",
	};

	printf("%-7s  %-14s  ", words[f->verdict], name);
	print_wrapped(f->text, 25);
	/* On a line of its own, to be copied. */
	if (f->remedy)
		printf("    -> %s\n", f->remedy);
	fflush(stdout);
}

static const struct argp argp = {
	.doc = "Say what this machine allows holdup to do, and how to allow "
	       "the rest.\v"
	       "Exits 0 when programs can be recorded, 3 when not.\n\n"
	       "example: holdup doctor",
};

int doctor_main(int argc, char **argv)
{
	static char name[] = "holdup doctor";
	struct doctor doctor = { .dir = NULL };
	bool can_record = true;

	argv[0] = name;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	doctor.dir = g_dir_make_tmp("holdup-doctor-XXXXXX", NULL);
	if (!doctor.dir) {
		fputs("holdup: no directory for temporary files\n", stderr);
		return EXIT_CANNOT;
	}
	try_recording(&doctor);
	for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
		struct finding f = checks[i].run(&doctor);

		print_finding(checks[i].name, &f);
		if (checks[i].is_vital && f.verdict == MISSING)
			can_record = false;
		g_free(f.text);
		g_free(f.remedy);
	}
	json_decref(doctor.manifest);
	g_free(doctor.complaint);
	rundir_remove(doctor.dir);
	g_free(doctor.dir);
	return can_record ? EXIT_DONE : EXIT_CANNOT;
}
