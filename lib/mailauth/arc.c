/* arc.c - verify a chain; see mailauth/arc.h */

#include "mailauth/arc_i.h"

const char *const arc_names[ARC_KINDS] = {
	[ARC_RESULTS] = "ARC-Authentication-Results",
	[ARC_MESSAGE] = "ARC-Message-Signature",
	[ARC_SEAL] = "ARC-Seal",
};

static void
arc_fail(struct sl_arc *arc, const char *reason)
{
	if (!arc->failed)
		arc->reason = reason;
	arc->failed = true;
}

/* ---- the structure of the chain ---- */

/* i= of a results field, which is no tag list: "i=1; mx.example; ...". 0: it has none. */
static unsigned
results_instance(struct sl_slice value)
{
	const unsigned char *end = memchr(value.ptr, ';', value.len);
	const unsigned char *equals = memchr(value.ptr, '=', value.len);
	uint64_t i = 0;

	if (end == NULL || equals == NULL || equals > end ||
	    !sl_slice_eq(sl_slice_trim(sl_slice(value.ptr, (size_t)(equals - value.ptr))), SL_SLICE_LIT("i")) ||
	    sl_slice_to_u64(sl_slice_trim(sl_slice(equals + 1, (size_t)(end - equals - 1))), SL_ARC_SETS_MAX, &i) != 0)
		return 0;
	return (unsigned)i;
}

static unsigned
field_instance(enum arc_kind kind, struct sl_slice value)
{
	struct sl_taglist tags;
	struct sl_slice text;
	uint64_t i = 0;

	if (value.len > SL_ARC_FIELD_MAX)
		return 0;
	if (kind == ARC_RESULTS)
		return results_instance(value);
	if (sl_taglist_parse(value, &tags) < 0)
		return 0;
	text = sl_taglist_get(&tags, "i");
	if (text.ptr == NULL || sl_slice_to_u64(text, SL_ARC_SETS_MAX, &i) != 0)
		return 0;
	return (unsigned)i;
}

static void
arc_add_field(struct sl_arc *arc, enum arc_kind kind, size_t place)
{
	unsigned i = field_instance(kind, sl_headers_value(arc->headers, place));

	if (i == 0) {
		arc_fail(arc, "a field of the chain has no sound i=");
		arc->count = SL_MAX(arc->count, 1u);
		return;
	}
	arc->count = SL_MAX(arc->count, i);
	if (arc->sets[i - 1].place[kind] != 0)
		arc_fail(arc, "a set has a field twice");
	arc->sets[i - 1].place[kind] = place + 1;
}

static void
arc_collect(struct sl_arc *arc)
{
	for (size_t place = 0; place < arc->headers->count; place++)
		for (int kind = 0; kind < ARC_KINDS; kind++)
			if (sl_slice_ieq(sl_headers_name(arc->headers, place), sl_slice_str(arc_names[kind])))
				arc_add_field(arc, (enum arc_kind)kind, place);
	for (unsigned i = 0; i < arc->count; i++)
		for (int kind = 0; kind < ARC_KINDS; kind++)
			if (arc->sets[i].place[kind] == 0)
				arc_fail(arc, "a set of the chain is incomplete");
	if (arc->count > 0 && arc->headers->overflow)
		arc_fail(arc, "the header is too long to be checked");
}

/* ---- fields ---- */

/* The place of a key to be looked up, made if there is none. */
static void
arc_want_key(struct sl_arc *arc, const char *name, enum sl_key_type type)
{
	struct arc_key *key;

	for (size_t i = 0; i < arc->key_count; i++)
		if (arc->arc_keys[i]->type == type && strcmp(arc->arc_keys[i]->name, name) == 0) {
			arc->arc_keys[i]->uses++;
			return;
		}
	SL_ASSERT(arc->key_count < ARC_KEYS_MAX);
	key = arc->arc_keys[arc->key_count++] = sl_xzalloc(sizeof(*key));
	memcpy(key->name, name, strlen(name) + 1);
	key->type = type;
	key->uses = 1;
}

static struct arc_key *
arc_key_find(const struct sl_arc *arc, const char *name, enum sl_key_type type)
{
	for (size_t i = 0; i < arc->key_count; i++)
		if (arc->arc_keys[i]->type == type && strcmp(arc->arc_keys[i]->name, name) == 0)
			return arc->arc_keys[i];
	SL_UNREACHABLE("every key was wanted before it was used");
}

