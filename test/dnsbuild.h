/*
 * dnsbuild.h - write DNS replies, good and bad, for tests and fuzzing
 *
 * Names are written whole unless a pointer is asked for: build_pointer.
 */
#ifndef SL_TEST_DNSBUILD_H
#define SL_TEST_DNSBUILD_H

#include "dns/wire.h"

#define BUILD_MAX	(70 * 1024)

struct build {
	size_t		len;
	unsigned char	data[BUILD_MAX];
};

enum { BUILD_ANSWER = 6, BUILD_AUTHORITY = 8, BUILD_ADDITIONAL = 10 };	/* where the counts are */
#define BUILD_QUESTION	12	/* where the question's name is */

static inline void
build_u8(struct build *b, unsigned n)
{
	SL_ASSERT(b->len < BUILD_MAX);
	b->data[b->len++] = (unsigned char)n;
}

static inline void
build_u16(struct build *b, unsigned n)
{
	build_u8(b, n >> 8 & 0xff);
	build_u8(b, n & 0xff);
}

static inline void
build_u32(struct build *b, uint32_t n)
{
	build_u16(b, n >> 16);
	build_u16(b, n & 0xffff);
}

static inline void
build_bytes(struct build *b, const void *data, size_t len)
{
	SL_ASSERT(len <= BUILD_MAX - b->len);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void
build_pointer(struct build *b, size_t at)
{
	build_u16(b, 0xc000u | (unsigned)at);
}

/* "a.example" as labels; "" is the root. "@12" is a pointer to 12, "www@12" a label before it. */
static inline void
build_name(struct build *b, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".@");

		if (n > 0) {
			build_u8(b, (unsigned)n);
			build_bytes(b, name, n);
		}
		name += n;
		if (*name == '@') {
			unsigned at = 0;

			while (*++name >= '0' && *name <= '9')
				at = at * 10 + (unsigned)(*name - '0');
			build_pointer(b, at);
			return;
		}
		name += *name == '.';
	}
	build_u8(b, 0);
}

static inline void
build_begin(struct build *b, unsigned id, unsigned flags, unsigned type, const char *name)
{
	b->len = 0;
	build_u16(b, id);
	build_u16(b, flags);
	build_u16(b, 1);
	build_u16(b, 0);
	build_u32(b, 0);
	build_name(b, name);
	build_u16(b, type);
	build_u16(b, 1);
}

/* Count one more record in that section; sections go in order. */
static inline void
build_count(struct build *b, unsigned section)
{
	unsigned n = ((unsigned)b->data[section] << 8 | b->data[section + 1]) + 1;

	b->data[section] = (unsigned char)(n >> 8);
	b->data[section + 1] = (unsigned char)n;
}

/* Begin a record; returns where its length goes, for build_record_end. */
static inline size_t
build_record(struct build *b, unsigned section, const char *owner, unsigned type, uint32_t ttl)
{
	build_count(b, section);
	build_name(b, owner);
	build_u16(b, type);
	build_u16(b, 1);
	build_u32(b, ttl);
	build_u16(b, 0);
	return b->len - 2;
}

static inline void
build_record_end(struct build *b, size_t at)
{
	size_t n = b->len - at - 2;

	b->data[at] = (unsigned char)(n >> 8);
	b->data[at + 1] = (unsigned char)n;
}

static inline void
build_a(struct build *b, const char *owner, uint32_t ttl, unsigned last)
{
	size_t at = build_record(b, BUILD_ANSWER, owner, SL_DNS_A, ttl);

	build_u32(b, 0xc0000200u | (last & 0xff));
	build_record_end(b, at);
}

/* One TXT record, its text in strings of at most `piece` octets. */
static inline void
build_txt(struct build *b, const char *owner, uint32_t ttl, struct sl_slice text, size_t piece)
{
	size_t at = build_record(b, BUILD_ANSWER, owner, SL_DNS_TXT, ttl);

	do {
		size_t n = SL_MIN(text.len, SL_MIN(piece, (size_t)255));

		build_u8(b, (unsigned)n);
		build_bytes(b, text.ptr, n);
		text = sl_slice_from(text, n);
	} while (text.len > 0);
	build_record_end(b, at);
}

static inline void
build_name_record(struct build *b, const char *owner, unsigned type, uint32_t ttl, int preference,
    const char *name)
{
	size_t at = build_record(b, BUILD_ANSWER, owner, type, ttl);

	if (preference >= 0)
		build_u16(b, (unsigned)preference);
	build_name(b, name);
	build_record_end(b, at);
}

static inline void
build_soa(struct build *b, const char *owner, uint32_t ttl, uint32_t minimum)
{
	size_t at = build_record(b, BUILD_AUTHORITY, owner, 6, ttl);

	build_name(b, "ns.example");
	build_name(b, "who.example");
	for (uint32_t i = 1; i < 5; i++)
		build_u32(b, i);
	build_u32(b, minimum);
	build_record_end(b, at);
}

#endif
