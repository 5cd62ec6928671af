/* cfws.c - see mailauth/cfws.h */

#include "mailauth/cfws.h"

#define COMMENT_DEPTH_MAX	50

/* Take the comment at the front off, with those in it. False if it does not end. */
static bool
skip_comment(struct sl_slice *in)
{
	unsigned depth = 0;

	for (size_t i = 0; i < in->len; i++) {
		unsigned char c = in->ptr[i];

		if (c == '\\') {
			i++;
		} else if (c == '(') {
			if (++depth > COMMENT_DEPTH_MAX)
				return false;
		} else if (c == ')' && --depth == 0) {
			*in = sl_slice_from(*in, i + 1);
			return true;
		}
	}
	return false;
}

bool
sl_cfws_skip(struct sl_slice *in)
{
	while (in->len > 0) {
		unsigned char c = in->ptr[0];

		if (c == '(') {
			if (!skip_comment(in))
				return false;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			*in = sl_slice_from(*in, 1);
		} else {
			break;
		}
	}
	return true;
}

size_t
sl_quoted_length(struct sl_slice in)
{
	for (size_t i = 1; i < in.len; i++) {
		if (in.ptr[i] == '\\')
			i++;
		else if (in.ptr[i] == '"')
			return i + 1;
	}
	return 0;
}
