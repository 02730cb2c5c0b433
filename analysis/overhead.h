/*
 * What the recording cost the program, from the manifest's calibration and its
 * bare runs.
 */
#ifndef ANALYSIS_OVERHEAD_H
#define ANALYSIS_OVERHEAD_H

#include "analysis/manifest.h"
#include "analysis/report.h"

/* Fills report.overhead but for what the model counted. */
void overhead_fill(const struct manifest *manifest, struct report *report);

#endif
