/* Which CTF traces lie below a directory. */
#ifndef ANALYSIS_READ_FIND_H
#define ANALYSIS_READ_FIND_H

#include <glib.h>

#include "tracing/base/err.h"

/*
 * Returns the directories below `dir`, itself included, that hold a `metadata`
 * file, sorted; they are owned by the caller. Adds a line to `notes` for each
 * one that has streams of events but no metadata, and for what cannot be
 * looked at. Returns NULL with a message if there is nothing at all.
 */
GPtrArray *read_find(const char *dir, GPtrArray *notes, struct err *err);

#endif
