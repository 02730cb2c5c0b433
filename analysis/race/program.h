/*
 * The program of a race campaign as a file: where it is, whether it was built
 * with ThreadSanitizer, and the names in it.
 */
#ifndef ANALYSIS_RACE_PROGRAM_H
#define ANALYSIS_RACE_PROGRAM_H

#include "analysis/race/parse.h"
#include "tracing/base/err.h"

enum program_build {
	PROGRAM_TSAN,
	PROGRAM_PLAIN,
	PROGRAM_SCRIPT, /* no ELF file: only a run can tell */
};

/* Finds `name` as execvp() would; the caller frees. NULL with a message. */
char *program_find(const char *name, struct err *err);

int program_build(const char *path, enum program_build *build, struct err *err);

/* Names from the symbols and line tables of any module that exists here. */
struct program_symbols;
struct program_symbols *program_symbols_new(const char *path);
void program_symbols_free(struct program_symbols *symbols);
struct race_names program_names(struct program_symbols *symbols);

#endif
