/* sample_i.h - a digest for tests: rows of every kind, with all the tricks that strangers play */
#ifndef SL_DIGEST_SAMPLE_I_H
#define SL_DIGEST_SAMPLE_I_H

#include "digest/compose.h"

#define SAMPLE_ALL	((1u << SL_DIGEST_REQUEST) - 1)
#define S(text)		SL_SLICE_LIT(text)
#define SAMPLE_NOW	INT64_C(1795681800)	/* 2026-11-26 09:10 UTC */
#define SAMPLE_DAY	20783u

static const struct sl_digest_keys sample_keys = { { { 1, "a key of 32 bytes, for the tests" "" } }, 1 };

static const struct sl_digest_row sample_rows[] = {
	{ "one", SL_DIGEST_GROUP_SPAM, S("Anna Müller"), S("anna@shop.example"), S("Günstige Angebote – nur heute"),
	    S("The text is like that of unwanted mail: “casino”, “bonus”, “guaranteed”."), (SAMPLE_NOW - 3600) * 1000000, 12345,
	    0.973, SAMPLE_DAY + 7, SAMPLE_ALL },
	{ "two", SL_DIGEST_GROUP_PHISH, S("service@paypal.example"), S("x1@host.example"),
	    S("<b>Account</b> & \"limits\"\r\nBcc: everybody@example.com"), S("A link shows one address and leads to another."),
	    (SAMPLE_NOW - 7200) * 1000000, 900, 0.9999, SAMPLE_DAY + 7, SL_DIGEST_VERB_BIT(DELETE) | SL_DIGEST_VERB_BIT(REPORT) },
	{ "three", SL_DIGEST_GROUP_BULK, S(""), S("news@b\xc3\xbc" "cher.example"), S(""), S(""), (SAMPLE_NOW - 86400) * 1000000,
	    5u << 20, -1, SAMPLE_DAY + 6, SAMPLE_ALL },
	{ "four", SL_DIGEST_GROUP_SPAM, S("P\xd0\xb0ypal"), S("a@b.example"), S("\xe2\x80\xaegpj.exe\xe2\x80\x8b and z\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"),
	    S("It is sent by a network that sends unwanted mail only."), (SAMPLE_NOW - 90000) * 1000000, 3000, 0.88,
	    SAMPLE_DAY + 6, SAMPLE_ALL },
	{ "five", SL_DIGEST_GROUP_ATTACHMENT, S("会計部"), S("kaikei@example.jp"), S("請求書のご確認 \xff\xfe 2026"),
	    S("An attachment is a program (invoice.exe)."), (SAMPLE_NOW - 100) * 1000000, 48000, -1, SAMPLE_DAY + 7,
	    SL_DIGEST_VERB_BIT(RELEASE) },
	{ "six", SL_DIGEST_GROUP_OTHER, S(""), S(""), S("=?utf-8?q?not decoded?= averyveryverylongwordthatdoesnotendforquiteawhileandgoesonandonuntilitisfarlongerthananylineandanycolumncouldbe and more"),
	    S("https://hostile.example/?a=b&c=d <script>alert(1)</script>"), (SAMPLE_NOW - 200) * 1000000, 0, 0.5, SAMPLE_DAY, SAMPLE_ALL },
};

static const struct sl_digest sample_digest = {
	.keys = &sample_keys, .tenant = 5, .customer = S("Example & Sons"), .domain = S("quarantine.provider.example"),
	.from = S("quarantine@provider.example"), .to = S("anna@example.com"), .language = S("en"),
	.since_s = SAMPLE_NOW - 86400, .until_s = SAMPLE_NOW, .now_s = SAMPLE_NOW, .request_days = 7,
	.unique = "0123456789abcde", .rows = sample_rows, .rows_len = sizeof(sample_rows) / sizeof(sample_rows[0]),
};

#endif
