/* The front door: a table of commands, nothing more. */
#include <stdio.h>
#include <string.h>

#include "analysis/commands.h"
#include "plots/commands.h"
#include "tracing/base/exits.h"
#include "tracing/commands.h"
#include "workloads/commands.h"

struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static int help_main(int argc, char **argv);

static const struct command commands[] = {
	{ "record", "run a program and record what its threads wait for",
	  record_main },
	{ "report", "say what holds a recorded program up", report_main },
	{ "plot", "draw pictures of a recording", plot_main },
	{ "diff", "compare recordings", diff_main },
	{ "whatif", "predict a recorded run with something changed",
	  whatif_main },
	{ "export", "write a recording in the form of another tool",
	  export_main },
	{ "race", "find races, or confirm that a fix holds", race_main },
	{ "lesson", "try a claim about concurrency on this machine",
	  lesson_main },
	{ "doctor", "say what this machine allows, and how to allow the rest",
	  doctor_main },
	{ "help", "show this list, or the help of a command", help_main },
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	fprintf(stderr, "holdup: no command '%s'; try 'holdup help'\n", name);
	return EXIT_USAGE;
}

static int list(FILE *out)
{
	fputs("usage: holdup COMMAND [ARG...]\n\n"
	      "What's the holdup? Records a multi-threaded program and says "
	      "which lock,\nwait or switch costs it time.\n\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name,
			commands[i].summary);
	fputs("\nexample: holdup record ./app && holdup report\n", out);
	return EXIT_DONE;
}

static int help_main(int argc, char **argv)
{
	char help[] = "--help";
	const struct command *command = argc > 1 ? find(argv[1]) : NULL;
	char *asked[] = { argv[1], help, NULL };

	if (argc < 2)
		return list(stdout);
	if (!command)
		return unknown(argv[1]);
	return command->run == help_main ? list(stdout)
					 : command->run(2, asked);
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		list(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return list(stdout);
	if (!strcmp(argv[1], "--version")) {
		puts("holdup " HOLDUP_VERSION);
		return EXIT_DONE;
	}
	command = find(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : unknown(argv[1]);
}
