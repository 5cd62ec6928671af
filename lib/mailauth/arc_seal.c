/* arc_seal.c - add a link to a chain (RFC 8617, 5.1); see mailauth/arc.h */

#include "mailauth/arc_i.h"

#include <inttypes.h>

#define LINK_MAX	65536	/* octets of the three fields */

/* Sign what ctx has hashed and append the base64 to field. */
static int
field_sign(struct sl_buf *field, EVP_MD_CTX *ctx, const struct sl_signkey *key)
{
	unsigned char digest[DIGEST_LEN], signature[SL_SIGNATURE_MAX];
	size_t len = 0;
	int r;

	digest_end(ctx, digest);
	r = sl_signkey_sign(key, digest, signature, &len);
	if (r == 0)
		sign_add_base64(field, sl_slice(signature, len));
	return r;
}

/* Hash a field whose "b=" is still empty. */
static void
add_open_field(EVP_MD_CTX *ctx, const struct sl_buf *field, enum arc_kind kind)
{
	struct sl_taglist tags;
	int r = sl_taglist_parse(sl_slice_from(sl_buf_slice(field), strlen(arc_names[kind]) + 1), &tags);

	SL_ASSERT(r == 0);	/* else the settings hold no domain or selector */
	digest_add_signature(ctx, SL_CANON_RELAXED, sl_buf_slice(field), &tags);
}

static int
message_make(const struct sl_arc *arc, const struct sl_arc_seal_settings *s, unsigned i, struct sl_buf *field)
{
	struct sl_slice names;
	struct sl_taglist tags;
	EVP_MD_CTX *ctx = digest_new(sl_keys_sha256(arc->keys));
	int r;

	sl_buf_addf(field, "%s: i=%u; a=%s; c=relaxed/relaxed;\r\n\td=%s; s=%s; t=%" PRId64 ";\r\n\th=",
	    arc_names[ARC_MESSAGE], i, sl_signkey_algorithm(s->key), s->domain, s->selector, s->now_s);
	sign_add_names(field, arc->headers, s->names, false);
	sl_buf_add_str(field, ";\r\n\tbh=");
	sign_add_base64(field, sl_slice(arc->body.hashes[arc->seal_hash].digest, DIGEST_LEN));
	sl_buf_add_str(field, ";\r\n\tb=");
	r = sl_taglist_parse(sl_slice_from(sl_buf_slice(field), strlen(arc_names[ARC_MESSAGE]) + 1), &tags);
	SL_ASSERT(r == 0);
	names = sl_taglist_get(&tags, "h");
	digest_add_named(ctx, SL_CANON_RELAXED, arc->headers, names, arc->headers->count);
	add_open_field(ctx, field, ARC_MESSAGE);
	r = field_sign(field, ctx, s->key);
	EVP_MD_CTX_free(ctx);
	return r;
}

/* A seal on a broken chain covers its own set alone (RFC 8617, 5.1.2). */
static int
seal_make(const struct sl_arc *arc, const struct sl_arc_seal_settings *s, unsigned i,
    const struct sl_buf *results, const struct sl_buf *message, struct sl_buf *field)
{
	enum sl_arc_result cv = sl_arc_result(arc);
	EVP_MD_CTX *ctx = digest_new(sl_keys_sha256(arc->keys));
	int r;

	sl_buf_addf(field, "%s: i=%u; a=%s; t=%" PRId64 "; cv=%s;\r\n\td=%s; s=%s;\r\n\tb=",
	    arc_names[ARC_SEAL], i, sl_signkey_algorithm(s->key), s->now_s, sl_arc_result_name(cv),
	    s->domain, s->selector);
	for (unsigned k = 0; cv == SL_ARC_PASS && k < arc->count; k++)
		arc_digest_set(ctx, arc->headers, &arc->sets[k], true);
	digest_add_field(ctx, SL_CANON_RELAXED, sl_buf_slice(results), true);
	digest_add_field(ctx, SL_CANON_RELAXED, sl_buf_slice(message), true);
	add_open_field(ctx, field, ARC_SEAL);
	r = field_sign(field, ctx, s->key);
	EVP_MD_CTX_free(ctx);
	return r;
}

int
sl_arc_seal(const struct sl_arc *arc, const struct sl_arc_seal_settings *settings, struct sl_slice results,
    struct sl_buf *out)
{
	unsigned i = sl_arc_instance(arc) + 1;
	struct sl_buf fields[ARC_KINDS];
	int r;

	SL_CHECK(arc, ARC_MAGIC);
	SL_ASSERT(sl_arc_done(arc) && arc->will_seal);
	if (arc->closed || i > SL_ARC_SETS_MAX)
		return SL_ERR_FULL;
	for (int kind = 0; kind < ARC_KINDS; kind++)
		sl_buf_init(&fields[kind], LINK_MAX);
	sl_buf_addf(&fields[ARC_RESULTS], "%s: i=%u; " SL_SLICE_FMT, arc_names[ARC_RESULTS], i,
	    SL_SLICE_ARG(results));
	r = message_make(arc, settings, i, &fields[ARC_MESSAGE]);
	if (r == 0)
		r = seal_make(arc, settings, i, &fields[ARC_RESULTS], &fields[ARC_MESSAGE], &fields[ARC_SEAL]);
	for (int kind = ARC_KINDS - 1; kind >= 0; kind--) {
		if (r == 0) {
			sl_buf_add_slice(out, sl_buf_slice(&fields[kind]));
			sl_buf_add_str(out, "\r\n");
		}
		sl_buf_fini(&fields[kind]);
	}
	return r;
}
