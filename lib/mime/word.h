/*
 * word.h - text of header fields: unfolding and encoded words (RFC 2047)
 *
 * Read as mail programs read it, not as the grammar wants it: encoded words are decoded also
 * inside words, quotes and comments, with raw spaces in them, of any length; a question mark inside is
 * text unless "?=" closes the word. White space between two encoded words is dropped. Bytes of a character
 * that was split over two words of one charset are put together again. Bytes above 0x7f
 * outside of words are UTF-8, or windows-1252 where they are not. An unknown charset is read
 * the same way. What comes out is valid UTF-8 with no NUL, CR or LF: these become spaces.
 *
 * Time is linear in the input, memory is the output.
 */
#ifndef SL_MIME_WORD_H
#define SL_MIME_WORD_H

#include "sl/buf.h"

/* What was met; the sum is the result of sl_word_decode. */
enum sl_word_seen {
	SL_WORD_ENCODED = 1,		/* an encoded word */
	SL_WORD_UNKNOWN_CHARSET = 2,
	SL_WORD_BAD_BYTES = 4,		/* bytes that mean nothing in their charset */
	SL_WORD_RAW_8BIT = 8,		/* bytes above 0x7f outside of encoded words */
	SL_WORD_CONTROL = 16,		/* NUL, CR or LF came out of an encoded word */
};

/* Append the text of a field's value (folds as sent) to `out`. Returns a sum of SL_WORD_*. */
unsigned sl_word_decode(struct sl_slice value, struct sl_buf *out);

#endif
