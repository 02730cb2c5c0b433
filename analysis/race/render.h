/*
 * Writes a result as text, as JSON (schema holdup-race/1) or as SARIF 2.1.0.
 * Each returns 0, or -1 if `out` could not be written.
 */
#ifndef ANALYSIS_RACE_RENDER_H
#define ANALYSIS_RACE_RENDER_H

#include <stdio.h>

#include "analysis/race/verdict.h"

int render_race_text(const struct race_result *result, FILE *out);
int render_race_json(const struct race_result *result, FILE *out);
int render_race_sarif(const struct race_result *result, FILE *out);

#endif
