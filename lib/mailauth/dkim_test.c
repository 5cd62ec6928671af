/* dkim_test.c - signatures made here and checked here, and what must not be believed */

#include "check.h"
#include <stdio.h>
#include <stdlib.h>

#include "mailauth/dkim_i.h"
#include "mailauth/dkim_sign.h"

#define NOW	1700000000

static const char *const header_text[] = {
	"Received: from a by b; Tue, 14 Nov 2023 22:13:20 +0000",
	"From: Ann <ann@example.com>",
	"To: Bob <bob@example.net>",
	"Subject: The  news\r\n of today",
	"Date: Tue, 14 Nov 2023 22:13:20 +0000",
};
static const char body_text[] = "Dear Bob, \r\n\r\n  this is the news.\t\r\nAnn\r\n\r\n\r\n";

static struct sl_signkey *rsa, *ed;

static int
make_keys(void **state)
{
	rsa = sl_signkey_generate(SL_KEY_RSA, 1024);
	ed = sl_signkey_generate(SL_KEY_ED25519, 0);
	return rsa == NULL || ed == NULL;
}

static int
free_keys(void **state)
{
	sl_signkey_free(&rsa);
	sl_signkey_free(&ed);
	return 0;
}

/* A header of `signature` (may be NULL) and the lines above. */
static void
header_make(struct sl_headers *h, const char *signature)
{
	sl_headers_init(h, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	if (signature != NULL)
		sl_headers_add(h, sl_slice_str(signature));
	for (size_t i = 0; i < SL_COUNT(header_text); i++)
		sl_headers_add(h, sl_slice_str(header_text[i]));
}

static void
answer_txt(struct sl_dkim *dkim, const char *txt)
{
	const struct sl_dns_record record = { sl_slice_str(txt), 0 };
	const struct sl_dns_answer found = { SL_DNS_FOUND, &record, 1 };
	struct sl_dns_question question;

	while (sl_dkim_dns.ask(dkim, &question)) {
		assert_int_equal(question.type, SL_DNS_TXT);
		sl_dkim_dns.answer(dkim, question.id, &found);
	}
}

/* Check a header and body, the body cut in two, and compare the first signature's result. */
static void
expect(const char *about, const struct sl_headers *h, const char *body, size_t cut, const char *txt,
    enum sl_dkim_result result, const char *reason)
{
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_dkim *dkim = sl_dkim_new(h, keys, NOW);
	const struct sl_dkim_signature *s;

	if (cut % 2 == 0)
		answer_txt(dkim, txt);
	sl_dkim_body(dkim, (const unsigned char *)body, cut);
	sl_dkim_body(dkim, (const unsigned char *)body + cut, strlen(body) - cut);
	sl_dkim_body_end(dkim);
	answer_txt(dkim, txt);
	assert_true(sl_dkim_done(dkim));
	s = sl_dkim_get(dkim, 0);
	if (s->result != result || strstr(s->reason, reason) == NULL)
		fail_msg("%s: %s (%s)", about, sl_dkim_result_name(s->result), s->reason);
	sl_dkim_free(&dkim);
	sl_keys_free(&keys);
}

static void
record_of(const struct sl_signkey *key, struct sl_buf *out)
{
	sl_buf_init(out, 8192);
	sl_signkey_add_record(key, out);
}

/* Sign the message above. Returns the field without its CRLF, to be freed. */
static char *
sign(const struct sl_signkey *key, enum sl_canon header_canon, enum sl_canon body_canon)
{
	const struct sl_dkim_sign_settings settings = { "example.com", "s1", key, header_canon, body_canon,
		NULL, NOW, 86400 };
	struct sl_dkim_signer *signer;
	struct sl_headers h;
	struct sl_buf field;
	char *text;

	header_make(&h, NULL);
	sl_buf_init(&field, 8192);
	signer = sl_dkim_signer_new(&h, &settings);
	sl_dkim_signer_body(signer, (const unsigned char *)body_text, strlen(body_text));
	assert_int_equal(sl_dkim_signer_finish(signer, &field), 0);
	text = sl_xmemdup(field.data, field.len - 2);
	for (const char *line = text; line != NULL; line = strstr(line, "\r\n\t"), line = line ? line + 2 : NULL)
		assert_true(strcspn(line, "\r") <= 78);
	sl_dkim_signer_free(&signer);
	sl_buf_fini(&field);
	sl_headers_fini(&h);
	return text;
}

static void
what_is_signed_here_verifies_here_at_every_cut(void **state)
{
	for (int i = 0; i < 8; i++) {
		const struct sl_signkey *key = i & 4 ? ed : rsa;
		char *signature = sign(key, i & 1 ? SL_CANON_RELAXED : SL_CANON_SIMPLE,
		    i & 2 ? SL_CANON_RELAXED : SL_CANON_SIMPLE);
		struct sl_headers h;
		struct sl_buf txt;

		record_of(key, &txt);
		header_make(&h, signature);
		for (size_t cut = 0; cut <= strlen(body_text); cut++)
			expect(signature, &h, body_text, cut, sl_buf_cstr(&txt), SL_DKIM_PASS, "");
		sl_headers_fini(&h);
		sl_buf_fini(&txt);
		sl_free(signature);
	}
}

/* A change of field `line` of the signed message (NULL: none) and of its body. */
static const struct {
	const char		*about;
	int			 line;		/* replaced; -1: added in front */
	const char		*text;
	const char		*body;
	enum sl_dkim_result	 relaxed, simple;
} changes[] = {
	{ "nothing", 0, "Received: from c by d", body_text, SL_DKIM_PASS, SL_DKIM_PASS },
	{ "one byte of the body", 0, "X: y", "Dear bob, \r\n\r\n  this is the news.\t\r\nAnn\r\n", SL_DKIM_FAIL,
	    SL_DKIM_FAIL },
	{ "white space in the body", 0, "X: y", "Dear Bob,\r\n\r\n this is\tthe news.\r\nAnn\r\n", SL_DKIM_PASS,
	    SL_DKIM_FAIL },
	{ "a line more", 0, "X: y", "Dear Bob,\r\n\r\n this is the news.\r\nAnn\r\nPS\r\n", SL_DKIM_FAIL,
	    SL_DKIM_FAIL },
	{ "no body", 0, "X: y", "", SL_DKIM_FAIL, SL_DKIM_FAIL },
	{ "one byte of the header", 3, "Subject: The  views\r\n of today", body_text, SL_DKIM_FAIL, SL_DKIM_FAIL },
	{ "white space in the header", 3, "SUBJECT : The news of today ", body_text, SL_DKIM_PASS, SL_DKIM_FAIL },
	{ "another author", 1, "From: Eve <eve@example.com>", body_text, SL_DKIM_FAIL, SL_DKIM_FAIL },
	{ "a second author", -1, "From: Eve <eve@example.com>", body_text, SL_DKIM_FAIL, SL_DKIM_FAIL },
	{ "a second subject", -1, "Subject: ha", body_text, SL_DKIM_FAIL, SL_DKIM_FAIL },
};

static void
a_changed_message_fails(void **state)
{
	for (size_t i = 0; i < 2 * SL_COUNT(changes); i++) {
		bool relaxed = i % 2;
		enum sl_canon canon = relaxed ? SL_CANON_RELAXED : SL_CANON_SIMPLE;
		char *signature = sign(rsa, canon, canon);
		struct sl_headers h;
		struct sl_buf txt;

		record_of(rsa, &txt);
		sl_headers_init(&h, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
		sl_headers_add(&h, sl_slice_str(signature));
		if (changes[i / 2].line < 0)
			sl_headers_add(&h, sl_slice_str(changes[i / 2].text));
		for (int line = 0; line < (int)SL_COUNT(header_text); line++)
			sl_headers_add(&h, sl_slice_str(changes[i / 2].line == line ? changes[i / 2].text :
			    header_text[line]));
		expect(changes[i / 2].about, &h, changes[i / 2].body, 0, sl_buf_cstr(&txt),
		    relaxed ? changes[i / 2].relaxed : changes[i / 2].simple, "");
		sl_headers_fini(&h);
		sl_buf_fini(&txt);
		sl_free(signature);
	}
}

/* Sign with the tags given, whatever they say: "h=..." and the like, without bh= and b=. */
static char *
sign_by_hand(const struct sl_signkey *key, const char *tags_text, uint64_t limit)
{
	struct body_hashes body;
	struct sl_taglist tags;
	struct sl_headers h;
	struct sl_buf field;
	unsigned char digest[DIGEST_LEN], signature[SL_SIGNATURE_MAX];
	EVP_MD_CTX *ctx = digest_new(NULL);
	size_t len;
	char *text;

	body_hashes_init(&body, NULL);
	body_hashes_want(&body, SL_CANON_RELAXED, limit);
	body_hashes_feed(&body, (const unsigned char *)body_text, strlen(body_text));
	body_hashes_end(&body);
	sl_buf_init(&field, 65536);
	sl_buf_addf(&field, "DKIM-Signature: %s; bh=", tags_text);
	sl_base64_encode(sl_slice(body.hashes[0].digest, DIGEST_LEN), &field);
	sl_buf_add_str(&field, "; b=");
	assert_int_equal(sl_taglist_parse(sl_slice_from(sl_buf_slice(&field), 15), &tags), 0);
	header_make(&h, NULL);
	digest_add_named(ctx, SL_CANON_RELAXED, &h, sl_taglist_get(&tags, "h"), h.count);
	digest_add_signature(ctx, SL_CANON_RELAXED, sl_buf_slice(&field), &tags);
	digest_end(ctx, digest);
	assert_int_equal(sl_signkey_sign(key, digest, signature, &len), 0);
	sl_base64_encode(sl_slice(signature, len), &field);
	text = sl_xstrdup(sl_buf_cstr(&field));
	EVP_MD_CTX_free(ctx);
	body_hashes_fini(&body);
	sl_headers_fini(&h);
	sl_buf_fini(&field);
	return text;
}

#define USUAL	"v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1; h=From:To:Subject"
#define WITHOUT_A "v=1; c=relaxed/relaxed; d=example.com; s=s1; h=From:To:Subject; a="

static const struct {
	const char		*about;
	const char		*tags;
	uint64_t		 limit;
	enum sl_dkim_result	 result;
	const char		*reason;
} fields[] = {
	{ "a usual signature", USUAL, BODY_WHOLE, SL_DKIM_PASS, "" },
	{ "tags nobody knows", USUAL "; zz=1", BODY_WHOLE, SL_DKIM_PASS, "" },
	{ "From in any case", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1; h=to : fROM", BODY_WHOLE,
	    SL_DKIM_PASS, "" },
	{ "without From", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1; h=To:Subject", BODY_WHOLE,
	    SL_DKIM_PERMERROR, "From is not signed" },
	{ "an identity in the domain", USUAL "; i=ann@example.com", BODY_WHOLE, SL_DKIM_PASS, "" },
	{ "and below it", USUAL "; i=@mail.example.com", BODY_WHOLE, SL_DKIM_PASS, "" },
	{ "and beside it", USUAL "; i=@badexample.com", BODY_WHOLE, SL_DKIM_PERMERROR, "i= is not within" },
	{ "an identity that is none", USUAL "; i=example.com", BODY_WHOLE, SL_DKIM_PERMERROR, "i= is not within" },
	{ "another version", "v=2; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1; h=From", BODY_WHOLE,
	    SL_DKIM_PERMERROR, "v= is not 1" },
	{ "no selector", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; h=From", BODY_WHOLE,
	    SL_DKIM_PERMERROR, "required tag" },
	{ "a selector that is none", "v=1; a=rsa-sha256; d=example.com; s=a..b; h=From", BODY_WHOLE,
	    SL_DKIM_PERMERROR, "s= is no selector" },
	{ "a top-level domain", "v=1; a=rsa-sha256; d=com; s=s1; h=From", BODY_WHOLE, SL_DKIM_PERMERROR,
	    "d= is no domain" },
	{ "SHA-1", WITHOUT_A "rsa-sha1", BODY_WHOLE, SL_DKIM_FAIL, "RFC 8301" },
	{ "what nobody knows", WITHOUT_A "rot13", BODY_WHOLE, SL_DKIM_FAIL, "not known" },
	{ "a canonical form nobody knows", "v=1; a=rsa-sha256; c=relaxed/nofws; d=example.com; s=s1; h=From",
	    BODY_WHOLE, SL_DKIM_PERMERROR, "c= is not known" },
	{ "a key elsewhere", USUAL "; q=ldap", BODY_WHOLE, SL_DKIM_PERMERROR, "not in DNS" },
	{ "a key in DNS too", USUAL "; q=ldap:dns/txt", BODY_WHOLE, SL_DKIM_PASS, "" },
	{ "in time", USUAL "; t=1699999999; x=1700000000", BODY_WHOLE, SL_DKIM_PASS, "" },
	{ "too late", USUAL "; t=1699999998; x=1699999999", BODY_WHOLE, SL_DKIM_PERMERROR, "expired" },
	{ "expired before it was made", USUAL "; t=1800000001; x=1800000000", BODY_WHOLE, SL_DKIM_PERMERROR,
	    "before it was made" },
	{ "a time that is none", USUAL "; t=now", BODY_WHOLE, SL_DKIM_PERMERROR, "no number" },
	{ "all of the body", USUAL "; l=38", 38, SL_DKIM_PASS, "" },
	{ "a part of it", USUAL "; l=11", 11, SL_DKIM_POLICY, "part of the body" },
	{ "nothing of it", USUAL "; l=0", 0, SL_DKIM_POLICY, "part of the body" },
	{ "more than it", USUAL "; l=39", 39, SL_DKIM_PERMERROR, "more than the body" },
	{ "a length that is none", USUAL "; l=-1", BODY_WHOLE, SL_DKIM_PERMERROR, "l= is no number" },
	{ "a length beyond numbers", USUAL "; l=99999999999999999999", BODY_WHOLE, SL_DKIM_PERMERROR, "l= is no" },
};

static void
a_signature_field_says_what_it_is_worth(void **state)
{
	struct sl_buf txt;

	record_of(rsa, &txt);
	for (size_t i = 0; i < SL_COUNT(fields); i++) {
		char *signature = sign_by_hand(rsa, fields[i].tags, fields[i].limit);
		struct sl_headers h;

		header_make(&h, signature);
		expect(fields[i].about, &h, body_text, 0, sl_buf_cstr(&txt), fields[i].result, fields[i].reason);
		sl_headers_fini(&h);
		sl_free(signature);
	}
	sl_buf_fini(&txt);
}

/* The key record; "@" stands for the right p= value. */
static const struct {
	const char		*about;
	const char		*record;
	enum sl_dkim_result	 result;
	const char		*reason;
} records[] = {
	{ "as short as can be", "p=@", SL_DKIM_PASS, "" },
	{ "with all there is", "v=DKIM1; h=sha1:sha256; k=rsa; n=note; s=email; t=y:s; p=@", SL_DKIM_PASS, "" },
	{ "for every service", "s=x:*; p=@", SL_DKIM_PASS, "" },
	{ "folded", "p= @ ;", SL_DKIM_PASS, "" },
	{ "revoked", "v=DKIM1; p=", SL_DKIM_PERMERROR, "revoked" },
	{ "without a key", "v=DKIM1", SL_DKIM_PERMERROR, "no key" },
	{ "another version", "v=DKIM2; p=@", SL_DKIM_PERMERROR, "version" },
	{ "a version that is not first", "p=@; v=DKIM1", SL_DKIM_PERMERROR, "version" },
	{ "another type", "k=ed25519; p=@", SL_DKIM_PERMERROR, "another type" },
	{ "SHA-1 only", "h=sha1; p=@", SL_DKIM_PERMERROR, "SHA-256" },
	{ "not for mail", "s=tls; p=@", SL_DKIM_PERMERROR, "not for mail" },
	{ "no record at all", "some text", SL_DKIM_PERMERROR, "cannot be read" },
	{ "not base64", "p=@@!", SL_DKIM_PERMERROR, "base64" },
	{ "base64 of something else", "p=Zm9v", SL_DKIM_PERMERROR, "no RSA key" },
	{ "512 bits", "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL0oxZeYsfHsuO+6+1jmc3iYPcx8BPqcFJZiGnPcd5Tm4ZLJ2Qe1mC6F"
	    "pPKsOq6fPZ4rQAhJ5fHdGEfqs4jSXSECAwEAAQ==", SL_DKIM_PERMERROR, "shorter than 1024" },
};

static char *
replace_at(const char *text, const char *with)
{
	const char *at = strchr(text, '@');

	return at == NULL ? sl_xstrdup(text) : sl_xasprintf("%.*s%s%s", (int)(at - text), text, with, at + 1);
}

static void
a_key_record_says_whether_it_may_be_used(void **state)
{
	char *signature = sign_by_hand(rsa, USUAL, BODY_WHOLE);
	struct sl_buf txt;
	struct sl_headers h;

	record_of(rsa, &txt);
	header_make(&h, signature);
	for (size_t i = 0; i < SL_COUNT(records); i++) {
		char *record = replace_at(records[i].record, strstr(sl_buf_cstr(&txt), "p=") + 2);

		expect(records[i].about, &h, body_text, 0, record, records[i].result, records[i].reason);
		sl_free(record);
	}
	sl_headers_fini(&h);
	sl_buf_fini(&txt);
	sl_free(signature);
}

static void
a_strict_key_wants_its_own_domain(void **state)
{
	char *signature = sign_by_hand(rsa, USUAL "; i=@mail.example.com", BODY_WHOLE), *strict;
	struct sl_headers h;
	struct sl_buf txt;

	record_of(rsa, &txt);
	strict = sl_xasprintf("%s; t=s", sl_buf_cstr(&txt));
	header_make(&h, signature);
	expect("t=s", &h, body_text, 0, strict, SL_DKIM_PERMERROR, "the key forbids");
	sl_headers_fini(&h);
	sl_buf_fini(&txt);
	sl_free(strict);
	sl_free(signature);
}

static void
another_key_does_not_fit(void **state)
{
	struct sl_signkey *other = sl_signkey_generate(SL_KEY_RSA, 1024);
	char *signature = sign_by_hand(rsa, USUAL, BODY_WHOLE);
	struct sl_headers h;
	struct sl_buf txt;

	record_of(other, &txt);
	header_make(&h, signature);
	expect("another key", &h, body_text, 0, sl_buf_cstr(&txt), SL_DKIM_FAIL, "does not fit");
	sl_headers_fini(&h);
	sl_buf_fini(&txt);
	sl_free(signature);
	sl_signkey_free(&other);
}

static void
a_second_from_is_not_covered_up(void **state)
{
	char *signature = sign_by_hand(rsa, USUAL, BODY_WHOLE);
	struct sl_headers h;
	struct sl_buf txt;

	record_of(rsa, &txt);
	sl_headers_init(&h, SL_HEADERS_BYTES_MAX, SL_HEADERS_FIELDS_MAX);
	sl_headers_add(&h, SL_SLICE_LIT("From: eve@evil.test"));	/* above the signed one */
	sl_headers_add(&h, sl_slice_str(signature));
	for (size_t i = 0; i < SL_COUNT(header_text); i++)
		sl_headers_add(&h, sl_slice_str(header_text[i]));
	expect("two From", &h, body_text, 0, sl_buf_cstr(&txt), SL_DKIM_POLICY, "more than one From");
	sl_headers_fini(&h);
	sl_buf_fini(&txt);
	sl_free(signature);
}

static void
signatures_beyond_the_tenth_are_only_counted(void **state)
{
	struct sl_keys *keys = sl_keys_new(4);
	struct sl_dns_question question;
	struct sl_headers h;
	struct sl_dkim *dkim;
	size_t asked = 0;
	char *signature = sign_by_hand(rsa, USUAL, BODY_WHOLE);

	header_make(&h, signature);
	for (int i = 0; i < 99; i++)
		sl_headers_add(&h, sl_slice_str(signature));
	dkim = sl_dkim_new(&h, keys, NOW);
	while (sl_dkim_dns.ask(dkim, &question))
		asked++;
	assert_int_equal(asked, SL_DKIM_SIGNATURES_MAX);
	assert_int_equal(sl_dkim_count(dkim), SL_DKIM_SIGNATURES_MAX);
	assert_int_equal(sl_dkim_ignored(dkim), 90);
	sl_dkim_expire(dkim);
	assert_false(sl_dkim_done(dkim));
	assert_false(sl_dkim_wants_body(dkim));
	sl_dkim_body_end(dkim);
	assert_true(sl_dkim_done(dkim));
	assert_int_equal(sl_dkim_get(dkim, 9)->result, SL_DKIM_TEMPERROR);
	sl_dkim_free(&dkim);
	sl_headers_fini(&h);
	sl_keys_free(&keys);
	sl_free(signature);
}

static void
names_are_counted_to_a_hundred(void **state)
{
	for (int over = 0; over <= 1; over++) {
		struct sl_buf tags, txt;
		struct sl_headers h;
		char *signature;

		record_of(rsa, &txt);
		sl_buf_init(&tags, 65536);
		sl_buf_add_str(&tags, USUAL);
		for (int i = 3; i < SL_DKIM_NAMES_MAX + over; i++)
			sl_buf_addf(&tags, ":X-%d", i);
		signature = sign_by_hand(rsa, sl_buf_cstr(&tags), BODY_WHOLE);
		header_make(&h, signature);
		expect("names", &h, body_text, 0, sl_buf_cstr(&txt), over ? SL_DKIM_PERMERROR : SL_DKIM_PASS,
		    over ? "100" : "");
		sl_headers_fini(&h);
		sl_buf_fini(&tags);
		sl_buf_fini(&txt);
		sl_free(signature);
	}
}

static void
what_cannot_be_read_is_neutral(void **state)
{
	static const char *const bad[] = { "DKIM-Signature:", "DKIM-Signature: v=1; v=1",
		"DKIM-Signature: \xff", "DKIM-Signature: v" };

	for (size_t i = 0; i < SL_COUNT(bad); i++) {
		struct sl_headers h;

		header_make(&h, bad[i]);
		expect(bad[i], &h, body_text, 0, "", SL_DKIM_NEUTRAL, "cannot be read");
		sl_headers_fini(&h);
	}
}

static void
keys_come_back_from_their_text(void **state)
{
	struct sl_buf pem, again;
	struct sl_signkey *copy;

	for (int i = 0; i < 2; i++) {
		sl_buf_init(&pem, 8192);
		sl_buf_init(&again, 8192);
		sl_signkey_add_pem(i ? ed : rsa, &pem);
		copy = sl_signkey_parse(sl_buf_slice(&pem));
		assert_non_null(copy);
		assert_int_equal(sl_signkey_type(copy), i ? SL_KEY_ED25519 : SL_KEY_RSA);
		sl_signkey_add_pem(copy, &again);
		assert_string_equal(sl_buf_cstr(&pem), sl_buf_cstr(&again));
		sl_signkey_free(&copy);
		sl_buf_fini(&pem);
		sl_buf_fini(&again);
	}
	assert_null(sl_signkey_parse(SL_SLICE_LIT("-----BEGIN PRIVATE KEY-----\nZm9v\n-----END PRIVATE KEY-----\n")));
	assert_null(sl_signkey_generate(SL_KEY_RSA, 512));
}

static void
keys_are_kept_and_given_up_in_turn(void **state)
{
	struct sl_keys *keys = sl_keys_new(2);
	const struct sl_key *first, *again;
	unsigned char data[32];
	const char *why;
	struct sl_slice key[3];
	static unsigned char raw[3][32];

	for (int i = 0; i < 3; i++) {	/* small multiples of nothing: any 32 octets make an Ed25519 key */
		memset(raw[i], i + 1, sizeof(raw[i]));
		key[i] = sl_slice(raw[i], 32);
	}
	first = sl_keys_get(keys, SL_KEY_ED25519, key[0], &why);
	assert_non_null(first);
	assert_non_null(sl_keys_get(keys, SL_KEY_ED25519, key[1], &why));
	assert_ptr_equal(sl_keys_get(keys, SL_KEY_ED25519, key[0], &why), first);
	assert_non_null(sl_keys_get(keys, SL_KEY_ED25519, key[2], &why));	/* in place of the second */
	again = sl_keys_get(keys, SL_KEY_ED25519, key[0], &why);
	assert_ptr_equal(again, first);
	assert_int_equal(sl_key_bits(again), 256);
	memset(data, 9, sizeof(data));
	assert_null(sl_keys_get(keys, SL_KEY_ED25519, sl_slice(data, 31), &why));
	assert_non_null(why);
	sl_keys_free(&keys);
}

/* With the neutral point for a key, R = S = nothing is a signature of every message. */
static void
a_weak_ed25519_key_is_refused(void **state)
{
	static const unsigned char first[] = { 0x00, 0x01, 0xec, 0xed, 0xee };
	struct sl_keys *keys = sl_keys_new(2);
	unsigned char raw[32];
	const char *why;

	for (size_t i = 0; i < SL_COUNT(first); i++)
		for (int sign = 0; sign < 2; sign++) {
			memset(raw, i < 2 ? 0 : 0xff, sizeof(raw));
			raw[0] = first[i];
			raw[31] = (unsigned char)((i < 2 ? 0 : 0x7f) | sign << 7);
			assert_null(sl_keys_get(keys, SL_KEY_ED25519, sl_slice(raw, 32), &why));
			assert_non_null(strstr(why, "sound"));
		}
	memset(raw, 0xff, sizeof(raw));
	raw[0] = 0xeb;
	raw[31] = 0x7f;
	assert_non_null(sl_keys_get(keys, SL_KEY_ED25519, sl_slice(raw, 32), &why));
	sl_keys_free(&keys);
}

/* Exponents and lengths of RSA keys, and what is said of them; NULL: they may be used. */
static const struct {
	const char	*about;
	size_t		 octets;
	unsigned char	 last;
	const char	*exponent;	/* hexadecimal */
	const char	*fault;
} rsa_keys[] = {
	{ "the usual", 256, 0xb7, "010001", NULL },
	{ "3", 256, 0xb7, "03", NULL },
	{ "1", 256, 0xb7, "01", "sound" },
	{ "an even exponent", 256, 0xb7, "010000", "sound" },
	{ "32 bits", 256, 0xb7, "00ffffffff", NULL },
	{ "33 bits", 256, 0xb7, "01000000001f", "dear" },
	{ "65 bits", 256, 0xb7, "010000000000000001", "sound" },
	{ "17 bits in a long key", 512, 0xb7, "010001", NULL },
	{ "18 bits in a long key", 512, 0xb7, "020001", "dear" },
	{ "an even modulus", 256, 0xb6, "010001", "sound" },
	{ "8192 bits", 1024, 0xb7, "010001", NULL },
	{ "8200 bits", 1025, 0xb7, "010001", "longer than 8192" },
	{ "1016 bits", 127, 0xb7, "010001", "shorter than 1024" },
};

static size_t
der_element(unsigned char *out, unsigned char tag, const unsigned char *content, size_t len)
{
	size_t n = 0;

	out[n++] = tag;
	out[n++] = 0x82;
	out[n++] = (unsigned char)(len >> 8);
	out[n++] = (unsigned char)len;
	memcpy(out + n, content, len);
	return n + len;
}

static void
an_rsa_key_must_be_sound_and_not_too_dear(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rsa_keys); i++) {
		struct sl_keys *keys = sl_keys_new(2);
		unsigned char number[1100] = { 0 }, exponent[20], inner[2300], der[2400];
		size_t e = strlen(rsa_keys[i].exponent) / 2, n;
		const char *why;

		memset(number + 1, 0xb7, rsa_keys[i].octets);
		number[rsa_keys[i].octets] = rsa_keys[i].last;
		for (size_t k = 0; k < e; k++)
			exponent[k] = (unsigned char)strtoul((char[3]){ rsa_keys[i].exponent[2 * k],
			    rsa_keys[i].exponent[2 * k + 1], '\0' }, NULL, 16);
		n = der_element(inner, 0x02, number, rsa_keys[i].octets + 1);
		n += der_element(inner + n, 0x02, exponent, e);
		n = der_element(der, 0x30, inner, n);
		if ((sl_keys_get(keys, SL_KEY_RSA, sl_slice(der, n), &why) != NULL) != (rsa_keys[i].fault == NULL) ||
		    (rsa_keys[i].fault != NULL && strstr(why, rsa_keys[i].fault) == NULL))
			fail_msg("%s: %s", rsa_keys[i].about, why != NULL ? why : "taken");
		sl_keys_free(&keys);
	}
}

