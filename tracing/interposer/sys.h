/*
 * System calls made directly: no cancellation point, no errno, and no way
 * back into our own interposers. They return -errno when they fail.
 */
#ifndef TRACING_INTERPOSER_SYS_H
#define TRACING_INTERPOSER_SYS_H

#include <sys/syscall.h>

#ifndef __x86_64__
#error "the interposer knows x86-64 only"
#endif

static inline long sys6(long number, long a, long b, long c, long d, long e,
			long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long sys3(long number, long a, long b, long c)
{
	return sys6(number, a, b, c, 0, 0, 0);
}

#endif
