/*
 * unstructured.h - text as the value of an unstructured header field: folded (RFC 5322, 2.2.3), and in encoded
 * words where it has to be (RFC 2047)
 *
 * What goes in may be anything; what comes out is printable ASCII in lines of at most 78 bytes (but for a single
 * word of ASCII that is longer), and reads, by sl_word_decode, as the text does: with `?` for controls and for
 * bytes that are not UTF-8, white space as single blanks, and none at the ends. ASCII stays as it is unless it
 * could be taken for an encoded word.
 *
 * Memory: the output, at most five times the text and a line.
 */
#ifndef SL_MIME_UNSTRUCTURED_H
#define SL_MIME_UNSTRUCTURED_H

#include "sl/buf.h"

#define SL_UNSTRUCTURED_LINE	78

/* Append `text` to a field in whose last line there are `column` bytes, a blank or a fold in front of it. Returns the
 * column then. */
size_t	sl_unstructured_add(struct sl_slice text, size_t column, struct sl_buf *out);

#endif