/* DER whose lengths lie, cut anywhere: refused, not read past. */
static void
a_key_cut_short_is_refused(void **state)
{
	struct sl_keys *keys = sl_keys_new(1);
	unsigned char der[1024];
	struct sl_buf txt;
	size_t len;
	const char *why;

	record_of(rsa, &txt);
	assert_true(sl_base64_decode(sl_slice_str(strstr(sl_buf_cstr(&txt), "p=") + 2), der, sizeof(der), &len));
	assert_non_null(sl_keys_get(keys, SL_KEY_RSA, sl_slice(der, len), &why));
	for (size_t n = 0; n < len; n++) {
		unsigned char *exact = sl_xmemdup(der, n);

		assert_null(sl_keys_get(keys, SL_KEY_RSA, sl_slice(exact, n), &why));
		sl_free(exact);
	}
	sl_keys_free(&keys);
	sl_buf_fini(&txt);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_signed_here_verifies_here_at_every_cut),
		cmocka_unit_test(a_changed_message_fails),
		cmocka_unit_test(a_signature_field_says_what_it_is_worth),
		cmocka_unit_test(a_key_record_says_whether_it_may_be_used),
		cmocka_unit_test(a_strict_key_wants_its_own_domain),
		cmocka_unit_test(another_key_does_not_fit),
		cmocka_unit_test(a_second_from_is_not_covered_up),
		cmocka_unit_test(signatures_beyond_the_tenth_are_only_counted),
		cmocka_unit_test(names_are_counted_to_a_hundred),
		cmocka_unit_test(what_cannot_be_read_is_neutral),
		cmocka_unit_test(keys_come_back_from_their_text),
		cmocka_unit_test(keys_are_kept_and_given_up_in_turn),
		cmocka_unit_test(a_key_cut_short_is_refused),
		cmocka_unit_test(a_weak_ed25519_key_is_refused),
		cmocka_unit_test(an_rsa_key_must_be_sound_and_not_too_dear),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
