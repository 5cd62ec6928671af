/*
 * json.h - reading JSON text (RFC 8259) as a stream of names and values, without a tree
 *
 * Who reads asks for what it expects, and skips what it does not know; all of the text is checked on the way, once (but for sl_json_pass). A
 * mistake is kept: after it every object and array looks ended, so that readers need no check at each step.
 *
 * Memory: the struct; texts with escapes are decoded where the caller says. No recursion; linear; nested at most
 * SL_JSON_DEPTH_MAX deep. UTF-8 is the caller's to check.
 */
#ifndef SL_JSON_H
#define SL_JSON_H

#include "sl/base.h"

#define SL_JSON_DEPTH_MAX	16

struct sl_json {
	const unsigned char	*at, *end;
	unsigned		 depth;
	bool			 first;		/* nothing of the innermost has been read */
	int			 result;	/* 0, SL_ERR_SYNTAX, SL_ERR_TOO_LONG (too deep) */
};

void	sl_json_init(struct sl_json *json, struct sl_slice text);
/* Only white space is left, and nothing was wrong: 0; else what was. */
SL_MUST_USE int sl_json_end(struct sl_json *json);

/* What kind of value is next: '{', '[', '"', '0' (a number), 't', 'f', 'n'; 0: none. */
unsigned char sl_json_kind(struct sl_json *json);
/* Step in, if it is an object (an array); else skip it and return false. */
bool	sl_json_object(struct sl_json *json);
bool	sl_json_array(struct sl_json *json);
/* In an object: to the next member, its name (escapes as written), then its value must be read; false: stepped out. */
bool	sl_json_member(struct sl_json *json, struct sl_slice *name_out);
/* In an array: to the next element, which must be read; false: stepped out. */
bool	sl_json_element(struct sl_json *json);
/* Any value. Returns its text. */
struct sl_slice	sl_json_skip(struct sl_json *json);
/* The same, but what is within it is looked at only as far as it takes to find its end: twice as fast. */
void	sl_json_pass(struct sl_json *json);
/* A string: what stands between the quotes, escapes as written; if it is none, it is skipped and false. */
bool	sl_json_string(struct sl_json *json, struct sl_slice *raw_out);
/* A number, as written. */
bool	sl_json_number(struct sl_json *json, struct sl_slice *text_out);

/* What a string's raw text means, into `out`, which has room for raw.len bytes. SL_ERR_SYNTAX: it escapes something that
 * is no character, or the one that ends texts elsewhere (U+0000). */
SL_MUST_USE int	sl_json_decode(struct sl_slice raw, unsigned char *out, size_t *len_out);

#endif
