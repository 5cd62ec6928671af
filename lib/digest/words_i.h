/* words_i.h - inside words.h: the tables of languages */
#ifndef SL_DIGEST_WORDS_I_H
#define SL_DIGEST_WORDS_I_H

#include "digest/words.h"

extern const struct sl_digest_language digest_words_en, digest_words_de, digest_words_fr;

#endif
