/* line.c - see line.h */

#include "smtp/line.h"

/* What is wrong in s, a line up to its LF or up to where the bytes end, judged by the first
 * offender, so that the answer does not depend on where the input was cut. SL_MORE: nothing. */
static int
line_check(struct sl_slice s)
{
	const unsigned char *nul = memchr(s.ptr, '\0', s.len);
	const unsigned char *cr = memchr(s.ptr, '\r', s.len);

	if (cr == s.ptr + s.len - 1)	/* what follows it decides */
		cr = NULL;
	if (nul != NULL && (cr == NULL || nul < cr))
		return SL_ERR_NUL;
	return cr == NULL ? SL_MORE : SL_ERR_BARE_CR;
}

/* The bytes to skip after an error. */
static size_t
line_rest(struct sl_slice in)
{
	const unsigned char *lf = memchr(in.ptr, '\n', in.len);

	return lf == NULL ? in.len : (size_t)(lf - in.ptr) + 1;
}

int
sl_smtp_line(struct sl_slice in, size_t max_bytes, struct sl_slice *line_out, size_t *used_out)
{
	size_t window = SL_MIN(in.len, max_bytes);
	const unsigned char *lf;
	size_t len;
	int r;

	if (in.len == 0)
		return SL_MORE;
	lf = memchr(in.ptr, '\n', window);
	len = lf == NULL ? window : (size_t)(lf - in.ptr);
	r = len == 0 ? SL_MORE : line_check(sl_slice(in.ptr, len));
	if (r == SL_MORE && lf != NULL)
		r = len > 0 && lf[-1] == '\r' ? SL_DONE : SL_ERR_BARE_LF;
	if (r == SL_MORE && in.len > max_bytes)
		r = SL_ERR_TOO_LONG;
	if (r == SL_DONE) {
		*line_out = sl_slice(in.ptr, len - 1);
		*used_out = len + 1;
	} else if (r != SL_MORE) {
		*used_out = line_rest(in);
	}
	return r;
}
