/* clamd.c - see classify/clamd.h */

#include "classify/clamd.h"

#define NAME_MAX_BYTES	128

const struct sl_slice sl_clamd_start = { (const unsigned char *)"zINSTREAM", sizeof("zINSTREAM") };
const struct sl_slice sl_clamd_end = { (const unsigned char *)"\0\0\0", 4 };

void
sl_clamd_length(uint32_t len, unsigned char out[4])
{
	out[0] = (unsigned char)(len >> 24);
	out[1] = (unsigned char)(len >> 16);
	out[2] = (unsigned char)(len >> 8);
	out[3] = (unsigned char)len;
}

static bool
starts(struct sl_slice s, struct sl_slice with)
{
	return s.len >= with.len && memcmp(s.ptr, with.ptr, with.len) == 0;
}

static bool
ends(struct sl_slice s, struct sl_slice with)
{
	return s.len >= with.len && memcmp(s.ptr + s.len - with.len, with.ptr, with.len) == 0;
}

/* The name between "stream: " and " FOUND"; empty if the reply is not of that shape. */
static struct sl_slice
found_name(struct sl_slice reply)
{
	const struct sl_slice head = SL_SLICE_LIT("stream: "), tail = SL_SLICE_LIT(" FOUND");

	if (reply.len < head.len + tail.len || !starts(reply, head) || !ends(reply, tail))
		return sl_slice(NULL, 0);
	return sl_slice(reply.ptr + head.len, reply.len - head.len - tail.len);
}

/* clamd says so of what it did not read to its end (AlertExceedsMax). */
static bool
is_limit(struct sl_slice name)
{
	const struct sl_slice limit = SL_SLICE_LIT("Heuristics.Limits.Exceeded");

	return starts(name, limit) && (name.len == limit.len || name.ptr[limit.len] == '.');
}

/* It will stand in logs, headers and replies. */
static void
name_copy(struct sl_slice name, char name_out[NAME_MAX_BYTES + 1])
{
	size_t len = SL_MIN(name.len, (size_t)NAME_MAX_BYTES);

	for (size_t i = 0; i < len; i++)
		name_out[i] = name.ptr[i] >= ' ' && name.ptr[i] < 127 ? (char)name.ptr[i] : '?';
	name_out[len] = '\0';
}

enum sl_clamd_result
sl_clamd_reply(struct sl_slice in, bool closed, char name_out[NAME_MAX_BYTES + 1])
{
	size_t seen = SL_MIN(in.len, (size_t)SL_CLAMD_REPLY_MAX);
	const unsigned char *nul = seen > 0 ? memchr(in.ptr, '\0', seen) : NULL;
	struct sl_slice reply, name;

	name_out[0] = '\0';
	if (nul == NULL)
		return closed || in.len >= SL_CLAMD_REPLY_MAX ? SL_CLAMD_FAILED : SL_CLAMD_MORE;
	reply = sl_slice(in.ptr, (size_t)(nul - in.ptr));
	name = found_name(reply);
	if (name.len > 0 && !is_limit(name)) {
		name_copy(name, name_out);
		return SL_CLAMD_FOUND;
	}
	/* One message, one reply: if there is more, it is not known what the OK is about. */
	if (sl_slice_eq(reply, SL_SLICE_LIT("stream: OK")) && in.len == reply.len + 1)
		return SL_CLAMD_CLEAN;
	return SL_CLAMD_FAILED;
}
