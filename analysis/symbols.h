/*
 * From addresses of a recorded process to functions, lines and variables.
 *
 * Fed with the modules that the trace tells of, it opens the binaries of this
 * machine when it is first asked about them. A binary whose build id differs
 * from the recorded one is not used. Nothing is looked up over a network.
 */
#ifndef ANALYSIS_SYMBOLS_H
#define ANALYSIS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/event.h"

struct symbols;

/* What is known of an address; texts are "" where unknown and live as long
 * as the symbols. */
struct symbol {
	const char *function; /* demangled, without parameters */
	const char *path;     /* of the source file */
	int line;	      /* 0 unknown */
	const char *module;   /* base name of the binary */
	uint64_t offset;      /* in it */
	bool runtime; /* a library's wrapper, as std::mutex::lock, not code of
			 the program */
};

/* A variable that an address lies in. */
struct variable {
	const char *name;   /* with its member path: "cache.shard[3].lock" */
	const char *symbol; /* the variable alone: "cache" */
	const char *path;   /* of the source file that declares it */
	int line;	    /* 0 unknown */
	const char *module; /* base name of the binary */
	uint64_t offset;    /* of the address in it */
	uint64_t into;	    /* bytes from the start of the variable on */
};

struct symbols *symbols_new(void);
void symbols_free(struct symbols *symbols);

/*
 * The name by which the program was started. Where it leads to the file of a
 * module (a symbolic link), that module goes by this name.
 */
void symbols_started_as(struct symbols *symbols, const char *executable);

/* Takes note of modules and processes; other events are ignored. */
void symbols_event(struct symbols *symbols, const struct event *event);

/* What an address of code is: of the instruction behind a call, or a first
 * one. */
enum symbols_kind {
	SYMBOLS_RETURN,
	SYMBOLS_ENTRY,
};

/*
 * The code at `address` of process `pid`. A return address is looked up as the
 * call before it. False if not even the module is known.
 */
bool symbols_code(struct symbols *symbols, int32_t pid, uint64_t address,
		  enum symbols_kind kind, struct symbol *symbol);

/* The global or static variable at `address`; false if there is none, with
 * module and offset where those are known. */
bool symbols_data(struct symbols *symbols, int32_t pid, uint64_t address,
		  struct variable *variable);

/*
 * Binaries that could not be used, a sentence each, and their number. They
 * belong to `symbols`.
 */
size_t symbols_notes(struct symbols *symbols, const char *const **notes);

#endif
