/* words.c - see words.h */

#include "digest/words_i.h"

static const struct sl_digest_language *const languages[] = {	/* English first: who asks for none of them gets it */
	&digest_words_en,
	&digest_words_de,
	&digest_words_fr,
};

const struct sl_digest_language *
sl_digest_language_find(struct sl_slice tag)
{
	size_t len = 0;

	while (len < tag.len && tag.ptr[len] != '-' && tag.ptr[len] != '_')
		len++;
	tag.len = len;
	for (size_t i = 0; i < SL_COUNT(languages); i++)
		if (sl_slice_ieq(tag, sl_slice_str(languages[i]->tag)))
			return languages[i];
	return languages[0];
}

size_t
sl_digest_languages(const struct sl_digest_language *const **list_out)
{
	*list_out = languages;
	return SL_COUNT(languages);
}

void
sl_digest_fill(const char *text, const struct sl_slice *fill, size_t fill_len, struct sl_buf *out)
{
	for (; *text != '\0'; text++) {
		if (text[0] == '{' && text[1] >= '1' && text[1] <= '9' && text[2] == '}') {
			size_t n = (size_t)(text[1] - '1');

			if (n < fill_len)
				sl_buf_add_slice(out, fill[n]);
			text += 2;
		} else {
			sl_buf_add_byte(out, (unsigned char)*text);
		}
	}
}

void
sl_digest_say(const struct sl_digest_language *language, enum sl_digest_word word, const struct sl_slice *fill,
    size_t fill_len, struct sl_buf *out)
{
	sl_digest_fill(language->text[word], fill, fill_len, out);
}
