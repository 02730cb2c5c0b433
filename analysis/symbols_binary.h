/*
 * One binary of this machine, opened when it is first asked for and only used
 * if it is the one that was recorded.
 */
#ifndef ANALYSIS_SYMBOLS_BINARY_H
#define ANALYSIS_SYMBOLS_BINARY_H

#include <elfutils/libdwfl.h>
#include <glib.h>
#include <stdbool.h>

struct binary {
	char *path; /* as recorded */
	GBytes *build_id;
	bool opened;
	bool other; /* there is a file, but it is another build */
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: could not be used */
	Dwarf_Addr low;	     /* of its first segment */
	GArray *variables;   /* struct data_entry, made on first use */
};

/* `build_id` may be NULL: then any build will do. */
struct binary *binary_new(const char *path, GBytes *build_id);
void binary_free(void *binary);

/* True if it can be used. Its addresses are then those that the file says. */
bool binary_open(struct binary *binary);

/* A sentence about why its places have no names; NULL if there is nothing to
 * say. The caller frees it. */
char *binary_note(const struct binary *binary);

#endif
