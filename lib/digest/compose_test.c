/* compose_test.c - a digest is a well-formed mail, says the same in text and HTML, and holds nothing that acts by itself */

#include "check.h"
#include "digest/sample_i.h"
#include "digest/show.h"
#include "digest/words.h"
#include "html/view.h"
#include "mime/transfer.h"

#include <stdio.h>

struct parts {
	struct sl_buf	mail, id, text, html, seen, links;
	unsigned	findings, foreign;
};

static void
add(void *ctx, struct sl_slice bytes)
{
	sl_buf_add_slice(ctx, bytes);
}

/* The n-th part's body, decoded. */
static void
part(const struct parts *p, unsigned n, struct sl_buf *out)
{
	const char *mail = (const char *)p->mail.data, *at = mail, *end;
	struct sl_transfer_decoder decoder;

	for (; n > 0; n--) {
		at = strstr(at + 1, "\r\n--=_");
		assert_non_null(at);
	}
	at = strstr(at, "\r\n\r\n") + 4;
	end = strstr(at, "\r\n--=_") + 2;
	sl_transfer_init(&decoder, SL_TRANSFER_QP);
	sl_transfer_feed_all(&decoder, sl_slice(at, (size_t)(end - at)), add, out);
	sl_transfer_finish(&decoder, add, out);
	assert_int_equal(decoder.odd_seen, 0);
}

static void
on_text(void *ctx, struct sl_slice text, enum sl_view_kind kind)
{
	struct parts *p = ctx;

	if (kind == SL_VIEW_VISIBLE)
		sl_buf_add_slice(&p->seen, text);
	else
		assert_int_equal(kind, SL_VIEW_TITLE);	/* nothing hidden */
}

static void
on_link(void *ctx, const struct sl_view_link *link)
{
	struct parts *p = ctx;

	if (link->element != SL_VIEW_IN_A || !sl_slice_istarts(link->url, SL_SLICE_LIT("mailto:")))
		p->foreign++;
	sl_buf_add_slice(&p->links, link->url);
	sl_buf_add_byte(&p->links, '\n');
}

static void
on_image(void *ctx, const struct sl_view_image *image)
{
	((struct parts *)ctx)->foreign++;
}

static void
on_finding(void *ctx, enum sl_view_finding finding, struct sl_slice detail)
{
	print_message("finding: %s\n", sl_view_finding_name(finding));
	((struct parts *)ctx)->findings++;
}

static void
parts_make(struct parts *p, const struct sl_digest *digest)
{
	static const struct sl_view_sink sink = { .text = on_text, .link = on_link, .image = on_image,
		.finding = on_finding };
	struct sl_view *view;

	memset(p, 0, sizeof(*p));
	sl_buf_init(&p->mail, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&p->id, 512);
	sl_buf_init(&p->text, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&p->html, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&p->seen, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&p->links, SL_DIGEST_BYTES_MAX);
	assert_int_equal(sl_digest_compose(digest, &p->mail, &p->id), 0);
	sl_buf_cstr(&p->mail);
	part(p, 1, &p->text);
	part(p, 2, &p->html);
	view = sl_view_new(NULL, &sink, p);
	sl_view_feed(view, p->html.data, p->html.len);
	sl_view_finish(view);
	sl_view_free(&view);
	/* As text has it: \r\n is a line end. */
	sl_buf_cstr(&p->text);
	sl_buf_cstr(&p->seen);
	sl_buf_cstr(&p->links);
}

static void
parts_free(struct parts *p)
{
	sl_buf_fini(&p->mail);
	sl_buf_fini(&p->id);
	sl_buf_fini(&p->text);
	sl_buf_fini(&p->html);
	sl_buf_fini(&p->seen);
	sl_buf_fini(&p->links);
}

/* Without white space: text is wrapped, HTML is not. */
static bool
has(const struct sl_buf *in, struct sl_slice what)
{
	struct sl_buf a, b;
	bool found;

	sl_buf_init(&a, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&b, SL_DIGEST_BYTES_MAX);
	for (size_t i = 0; i < in->len; i++)
		if (strchr(" \r\n\t", in->data[i]) == NULL)
			sl_buf_add_byte(&a, in->data[i]);
	for (size_t i = 0; i < what.len; i++)
		if (strchr(" \r\n\t", what.ptr[i]) == NULL)
			sl_buf_add_byte(&b, what.ptr[i]);
	found = b.len == 0 || memmem(a.data, a.len, b.data, b.len) != NULL;
	sl_buf_fini(&a);
	sl_buf_fini(&b);
	return found;
}

static void
each_line_is_short_and_ascii(void **state)
{
	const struct sl_digest_language *const *languages;
	size_t len = sl_digest_languages(&languages);

	for (size_t l = 0; l < len; l++) {
		struct sl_digest digest = sample_digest;
		struct parts p;
		size_t at = 0;

		digest.language = sl_slice_str(languages[l]->tag);
		parts_make(&p, &digest);
		for (size_t i = 0; i < p.mail.len; i++) {
			unsigned char c = p.mail.data[i];

			if (c == '\r') {
				assert_int_equal(p.mail.data[i + 1], '\n');
				assert_true(i - at <= 76 || memmem(p.mail.data + at, i - at, "Reply-To", 8) != NULL);
				at = i + 2;
				i++;
				continue;
			}
			assert_true(c >= ' ' && c <= '~');
		}
		assert_int_equal(at, p.mail.len);
		parts_free(&p);
	}
}

