/* base.c - see sl/base.h */

#include "sl/base.h"
#include "sl/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

const char *
sl_strerror(int result)
{
	switch ((enum sl_result)result) {
#define RESULT_CASE(name, value, text)	case name: return text;
	SL_RESULTS(RESULT_CASE)
#undef RESULT_CASE
	}
	return "an unknown result";
}

void
sl_assert_fail(const char *file, int line, const char *function, const char *what)
{
	sl_log(SL_LOG_FATAL, "assertion failed: %s (%s, %s:%d)", what, function, file, line);
	abort();
}

static void *
or_die(void *ptr)
{
	if (ptr == NULL) {
		sl_log(SL_LOG_FATAL, "the system has no memory left");
		abort();
	}
	return ptr;
}

void *
sl_xzalloc(size_t size_bytes)
{
	return or_die(calloc(1, size_bytes == 0 ? 1 : size_bytes));
}

void *
sl_xmalloc(size_t size_bytes)
{
	return or_die(malloc(size_bytes == 0 ? 1 : size_bytes));
}

void *
sl_xrealloc(void *ptr, size_t size_bytes)
{
	return or_die(realloc(ptr, size_bytes == 0 ? 1 : size_bytes));
}

void *
sl_xmemdup(const void *data, size_t len)
{
	char *copy = sl_xmalloc(len + 1);

	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *
sl_xstrdup(const char *s)
{
	return sl_xmemdup(s, strlen(s));
}

char *
sl_xasprintf(const char *format, ...)
{
	va_list ap;
	char *s = NULL;
	int n;

	va_start(ap, format);
	n = vasprintf(&s, format, ap);
	va_end(ap);
	return or_die(n < 0 ? NULL : s);
}

void
sl_free(void *ptr)
{
	free(ptr);
}

void
sl_zero(void *ptr, size_t len)
{
	explicit_bzero(ptr, len);
}

bool
sl_slice_ieq(struct sl_slice a, struct sl_slice b)
{
	return a.len == b.len && sl_slice_istarts(a, b);
}

bool
sl_slice_istarts(struct sl_slice s, struct sl_slice prefix)
{
	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (sl_ascii_lower(s.ptr[i]) != sl_ascii_lower(prefix.ptr[i]))
			return false;
	return true;
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct sl_slice
sl_slice_trim(struct sl_slice s)
{
	while (s.len > 0 && is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

int
sl_slice_to_u64(struct sl_slice s, uint64_t max, uint64_t *value_out)
{
	uint64_t value = 0;

	if (s.len == 0)
		return SL_ERR_SYNTAX;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)s.ptr[i] - '0';

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return SL_ERR_SYNTAX;
		value = value * 10 + digit;
	}
	*value_out = value;
	return 0;
}

/* FNV-1a, then the finish of MurmurHash3, so that the low bits serve as an index. */
static uint64_t
hash_finish(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	return h ^ (h >> 33);
}

uint64_t
sl_hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return hash_finish(h);
}

uint64_t
sl_hash_lower(struct sl_slice s)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ sl_ascii_lower(s.ptr[i])) * 0x100000001b3ULL;
	return hash_finish(h);
}

static uint64_t
system_us(clockid_t id)
{
	struct timespec ts;

	SL_ASSERT(clock_gettime(id, &ts) == 0);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static uint64_t
system_monotonic_us(void *ctx)
{
	return system_us(CLOCK_MONOTONIC);
}

static int64_t
system_wall_us(void *ctx)
{
	return (int64_t)system_us(CLOCK_REALTIME);
}

const struct sl_clock sl_clock_system = { system_monotonic_us, system_wall_us, NULL };

void
sl_random(void *out, size_t len)
{
	unsigned char *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		SL_ASSERT(n > 0);
		p += n;
		len -= (size_t)n;
	}
}
