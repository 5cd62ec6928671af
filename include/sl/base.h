/*
 * base.h - the vocabulary every Sluice library uses
 *
 * Results and faults (three kinds, never mixed):
 *  - the programmer's: SL_ASSERT, kept in release builds. The process dies, its
 *    parent replaces it, the sender keeps its message and tries again.
 *  - the world's (disk, network, quota): an int, 0 or a negative SL_ERR_*, passed
 *    up unchanged to the one place that knows the SMTP reply.
 *  - the mail's: not an error but a finding; a parser never fails on content it
 *    can describe.
 * Progress results are positive or zero: SL_MORE, SL_DONE.
 */
#ifndef SL_BASE_H
#define SL_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#define SL_MUST_USE	__attribute__((warn_unused_result))
#define SL_PRINTF(f, a)	__attribute__((format(printf, f, a)))
#define SL_NORETURN	__attribute__((noreturn))
#define SL_COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define SL_MIN(a, b)	((a) < (b) ? (a) : (b))
#define SL_MAX(a, b)	((a) > (b) ? (a) : (b))

/* Every result a library function gives; the sentence is what sl_strerror returns. */
#define SL_RESULTS(X)								\
	X(SL_DONE, 1, "complete")						\
	X(SL_MORE, 0, "more input is needed")					\
	X(SL_ERR_BARE_CR, -1, "a CR that is not followed by LF")		\
	X(SL_ERR_BARE_LF, -2, "a LF that does not follow CR")			\
	X(SL_ERR_NUL, -3, "a NUL byte")						\
	X(SL_ERR_TOO_LONG, -4, "longer than the limit")				\
	X(SL_ERR_TRUNCATED, -5, "ended too early")				\
	X(SL_ERR_SYNTAX, -6, "not well-formed")					\
	X(SL_ERR_UNSUPPORTED, -7, "not supported")				\
	X(SL_ERR_FULL, -8, "a limit on memory is reached")			\
	X(SL_ERR_NOT_FOUND, -9, "not found")					\
	X(SL_ERR_TIMEOUT, -10, "timed out")					\
	X(SL_ERR_CLOSED, -11, "the connection was closed")			\
	X(SL_ERR_REFUSED, -12, "the connection was refused")			\
	X(SL_ERR_TLS, -13, "TLS failed")					\
	X(SL_ERR_SYSTEM, -14, "a system call failed (see errno)")		\
	X(SL_ERR_VERSION, -15, "made by another version")			\
	X(SL_ERR_BUSY, -16, "in use")						\
	X(SL_ERR_EXISTS, -17, "there already")					\
	X(SL_ERR_DAMAGED, -18, "damaged, or not what it should be")		\
	X(SL_ERR_LOCKED, -31, "locked: its key is not here")			\
	X(SL_ERR_NO_SPACE, -32, "no space is left on the disk")			\
	X(SL_ERR_QUOTA, -33, "a quota is used up")				\
	X(SL_ERR_NOT_OPEN, -34, "it is not open (`sluicectl status` says why)")

enum sl_result {
#define SL_RESULT_ENUM(name, value, text) name = value,
	SL_RESULTS(SL_RESULT_ENUM)
#undef SL_RESULT_ENUM
};

/* The sentence for an SL_* result; never NULL, static. */
const char	*sl_strerror(int result);

/* Faults of the programmer. Print what failed to the log and abort(). */
SL_NORETURN void sl_assert_fail(const char *file, int line, const char *function, const char *what);
#define SL_ASSERT(e)	((e) ? (void)0 : sl_assert_fail(__FILE__, __LINE__, __func__, #e))
#define SL_UNREACHABLE(why) sl_assert_fail(__FILE__, __LINE__, __func__, why)

/* Objects that come back through a void * carry `unsigned magic`, checked at each entry. */
#define SL_CHECK(obj, number)	SL_ASSERT((obj) != NULL && (obj)->magic == (number))
/* Free *pp made by sl_xzalloc, set it to NULL; NULL is fine. */
#define SL_OBJ_FREE(pp, number)							\
	do {									\
		if (*(pp) != NULL) {						\
			SL_CHECK(*(pp), (number));				\
			(*(pp))->magic = 0;					\
			sl_free(*(pp));						\
			*(pp) = NULL;						\
		}								\
	} while (0)

/* Memory. These never return NULL: they abort when the system has no memory. */
void		*sl_xzalloc(size_t size_bytes);
void		*sl_xmalloc(size_t size_bytes);
void		*sl_xrealloc(void *ptr, size_t size_bytes);
void		*sl_xmemdup(const void *data, size_t len);	/* with a NUL behind it */
char		*sl_xstrdup(const char *s);
char		*sl_xasprintf(const char *format, ...) SL_PRINTF(1, 2);
void		 sl_free(void *ptr);
void		 sl_zero(void *ptr, size_t len);		/* not optimised away */

/* Text and bytes: borrowed, never assumed to end in NUL. */
struct sl_slice {
	const unsigned char	*ptr;
	size_t			 len;
};

#define SL_SLICE_LIT(text) ((struct sl_slice){ (const unsigned char *)(text), sizeof(text) - 1 })
#define SL_SLICE_FMT	"%.*s"
#define SL_SLICE_ARG(s)	(int)SL_MIN((s).len, (size_t)0x7fffffff), (const char *)(s).ptr

static inline struct sl_slice
sl_slice(const void *ptr, size_t len)
{
	return (struct sl_slice){ ptr, len };
}

static inline struct sl_slice
sl_slice_str(const char *s)
{
	return (struct sl_slice){ (const unsigned char *)s, s == NULL ? 0 : strlen(s) };
}

/* The part from `from` (at most s.len) on. */
static inline struct sl_slice
sl_slice_from(struct sl_slice s, size_t from)
{
	SL_ASSERT(from <= s.len);
	return from == 0 ? s : (struct sl_slice){ s.ptr + from, s.len - from };
}

static inline bool
sl_slice_eq(struct sl_slice a, struct sl_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool		 sl_slice_ieq(struct sl_slice a, struct sl_slice b);	/* ASCII case ignored */
bool		 sl_slice_istarts(struct sl_slice s, struct sl_slice prefix);
struct sl_slice	 sl_slice_trim(struct sl_slice s);	/* without SP, HT, CR, LF at both ends */
/* Decimal digits only, no sign, at most `max`. Returns 0 or SL_ERR_SYNTAX. */
SL_MUST_USE int	 sl_slice_to_u64(struct sl_slice s, uint64_t max, uint64_t *value_out);

static inline unsigned char
sl_ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

/* A 64-bit hash for tables whose keys an outsider cannot insert (else: sl_siphash). */
uint64_t	 sl_hash(const void *data, size_t len);
uint64_t	 sl_hash_lower(struct sl_slice s);	/* ASCII case folded */

/* SipHash-2-4, for tables whose keys an outsider chooses: `key` is from sl_random. */
uint64_t	 sl_siphash(const unsigned char key[16], const void *data, size_t len);

/* Time is handed in, so that tests can move it. A clock's functions get `ctx`. */
struct sl_clock {
	uint64_t	(*monotonic_us)(void *ctx);	/* microseconds, never goes back */
	int64_t		(*wall_us)(void *ctx);		/* microseconds since 1970 UTC */
	void		*ctx;
};
extern const struct sl_clock sl_clock_system;

/* Fill with random bytes from the kernel; aborts when it has none. */
void		 sl_random(void *out, size_t len);

#endif
