/*
 * cfws.h - comments, folding white space and quoted strings (RFC 5322, 3.2)
 *
 * No recursion: comments in comments are counted, up to 50 deep.
 */
#ifndef SL_MAILAUTH_CFWS_H
#define SL_MAILAUTH_CFWS_H

#include "sl/base.h"

/* Take white space, folds and comments off the front. False: a comment does not end. */
bool	sl_cfws_skip(struct sl_slice *in);
/* The length of the quoted string at the front, its quotes included; 0 if it does not end. The
 * first byte is its quote. */
size_t	sl_quoted_length(struct sl_slice in);

#endif
