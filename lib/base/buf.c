/* buf.c - see sl/buf.h */

#include "sl/buf.h"
#include "sl/utf8.h"

#include <stdio.h>

#define BUF_FIRST_BYTES	256

void
sl_buf_init(struct sl_buf *buf, size_t max_bytes)
{
	*buf = (struct sl_buf){ .max_bytes = max_bytes };
}

void
sl_buf_fini(struct sl_buf *buf)
{
	if (buf->data != NULL)
		sl_zero(buf->data, buf->len);
	sl_free(buf->data);
	sl_buf_init(buf, buf->max_bytes);
}

void
sl_buf_reset(struct sl_buf *buf)
{
	buf->len = 0;
	buf->overflow = false;
}

/* Room for `need` more bytes and a NUL, or overflow is set. */
static bool
reserve(struct sl_buf *buf, size_t need)
{
	size_t size = SL_MAX(buf->size_bytes, (size_t)BUF_FIRST_BYTES);

	if (need > buf->max_bytes - SL_MIN(buf->len, buf->max_bytes)) {
		buf->overflow = true;
		return false;
	}
	if (buf->size_bytes - buf->len > need && buf->data != NULL)
		return true;
	while (size - buf->len <= need)
		size *= 2;
	buf->data = sl_xrealloc(buf->data, size);
	buf->size_bytes = size;
	return true;
}

void
sl_buf_add(struct sl_buf *buf, const void *data, size_t len)
{
	if (len == 0 || !reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void
sl_buf_add_slice(struct sl_buf *buf, struct sl_slice s)
{
	sl_buf_add(buf, s.ptr, s.len);
}

void
sl_buf_add_str(struct sl_buf *buf, const char *s)
{
	sl_buf_add(buf, s, strlen(s));
}

void
sl_buf_add_byte(struct sl_buf *buf, unsigned char c)
{
	sl_buf_add(buf, &c, 1);
}

void
sl_buf_addf(struct sl_buf *buf, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	sl_buf_vaddf(buf, format, ap);
	va_end(ap);
}

void
sl_buf_vaddf(struct sl_buf *buf, const char *format, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	if (buf->len < buf->max_bytes)
		(void)reserve(buf, 1);
	/* Mostly it fits: it is not formatted once more to learn its length. */
	room = buf->data == NULL ? 0 : buf->size_bytes - buf->len;
	va_copy(again, ap);
	n = vsnprintf(room == 0 ? NULL : (char *)buf->data + buf->len, room, format, again);
	va_end(again);
	SL_ASSERT(n >= 0);
	if (!reserve(buf, (size_t)n))
		return;
	if ((size_t)n >= room)
		vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, format, ap);
	buf->len += (size_t)n;
}

void
sl_buf_consume(struct sl_buf *buf, size_t len)
{
	SL_ASSERT(len <= buf->len);
	if (len == 0)
		return;
	memmove(buf->data, buf->data + len, buf->len - len);
	buf->len -= len;
}

static void
add_json_char(struct sl_buf *buf, struct sl_slice bytes, uint32_t c)
{
	switch (c) {
	case '"':
		sl_buf_add_str(buf, "\\\"");
		break;
	case '\\':
		sl_buf_add_str(buf, "\\\\");
		break;
	case '\n':
		sl_buf_add_str(buf, "\\n");
		break;
	case '\r':
		sl_buf_add_str(buf, "\\r");
		break;
	case '\t':
		sl_buf_add_str(buf, "\\t");
		break;
	default:
		if (c < 0x20 || c == 0x7f)
			sl_buf_addf(buf, "\\u%04x", (unsigned)c);
		else
			sl_buf_add_slice(buf, bytes);
	}
}

/* How many bytes from the first on stand for themselves. */
static size_t
plain_run(struct sl_slice s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && s.ptr[n] != '"' && s.ptr[n] != '\\')
		n++;
	return n;
}

void
sl_buf_add_json(struct sl_buf *buf, struct sl_slice s)
{
	sl_buf_add_byte(buf, '"');
	while (s.len > 0) {
		uint32_t c = 0;
		size_t n = plain_run(s);

		if (n > 0) {
			sl_buf_add(buf, s.ptr, n);
			s = sl_slice_from(s, n);
			continue;
		}
		n = sl_utf8_decode(s, &c);
		if (n == 0) {	/* not UTF-8: keep the byte's value readable */
			sl_buf_addf(buf, "\\u%04x", (unsigned)s.ptr[0]);
			n = 1;
		} else {
			add_json_char(buf, sl_slice(s.ptr, n), c);
		}
		s = sl_slice_from(s, n);
	}
	sl_buf_add_byte(buf, '"');
}

struct sl_slice
sl_buf_slice(const struct sl_buf *buf)
{
	return sl_slice(buf->data, buf->len);
}

const char *
sl_buf_cstr(struct sl_buf *buf)
{
	if (!reserve(buf, 0))
		return "";
	buf->data[buf->len] = '\0';
	return (const char *)buf->data;
}
