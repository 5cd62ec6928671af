/* links_test.c - where links lead and whom a message claims to be from is told with its facts */

#include "evidence_test_i.h"

#include "classify/links.h"

static struct sl_links_model model;
static struct sl_suffix *suffix;
static struct sl_fold *fold;
static struct sl_lookalike *brands;
static struct sl_people *people;
static struct sl_hostlist *listed, *shorteners, *hosting, *freemail;
static struct sl_correspondents correspondents;
static _Alignas(64) uint64_t memory[512];

#define NOW	1700000000

static char ann[] = "Ann Smith", ann_domain[] = "firm.example";
static char *ann_addresses[] = { ann_domain };
static const struct sl_person persons[] = { { ann, ann_addresses, 1 } };

static struct sl_hostlist *
hosts(const char *text)
{
	size_t skipped;

	return sl_hostlist_read(sl_slice_str(text), &skipped);
}

/* On so many days, the last of which is today. */
static void
wrote(const char *address, enum sl_correspondence way, int days)
{
	for (int i = days; i-- > 0; )
		sl_correspondents_add(&correspondents, SL_SLICE_LIT("t"), sl_slice_str(address), way, NOW - i * 86400);
}

static int
begin(void **state)
{
	static const char names[] = "PayPal: paypal.com\nMicrosoft: microsoft.com\n~Apple: apple.com\n";
	size_t line;

	suffix = sl_suffix_read(SL_SLICE_LIT("com\norg\nexample\nco.uk\nuk\nxyz\n"));
	fold = sl_fold_preload();
	assert_int_equal(sl_lookalike_read(SL_SLICE_LIT(names), fold, &brands, &line), 0);
	people = sl_people_new(persons, SL_COUNT(persons), fold);
	listed = hosts("bad.example\nhalf.example/bad\n");
	shorteners = hosts("short.example\n");
	hosting = hosts("pages.example\n");
	freemail = hosts("freemail.example\n");
	sl_correspondents_init(&correspondents, memory, sizeof(memory),
	    &(struct sl_correspondents_settings){ .key = "a key of 16 byte", .quiet_days = 2 });
	wrote("one@shop.example", SL_CAME_FROM, SL_CORRESPONDENTS_DAYS);
	wrote("old@friend.example", SL_SENT_TO, 1);
	wrote("few@shop.example", SL_CAME_FROM, 1);
	wrote("few@fresh.example", SL_CAME_FROM, 1);
	model = (struct sl_links_model){ suffix, fold, brands, listed, shorteners, hosting, freemail };
	return 0;
}

static int
end(void **state)
{
	sl_hostlist_free(&listed);
	sl_hostlist_free(&shorteners);
	sl_hostlist_free(&hosting);
	sl_hostlist_free(&freemail);
	sl_people_free(&people);
	sl_lookalike_free(&brands);
	sl_fold_free(&fold);
	sl_suffix_free(&suffix);
	return 0;
}

static void
judge(struct judged *j, struct sl_slice text)
{
	static const struct sl_slice own[] = { SL_SLICE_LIT("firm-works.com") };
	struct sl_envelope_event envelope = { .tenant = SL_SLICE_LIT("t"), .own_domains = own, .own_domains_len = 1,
		.people = people, .correspondents = &correspondents };
	struct cuts cuts = { .in = text, .piece = 4096 };

	judge_message(j, &sl_links_classifier, &model, suffix, NOW, &envelope, &cuts);
}

#define HTML "Content-Type: text/html\r\n\r\n"

