/*
 * The metadata of a CTF trace that was cut: what it describes up to there. A
 * packet of metadata that is not whole makes Babeltrace 2.0 read for ever, and
 * a description that is not whole makes it refuse the trace.
 */
#ifndef ANALYSIS_READ_METADATA_H
#define ANALYSIS_READ_METADATA_H

#include <stdbool.h>
#include <stddef.h>

/* Does the metadata in this directory end in the middle of something? */
bool read_metadata_is_cut(const char *dir);

/*
 * Makes `to` the metadata of `dir` up to its last whole description, or a link
 * to it where nothing is cut. *lost is how many bytes of text are left out.
 * Returns 0, or -1 with errno.
 */
int read_metadata_mend(const char *dir, const char *to, size_t *lost);

#endif
