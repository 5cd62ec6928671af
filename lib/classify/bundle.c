/* bundle.c - see bundle.h */

#include "classify/bundle.h"

#include <stdio.h>

#define MAGIC		"SLMODELS"
#define HEAD_BYTES	24
#define ROW_BYTES	40
#define ALIGN		64

static uint64_t
get_le(const unsigned char *p, size_t len)
{
	uint64_t value = 0;

	while (len-- > 0)
		value = value << 8 | p[len];
	return value;
}

static void
put_le(struct sl_buf *out, uint64_t value, size_t len)
{
	for (; len > 0; len--, value >>= 8)
		sl_buf_add_byte(out, (unsigned char)value);
}

static bool
read_name(const unsigned char *p, char name[SL_BUNDLE_NAME_MAX + 1])
{
	size_t len = 0;

	while (len < SL_BUNDLE_NAME_MAX && ((p[len] >= 'a' && p[len] <= 'z') ||
	    (p[len] >= '0' && p[len] <= '9') || p[len] == '_'))
		len++;
	memcpy(name, p, SL_BUNDLE_NAME_MAX + 1);
	for (size_t i = len; i <= SL_BUNDLE_NAME_MAX; i++)
		if (p[i] != '\0')
			return false;
	return len > 0;
}

static int
read_section(struct sl_bundle *bundle, struct sl_slice bytes, const unsigned char *p)
{
	struct sl_bundle_section *section = &bundle->sections[bundle->len];
	uint64_t offset = get_le(p + 24, 8), len = get_le(p + 32, 8);

	if (!read_name(p, section->name) || sl_bundle_section(bundle, section->name).ptr != NULL)
		return SL_ERR_SYNTAX;
	if (offset % ALIGN != 0 || offset > bytes.len || len > bytes.len - offset)
		return SL_ERR_TRUNCATED;
	section->bytes = sl_slice(bytes.ptr + offset, (size_t)len);
	bundle->len++;
	return 0;
}

int
sl_bundle_open(struct sl_bundle *bundle, struct sl_slice bytes)
{
	uint64_t count, sum;
	int r = 0;

	memset(bundle, 0, sizeof(*bundle));
	if (bytes.len == 0)
		return SL_ERR_TRUNCATED;
	if (memcmp(bytes.ptr, MAGIC, SL_MIN(bytes.len, (size_t)8)) != 0)
		return SL_ERR_SYNTAX;
	if (bytes.len < HEAD_BYTES)
		return SL_ERR_TRUNCATED;
	if (get_le(bytes.ptr + 8, 4) != SL_BUNDLE_VERSION)
		return SL_ERR_VERSION;
	count = get_le(bytes.ptr + 12, 4);
	if (count < 1 || count > SL_BUNDLE_SECTIONS_MAX)
		return SL_ERR_SYNTAX;
	if (bytes.len < HEAD_BYTES + ROW_BYTES * count)
		return SL_ERR_TRUNCATED;
	sum = sl_hash(bytes.ptr + HEAD_BYTES, bytes.len - HEAD_BYTES);
	if (sum != get_le(bytes.ptr + 16, 8))
		return SL_ERR_SYNTAX;
	snprintf(bundle->id, sizeof(bundle->id), "%016llx", (unsigned long long)sum);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = read_section(bundle, bytes, bytes.ptr + HEAD_BYTES + ROW_BYTES * i);
	return r;
}

struct sl_slice
sl_bundle_section(const struct sl_bundle *bundle, const char *name)
{
	for (size_t i = 0; i < bundle->len; i++)
		if (strcmp(bundle->sections[i].name, name) == 0)
			return bundle->sections[i].bytes;
	return sl_slice(NULL, 0);
}

int
sl_bundle_write(const struct sl_bundle_section *sections, size_t len, struct sl_buf *out)
{
	size_t begin = out->len, offset = HEAD_BYTES + ROW_BYTES * len;
	uint64_t sum;

	SL_ASSERT(len >= 1 && len <= SL_BUNDLE_SECTIONS_MAX);
	sl_buf_add(out, MAGIC, 8);
	put_le(out, SL_BUNDLE_VERSION, 4);
	put_le(out, len, 4);
	put_le(out, 0, 8);
	for (size_t i = 0; i < len; i++) {
		offset = (offset + ALIGN - 1) / ALIGN * ALIGN;
		sl_buf_add(out, sections[i].name, SL_BUNDLE_NAME_MAX + 1);
		put_le(out, offset, 8);
		put_le(out, sections[i].bytes.len, 8);
		offset += sections[i].bytes.len;
	}
	for (size_t i = 0; i < len; i++) {
		while ((out->len - begin) % ALIGN != 0 && !out->overflow)
			sl_buf_add_byte(out, 0);
		sl_buf_add_slice(out, sections[i].bytes);
	}
	if (out->overflow)
		return SL_ERR_FULL;
	sum = sl_hash(out->data + begin + HEAD_BYTES, out->len - begin - HEAD_BYTES);
	for (size_t i = 0; i < 8; i++)
		out->data[begin + 16 + i] = (unsigned char)(sum >> (8 * i));
	return 0;
}