static void
the_head_says_that_nobody_should_answer_by_program(void **state)
{
	static const char *const fields[] = { "\r\nAuto-Submitted: auto-generated\r\n", "\r\nPrecedence: bulk\r\n",
		"\r\nTo: <anna@example.com>\r\n", "\r\nMIME-Version: 1.0\r\n", "\r\nContent-Language: de\r\n",
		"\r\nReply-To: <request-digest.", "\r\nX-Auto-Response-Suppress: All\r\n",
		"\r\nMessage-ID:\r\n <digest.30313233343536373839616263646500@quarantine.provider.example>\r\n",
		"\r\nFrom: =?utf-8?q?Quarant=C3=A4ne?= <quarantine@provider.example>\r\n" };
	struct sl_digest digest = sample_digest;
	struct parts p;
	char *head;

	digest.language = SL_SLICE_LIT("de-AT");
	parts_make(&p, &digest);
	head = (char *)p.mail.data;
	*strstr(head, "\r\n\r\n") = '\0';
	for (size_t i = 0; i < SL_COUNT(fields); i++)
		if (strstr(head, fields[i]) == NULL)
			fail_msg("no %s in %s", fields[i], head);
	assert_memory_equal(head, "Date: Thu, 26 Nov 2026 ", 23);
	assert_null(strstr(head, "Bcc"));
	parts_free(&p);
}

/* Every row, in the text and in what is seen of the HTML: sender, subject, reason, time, probability, size. */
static void
text_and_html_have_the_same_rows(void **state)
{
	struct parts p;
	static const char *const both[] = { "2026-11-26 07:30", "97 %", ">99 %", "12 KiB", "5.0 MiB", "Spam (2)",
		"Phishing (1)", "(no subject)", "(no sender)", "news@xn--bcher-kva.example", "P[\xd0\xb0]ypal",
		"the name looks like another address", "letters of several alphabets", "gpj.exe", "2026-12-03",
		"hostile[.]example", "<script>alert(1)</script>", "Example & Sons", "<b>Account</b> & \"limits\"" };

	parts_make(&p, &sample_digest);
	for (size_t i = 0; i < SL_COUNT(both); i++) {
		if (!has(&p.text, sl_slice_str(both[i])))
			fail_msg("no \"%s\" in %s", both[i], (char *)p.text.data);
		if (!has(&p.seen, sl_slice_str(both[i])))
			fail_msg("no \"%s\" in %s", both[i], (char *)p.seen.data);
	}
	for (size_t i = 0; i < SL_COUNT(sample_rows); i++) {
		const struct sl_slice what[] = { sample_rows[i].name, sample_rows[i].subject, sample_rows[i].reason };

		for (size_t n = 0; n < SL_COUNT(what); n++) {
			struct sl_buf shown;

			sl_buf_init(&shown, 4096);
			sl_show_text(what[n], 120, &shown);
			assert_true(has(&p.text, sl_buf_slice(&shown)));
			assert_true(has(&p.seen, sl_buf_slice(&shown)));
			sl_buf_fini(&shown);
		}
	}
	assert_int_equal(p.findings, 0);
	assert_int_equal(p.foreign, 0);
	parts_free(&p);
}

