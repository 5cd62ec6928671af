/* dkim_sign.c - see mailauth/dkim_sign.h */

#include "mailauth/dkim_sign.h"
#include "mailauth/dkim_i.h"

#include <inttypes.h>

#define SIGNER_MAGIC	0x5d516e02u
#define FOLD_AT		72	/* columns */
#define INSTANCES_MAX	4	/* of one field: verifiers read 100 names at most */

struct sl_dkim_signer {
	unsigned				 magic;
	const struct sl_headers			*headers;
	const struct sl_dkim_sign_settings	*settings;
	struct body_hashes			 body;
};

static size_t
column(const struct sl_buf *out)
{
	const unsigned char *lf = out->len == 0 ? NULL : memrchr(out->data, '\n', out->len);

	return lf == NULL ? out->len : (size_t)(out->data + out->len - lf - 1);
}

/* Add one name of h=, a colon before it unless it is the first. */
static void
add_name(struct sl_buf *out, struct sl_slice name, bool *first)
{
	if (!*first)
		sl_buf_add_byte(out, ':');
	if (column(out) + name.len > FOLD_AT)
		sl_buf_add_str(out, "\r\n\t ");
	sl_buf_add_slice(out, name);
	*first = false;
}

static bool
is_oversigned(struct sl_slice name)
{
	return sl_slice_ieq(name, SL_SLICE_LIT("From")) || sl_slice_ieq(name, SL_SLICE_LIT("To")) ||
	    sl_slice_ieq(name, SL_SLICE_LIT("Date")) || sl_slice_ieq(name, SL_SLICE_LIT("Subject"));
}

void
sign_add_names(struct sl_buf *out, const struct sl_headers *headers, const char *names, bool oversign)
{
	struct sl_slice rest = sl_slice_str(names), name;
	bool first = true;

	while (sl_taglist_item(&rest, &name)) {
		size_t count = sl_headers_count_of(headers, name) + (oversign && is_oversigned(name));

		for (size_t i = 0; i < SL_MIN(count, (size_t)INSTANCES_MAX); i++)
			add_name(out, name, &first);
	}
}

void
sign_add_base64(struct sl_buf *out, struct sl_slice bytes)
{
	struct sl_buf text;
	struct sl_slice rest;

	sl_buf_init(&text, 4 * SL_SIGNATURE_MAX);
	sl_base64_encode(bytes, &text);
	for (rest = sl_buf_slice(&text); rest.len > 0; ) {
		size_t used = column(out), n = used < FOLD_AT ? FOLD_AT - used : 0;

		if (n == 0) {
			sl_buf_add_str(out, "\r\n\t ");
			continue;
		}
		n = SL_MIN(n, rest.len);
		sl_buf_add(out, rest.ptr, n);
		rest = sl_slice_from(rest, n);
	}
	sl_buf_fini(&text);
}

struct sl_dkim_signer *
sl_dkim_signer_new(const struct sl_headers *headers, const struct sl_dkim_sign_settings *settings)
{
	struct sl_dkim_signer *signer = sl_xzalloc(sizeof(*signer));

	signer->magic = SIGNER_MAGIC;
	signer->headers = headers;
	signer->settings = settings;
	body_hashes_init(&signer->body, NULL);
	body_hashes_want(&signer->body, settings->body_canon, BODY_WHOLE);
	return signer;
}

void
sl_dkim_signer_free(struct sl_dkim_signer **signer)
{
	if (*signer != NULL)
		body_hashes_fini(&(*signer)->body);
	SL_OBJ_FREE(signer, SIGNER_MAGIC);
}

void
sl_dkim_signer_body(struct sl_dkim_signer *signer, const unsigned char *data, size_t len)
{
	SL_CHECK(signer, SIGNER_MAGIC);
	body_hashes_feed(&signer->body, data, len);
}

static const char *
canon_name(enum sl_canon canon)
{
	return canon == SL_CANON_RELAXED ? "relaxed" : "simple";
}

/* The field up to and with "b=". */
static void
add_unsigned(const struct sl_dkim_signer *signer, struct sl_buf *out)
{
	const struct sl_dkim_sign_settings *s = signer->settings;

	sl_buf_addf(out, "DKIM-Signature: v=1; a=%s; c=%s/%s;\r\n\td=%s; s=%s;",
	    sl_signkey_algorithm(s->key), canon_name(s->header_canon), canon_name(s->body_canon),
	    s->domain, s->selector);
	if (s->now_s > 0)
		sl_buf_addf(out, " t=%" PRId64 ";", s->now_s);
	if (s->now_s > 0 && s->lifetime_s > 0)
		sl_buf_addf(out, " x=%" PRId64 ";", s->now_s + s->lifetime_s);
	sl_buf_add_str(out, "\r\n\th=");
	sign_add_names(out, signer->headers, s->names != NULL ? s->names : SL_DKIM_SIGN_NAMES, true);
	sl_buf_add_str(out, ";\r\n\tbh=");
	sign_add_base64(out, sl_slice(signer->body.hashes[0].digest, DIGEST_LEN));
	sl_buf_add_str(out, ";\r\n\tb=");
}

int
sl_dkim_signer_finish(struct sl_dkim_signer *signer, struct sl_buf *field_out)
{
	const struct sl_dkim_sign_settings *s = signer->settings;
	unsigned char digest[DIGEST_LEN], signature[SL_SIGNATURE_MAX];
	struct sl_taglist tags;
	struct sl_buf field;
	EVP_MD_CTX *ctx;
	size_t len = 0;
	int r;

	SL_CHECK(signer, SIGNER_MAGIC);
	body_hashes_end(&signer->body);
	sl_buf_init(&field, 65536);
	add_unsigned(signer, &field);
	r = sl_taglist_parse(sl_slice_from(sl_buf_slice(&field), strlen("DKIM-Signature:")), &tags);
	SL_ASSERT(r == 0 && !field.overflow);	/* else the settings hold no domain or selector */
	ctx = digest_new(NULL);
	digest_add_named(ctx, s->header_canon, signer->headers, sl_taglist_get(&tags, "h"),
	    signer->headers->count);
	digest_add_signature(ctx, s->header_canon, sl_buf_slice(&field), &tags);
	digest_end(ctx, digest);
	EVP_MD_CTX_free(ctx);
	r = sl_signkey_sign(s->key, digest, signature, &len);
	if (r == 0) {
		sign_add_base64(&field, sl_slice(signature, len));
		sl_buf_add_slice(field_out, sl_buf_slice(&field));
		sl_buf_add_str(field_out, "\r\n");
	}
	sl_buf_fini(&field);
	return r;
}
