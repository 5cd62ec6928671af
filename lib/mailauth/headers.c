/* headers.c - see mailauth/headers.h */

#include "mailauth/headers.h"

struct sl_header_entry {
	uint64_t	name_hash;	/* lower case; sl_slice_ieq has the last word */
	uint32_t	at, len;	/* in bytes */
	uint32_t	name_len, colon;
};

void
sl_headers_init(struct sl_headers *headers, size_t max_bytes, size_t max_fields)
{
	SL_ASSERT(max_bytes <= UINT32_MAX);
	*headers = (struct sl_headers){ .max_fields = max_fields };
	sl_buf_init(&headers->bytes, max_bytes);
}

void
sl_headers_fini(struct sl_headers *headers)
{
	sl_free(headers->entries);
	sl_buf_fini(&headers->bytes);
	sl_headers_init(headers, headers->bytes.max_bytes, headers->max_fields);
}

void
sl_headers_reset(struct sl_headers *headers)
{
	sl_buf_reset(&headers->bytes);
	headers->count = 0;
	headers->overflow = false;
}

static void
entries_grow(struct sl_headers *headers)
{
	headers->room = headers->room * 2 + 16;
	headers->entries = sl_xrealloc(headers->entries, headers->room * sizeof(*headers->entries));
}

void
sl_headers_add(struct sl_headers *headers, struct sl_slice field)
{
	const unsigned char *colon = field.len == 0 ? NULL : memchr(field.ptr, ':', field.len);
	struct sl_slice name;

	if (colon == NULL)
		return;
	name = sl_slice_trim(sl_slice(field.ptr, (size_t)(colon - field.ptr)));
	if (name.len == 0 || name.ptr != field.ptr)
		return;
	if (headers->count == headers->max_fields ||
	    field.len > headers->bytes.max_bytes - headers->bytes.len) {
		headers->overflow = true;
		return;
	}
	if (headers->count == headers->room)
		entries_grow(headers);
	headers->entries[headers->count++] = (struct sl_header_entry){
		.name_hash = sl_hash_lower(name),
		.at = (uint32_t)headers->bytes.len,
		.len = (uint32_t)field.len,
		.name_len = (uint32_t)name.len,
		.colon = (uint32_t)(colon - field.ptr),
	};
	sl_buf_add_slice(&headers->bytes, field);
}

static const struct sl_header_entry *
entry(const struct sl_headers *headers, size_t i)
{
	SL_ASSERT(i < headers->count);
	return &headers->entries[i];
}

struct sl_slice
sl_headers_field(const struct sl_headers *headers, size_t i)
{
	return sl_slice(headers->bytes.data + entry(headers, i)->at, entry(headers, i)->len);
}

struct sl_slice
sl_headers_name(const struct sl_headers *headers, size_t i)
{
	return sl_slice(headers->bytes.data + entry(headers, i)->at, entry(headers, i)->name_len);
}

struct sl_slice
sl_headers_value(const struct sl_headers *headers, size_t i)
{
	return sl_slice_from(sl_headers_field(headers, i), entry(headers, i)->colon + (size_t)1);
}

bool
sl_headers_find_up(const struct sl_headers *headers, struct sl_slice name, size_t below,
    size_t *place_out)
{
	uint64_t hash = sl_hash_lower(name);

	SL_ASSERT(below <= headers->count);
	while (below-- > 0)
		if (headers->entries[below].name_hash == hash &&
		    sl_slice_ieq(sl_headers_name(headers, below), name)) {
			*place_out = below;
			return true;
		}
	return false;
}

size_t
sl_headers_count_of(const struct sl_headers *headers, struct sl_slice name)
{
	size_t n = 0, at = headers->count;

	while (sl_headers_find_up(headers, name, at, &at))
		n++;
	return n;
}
