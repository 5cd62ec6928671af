/* dkim.c - see mailauth/dkim.h */

#include "mailauth/dkim_i.h"

#include <stdio.h>

#define DKIM_MAGIC	0x5dd41301u
#define NO_HASH		SIZE_MAX

enum key_state {
	KEY_NOT_WANTED,		/* the signature is decided without it */
	KEY_WANTED,		/* not asked for yet */
	KEY_ASKED,
	KEY_HERE,		/* and `proven` is set if the signature fits it */
};

struct dkim_check {
	struct sl_dkim_signature	view;
	struct signature		signature;
	struct sl_taglist		tags;
	size_t				place;	/* in the header */
	size_t				body_hash;
	enum key_state			key;
	bool				proven;
	char				name[SL_DNS_NAME_MAX + 1];	/* of the key */
};

struct sl_dkim {
	unsigned		 magic;
	const struct sl_headers	*headers;	/* kept */
	struct sl_keys		*keys;		/* kept */
	int64_t			 now_s;
	size_t			 count;
	size_t			 ignored;
	size_t			 from_count;
	bool			 decided;	/* the results are in the views */
	struct body_hashes	 body;
	struct dkim_check	*checks[SL_DKIM_SIGNATURES_MAX];
};

static const char *const result_names[] = {
	[SL_DKIM_NONE] = "none",
	[SL_DKIM_PASS] = "pass",
	[SL_DKIM_FAIL] = "fail",
	[SL_DKIM_POLICY] = "policy",
	[SL_DKIM_NEUTRAL] = "neutral",
	[SL_DKIM_TEMPERROR] = "temperror",
	[SL_DKIM_PERMERROR] = "permerror",
};

static void
check_decide(struct dkim_check *check, enum sl_dkim_result result, const char *reason)
{
	check->view.result = result;
	check->view.reason = reason;
	check->key = KEY_NOT_WANTED;
}

/* ---- reading a DKIM-Signature field ---- */

/* i= has to be in d= or below it (RFC 6376, 6.1.1). */
static bool
identity_ok(struct dkim_check *check, bool strict)
{
	struct sl_slice identity = check->view.identity, domain = sl_slice_str(check->view.domain);
	const unsigned char *at = identity.len == 0 ? NULL : memrchr(identity.ptr, '@', identity.len);

	if (identity.ptr == NULL)
		return true;
	if (at == NULL)
		return false;
	identity = sl_slice_from(identity, (size_t)(at - identity.ptr) + 1);
	return strict ? sl_slice_ieq(identity, domain) : sl_dns_name_within(identity, domain);
}

/* Tags that hold a time or a length: absent is *value_out unchanged. */
static bool
number_get(const struct sl_taglist *tags, const char *tag, uint64_t max, uint64_t *value_out)
{
	struct sl_slice s = sl_taglist_get(tags, tag);

	return s.ptr == NULL || sl_slice_to_u64(s, max, value_out) == 0;
}

static const char *
times_fault(const struct sl_taglist *tags, int64_t now_s)
{
	uint64_t signed_s = 0, expires_s = UINT64_MAX;

	if (!number_get(tags, "t", INT64_MAX, &signed_s) || !number_get(tags, "x", INT64_MAX, &expires_s))
		return "a time is no number";
	if (expires_s < signed_s)
		return "the signature expires before it was made";
	if (now_s > 0 && (uint64_t)now_s > expires_s)
		return "the signature has expired";
	return NULL;
}

static const char *
names_fault(struct dkim_check *check, size_t from_count)
{
	bool from;

	if (signature_names(check->signature.names, SL_SLICE_LIT("From"), &from) > SL_DKIM_NAMES_MAX)
		return "more than 100 signed fields";
	if (!from)
		return "From is not signed";	/* RFC 6376, 5.4 */
	return from_count == 0 ? "there is no From" : NULL;
}

/* Set view and name of the key from d=, s= and i=. */
static const char *
domain_fault(struct dkim_check *check)
{
	const char *fault = signature_key_name(&check->tags, check->view.domain, check->view.selector,
	    check->name);

	return fault != NULL ? fault : identity_ok(check, false) ? NULL : "i= is not within d=";
}

