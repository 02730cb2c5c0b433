/*
 * GLib's locks told to ThreadSanitizer: `make tsan` links this into what it
 * builds.
 *
 * They are made of futexes inside of a library that is not instrumented, so
 * that ThreadSanitizer sees threads that share data without a lock. These
 * stand in front of GLib's for the calls of our own code.
 */
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>
#include <string.h>

/* GLib's own `name`, as what `call` points to. */
static void find(void *call, size_t bytes, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	g_assert(found);
	memcpy(call, &found, bytes);
}

void g_mutex_lock(GMutex *mutex)
{
	void (*real)(GMutex *);

	find(&real, sizeof(real), "g_mutex_lock");
	__tsan_mutex_pre_lock(mutex, 0);
	real(mutex);
	__tsan_mutex_post_lock(mutex, 0, 0);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
	gboolean (*real)(GMutex *), taken;

	find(&real, sizeof(real), "g_mutex_trylock");
	__tsan_mutex_pre_lock(mutex, __tsan_mutex_try_lock);
	taken = real(mutex);
	__tsan_mutex_post_lock(
		mutex, taken ? __tsan_mutex_try_lock
			     : __tsan_mutex_try_lock_failed,
		0);
	return taken;
}

void g_mutex_unlock(GMutex *mutex)
{
	void (*real)(GMutex *);

	find(&real, sizeof(real), "g_mutex_unlock");
	__tsan_mutex_pre_unlock(mutex, 0);
	real(mutex);
	__tsan_mutex_post_unlock(mutex, 0);
}

static void let_go(GMutex *mutex)
{
	__tsan_mutex_pre_unlock(mutex, 0);
	__tsan_mutex_post_unlock(mutex, 0);
}

static void take_again(GMutex *mutex)
{
	__tsan_mutex_pre_lock(mutex, 0);
	__tsan_mutex_post_lock(mutex, 0, 0);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
	void (*real)(GCond *, GMutex *);

	find(&real, sizeof(real), "g_cond_wait");
	let_go(mutex);
	real(cond, mutex);
	take_again(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
	gboolean (*real)(GCond *, GMutex *, gint64), result;

	find(&real, sizeof(real), "g_cond_wait_until");
	let_go(mutex);
	result = real(cond, mutex, end_time);
	take_again(mutex);
	return result;
}
