/* engine.c - see engine.h: the table, clamd's row, and what the others share */

#include <math.h>
#include <stdlib.h>

#include "classify/clamd.h"
#include "classify/engine_i.h"

#define FIELD_MAX	256

const struct sl_engine_codec *
sl_engine_codec(enum sl_engine engine)
{
	static const struct sl_engine_codec *const codecs[SL_ENGINE_COUNT] = {
		[SL_ENGINE_CLAMD] = &engine_clamd,
		[SL_ENGINE_RSPAMD] = &engine_rspamd,
		[SL_ENGINE_SPAMD] = &engine_spamd,
		[SL_ENGINE_ICAP] = &engine_icap,
	};

	SL_ASSERT(engine < SL_ENGINE_COUNT);
	return codecs[engine];
}

/* ---- clamd */

static void
clamd_begin(const struct sl_engine_facts *facts, struct sl_buf *out)
{
	sl_buf_add_slice(out, sl_clamd_start);
}

static void
clamd_before(size_t len, struct sl_buf *out)
{
	unsigned char head[4];

	sl_clamd_length((uint32_t)len, head);
	sl_buf_add(out, head, sizeof(head));
}

static enum sl_engine_result
clamd_reply(struct sl_slice in, bool closed, struct sl_engine_said *said)
{
	*said = (struct sl_engine_said){ .value = 0 };
	switch (sl_clamd_reply(in, closed, said->text)) {
	case SL_CLAMD_MORE:
		return SL_ENGINE_MORE;
	case SL_CLAMD_CLEAN:
		said->log_odds[SL_MALWARE] = -2;
		engine_text(SL_SLICE_LIT("the antivirus found nothing"), said->text);
		return SL_ENGINE_SAID;
	case SL_CLAMD_FOUND:
		said->found = true;
		said->value = 1;
		said->log_odds[SL_MALWARE] = 16;
		return SL_ENGINE_SAID;
	case SL_CLAMD_FAILED:
		break;
	}
	return SL_ENGINE_FAILED;
}

const struct sl_engine_codec engine_clamd = {
	.name = "clamd",
	.noun = "the antivirus",
	.end = { (const unsigned char *)"\0\0\0", 4 },
	.reply_max = SL_CLAMD_REPLY_MAX,
	.begin = clamd_begin,
	.before = clamd_before,
	.reply = clamd_reply,
};

/* ---- shared */

/* Up to and without the line's end; *next is behind it. */
static bool
take_line(struct sl_slice *rest, struct sl_slice *line)
{
	const unsigned char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - rest->ptr);
	*line = sl_slice(rest->ptr, len > 0 && rest->ptr[len - 1] == '\r' ? len - 1 : len);
	*rest = sl_slice_from(*rest, len + 1);
	return true;
}

bool
engine_reply_split(struct sl_slice in, struct engine_reply *reply)
{
	struct sl_slice rest = in, line, header;

	if (!take_line(&rest, &reply->status_line))
		return false;
	header = rest;
	do {
		if (!take_line(&rest, &line))
			return false;
	} while (line.len > 0);
	reply->header = sl_slice(header.ptr, header.len - rest.len);
	reply->body = rest;
	return true;
}

struct sl_slice
engine_reply_field(const struct engine_reply *reply, struct sl_slice name)
{
	struct sl_slice rest = reply->header, line;

	while (take_line(&rest, &line))
		if (line.len > name.len && line.ptr[name.len] == ':' && sl_slice_istarts(line, name))
			return sl_slice_trim(sl_slice_from(line, name.len + 1));
	return sl_slice(NULL, 0);
}

bool
engine_number(struct sl_slice text, double *out)
{
	char copy[32], *end;

	if (text.len == 0 || text.len >= sizeof(copy))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (memchr("0123456789+-.eE", text.ptr[i], 15) == NULL)
			return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	*out = strtod(copy, &end);
	return *end == '\0' && isfinite(*out) && fabs(*out) <= 1e6;
}

void
engine_add_field(struct sl_buf *out, const char *name, struct sl_slice value)
{
	if (value.len == 0 || value.len > FIELD_MAX)
		return;
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] < ' ' || value.ptr[i] > '~')
			return;
	sl_buf_addf(out, "%s: " SL_SLICE_FMT "\r\n", name, SL_SLICE_ARG(value));
}

void
engine_chunk(size_t len, struct sl_buf *out)
{
	sl_buf_addf(out, "%zx\r\n", len);
}

void
engine_text(struct sl_slice from, char to[SL_ENGINE_TEXT_MAX + 1])
{
	size_t len = SL_MIN(from.len, (size_t)SL_ENGINE_TEXT_MAX);

	for (size_t i = 0; i < len; i++)
		to[i] = from.ptr[i] >= ' ' && from.ptr[i] < 127 ? (char)from.ptr[i] : '?';
	to[len] = '\0';
}
