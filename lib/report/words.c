/* words.c - see words.h */

#include "report/words.h"

static const struct { const char *en, *de, *fr; } words[] = {
#define WORD_ROW(id, en, de, fr) { en, de, fr },
	SL_REPORT_WORDS(WORD_ROW)
#undef WORD_ROW
};

const char *
sl_report_word(const struct sl_digest_language *language, enum sl_report_word word)
{
	SL_ASSERT(word < SL_REPORT_WORD_COUNT);
	return strcmp(language->tag, "de") == 0 ? words[word].de : strcmp(language->tag, "fr") == 0 ? words[word].fr : words[word].en;
}
