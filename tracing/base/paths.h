/*
 * Where the parts of holdup lie, seen from the running program: the build tree
 * and an installed one have the same shape (bin, lib/holdup, share/holdup).
 *
 * Each returns a newly allocated path, which the caller frees; it aborts when
 * out of memory. That the file exists is the caller's business.
 */
#ifndef TRACING_BASE_PATHS_H
#define TRACING_BASE_PATHS_H

/* PREFIX/lib/holdup/NAME: the interposer, workloads/NAME ... */
char *paths_lib(const char *name);

/* PREFIX/share/holdup/NAME: plots/NAME.gp ... */
char *paths_share(const char *name);

/* PREFIX/bin/holdup itself. */
char *paths_self(void);

#endif