static bool
tags_present(const struct sl_taglist *tags)
{
	static const char *const required[] = { "v", "a", "b", "bh", "d", "h", "s" };

	for (size_t i = 0; i < SL_COUNT(required); i++)
		if (sl_taglist_find(tags, required[i]) == NULL)
			return false;
	return true;
}

static const char *
query_fault(const struct sl_taglist *tags)
{
	struct sl_slice q = sl_taglist_get(tags, "q");
	bool found = true;

	if (q.ptr != NULL)
		signature_names(q, SL_SLICE_LIT("dns/txt"), &found);
	return found ? NULL : "the key is not in DNS";
}

/* RFC 6376, 6.1.1. What is wrong with the field, or NULL. */
static const char *
check_fault(struct sl_dkim *dkim, struct dkim_check *check)
{
	struct signature *s = &check->signature;
	const char *fault;

	if (!tags_present(&check->tags))
		return "a required tag is missing";
	if (!sl_slice_eq(sl_taglist_get(&check->tags, "v"), SL_SLICE_LIT("1")))
		return "v= is not 1";
	if ((fault = domain_fault(check)) != NULL || (fault = signature_hashes(&check->tags, s, true)) != NULL)
		return fault;
	if (!signature_canon(sl_taglist_get(&check->tags, "c"), s))
		return "c= is not known";
	s->body_limit = BODY_WHOLE;
	if (!number_get(&check->tags, "l", BODY_WHOLE - 1, &s->body_limit))
		return "l= is no number";
	if ((fault = names_fault(check, dkim->from_count)) != NULL ||
	    (fault = query_fault(&check->tags)) != NULL)
		return fault;
	return times_fault(&check->tags, dkim->now_s);
}

static void
tag_b_set(struct sl_dkim_signature *view, struct sl_slice b)
{
	size_t n = 0;

	for (size_t i = 0; i < b.len && n < sizeof(view->tag_b) - 1; i++)
		if (b.ptr[i] > ' ')	/* a tag's value holds no other control bytes than white space */
			view->tag_b[n++] = (char)b.ptr[i];
	view->tag_b[n] = '\0';
}

static void
check_read(struct sl_dkim *dkim, struct dkim_check *check)
{
	struct sl_slice value = sl_headers_value(dkim->headers, check->place);
	const char *fault;

	check->view.reason = "";
	check->body_hash = NO_HASH;
	if (value.len > SL_DKIM_FIELD_MAX || sl_taglist_parse(value, &check->tags) < 0) {
		check->tags.count = 0;
		check_decide(check, SL_DKIM_NEUTRAL, "the signature field cannot be read");
		return;
	}
	check->view.identity = sl_taglist_get(&check->tags, "i");
	check->view.algorithm = sl_taglist_get(&check->tags, "a");
	check->signature.names = sl_taglist_get(&check->tags, "h");
	tag_b_set(&check->view, sl_taglist_get(&check->tags, "b"));
	fault = check_fault(dkim, check);
	if (fault != NULL)
		check_decide(check, SL_DKIM_PERMERROR, fault);
	else if (signature_algorithm(check->view.algorithm, &check->signature.key_type, &fault) != SL_DONE)
		check_decide(check, SL_DKIM_FAIL, fault);
	else if (dkim->headers->overflow)
		check_decide(check, SL_DKIM_POLICY, "the header is too long to be checked");
	else
		check->key = KEY_WANTED;
}

/* ---- keys ---- */

static void
header_digest(const struct sl_dkim *dkim, const struct dkim_check *check, unsigned char out[DIGEST_LEN])
{
	EVP_MD_CTX *ctx = digest_new(sl_keys_sha256(dkim->keys));

	digest_add_named(ctx, check->signature.header_canon, dkim->headers, check->signature.names,
	    check->place);
	digest_add_signature(ctx, check->signature.header_canon,
	    sl_headers_field(dkim->headers, check->place), &check->tags);
	digest_end(ctx, out);
	EVP_MD_CTX_free(ctx);
}

