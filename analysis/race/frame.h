/*
 * One line of a stack, and which of its lines is the program's own.
 */
#ifndef ANALYSIS_RACE_FRAME_H
#define ANALYSIS_RACE_FRAME_H

#include "analysis/race/race.h"

/*
 * The format that race campaigns ask of ThreadSanitizer; unlike its own it
 * tells the address, and where a function ends and a path begins.
 */
#define FRAME_FORMAT "    #%n %p %f | %S | (%m+%o)"

/*
 * Reads "#0 main a.c:3:1 (prog+0x12) (BuildId: ..)" or FRAME_FORMAT, from the
 * '#' on. False if it is no such line.
 */
bool frame_read(struct race_frame *frame, const char *line,
		struct race_pool *pool);

/* Is it part of the sanitizer's runtime rather than of the program? */
bool frame_is_runtime(const struct race_frame *frame);

/* Is it code of a library rather than of the program? */
bool frame_is_system(const struct race_frame *frame);

/* The frame that a reader has to look at, or NULL if there is none. */
const struct race_frame *frame_own(const struct race_frame *frames, guint n);

/* Sets path, and file after it. */
void frame_set_path(struct race_frame *frame, const char *path,
		    struct race_pool *pool);

/*
 * "std::vector<int>::push_back(int const&)" -> "std::vector::push_back": what
 * people read, and what a recording calls it. The caller frees.
 */
char *frame_function(const struct race_frame *frame);

/* "audit (wrong-lock.c:26)", as good as is known; the caller frees. */
char *frame_text(const struct race_frame *frame);

#endif
