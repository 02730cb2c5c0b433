/* The trace directory: made, locked against other recordings, taken back. */
#ifndef TRACING_RECORDER_OUTDIR_H
#define TRACING_RECORDER_OUTDIR_H

#include "tracing/schema.h" /* before <fcntl.h>, which has a LOCK_READ */

#include <glib.h>
#include "tracing/base/err.h"

struct outdir {
	char *path; /* absolute */
	char *old;  /* where an existing one went; NULL: nowhere */
	int fd;	    /* locked while the recording lasts */
};

/* Makes it, after renaming an existing recording to PATH.old. */
int outdir_make(struct outdir *out, const char *path, struct err *err);

/* Takes it back, when nothing came of the recording. */
void outdir_unmake(struct outdir *out);

/* Whether it is still where it was made. */
int outdir_check(const struct outdir *out, struct err *err);

void outdir_clear(struct outdir *out);

#endif
