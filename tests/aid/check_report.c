/*
 * usage: check_report DIR...   loads each recording as every command does and
 * checks the invariants of its report. Exits 1 and names the first that breaks.
 */
#include <stdio.h>

#include "analysis/check.h"
#include "analysis/load.h"

static int check(const char *dir)
{
	static const struct load_options options = { .bins = 512, .waits = 16 };
	struct err err = { "" };
	struct report *report = load_report(dir, &options, &err);
	int broken = !report || report_check(report, &err);

	if (broken)
		printf("%s: %s\n", dir, err.text);
	else if (report->run.refused) {
		printf("%s: %llu events refused\n", dir,
		       (unsigned long long)report->run.refused);
		broken = 1;
	}
	report_free(report);
	return broken;
}

int main(int argc, char **argv)
{
	int broken = 0;

	for (int i = 1; i < argc; i++)
		broken |= check(argv[i]);
	return broken;
}
