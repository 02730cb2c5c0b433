#include "tracing/interposer/surroundings.h"

#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define TEXT_BYTES 8192
#define WORDS_MAX  32
#define AREA_BYTES (8u << 20) /* of arguments and environment, at most */

static char text[TEXT_BYTES];
static struct {
	char *at;
	char *kept; /* in `text` */
	size_t bytes;
} words[WORDS_MAX];
static size_t n_words;

/*
 * The name of the program stands at the end of what the kernel has handed over
 * on the stack, which is there for good. A word of somewhere else may not be.
 */
static int is_handed_over(const char *word)
{
	uintptr_t end = (uintptr_t)getauxval(AT_EXECFN);

	return (uintptr_t)word < end && end - (uintptr_t)word < AREA_BYTES;
}

static int is_read(const char *word)
{
	return !strncmp(word, "LTTNG_", 6) || !strncmp(word, "HOME=", 5);
}

void surroundings_keep(void)
{
	size_t used = 0;

	for (char **at = environ; at && *at && n_words < WORDS_MAX; at++) {
		size_t bytes = strlen(*at) + 1;

		if (!is_read(*at) || !is_handed_over(*at) ||
		    bytes > sizeof(text) - used)
			continue;
		words[n_words].at = *at;
		words[n_words].kept = memcpy(text + used, *at, bytes);
		words[n_words++].bytes = bytes;
		used += bytes;
	}
}

void surroundings_swap(void)
{
	for (size_t i = 0; i < n_words; i++)
		for (size_t k = 0; k < words[i].bytes; k++) {
			char there = words[i].at[k];

			words[i].at[k] = words[i].kept[k];
			words[i].kept[k] = there;
		}
}
