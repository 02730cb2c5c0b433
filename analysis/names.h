/*
 * Gives the places and locks of a report their names.
 */
#ifndef ANALYSIS_NAMES_H
#define ANALYSIS_NAMES_H

#include "analysis/report.h"
#include "analysis/symbols.h"

/*
 * Fills in the texts of all sites and the labels of all locks; `symbols` may be
 * NULL. Counts what has no name in run.unresolved and notes why.
 */
void names_resolve(struct report *report, struct symbols *symbols);

#endif
