/*
 * A damaged CTF trace as one that can be read: Babeltrace refuses a whole trace
 * for one packet that is cut. Its streams are gone through packet by packet;
 * whole ones are linked to from a temporary directory, of others what is left
 * is copied there. What is lost is noted.
 */
#ifndef ANALYSIS_READ_REPAIR_H
#define ANALYSIS_READ_REPAIR_H

#include <glib.h>

struct read_repair;

/*
 * Makes such a directory of the trace in `path`, called `name` in `notes`.
 * Returns NULL if there is no room for one.
 */
struct read_repair *read_repair_new(const char *path, const char *name,
				    GPtrArray *notes);

/* Removes it; takes NULL. */
void read_repair_free(struct read_repair *repair);

/* The directory to open, and the one that names are relative to. */
const char *read_repair_dir(const struct read_repair *repair);
const char *read_repair_top(const struct read_repair *repair);

/* How many streams are in it, and how to leave one out or put it back. */
size_t read_repair_streams(const struct read_repair *repair);
const char *read_repair_stream(const struct read_repair *repair, size_t i);
void read_repair_hide(struct read_repair *repair, size_t i);
void read_repair_show(struct read_repair *repair, size_t i);

#endif