static void
each_trick_is_told_with_its_facts(void **state)
{
	static const struct {
		const char	*message, *evidence;	/* evidence NULL: `fact` names what must not be there */
		const char	*fact;
	} rows[] = {
		{ "From: a@a.example\r\n" HTML "<a href='http://evil.example/'>www.paypal.com</a>", "link_text_elsewhere",
		    "www.paypal.com is shown, evil.example is opened" },
		{ "From: a@a.example\r\n" HTML "<a href='http://paypal.com@evil.example/'>x</a>", "link_userinfo", "evil.example" },
		{ "From: a@a.example\r\n" HTML "<a href='http://192.0.2.7/x'>x</a>", "link_address", "192.0.2.7" },
		{ "From: a@a.example\r\n" HTML "<a href='http://0xc0000207/x'>x</a>", "link_odd_address", "192.0.2.7" },
		{ "From: a@a.example\r\n" HTML "<a href='http://a.example:8081/x'>x</a>", "link_port", "8081" },
		{ "From: a@a.example\r\n" HTML "<a href='http://xn--bcher-kva.example/'>x</a>", "link_punycode", "xn--bcher-kva.example" },
		{ "From: a@a.example\r\n\r\nsee http://short.example/abc\r\n", "link_shortener", "short.example" },
		{ "From: a@a.example\r\n\r\nsee http://joe.pages.example/abc\r\n", "link_hosting", "joe.pages.example" },
		{ "From: a@a.example\r\n\r\nhttp://a.example/go?u=http%3A%2F%2Fother.example%2F\r\n", "link_redirector", "other.example" },
		{ "From: a@a.example\r\n\r\nhttp://a.example/go?u=me@there.example\r\n", "link_recipient", "me@there.example" },
		{ "From: a@a.example\r\n\r\nhttp://www.bad.example/\r\n", "link_listed", "www.bad.example" },
		{ "From: a@a.example\r\n\r\nhttp://half.example/bad/x\r\n", "link_listed", "half.example" },
		{ "From: a@a.example\r\n\r\nhttp://half.example/good\r\n", NULL, "link_listed" },
		{ "From: a@a.example\r\n\r\nhttp://paypa1.com/\r\n", "link_lookalike", "imitates PayPal: paypa1.com" },
		{ "From: a@a.example\r\n\r\nhttp://www.paypal.com.evil.example/\r\n", "link_lookalike", "www.paypal.com.evil.example" },
		{ "From: a@a.example\r\n\r\nhttp://paypal-login.com/\r\n", "link_brand_added", "paypal-login.com" },
		{ "From: a@a.example\r\n\r\nhttp://flrm-works.com/\r\n", "link_lookalike", "firm-works.com" },
		{ "From: a@a.example\r\n\r\nhttp://firm-works.com/\r\n", NULL, "link_lookalike" },
		{ "From: a@a.example\r\n\r\nhttp://a.b.c.d.e.f.example/\r\n", "link_host_odd", "a.b.c.d.e.f.example" },
		{ "From: a@a.example\r\nSubject: Your PayPal account\r\n\r\nhttp://evil.example/\r\n", "link_brand_elsewhere",
		    "names PayPal, and its links lead to evil.example" },
		{ "From: a@a.example\r\nSubject: Your PayPal account\r\n\r\nhttp://www.paypal.com/\r\n", NULL, "link_brand_elsewhere" },
		{ "From: a@paypal.com\r\nSubject: Your PayPal account\r\n\r\nhttp://evil.example/\r\n", NULL, "link_brand_elsewhere" },
		{ "From: a@a.example\r\n\r\nhttp://b.example/\r\n", "link_author_elsewhere", "a.example" },
		{ "From: a@a.example\r\n\r\nhttp://www.a.example/\r\n", NULL, "link_author_elsewhere" },
		{ "From: PayPal Service <a@evil.example>\r\n\r\nhi\r\n", "from_brand_foreign", "PayPal, his address is at evil.example" },
		{ "From: PayPal Service <a@mail.paypal.com>\r\n\r\nhi\r\n", NULL, "from_brand_foreign" },
		{ "From: PayPal <a@paypal.co.uk>\r\n\r\nhi\r\n", NULL, "from_brand_foreign" },
		{ "From: Fiona Apple <a@evil.example>\r\n\r\nhi\r\n", NULL, "from_brand_foreign" },
		{ "From: Apple Support <a@evil.example>\r\n\r\nhi\r\n", "from_brand_foreign", "Apple" },
		{ "From: =?utf-8?q?P=D0=B0yPal?= <a@evil.example>\r\n\r\nhi\r\n", "from_brand_spelled", "PayPal" },
		{ "From: x <a@paypal-support.com>\r\n\r\nhi\r\n", "from_lookalike", "paypal-support.com" },
		{ "From: x <a@firmworks.com>\r\n\r\nhi\r\n", "from_own_domain_like", "firmworks.com" },
		{ "From: x <a@firm-works.com>\r\n\r\nhi\r\n", NULL, "from_own_domain_like" },
		{ "From: Ann Smith <ann@evil.example>\r\n\r\nhi\r\n", "from_own_name_foreign",
		    "calls himself Ann Smith, who does not write from ann@evil.example" },
		{ "From: \"Smith, Ann (CEO)\" <ceo@evil.example>\r\n\r\nhi\r\n", "from_own_name_foreign", "ceo@evil.example" },
		{ "From: =?utf-8?q?=D0=90nn?= Smith <ann@evil.example>\r\n\r\nhi\r\n", "from_own_name_foreign", "Ann Smith" },
		{ "From: Joann Smith <ann@evil.example>\r\n\r\nhi\r\n", NULL, "from_own_name_foreign" },
		{ "From: Ann Smith <ann@firm.example>\r\n\r\nhi\r\n", NULL, "from_own_name_foreign" },
		{ "From: Ann Smith <ann@firm-works.com>\r\n\r\nhi\r\n", NULL, "from_own_name_foreign" },
		{ "From: \"boss@firm.example\" <x@evil.example>\r\n\r\nhi\r\n", "name_is_address", "boss@firm.example" },
		{ "From: a@a.example\r\nReply-To: b@freemail.example\r\n\r\nhi\r\n", "reply_freemail", "freemail.example" },
		{ "From: a@a.example\r\nReply-To: b@b.example\r\n\r\nhi\r\n", "reply_elsewhere", "b.example" },
		{ "From: a@mail.a.example\r\nReply-To: b@a.example\r\n\r\nhi\r\n", NULL, "reply_elsewhere" },
		{ "From: new@new.example\r\n\r\nhi\r\n", "first_contact", "new@new.example" },
		{ "From: two@shop.example\r\n\r\nhi\r\n", "first_contact_address", "two@shop.example" },
		{ "From: one@shop.example\r\n\r\nhi\r\n", NULL, "first_contact_address" },
		{ "From: few@shop.example\r\n\r\nhi\r\n", NULL, "first_contact_address" },
		{ "From: few@fresh.example\r\n\r\nhi\r\n", "first_contact_lately", "few@fresh.example" },
		{ "From: x@fresh.example\r\n\r\nhi\r\n", "first_contact_lately", "fresh.example" },
		{ "From: few@fresh.example\r\n\r\nhi\r\n", NULL, "first_contact" },
		{ "From: old@friend.example\r\n\r\nhi\r\n", "known_contact", "old@friend.example" },
		{ "From: old@friend.example\r\n\r\nhi\r\n", NULL, "first_contact" },
		{ "\r\nhi\r\n", NULL, "from_brand_foreign" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const char *name = rows[i].evidence != NULL ? rows[i].evidence : rows[i].fact;
		const struct sl_evidence *e;
		struct judged j;

		judge(&j, sl_slice_str(rows[i].message));
		e = judged_find(&j, name);
		if ((e != NULL) != (rows[i].evidence != NULL) ||
		    (e != NULL && strstr(e->sentence, rows[i].fact) == NULL))
			fail_msg("%s: %s: %s", rows[i].message, name, e != NULL ? e->sentence : "not there");
		judged_fini(&j);
	}
}

static void
print(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct judged j;

	judge_message(&j, &sl_links_classifier, &model, suffix, NOW, NULL, cuts);
	judged_print(&j, result);
	judged_fini(&j);
}

static void
where_it_is_cut_changes_nothing(void **state)
{
	static const char text[] = "From: PayPal <a@evil.example>\r\nSubject: your Microsoft mail\r\nReply-To: x@freemail.example\r\n"
	    HTML "<p><a href='http://paypal.com@paypa1.com:99/?u=http://b.example'>www.paypal.com</a>"
	    "<a href='http://short.example/1'></a></p>";
	struct cuts whole = { .in = SL_SLICE_LIT(text), .piece = sizeof(text) };
	struct sl_buf expected;

	sl_buf_init(&expected, 65536);
	print(NULL, &whole, &expected);
	assert_true(expected.len > 400);
	cuts_check(SL_SLICE_LIT(text), print, NULL, sl_buf_cstr(&expected), expected.len);
	sl_buf_fini(&expected);
}

static void
domains_to_ask_for_come_clickable_first_and_bounded(void **state)
{
	struct sl_slice out[SL_LINKS_DOMAINS_MAX];
	struct sl_buf text;
	struct judged j;

	sl_buf_init(&text, 1u << 20);
	sl_buf_add_str(&text, "From: a@a.example\r\n" HTML "<img src='http://i.image.example/x'><a href='http://www.firm-works.com/'>o</a>"
	    "<a href='http://[2001:db8::1]/'>6</a><img src='http://192.0.2.1/'><a href='http://3221225986/'>4</a>"
	    "<a href='http://www.paypal.com/'>p</a><a href='http://x.one.example/'>1</a><a href='http://y.one.example/'>2</a>");
	judge(&j, sl_buf_slice(&text));
	assert_int_equal(sl_links_domains(j.state, out), 2);
	assert_true(sl_slice_eq(out[0], SL_SLICE_LIT("one.example")));
	assert_true(sl_slice_eq(out[1], SL_SLICE_LIT("image.example")));
	assert_int_equal(sl_links_addresses(j.state, out), 3);
	assert_true(sl_slice_eq(out[0], SL_SLICE_LIT("2001:db8::1")));
	assert_true(sl_slice_eq(out[1], SL_SLICE_LIT("192.0.2.2")));	/* however it was written */
	assert_true(sl_slice_eq(out[2], SL_SLICE_LIT("192.0.2.1")));
	judged_fini(&j);
	for (int i = 0; i < 500; i++)
		sl_buf_addf(&text, "<a href='http://h%d.example/'>x</a>", i);
	judge(&j, sl_buf_slice(&text));
	assert_int_equal(sl_links_domains(j.state, out), SL_LINKS_DOMAINS_MAX);
	assert_true(judged_find(&j, "link_many_hosts") != NULL);
	assert_true(j.arena.used_bytes < 65536);
	judged_fini(&j);
	sl_buf_fini(&text);
}

static void
without_lists_and_with_no_memory_nothing_breaks(void **state)
{
	static const struct sl_links_model bare;
	struct sl_verdict verdict = { 0 };
	struct sl_panel *panel;
	struct sl_arena arena;

	for (size_t cap = 0; cap < 16384; cap += 512) {
		sl_arena_init(&arena, cap);
		panel = sl_panel_new(NULL, &arena);
		sl_panel_add(panel, &sl_links_classifier, cap % 1024 == 0 ? &bare : &model);
		sl_panel_feed(panel, SL_SLICE_LIT("From: PayPal <a@b.example>\r\nReply-To: c@d.example\r\n" HTML
		    "<a href='http://paypa1.com/'>x</a>"));
		verdict.evidence_len = 0;
		sl_panel_finish(panel, &verdict);
		for (size_t i = 0; i < verdict.evidence_len; i++)
			assert_non_null(verdict.evidence[i].sentence);
		sl_panel_free(&panel);
		sl_arena_fini(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trick_is_told_with_its_facts),
		cmocka_unit_test(where_it_is_cut_changes_nothing),
		cmocka_unit_test(domains_to_ask_for_come_clickable_first_and_bounded),
		cmocka_unit_test(without_lists_and_with_no_memory_nothing_breaks),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
