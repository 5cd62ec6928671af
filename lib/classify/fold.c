/* fold.c - see fold.h */

#include "classify/fold.h"

#define LETTERS_MAX	64	/* of a subject or a body that count */
#define BODY_MAX	4096	/* bytes that they are looked for in */

/* Cut the next line off, with its end. */
static struct sl_slice
line_next(struct sl_slice *rest)
{
	const unsigned char *lf = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
	struct sl_slice line = sl_slice(rest->ptr, lf == NULL ? rest->len : (size_t)(lf + 1 - rest->ptr));

	*rest = sl_slice_from(*rest, line.len);
	return line;
}

/* The letters of a text; without `[tags]` and what stands for `Re:` if it is a subject. */
static size_t
letters(struct sl_slice text, bool subject, unsigned char out[LETTERS_MAX])
{
	size_t len = 0;
	bool tag = false;

	for (size_t i = 0; i < text.len && len < LETTERS_MAX; i++) {
		unsigned char c = sl_ascii_lower(text.ptr[i]);

		tag = subject && (c == '[' || (tag && c != ']'));
		if (!tag && ((c >= 'a' && c <= 'z') || c >= 0x80))
			out[len++] = c;
		if (subject && len == 2 && c == ':')
			len = 0;
	}
	return len;
}

/* The value of the first Subject, folded as sent; *rest is moved to the body. */
static struct sl_slice
subject_of(struct sl_slice *rest)
{
	static const struct sl_slice name = SL_SLICE_LIT("Subject:");
	struct sl_slice value = { NULL, 0 };
	bool inside = false;

	while (rest->len > 0) {
		struct sl_slice line = line_next(rest);

		if (sl_slice_trim(line).len == 0)
			break;
		if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
			if (inside)
				value.len += line.len;
			continue;
		}
		inside = value.ptr == NULL && sl_slice_istarts(line, name);
		if (inside)
			value = sl_slice_from(line, name.len);
	}
	return value;
}

uint64_t
sl_fold_hash(struct sl_slice message)
{
	unsigned char text[LETTERS_MAX];
	size_t len = letters(subject_of(&message), true, text);

	if (len == 0)
		len = letters(sl_slice(message.ptr, SL_MIN(message.len, (size_t)BODY_MAX)), false, text);
	return sl_hash(text, len);
}

unsigned
sl_fold(struct sl_slice message, unsigned folds)
{
	SL_ASSERT(folds > 0);
	return (unsigned)(sl_fold_hash(message) % folds);
}
