/* pack.c - payloads of messages: see ipc/ipc.h */

#include "ipc/ipc.h"

void
sl_pack_u32(struct sl_buf *out, uint32_t v)
{
	sl_buf_add(out, &v, sizeof(v));
}

void
sl_pack_u64(struct sl_buf *out, uint64_t v)
{
	sl_buf_add(out, &v, sizeof(v));
}

void
sl_pack_f64(struct sl_buf *out, double v)
{
	sl_buf_add(out, &v, sizeof(v));
}

void
sl_pack_bytes(struct sl_buf *out, struct sl_slice s)
{
	SL_ASSERT(s.len <= UINT32_MAX);
	sl_pack_u32(out, (uint32_t)s.len);
	sl_buf_add_slice(out, s);
}

/* Take `len` bytes from the front; NULL, and failed for good, when there are fewer. */
static const unsigned char *
unpack_take(struct sl_unpack *u, size_t len)
{
	const unsigned char *at = u->rest.ptr;

	if (u->failed || len > u->rest.len) {
		u->failed = true;
		return NULL;
	}
	u->rest = sl_slice_from(u->rest, len);
	return at;
}

static void
unpack_number(struct sl_unpack *u, void *out, size_t size_bytes)
{
	const unsigned char *at = unpack_take(u, size_bytes);

	if (at != NULL)
		memcpy(out, at, size_bytes);
}

uint32_t
sl_unpack_u32(struct sl_unpack *u)
{
	uint32_t v = 0;

	unpack_number(u, &v, sizeof(v));
	return v;
}

uint64_t
sl_unpack_u64(struct sl_unpack *u)
{
	uint64_t v = 0;

	unpack_number(u, &v, sizeof(v));
	return v;
}

double
sl_unpack_f64(struct sl_unpack *u)
{
	double v = 0;

	unpack_number(u, &v, sizeof(v));
	return v;
}

struct sl_slice
sl_unpack_bytes(struct sl_unpack *u)
{
	size_t len = sl_unpack_u32(u);
	const unsigned char *at = unpack_take(u, len);

	return at == NULL ? sl_slice(NULL, 0) : sl_slice(at, len);
}
