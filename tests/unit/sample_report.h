/* A hand-made report: what a recording of the convoy looks like. */
#ifndef TESTS_UNIT_SAMPLE_REPORT_H
#define TESTS_UNIT_SAMPLE_REPORT_H

#include "analysis/report.h"

enum {
	SAMPLE_MAIN, /* threads */
	SAMPLE_WORKERS,
	SAMPLE_THREADS = 9,
};

/* One lock, held while its owner writes; eight workers queue for it. */
struct report *sample_convoy(void);

/* The same program without any contention. */
struct report *sample_calm(void);

#endif
