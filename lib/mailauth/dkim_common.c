/* dkim_common.c - hashing, signature tags and key records, for DKIM and ARC; see dkim_i.h */

#include "mailauth/dkim_i.h"

#include <stdio.h>

EVP_MD_CTX *
digest_new(const EVP_MD *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || EVP_DigestInit_ex(ctx, md != NULL ? md : EVP_sha256(), NULL) != 1)
		SL_UNREACHABLE("OpenSSL has no SHA-256 or no memory");
	return ctx;
}

void
digest_add(EVP_MD_CTX *ctx, const void *data, size_t len)
{
	if (EVP_DigestUpdate(ctx, data, len) != 1)
		SL_UNREACHABLE("SHA-256 takes any input");
}

void
digest_end(EVP_MD_CTX *ctx, unsigned char out[DIGEST_LEN])
{
	unsigned len = 0;

	if (EVP_DigestFinal_ex(ctx, out, &len) != 1 || len != DIGEST_LEN)
		SL_UNREACHABLE("SHA-256 gives 32 octets");
}

void
digest_add_field(EVP_MD_CTX *ctx, enum sl_canon canon, struct sl_slice field, bool line_end)
{
	unsigned char small[2048], *out = field.len + 2 <= sizeof(small) ? small : sl_xmalloc(field.len + 2);

	digest_add(ctx, out, sl_canon_field(canon, field, line_end, out));
	if (out != small)
		sl_free(out);
}

void
digest_add_signature(EVP_MD_CTX *ctx, enum sl_canon canon, struct sl_slice field,
    const struct sl_taglist *tags)
{
	const struct sl_tag *b = sl_taglist_find(tags, "b");
	size_t from = (size_t)(b->field.ptr - field.ptr), to = from + b->field.len;
	unsigned char *copy = sl_xmalloc(field.len);

	memcpy(copy, field.ptr, from);
	memcpy(copy + from, field.ptr + to, field.len - to);
	digest_add_field(ctx, canon, sl_slice(copy, field.len - (to - from)), false);
	sl_free(copy);
}

void
digest_add_named(EVP_MD_CTX *ctx, enum sl_canon canon, const struct sl_headers *headers,
    struct sl_slice names, size_t own)
{
	unsigned char used[(SL_HEADERS_FIELDS_MAX + 7) / 8] = { 0 };
	struct sl_slice name;

	SL_ASSERT(headers->count <= SL_HEADERS_FIELDS_MAX);
	while (sl_taglist_item(&names, &name)) {
		size_t at = headers->count;

		while (sl_headers_find_up(headers, name, at, &at)) {
			if (at == own || (used[at / 8] >> (at % 8) & 1) != 0)
				continue;
			used[at / 8] |= (unsigned char)(1u << (at % 8));
			digest_add_field(ctx, canon, sl_headers_field(headers, at), true);
			break;
		}
	}
}

void
body_hashes_init(struct body_hashes *body, const EVP_MD *md)
{
	memset(body, 0, sizeof(*body));
	body->md = md;
}

void
body_hashes_fini(struct body_hashes *body)
{
	for (size_t i = 0; i < body->count; i++)
		EVP_MD_CTX_free(body->hashes[i].ctx);
	body->count = 0;
}

/* Canonical bytes go to every hash of that form, up to its limit. */
static void
hashes_take(struct body_hashes *body, enum sl_canon canon, const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < body->count; i++) {
		struct body_hash *hash = &body->hashes[i];

		if (hash->canon != canon)
			continue;
		if (hash->seen < hash->limit)
			digest_add(hash->ctx, data, (size_t)SL_MIN(hash->limit - hash->seen, (uint64_t)len));
		hash->seen += len;
	}
}

static void
take_simple(void *ctx, const unsigned char *data, size_t len)
{
	hashes_take(ctx, SL_CANON_SIMPLE, data, len);
}

static void
take_relaxed(void *ctx, const unsigned char *data, size_t len)
{
	hashes_take(ctx, SL_CANON_RELAXED, data, len);
}

size_t
body_hashes_want(struct body_hashes *body, enum sl_canon canon, uint64_t limit)
{
	for (size_t i = 0; i < body->count; i++)
		if (body->hashes[i].canon == canon && body->hashes[i].limit == limit)
			return i;
	SL_ASSERT(body->count < BODY_HASHES_MAX && !body->ended);
	if (!body->wanted[canon])
		sl_canon_body_init(&body->canon[canon], canon,
		    canon == SL_CANON_SIMPLE ? take_simple : take_relaxed, body);
	body->wanted[canon] = true;
	body->hashes[body->count] = (struct body_hash){ .canon = canon, .limit = limit,
	    .ctx = digest_new(body->md) };
	return body->count++;
}

void
body_hashes_feed(struct body_hashes *body, const unsigned char *data, size_t len)
{
	SL_ASSERT(!body->ended);
	for (int canon = 0; canon < 2; canon++)
		if (body->wanted[canon])
			sl_canon_body_feed(&body->canon[canon], data, len);
}

void
body_hashes_end(struct body_hashes *body)
{
	SL_ASSERT(!body->ended);
	body->ended = true;
	for (int canon = 0; canon < 2; canon++)
		if (body->wanted[canon])
			sl_canon_body_finish(&body->canon[canon]);
	for (size_t i = 0; i < body->count; i++)
		digest_end(body->hashes[i].ctx, body->hashes[i].digest);
}

