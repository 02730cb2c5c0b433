/*
 * The command line of `holdup race`.
 */
#ifndef ANALYSIS_RACE_SETTINGS_H
#define ANALYSIS_RACE_SETTINGS_H

#include <stdio.h>

#include "analysis/race/campaign.h"

struct race_result;

struct format {
	const char *name;
	int (*render)(const struct race_result *result, FILE *out);
};

struct settings {
	struct campaign_options campaign;
	uint64_t runs; /* 0: the default */
	double confidence;
	const char *before, *output, *second, *plain, *trace;
	const struct format *format;
	char **argv;
	struct err err;
};

/* Fills `s`; says what is wrong and exits 2 where something is. */
void settings_parse(struct settings *s, int argc, char **argv);

#endif