static void
key_use(struct sl_dkim *dkim, struct dkim_check *check, const struct key_record *record)
{
	struct signature *s = &check->signature;
	unsigned char digest[DIGEST_LEN];
	const struct sl_key *key;
	const char *why;

	check->view.testing = record->testing;
	if (!identity_ok(check, record->strict)) {
		check_decide(check, SL_DKIM_PERMERROR, "i= is below d=, which the key forbids");
		return;
	}
	key = sl_keys_get(dkim->keys, s->key_type, sl_slice(record->data, record->len), &why);
	if (key == NULL) {
		check_decide(check, SL_DKIM_PERMERROR, why);
		return;
	}
	check->view.key_bits = sl_key_bits(key);
	header_digest(dkim, check, digest);
	check->proven = sl_key_verify(key, digest, sl_slice(s->b, s->b_len));
	check->key = KEY_HERE;
	if (!check->proven)
		check_decide(check, SL_DKIM_FAIL, "the signature does not fit header and key");
}

static void	dkim_decide(struct sl_dkim *dkim);

static bool
dkim_dns_ask(void *evaluator, struct sl_dns_question *question_out)
{
	struct sl_dkim *dkim = evaluator;

	SL_CHECK(dkim, DKIM_MAGIC);
	for (size_t i = 0; i < dkim->count; i++) {
		struct dkim_check *check = dkim->checks[i];

		if (check->key != KEY_WANTED)
			continue;
		check->key = KEY_ASKED;
		*question_out = (struct sl_dns_question){ (unsigned)i, SL_DNS_TXT, check->name };
		return true;
	}
	return false;
}

static void
dkim_dns_answer(void *evaluator, unsigned id, const struct sl_dns_answer *answer)
{
	struct sl_dkim *dkim = evaluator;
	struct dkim_check *check;
	struct key_record record;
	const char *fault;

	SL_CHECK(dkim, DKIM_MAGIC);
	SL_ASSERT(id < dkim->count && dkim->checks[id]->key == KEY_ASKED);
	check = dkim->checks[id];
	if (answer->status == SL_DNS_TEMPERROR) {
		check_decide(check, SL_DKIM_TEMPERROR, "the key could not be looked up");
	} else if (answer->status != SL_DNS_FOUND) {
		check_decide(check, SL_DKIM_PERMERROR, "there is no key");
	} else {
		fault = key_record_read(answer, check->signature.key_type, &record);
		if (fault != NULL)
			check_decide(check, SL_DKIM_PERMERROR, fault);
		else
			key_use(dkim, check, &record);
	}
	dkim_decide(dkim);
}

const struct sl_dns_client sl_dkim_dns = { dkim_dns_ask, dkim_dns_answer };

/* ---- the body, and the results ---- */

/* The signature fits header and key, and the body is hashed. */
static void
check_body(const struct sl_dkim *dkim, struct dkim_check *check)
{
	const struct body_hash *hash = &dkim->body.hashes[check->body_hash];

	if (memcmp(hash->digest, check->signature.bh, DIGEST_LEN) != 0) {
		check_decide(check, SL_DKIM_FAIL, "the body was changed");
	} else if (hash->limit != BODY_WHOLE && hash->limit > hash->seen) {
		check_decide(check, SL_DKIM_PERMERROR, "l= is more than the body");
	} else if (hash->limit != BODY_WHOLE && hash->limit < hash->seen) {
		check->view.unsigned_bytes = hash->seen - hash->limit;
		check_decide(check, SL_DKIM_POLICY, "part of the body is not signed");
	} else if (dkim->from_count > 1) {
		check_decide(check, SL_DKIM_POLICY, "there is more than one From");
	} else {
		check_decide(check, SL_DKIM_PASS, "");
	}
}

bool
sl_dkim_done(const struct sl_dkim *dkim)
{
	for (size_t i = 0; i < dkim->count; i++)
		if (dkim->checks[i]->key == KEY_WANTED || dkim->checks[i]->key == KEY_ASKED)
			return false;
	return dkim->body.ended;
}