/* What message signature and seal have in common. NULL, or what is wrong. */
static const char *
field_read(const struct sl_taglist *tags, struct signature *signature, bool is_message,
    char domain_out[SL_DNS_NAME_MAX + 1], char name_out[SL_DNS_NAME_MAX + 1])
{
	char selector[SL_DNS_NAME_MAX + 1];
	struct sl_slice t = sl_taglist_get(tags, "t");
	const char *fault;
	uint64_t time_s;

	if (sl_taglist_find(tags, "a") == NULL || sl_taglist_find(tags, "b") == NULL)
		return "a required tag is missing";
	if (signature_algorithm(sl_taglist_get(tags, "a"), &signature->key_type, &fault) != SL_DONE)
		return fault;
	if (t.ptr != NULL && sl_slice_to_u64(t, INT64_MAX, &time_s) != 0)
		return "t= is no number";
	fault = signature_key_name(tags, domain_out, selector, name_out);
	return fault != NULL ? fault : signature_hashes(tags, signature, is_message);
}

static const char *
message_read(const struct sl_taglist *tags, struct signature *signature,
    char domain_out[SL_DNS_NAME_MAX + 1], char name_out[SL_DNS_NAME_MAX + 1])
{
	bool has_seal;

	signature->names = sl_taglist_get(tags, "h");
	if (signature->names.ptr == NULL || sl_taglist_find(tags, "bh") == NULL)
		return "a required tag is missing";
	if (signature_names(signature->names, SL_SLICE_LIT("ARC-Seal"), &has_seal) > SL_DKIM_NAMES_MAX)
		return "more than 100 signed fields";
	if (has_seal)
		return "a message signature covers a seal";	/* RFC 8617, 4.1.2 */
	if (!signature_canon(sl_taglist_get(tags, "c"), signature))
		return "c= is not known";
	/* RFC 8617 takes DKIM's default, simple; the published tests and all who verify chains do not. */
	if (sl_taglist_find(tags, "c") == NULL)
		signature->header_canon = signature->body_canon = SL_CANON_RELAXED;
	signature->body_limit = BODY_WHOLE;
	return field_read(tags, signature, true, domain_out, name_out);
}

/* The last message signature counts (RFC 8617, 5.2, step 4). */
static const char *
message_prepare(struct sl_arc *arc)
{
	char domain[SL_DNS_NAME_MAX + 1], name[SL_DNS_NAME_MAX + 1];
	struct sl_taglist tags;
	const char *fault;
	int r = sl_taglist_parse(sl_headers_value(arc->headers, arc->sets[arc->count - 1].place[ARC_MESSAGE] - 1),
	    &tags);

	SL_ASSERT(r == 0);	/* its i= has been read */
	fault = message_read(&tags, &arc->message, domain, name);
	if (fault != NULL)
		return fault;
	arc_want_key(arc, name, arc->message.key_type);
	arc->has_message = true;
	return NULL;
}

/* cv= of seal `i`: none for the first, pass for the others (RFC 8617, 5.2, step 3). */
static const char *
seal_prepare(struct sl_arc *arc, unsigned i)
{
	struct signature signature;
	char name[SL_DNS_NAME_MAX + 1];
	struct sl_taglist tags;
	struct sl_slice cv;
	const char *fault;
	int r = sl_taglist_parse(sl_headers_value(arc->headers, arc->sets[i - 1].place[ARC_SEAL] - 1), &tags);

	SL_ASSERT(r == 0);
	cv = sl_taglist_get(&tags, "cv");
	if (i == arc->count && sl_slice_ieq(cv, SL_SLICE_LIT("fail"))) {
		arc->closed = true;
		return "the last seal says that the chain is broken";
	}
	if (!sl_slice_ieq(cv, i == 1 ? SL_SLICE_LIT("none") : SL_SLICE_LIT("pass")))
		return "a seal's cv= is not what it has to be";
	if (sl_taglist_find(&tags, "h") != NULL)
		return "a seal has h=";			/* RFC 8617, 4.1.3 */
	fault = field_read(&tags, &signature, false, arc->sealer, name);
	if (fault == NULL)
		arc_want_key(arc, name, signature.key_type);
	return fault;
}

static void
arc_prepare(struct sl_arc *arc)
{
	const char *fault = message_prepare(arc);

	if (fault != NULL)
		arc_fail(arc, fault);
	for (unsigned i = 1; i <= arc->count; i++) {	/* the last one leaves its d= in sealer */
		fault = seal_prepare(arc, i);
		if (fault != NULL)
			arc_fail(arc, fault);
	}
}

/* ---- signatures ---- */

void
arc_digest_set(EVP_MD_CTX *ctx, const struct sl_headers *headers, const struct arc_set *set, bool with_seal)
{
	for (int kind = 0; kind < (with_seal ? ARC_KINDS : ARC_SEAL); kind++)
		digest_add_field(ctx, SL_CANON_RELAXED, sl_headers_field(headers, set->place[kind] - 1), true);
}

