/*
 * The binaries that call us: the program, its libraries, LTTng.
 *
 * LTTng tells of those that are there at the start. What the program loads
 * later is noticed when it first calls us and told by an event of our own:
 * interposing dlopen() instead would change whose search path it goes by.
 *
 * glibc's _dl_find_object() takes no lock, so this is safe anywhere, also in a
 * signal handler that came into the loader.
 */
#ifndef TRACING_INTERPOSER_MODULE_H
#define TRACING_INTERPOSER_MODULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * True when `site` lies in LTTng's libraries: nothing of the program. Takes
 * note of the module if it is new.
 */
bool module_is_foreign(uint64_t site);

/* Modules that are gone may make room for others at the same address. */
void module_closed(void);

/* Are there modules that are known and not yet told? */
bool module_is_untold(void);

/* Calls `visit` with the facts of each module that is not told yet, once. */
struct fact_module;
void module_tell(void (*visit)(const struct fact_module *));

#endif
