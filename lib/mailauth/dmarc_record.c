/* dmarc_record.c - the text of a DMARC record (RFC 9989, 4.7 and 4.8) */

#include "mailauth/dmarc.h"

/* Take the next "name = value" off; names and values are trimmed. False: no more. Anything that
 * is none has an empty name: what follows a sound start is never an error (RFC 9989, 4.8). */
static bool
tag_next(struct sl_slice *in, struct sl_slice *name_out, struct sl_slice *value_out)
{
	const unsigned char *end, *equals;
	size_t n;

	if (in->len == 0)
		return false;
	end = memchr(in->ptr, ';', in->len);
	n = end == NULL ? in->len : (size_t)(end - in->ptr);
	equals = memchr(in->ptr, '=', n);
	*name_out = *value_out = sl_slice(in->ptr, 0);
	if (equals != NULL) {
		*name_out = sl_slice_trim(sl_slice(in->ptr, (size_t)(equals - in->ptr)));
		*value_out = sl_slice_trim(sl_slice(equals + 1, (size_t)(in->ptr + n - equals - 1)));
	}
	*in = sl_slice_from(*in, end == NULL ? n : n + 1);
	return true;
}

/* A policy's word. A value nobody knows breaks the record. */
static void
policy_set(enum sl_dmarc_policy *policy, struct sl_slice value, bool *broken)
{
	if (*policy != SL_DMARC_POLICY_UNSET)
		return;		/* of a tag that comes twice, the first counts */
	if (sl_slice_ieq(value, SL_SLICE_LIT("none")))
		*policy = SL_DMARC_POLICY_NONE;
	else if (sl_slice_ieq(value, SL_SLICE_LIT("quarantine")))
		*policy = SL_DMARC_POLICY_QUARANTINE;
	else if (sl_slice_ieq(value, SL_SLICE_LIT("reject")))
		*policy = SL_DMARC_POLICY_REJECT;
	else
		*broken = true;
}

static void
tag_take(struct sl_dmarc_record *r, struct sl_slice name, struct sl_slice value)
{
	unsigned char first = value.len == 1 ? sl_ascii_lower(value.ptr[0]) : 0;

	if (sl_slice_ieq(name, SL_SLICE_LIT("p")))
		policy_set(&r->p, value, &r->broken);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("sp")))
		policy_set(&r->sp, value, &r->broken);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("np")))
		policy_set(&r->np, value, &r->broken);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("adkim")))
		r->dkim_strict = first == 's';
	else if (sl_slice_ieq(name, SL_SLICE_LIT("aspf")))
		r->spf_strict = first == 's';
	else if (sl_slice_ieq(name, SL_SLICE_LIT("t")))
		r->testing = first == 'y';
	else if (sl_slice_ieq(name, SL_SLICE_LIT("psd")) && (first == 'y' || first == 'n'))
		r->psd = (char)first;
	else if (sl_slice_ieq(name, SL_SLICE_LIT("rua")))
		r->rua = value;
	else if (sl_slice_ieq(name, SL_SLICE_LIT("ruf")))
		r->ruf = value;
}

bool
sl_dmarc_record_parse(struct sl_slice txt, struct sl_dmarc_record *record_out)
{
	struct sl_slice name, value;

	*record_out = (struct sl_dmarc_record){ .psd = 'u' };
	if (txt.len > SL_DMARC_RECORD_MAX || !tag_next(&txt, &name, &value) ||
	    !sl_slice_ieq(name, SL_SLICE_LIT("v")) || !sl_slice_eq(value, SL_SLICE_LIT("DMARC1")))
		return false;
	while (tag_next(&txt, &name, &value))
		tag_take(record_out, name, value);
	if (record_out->p == SL_DMARC_POLICY_UNSET)
		record_out->broken = true;
	return true;
}
