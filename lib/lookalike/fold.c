/* fold.c - see lookalike/fold.h */

#include "lookalike/fold.h"

#include <unicode/uspoof.h>

#define FOLD_MAGIC	0x5df01d00u

struct sl_fold {
	unsigned	 magic;
	USpoofChecker	*checker;
};

struct sl_fold *
sl_fold_preload(void)
{
	UErrorCode error = U_ZERO_ERROR;
	USpoofChecker *checker = uspoof_open(&error);
	struct sl_fold *fold;
	char out[SL_FOLD_MAX + 1];

	if (U_FAILURE(error) || checker == NULL)
		return NULL;
	fold = sl_xzalloc(sizeof(*fold));
	*fold = (struct sl_fold){ FOLD_MAGIC, checker };
	sl_fold(fold, SL_SLICE_LIT("\xd0\xb0"), out);	/* have its tables read */
	return fold;
}

void
sl_fold_free(struct sl_fold **fold)
{
	if (*fold != NULL)
		uspoof_close((*fold)->checker);
	SL_OBJ_FREE(fold, FOLD_MAGIC);
}

/* What a character is made. 0: nothing. */
static unsigned char
simple(unsigned char c)
{
	switch (sl_ascii_lower(c)) {
	case '0':
		return 'o';
	case '1': case 'i': case '|': case '!':
		return 'l';
	case '3':
		return 'e';
	case '4':
		return 'a';
	case '5': case '$':
		return 's';
	case '8':
		return 'b';
	case '-': case '.': case ' ': case '_': case '\'':
		return 0;
	default:
		return sl_ascii_lower(c);
	}
}

/* Two characters that look like one; the second as it is written. */
static unsigned char
joined(unsigned char a, unsigned char b)
{
	if (a == 'r' && sl_ascii_lower(b) == 'n')
		return 'm';
	if (a == 'v' && sl_ascii_lower(b) == 'v')
		return 'w';
	if (a == 'c' && (b == 'l' || b == 'L' || b == '1' || b == 'I' || b == '|'))
		return 'd';
	return 0;
}

/* Marks that are put above and below letters: U+0300 ... U+036F. */
static bool
is_mark(struct sl_slice s, size_t i)
{
	return i + 1 < s.len && ((s.ptr[i] == 0xcc && s.ptr[i + 1] >= 0x80) ||
	    (s.ptr[i] == 0xcd && s.ptr[i + 1] < 0xb0));
}

static size_t
fold_plain(struct sl_slice s, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len && len < SL_FOLD_MAX; i++) {
		unsigned char c, both;

		if (is_mark(s, i)) {
			i++;
			continue;
		}
		c = simple(s.ptr[i]);
		if (c == 0)
			continue;
		both = len > 0 ? joined((unsigned char)out[len - 1], s.ptr[i]) : 0;
		if (both != 0)
			out[len - 1] = (char)both;
		else
			out[len++] = (char)c;
	}
	out[len] = '\0';
	return len;
}

static bool
is_ascii(struct sl_slice s)
{
	unsigned char any = 0;

	for (size_t i = 0; i < s.len; i++)
		any |= s.ptr[i];
	return any < 0x80;
}

size_t
sl_fold(const struct sl_fold *fold, struct sl_slice text, char out[SL_FOLD_MAX + 1])
{
	char skeleton[4 * SL_FOLD_IN_MAX];
	UErrorCode error = U_ZERO_ERROR;
	int32_t len;

	text.len = SL_MIN(text.len, (size_t)SL_FOLD_IN_MAX);
	if (fold == NULL || is_ascii(text))
		return fold_plain(text, out);
	SL_CHECK(fold, FOLD_MAGIC);
	len = uspoof_getSkeletonUTF8(fold->checker, 0, (const char *)text.ptr, (int32_t)text.len, skeleton,
	    sizeof(skeleton), &error);
	if (U_FAILURE(error) || len < 0 || (size_t)len > sizeof(skeleton))
		return fold_plain(text, out);
	return fold_plain(sl_slice(skeleton, (size_t)len), out);
}