int
signature_algorithm(struct sl_slice a, enum sl_key_type *type_out, const char **why_out)
{
	*why_out = NULL;
	if (sl_slice_ieq(a, SL_SLICE_LIT("rsa-sha256"))) {
		*type_out = SL_KEY_RSA;
		return SL_DONE;
	}
	if (sl_slice_ieq(a, SL_SLICE_LIT("ed25519-sha256"))) {
		*type_out = SL_KEY_ED25519;
		return SL_DONE;
	}
	*why_out = sl_slice_ieq(a, SL_SLICE_LIT("rsa-sha1")) ? "rsa-sha1 is not believed (RFC 8301)" :
	    "the algorithm is not known";
	return SL_ERR_UNSUPPORTED;
}

static bool
canon_parse(struct sl_slice s, enum sl_canon *canon_out)
{
	*canon_out = sl_slice_ieq(s, SL_SLICE_LIT("relaxed")) ? SL_CANON_RELAXED : SL_CANON_SIMPLE;
	return *canon_out == SL_CANON_RELAXED || sl_slice_ieq(s, SL_SLICE_LIT("simple"));
}

bool
signature_canon(struct sl_slice c, struct signature *signature)
{
	const unsigned char *slash = c.ptr == NULL ? NULL : memchr(c.ptr, '/', c.len);

	signature->header_canon = signature->body_canon = SL_CANON_SIMPLE;
	if (c.ptr == NULL)
		return true;
	if (slash == NULL)
		return canon_parse(c, &signature->header_canon);
	return canon_parse(sl_slice(c.ptr, (size_t)(slash - c.ptr)), &signature->header_canon) &&
	    canon_parse(sl_slice_from(c, (size_t)(slash - c.ptr) + 1), &signature->body_canon);
}

const char *
signature_hashes(const struct sl_taglist *tags, struct signature *signature, bool want_bh)
{
	size_t len;

	if (!sl_base64_decode(sl_taglist_get(tags, "b"), signature->b, sizeof(signature->b),
	    &signature->b_len) || signature->b_len == 0)
		return "b= is not base64, or too long";
	if (want_bh && (!sl_base64_decode(sl_taglist_get(tags, "bh"), signature->bh,
	    sizeof(signature->bh), &len) || len != DIGEST_LEN))
		return "bh= is not a SHA-256 hash";
	return NULL;
}

const char *
signature_key_name(const struct sl_taglist *tags, char domain_out[SL_DNS_NAME_MAX + 1],
    char selector_out[SL_DNS_NAME_MAX + 1], char name_out[SL_DNS_NAME_MAX + 1])
{
	if (!sl_dns_name_copy(domain_out, sl_taglist_get(tags, "d")) ||
	    sl_dns_name_labels(sl_slice_str(domain_out)) < 2)
		return "d= is no domain";
	if (!sl_dns_name_copy(selector_out, sl_taglist_get(tags, "s")))
		return "s= is no selector";
	if (snprintf(name_out, SL_DNS_NAME_MAX + 1, "%s._domainkey.%s", selector_out, domain_out) >
	    SL_DNS_NAME_MAX)
		return "the key's name is too long";
	return NULL;
}

size_t
signature_names(struct sl_slice names, struct sl_slice name, bool *found_out)
{
	struct sl_slice item;
	size_t n = 0;

	*found_out = false;
	while (sl_taglist_item(&names, &item)) {
		n++;
		if (sl_slice_ieq(item, name))
			*found_out = true;
	}
	return n;
}

/* Is `word` among the items of a colon-separated tag? `absent` if there is no such tag. */
static bool
tag_lists(const struct sl_taglist *tags, const char *tag, const char *word, bool absent)
{
	struct sl_slice value = sl_taglist_get(tags, tag);
	bool found;

	if (value.ptr == NULL)
		return absent;
	signature_names(value, sl_slice_str(word), &found);
	return found;
}

/* RFC 6376, 3.6.1 and 6.1.2. */
static const char *
key_record_parse(struct sl_slice txt, enum sl_key_type type, struct key_record *out)
{
	struct sl_taglist tags;
	struct sl_slice v, k, p;

	if (sl_taglist_parse(txt, &tags) < 0)
		return "the key record cannot be read";
	v = sl_taglist_get(&tags, "v");
	k = sl_taglist_get(&tags, "k");
	p = sl_taglist_get(&tags, "p");
	if (v.ptr != NULL && (!sl_slice_eq(v, SL_SLICE_LIT("DKIM1")) || tags.tags[0].value.ptr != v.ptr))
		return "the key record is of another version";
	if (p.ptr == NULL)
		return "the key record holds no key";
	if (p.len == 0)
		return "the key is revoked";
	if (!sl_slice_ieq(k.ptr == NULL ? SL_SLICE_LIT("rsa") : k,
	    type == SL_KEY_RSA ? SL_SLICE_LIT("rsa") : SL_SLICE_LIT("ed25519")))
		return "the key is of another type than the signature";
	if (!tag_lists(&tags, "h", "sha256", true))
		return "the key does not allow SHA-256";
	if (!tag_lists(&tags, "s", "*", true) && !tag_lists(&tags, "s", "email", true))
		return "the key is not for mail";
	if (!sl_base64_decode(p, out->data, sizeof(out->data), &out->len))
		return "the key is not base64, or too long";
	out->testing = tag_lists(&tags, "t", "y", false);
	out->strict = tag_lists(&tags, "t", "s", false);
	return NULL;
}

/* Of several records the first that can be used (RFC 6376, 6.1.2, step 4); else the first fault. */
const char *
key_record_read(const struct sl_dns_answer *answer, enum sl_key_type type, struct key_record *record_out)
{
	const char *fault, *first = NULL;
	size_t count = SL_MIN(answer->count, (size_t)10);

	for (size_t i = 0; i < count; i++) {
		fault = key_record_parse(answer->records[i].data, type, record_out);
		if (fault == NULL)
			return NULL;
		if (first == NULL)
			first = fault;
	}
	return first == NULL ? "there is no key" : first;
}