static bool
arc_verify(struct sl_arc *arc, const struct sl_taglist *tags, const struct signature *signature,
    const unsigned char digest[DIGEST_LEN])
{
	char domain[SL_DNS_NAME_MAX + 1], selector[SL_DNS_NAME_MAX + 1], name[SL_DNS_NAME_MAX + 1];
	const struct sl_key *key = NULL;
	const struct arc_key *data;
	const char *why = signature_key_name(tags, domain, selector, name);

	SL_ASSERT(why == NULL);
	data = arc_key_find(arc, name, signature->key_type);
	why = data->fault;
	if (why == NULL)
		key = sl_keys_get(arc->keys, signature->key_type, sl_slice(data->data, data->len), &why);
	if (key == NULL) {
		arc_fail(arc, why);
		return false;
	}
	return sl_key_verify(key, digest, sl_slice(signature->b, signature->b_len));
}

static void
message_check(struct sl_arc *arc)
{
	size_t place = arc->sets[arc->count - 1].place[ARC_MESSAGE] - 1;
	unsigned char digest[DIGEST_LEN];
	EVP_MD_CTX *ctx = digest_new(sl_keys_sha256(arc->keys));
	struct sl_taglist tags;
	int r = sl_taglist_parse(sl_headers_value(arc->headers, place), &tags);

	SL_ASSERT(r == 0);
	digest_add_named(ctx, arc->message.header_canon, arc->headers, arc->message.names, place);
	digest_add_signature(ctx, arc->message.header_canon, sl_headers_field(arc->headers, place), &tags);
	digest_end(ctx, digest);
	EVP_MD_CTX_free(ctx);
	if (!arc_verify(arc, &tags, &arc->message, digest))
		arc_fail(arc, "the last message signature does not fit");
}

/* Check seal `i`; `covered` has hashed the sets before it, and gets this one. */
static void
seal_check(struct sl_arc *arc, unsigned i, EVP_MD_CTX *covered)
{
	const struct arc_set *set = &arc->sets[i - 1];
	size_t place = set->place[ARC_SEAL] - 1;
	struct signature signature;
	struct sl_taglist tags;
	unsigned char digest[DIGEST_LEN];
	EVP_MD_CTX *ctx = digest_new(sl_keys_sha256(arc->keys));
	char domain[SL_DNS_NAME_MAX + 1], name[SL_DNS_NAME_MAX + 1];
	int r = sl_taglist_parse(sl_headers_value(arc->headers, place), &tags);

	SL_ASSERT(r == 0 && field_read(&tags, &signature, false, domain, name) == NULL);
	arc_digest_set(covered, arc->headers, set, false);
	if (EVP_MD_CTX_copy_ex(ctx, covered) != 1)
		SL_UNREACHABLE("a hash can be copied");
	digest_add_signature(ctx, SL_CANON_RELAXED, sl_headers_field(arc->headers, place), &tags);
	digest_end(ctx, digest);
	EVP_MD_CTX_free(ctx);
	digest_add_field(covered, SL_CANON_RELAXED, sl_headers_field(arc->headers, place), true);
	if (!arc_verify(arc, &tags, &signature, digest))
		arc_fail(arc, "a seal does not fit");
}

/* Are the keys together longer than those of the longest chain with keys of 2048 bits? */
static bool
chain_too_dear(const struct sl_arc *arc)
{
	size_t octets = 0;

	for (size_t i = 0; i < arc->key_count; i++)
		octets += arc->arc_keys[i]->uses * arc->arc_keys[i]->len;
	return octets > (SL_ARC_SETS_MAX + 1) * (size_t)ARC_KEY_OCTETS;
}

/* All keys are here: check every signature. One hash runs along the chain, so it is linear. */
static void
chain_check(struct sl_arc *arc)
{
	EVP_MD_CTX *covered;

	arc->chain_checked = true;
	if (chain_too_dear(arc)) {
		arc_fail(arc, "the chain's keys are too long to be checked");
		return;
	}
	covered = digest_new(sl_keys_sha256(arc->keys));
	message_check(arc);
	for (unsigned i = 1; i <= arc->count && !arc->failed; i++)
		seal_check(arc, i, covered);
	EVP_MD_CTX_free(covered);
}

/* ---- going on ---- */

static bool
keys_here(const struct sl_arc *arc)
{
	for (size_t i = 0; i < arc->key_count; i++)
		if (!arc->arc_keys[i]->here)
			return false;
	return true;
}

/* Is the chain's fate known, whatever the body? */
static bool
chain_settled(const struct sl_arc *arc)
{
	return arc->count == 0 || arc->failed || arc->chain_checked;
}

