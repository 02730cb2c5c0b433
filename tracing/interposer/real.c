#include "tracing/interposer/real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "tracing/interposer/process.h"
#include "tracing/interposer/sys.h"

/*
 * glibc's other names of these, which nobody interposes: an allocator that is
 * preloaded beside us may take a mutex while we look the rest up.
 */
int early_lock(pthread_mutex_t *mutex);
int early_trylock(pthread_mutex_t *mutex);
int early_unlock(pthread_mutex_t *mutex);
int early_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int early_destroy(pthread_mutex_t *mutex);
__asm__(".symver early_lock,__pthread_mutex_lock@GLIBC_2.2.5");
__asm__(".symver early_trylock,__pthread_mutex_trylock@GLIBC_2.2.5");
__asm__(".symver early_unlock,__pthread_mutex_unlock@GLIBC_2.2.5");
__asm__(".symver early_init,__pthread_mutex_init@GLIBC_2.2.5");
__asm__(".symver early_destroy,__pthread_mutex_destroy@GLIBC_2.2.5");

struct real real = {
	.pthread_mutex_lock = early_lock,
	.pthread_mutex_trylock = early_trylock,
	.pthread_mutex_unlock = early_unlock,
	.pthread_mutex_init = early_init,
	.pthread_mutex_destroy = early_destroy,
};

#define REAL_ROW(result, name, arguments) \
	{ offsetof(struct real, name), #name, NULL },
#define REAL_ROW_COND(result, name, arguments) \
	{ offsetof(struct real, name), #name, "GLIBC_2.3.2" },

static const struct {
	size_t offset;
	const char *symbol;
	const char *version;
} table[] = { REAL_FUNCTIONS(REAL_ROW, REAL_ROW_COND) };

/* For fork.c's assembly. */
void *real_vfork __attribute__((visibility("hidden")));

static _Atomic uint32_t started;
static __thread bool starting __attribute__((tls_model("initial-exec")));

static void resolve(size_t i)
{
	void *function = NULL;

	if (table[i].version)
		function = dlvsym(RTLD_NEXT, table[i].symbol, table[i].version);
	if (!function)
		function = dlsym(RTLD_NEXT, table[i].symbol);
	if (function)
		memcpy((char *)&real + table[i].offset, &function,
		       sizeof(function));
}

/* Threads may do this at once: they store the same values. */
bool real_start(void)
{
	if (likely(atomic_load_explicit(&started, memory_order_acquire)))
		return true;
	if (starting)
		return false;
	starting = true;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		resolve(i);
	real_vfork = dlsym(RTLD_NEXT, "vfork");
	starting = false;
	atomic_store_explicit(&started, 1, memory_order_release);
	return true;
}
