/*
 * The model: from events, one by one, to the figures of a report.
 *
 * Fed with `struct event` in the order of ts_ns, by a reader or by a test. It
 * keeps what late words may still change (events are told after the fact) in
 * bounded queues and settles the rest: memory grows with threads, locks and
 * call sites, never with events. All figures are those of section 5 of the
 * design; report_check() (check.h) tells whether they fit together.
 *
 * Points in time are ns on the clock of the events; in the report they are
 * counted from the begin of the recording.
 */
#ifndef ANALYSIS_MODEL_H
#define ANALYSIS_MODEL_H

#include <stdint.h>

#include "analysis/event.h"
#include "analysis/report.h"

struct model;

struct model_options {
	uint32_t cpus;		     /* 0: as many as the events name */
	uint64_t begin_ns, end_ns;   /* of the recording; 0: as told */
	uint64_t from_ns, to_ns;     /* window since the begin; to 0: the end */
	uint32_t bins;		     /* of each series at most; 0: no series */
	uint32_t waits;		     /* longest waits kept a thread */
	enum sched_source scheduler; /* SCHED_NONE: as the events show */
	uint64_t tape_bytes; /* kept to play the run again; 0: nothing */
	uint32_t round;	     /* changes of state that settle all; 0: as usual */
	/* The program, where the interposer is not in it: what the scheduler
	 * says of its threads is then all that there is. 0: it is. */
	int32_t outside_pid;
};

struct model *model_new(const struct model_options *options);

/* Takes one event; what it borrows may go after the call. */
void model_event(struct model *model, const struct event *event);

/*
 * Fills the numeric part of `report` (made by report_new()) and frees the
 * model. Sites get address and pid only; locks get the name by annotation and
 * no label; findings and what_if stay empty.
 */
void model_finish(struct model *model, struct report *report);

/* Frees a model that is not to be finished; takes NULL. */
void model_free(struct model *model);

#endif