static bool
arc_dns_ask(void *evaluator, struct sl_dns_question *question_out)
{
	struct sl_arc *arc = evaluator;

	SL_CHECK(arc, ARC_MAGIC);
	for (size_t i = 0; i < arc->key_count && !arc->failed; i++) {
		struct arc_key *key = arc->arc_keys[i];

		if (key->asked)
			continue;
		key->asked = true;
		*question_out = (struct sl_dns_question){ (unsigned)i, SL_DNS_TXT, key->name };
		return true;
	}
	return false;
}

static void
key_take(struct arc_key *key, const struct sl_dns_answer *answer)
{
	struct key_record record;

	key->here = true;
	if (answer->status == SL_DNS_TEMPERROR)
		key->fault = "a key could not be looked up";
	else if (answer->status != SL_DNS_FOUND)
		key->fault = "there is no key";
	else
		key->fault = key_record_read(answer, key->type, &record);
	if (key->fault == NULL) {
		key->data = sl_xmemdup(record.data, record.len);
		key->len = record.len;
	}
}

static void
arc_dns_answer(void *evaluator, unsigned id, const struct sl_dns_answer *answer)
{
	struct sl_arc *arc = evaluator;

	SL_CHECK(arc, ARC_MAGIC);
	SL_ASSERT(id < arc->key_count && arc->arc_keys[id]->asked && !arc->arc_keys[id]->here);
	key_take(arc->arc_keys[id], answer);
	if (!chain_settled(arc) && keys_here(arc))
		chain_check(arc);
}

const struct sl_dns_client sl_arc_dns = { arc_dns_ask, arc_dns_answer };

void
sl_arc_body(struct sl_arc *arc, const unsigned char *data, size_t len)
{
	SL_CHECK(arc, ARC_MAGIC);
	if (arc->will_seal || !arc->failed)
		body_hashes_feed(&arc->body, data, len);
}

void
sl_arc_body_end(struct sl_arc *arc)
{
	const struct body_hash *hash = &arc->body.hashes[0];

	SL_CHECK(arc, ARC_MAGIC);
	body_hashes_end(&arc->body);
	if (arc->has_message && memcmp(hash->digest, arc->message.bh, DIGEST_LEN) != 0)
		arc_fail(arc, "the body was changed");
}

bool
sl_arc_done(const struct sl_arc *arc)
{
	return chain_settled(arc) && arc->body.ended;
}

void
sl_arc_expire(struct sl_arc *arc)
{
	SL_CHECK(arc, ARC_MAGIC);
	if (!chain_settled(arc))
		arc_fail(arc, "the keys did not come in time");
}

/* ---- life ---- */

struct sl_arc *
sl_arc_new(const struct sl_headers *headers, struct sl_keys *keys, bool will_seal)
{
	struct sl_arc *arc = sl_xzalloc(sizeof(*arc));

	arc->magic = ARC_MAGIC;
	arc->headers = headers;
	arc->keys = keys;
	arc->will_seal = will_seal;
	arc->reason = "";
	body_hashes_init(&arc->body, sl_keys_sha256(keys));
	arc_collect(arc);
	if (arc->count > 0 && !arc->failed)
		arc_prepare(arc);
	if (arc->has_message)
		body_hashes_want(&arc->body, arc->message.body_canon, BODY_WHOLE);
	if (will_seal)
		arc->seal_hash = body_hashes_want(&arc->body, SL_CANON_RELAXED, BODY_WHOLE);
	return arc;
}

void
sl_arc_free(struct sl_arc **arc)
{
	if (*arc == NULL)
		return;
	SL_CHECK(*arc, ARC_MAGIC);
	body_hashes_fini(&(*arc)->body);
	for (size_t i = 0; i < (*arc)->key_count; i++) {
		sl_free((*arc)->arc_keys[i]->data);
		sl_free((*arc)->arc_keys[i]);
	}
	SL_OBJ_FREE(arc, ARC_MAGIC);
}

enum sl_arc_result
sl_arc_result(const struct sl_arc *arc)
{
	SL_ASSERT(sl_arc_done(arc));
	return arc->count == 0 ? SL_ARC_NONE : arc->failed ? SL_ARC_FAIL : SL_ARC_PASS;
}

const char *
sl_arc_reason(const struct sl_arc *arc)
{
	return arc->reason;
}

unsigned
sl_arc_instance(const struct sl_arc *arc)
{
	return arc->count;
}

const char *
sl_arc_sealer(const struct sl_arc *arc)
{
	return arc->sealer;
}

bool
sl_arc_is_closed(const struct sl_arc *arc)
{
	return arc->closed;
}

const char *
sl_arc_result_name(enum sl_arc_result result)
{
	return result == SL_ARC_NONE ? "none" : result == SL_ARC_PASS ? "pass" : "fail";
}