/* Each address that it holds is good, for this reader and nobody else, and what it does is what it stands beside. */
static void
addresses_are_good_for_the_reader_only(void **state)
{
	unsigned counts[SL_DIGEST_VERB_COUNT] = { 0 }, wanted[SL_DIGEST_VERB_COUNT] = { 0 };
	struct parts p;

	parts_make(&p, &sample_digest);
	for (char *line = strtok((char *)p.links.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		struct sl_digest_token token;
		char *local = line + strlen("mailto:"), *end = strchr(local, '@');

		assert_non_null(strstr(end, "@quarantine.provider.example?subject="));
		assert_non_null(strstr(end, "&body=Please%20send"));
		assert_int_equal(sl_digest_token_read(&sample_keys, sl_slice(local, (size_t)(end - local)), SAMPLE_DAY,
		    &token), SL_DIGEST_TOKEN_GOOD);
		assert_int_equal(sl_digest_token_check(&sample_keys, &token, sample_digest.to), SL_DIGEST_TOKEN_GOOD);
		assert_int_equal(sl_digest_token_check(&sample_keys, &token, SL_SLICE_LIT("bob@example.com")),
		    SL_DIGEST_TOKEN_OTHER_MAILBOX);
		/* The plain text has it too. */
		assert_true(has(&p.text, sl_slice(local, (size_t)(end - local) + 28)));
		counts[token.action.verb]++;
	}
	for (size_t i = 0; i < SL_COUNT(sample_rows); i++)
		for (unsigned v = 0; v < SL_DIGEST_VERB_COUNT; v++)
			wanted[v] += sample_rows[i].verbs >> v & 1;
	wanted[SL_DIGEST_REQUEST] = 1;
	assert_memory_equal(counts, wanted, sizeof(counts));
	parts_free(&p);
}

static void
a_single_message_is_released_by_an_answer(void **state)
{
	struct sl_digest digest = sample_digest;
	struct parts p;

	digest.rows_len = 1;
	parts_make(&p, &digest);
	assert_non_null(strstr((char *)p.mail.data, "\r\nReply-To: <release."));
	assert_true(has(&p.text, SL_SLICE_LIT("Answering this mail releases the message.")));
	parts_free(&p);
	digest.rows = sample_rows + 1;	/* one that may not be */
	parts_make(&p, &digest);
	assert_non_null(strstr((char *)p.mail.data, "\r\nReply-To: <request-digest."));
	parts_free(&p);
}

static void
what_is_too_much_is_counted(void **state)
{
	static struct sl_digest_row rows[1000];
	struct sl_digest digest = sample_digest;
	struct parts p;
	unsigned links = 0;

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		rows[i] = sample_rows[0];
		rows[i].group = i < 150 ? SL_DIGEST_GROUP_SPAM : SL_DIGEST_GROUP_BULK;
	}
	digest.rows = rows;
	digest.rows_len = SL_COUNT(rows);
	digest.unlisted = 77;
	parts_make(&p, &digest);
	for (size_t i = 0; i < p.links.len; i++)
		links += p.links.data[i] == '\n';
	assert_int_equal(links, SL_DIGEST_ROWS_MAX * 5 + 1);
	for (int i = 0; i < 2; i++) {
		assert_true(has(i == 0 ? &p.text : &p.seen, SL_SLICE_LIT("Spam (150)")));
		assert_true(has(i == 0 ? &p.text : &p.seen, SL_SLICE_LIT("and 800 more")));
		assert_true(has(i == 0 ? &p.text : &p.seen, SL_SLICE_LIT("and 77 more")));
	}
	assert_non_null(strstr((char *)p.mail.data, "Subject: Messages kept in quarantine: 1077\r\n"));
	print_message("%zu bytes of mail for %u rows\n", p.mail.len, SL_DIGEST_ROWS_MAX);
	parts_free(&p);
}

static void
what_is_no_mailbox_is_refused(void **state)
{
	struct sl_digest digest = sample_digest;
	struct sl_buf out, id;

	sl_buf_init(&out, SL_DIGEST_BYTES_MAX);
	sl_buf_init(&id, 512);
	digest.to = SL_SLICE_LIT("anna@example.com\r\nBcc: x@example.com");
	assert_int_equal(sl_digest_compose(&digest, &out, &id), SL_ERR_SYNTAX);
	digest = sample_digest;
	digest.domain = SL_SLICE_LIT("a b");
	assert_int_equal(sl_digest_compose(&digest, &out, &id), SL_ERR_SYNTAX);
	sl_buf_fini(&out);
	sl_buf_init(&out, 1000);
	assert_int_equal(sl_digest_compose(&sample_digest, &out, &id), SL_ERR_FULL);
	sl_buf_fini(&out);
	sl_buf_fini(&id);
}

/* Each language has each text, and what is to be filled in. */
static void
languages_are_whole(void **state)
{
	const struct sl_digest_language *const *languages;
	size_t len = sl_digest_languages(&languages);

	assert_true(len >= 2);
	for (size_t l = 0; l < len; l++)
		for (unsigned w = 0; w < SL_DIGEST_WORD_COUNT; w++) {
			const char *text = languages[l]->text[w], *english = languages[0]->text[w];

			if (text == NULL || *text == '\0')
				fail_msg("%s has no text %u", languages[l]->tag, w);
			for (char n = '1'; n <= '3'; n++) {
				const char place[] = { '{', n, '}', '\0' };

				if ((strstr(text, place) == NULL) != (strstr(english, place) == NULL))
					fail_msg("%s: %s", languages[l]->tag, text);
			}
			assert_true(l == 0 || w == SL_DIGEST_WORD_GROUP_PHISH || w == SL_DIGEST_WORD_GROUP_SPAM ||
			    w == SL_DIGEST_WORD_ACTIONS || strcmp(text, english) != 0);
		}
	assert_string_equal(sl_digest_language_find(SL_SLICE_LIT("DE_at"))->tag, "de");
	assert_string_equal(sl_digest_language_find(SL_SLICE_LIT("tlh"))->tag, "en");
	assert_string_equal(sl_digest_language_find(SL_SLICE_LIT(""))->tag, "en");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_short_and_ascii),
		cmocka_unit_test(the_head_says_that_nobody_should_answer_by_program),
		cmocka_unit_test(text_and_html_have_the_same_rows),
		cmocka_unit_test(addresses_are_good_for_the_reader_only),
		cmocka_unit_test(a_single_message_is_released_by_an_answer),
		cmocka_unit_test(what_is_too_much_is_counted),
		cmocka_unit_test(what_is_no_mailbox_is_refused),
		cmocka_unit_test(languages_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