/* Once all is here, settle what hung on the body. */
static void
dkim_decide(struct sl_dkim *dkim)
{
	if (dkim->decided || !sl_dkim_done(dkim))
		return;
	dkim->decided = true;
	for (size_t i = 0; i < dkim->count; i++)
		if (dkim->checks[i]->key == KEY_HERE)
			check_body(dkim, dkim->checks[i]);
}

bool
sl_dkim_wants_body(const struct sl_dkim *dkim)
{
	for (size_t i = 0; i < dkim->count; i++)
		if (dkim->checks[i]->key != KEY_NOT_WANTED)
			return true;
	return false;
}

void
sl_dkim_body(struct sl_dkim *dkim, const unsigned char *data, size_t len)
{
	SL_CHECK(dkim, DKIM_MAGIC);
	if (sl_dkim_wants_body(dkim))
		body_hashes_feed(&dkim->body, data, len);
}

void
sl_dkim_body_end(struct sl_dkim *dkim)
{
	SL_CHECK(dkim, DKIM_MAGIC);
	body_hashes_end(&dkim->body);
	dkim_decide(dkim);
}

void
sl_dkim_expire(struct sl_dkim *dkim)
{
	SL_CHECK(dkim, DKIM_MAGIC);
	for (size_t i = 0; i < dkim->count; i++)
		if (dkim->checks[i]->key == KEY_WANTED || dkim->checks[i]->key == KEY_ASKED)
			check_decide(dkim->checks[i], SL_DKIM_TEMPERROR, "the key did not come in time");
	dkim_decide(dkim);
}

/* ---- life ---- */

static void
dkim_add(struct sl_dkim *dkim, size_t place)
{
	struct dkim_check *check;

	if (dkim->count == SL_DKIM_SIGNATURES_MAX) {
		dkim->ignored++;
		return;
	}
	check = dkim->checks[dkim->count++] = sl_xzalloc(sizeof(*check));
	check->place = place;
	check_read(dkim, check);
	if (check->key == KEY_WANTED)
		check->body_hash = body_hashes_want(&dkim->body, check->signature.body_canon,
		    check->signature.body_limit);
}

struct sl_dkim *
sl_dkim_new(const struct sl_headers *headers, struct sl_keys *keys, int64_t now_s)
{
	const struct sl_slice name = SL_SLICE_LIT("DKIM-Signature");
	struct sl_dkim *dkim = sl_xzalloc(sizeof(*dkim));

	dkim->magic = DKIM_MAGIC;
	dkim->headers = headers;
	dkim->keys = keys;
	dkim->now_s = now_s;
	dkim->from_count = sl_headers_count_of(headers, SL_SLICE_LIT("From"));
	body_hashes_init(&dkim->body, sl_keys_sha256(keys));
	for (size_t i = 0; i < headers->count; i++)
		if (sl_slice_ieq(sl_headers_name(headers, i), name))
			dkim_add(dkim, i);
	return dkim;
}

void
sl_dkim_free(struct sl_dkim **dkim)
{
	if (*dkim == NULL)
		return;
	SL_CHECK(*dkim, DKIM_MAGIC);
	body_hashes_fini(&(*dkim)->body);
	for (size_t i = 0; i < (*dkim)->count; i++)
		sl_free((*dkim)->checks[i]);
	SL_OBJ_FREE(dkim, DKIM_MAGIC);
}

size_t
sl_dkim_count(const struct sl_dkim *dkim)
{
	return dkim->count;
}

size_t
sl_dkim_ignored(const struct sl_dkim *dkim)
{
	return dkim->ignored;
}

const struct sl_dkim_signature *
sl_dkim_get(const struct sl_dkim *dkim, size_t i)
{
	SL_ASSERT(i < dkim->count);
	return &dkim->checks[i]->view;
}

const char *
sl_dkim_result_name(enum sl_dkim_result result)
{
	SL_ASSERT((size_t)result < SL_COUNT(result_names));
	return result_names[result];
}
