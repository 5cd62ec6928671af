/* report_test.c - tables, releases, and reports as mail: what is in them, what is not, and that others' text stays text */

#include "report/report.h"

#include <stdio.h>

#include "check.h"
#include "policy/setting.h"
#include "report/counts.h"
#include "report/words.h"

#define S(text)	sl_slice_str(text)

static const struct sl_traffic_sum sums[] = {
	{ "2026-11-23", SL_SLICE_LIT("one.example"), SL_SLICE_LIT("delivered"), SL_SLICE_LIT("deliver"), SL_SLICE_LIT("ham"), 900, 1000, 9000000, true },
	{ "2026-11-23", SL_SLICE_LIT("one.example"), SL_SLICE_LIT("quarantined"), SL_SLICE_LIT("quarantine"), SL_SLICE_LIT("spam"), 90, 95, 400000, false },
	{ "2026-11-24", SL_SLICE_LIT("one.example"), SL_SLICE_LIT("refused"), SL_SLICE_LIT("refuse"), SL_SLICE_LIT("phish"), 10, 10, 20000, false },
	{ "2026-11-24", SL_SLICE_LIT("two.example"), SL_SLICE_LIT("deferred"), SL_SLICE_LIT("defer"), SL_SLICE_LIT("unchecked"), 5, 5, 5000, false },
	{ "2026-11-25", SL_SLICE_LIT("two.example"), SL_SLICE_LIT("malformed"), SL_SLICE_LIT(""), SL_SLICE_LIT(""), 1, 1, 1000, false },
	{ "2026-11-25", SL_SLICE_LIT("two.example"), SL_SLICE_LIT("hop-refused"), SL_SLICE_LIT("deliver"), SL_SLICE_LIT("ham"), 2, 2, 2000, false },
};

static void
fill(struct sl_traffic_table *table, enum sl_traffic_by by)
{
	sl_traffic_table_init(table, by);
	for (size_t i = 0; i < SL_COUNT(sums); i++)
		sl_traffic_table_add(table, &sums[i]);
}

/* ---- tables ---- */

static const struct { enum sl_traffic_by by; const char *csv; } tables[] = {
	{ SL_TRAFFIC_BY_DAY, "day,messages,recipients,delivered,quarantined,refused,deferred,bytes,bytes_quarantined,bytes_refused,bytes_kept_away,early\r\n"
	  "2026-11-23,990,1095,900,90,0,0,9400000,400000,0,400000,0\r\n2026-11-24,15,15,0,0,10,5,25000,0,20000,25000,0\r\n"
	  "2026-11-25,3,3,0,0,3,0,3000,0,3000,3000,0\r\n" },
	{ SL_TRAFFIC_BY_TENANT, "tenant,messages,recipients,delivered,quarantined,refused,deferred,bytes,bytes_quarantined,bytes_refused,bytes_kept_away,early\r\n"
	  "one.example,1000,1105,900,90,10,0,9420000,400000,20000,420000,0\r\ntwo.example,8,8,0,0,3,5,8000,0,3000,8000,0\r\n" },
	{ SL_TRAFFIC_BY_CAUSE, "cause,messages,recipients,delivered,quarantined,refused,deferred,bytes,bytes_quarantined,bytes_refused,bytes_kept_away,early\r\n"
	  "-,902,1002,900,0,2,0,9002000,0,2000,2000,0\r\nspam,90,95,0,90,0,0,400000,400000,0,400000,0\r\nphish,10,10,0,0,10,0,20000,0,20000,20000,0\r\n"
	  "unchecked,5,5,0,0,0,5,5000,0,0,5000,0\r\nmalformed,1,1,0,0,1,0,1000,0,1000,1000,0\r\n" },
};

static void
tables_add_up(void **state)
{
	for (size_t i = 0; i < SL_COUNT(tables); i++) {
		struct sl_traffic_table table;
		struct sl_buf out;

		fill(&table, tables[i].by);
		sl_buf_init(&out, 1u << 20);
		sl_traffic_table_print(&table, SL_TRAFFIC_CSV, &out);
		assert_string_equal(sl_buf_cstr(&out), tables[i].csv);
		assert_int_equal(table.total.n[SL_TRAFFIC_MESSAGES], 1008);
		assert_int_equal(table.total.n[SL_TRAFFIC_BYTES_KEPT], 428000);
		sl_buf_fini(&out);
		sl_traffic_table_fini(&table);
	}
}

/* Many tenants are found again by hash, also after sorting. */
static void
many_rows_are_found_again(void **state)
{
	struct sl_traffic_table table;
	char name[32];

	sl_traffic_table_init(&table, SL_TRAFFIC_BY_TENANT);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 5000; i++) {
			struct sl_traffic_sum sum = sums[0];

			snprintf(name, sizeof(name), "t%u.example", i);
			sum.tenant = S(name);
			sum.messages = i;
			sl_traffic_table_add(&table, &sum);
		}
		sl_traffic_table_sort(&table, SL_TRAFFIC_MESSAGES);
	}
	assert_int_equal(table.len, 5000);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "t%u.example", 4999 - i);
		assert_string_equal(table.rows[i].key, name);
		assert_int_equal(table.rows[i].n[SL_TRAFFIC_MESSAGES], 3 * (4999 - i));
	}
	sl_traffic_table_fini(&table);
}

static const struct { const char *text, *csv; } fields[] = {
	{ "", "" }, { "plain", "plain" }, { "a,b", "\"a,b\"" }, { "say \"so\"", "\"say \"\"so\"\"\"" }, { "two\nlines", "\"two lines\"" },
	{ "=cmd()", "\"'=cmd()\"" }, { "@sum", "\"'@sum\"" }, { "-1+1", "\"'-1+1\"" }, { "-", "-" },
};

static void
a_spreadsheet_computes_nothing(void **state)
{
	for (size_t i = 0; i < SL_COUNT(fields); i++) {
		struct sl_buf out;

		sl_buf_init(&out, 1000);
		sl_traffic_csv(S(fields[i].text), &out);
		assert_string_equal(sl_buf_cstr(&out), fields[i].csv);
		sl_buf_fini(&out);
	}
}

/* What the counter says arrives; any part of it is refused. */
static void
counts_arrive_whole_or_not(void **state)
{
	struct sl_report_counts counts, again;
	struct sl_report_ask ask = { .number = 3, .from_day = S("2026-11-20"), .to_day = S("2026-11-26"), .by_tenant = true }, asked;
	struct sl_buf out, names;

	sl_buf_init(&out, 1u << 20);
	sl_buf_init(&names, 1000);
	sl_report_counts_init(&counts);
	counts.number = 3;
	counts.result = 0;
	for (size_t i = 0; i < SL_COUNT(sums); i++)
		sl_report_counts_add(&counts, &sums[i], true);
	sl_report_pack_counts(&counts, &out);
	for (size_t len = 0; len <= out.len; len++) {
		sl_report_counts_init(&again);
		assert_int_equal(sl_report_unpack_counts(sl_slice(out.data, len), &again), len < out.len ? SL_ERR_SYNTAX : 0);
		if (len == out.len) {
			assert_int_equal(again.result, 0);
			assert_int_equal(again.tenants.len, 2);
			assert_memory_equal(&again.days.total, &counts.days.total, sizeof(counts.days.total));
			assert_memory_equal(again.causes.rows, counts.causes.rows, counts.causes.len * sizeof(*counts.causes.rows));
		}
		sl_report_counts_fini(&again);
	}
	sl_report_counts_fini(&counts);
	sl_pack_bytes(&names, S("one.example"));
	ask.tenants = sl_buf_slice(&names);
	sl_buf_reset(&out);
	sl_report_pack_ask(&ask, &out);
	assert_int_equal(sl_report_unpack_ask(sl_buf_slice(&out), &asked), 0);
	assert_true(asked.by_tenant && !asked.all && sl_slice_eq(asked.tenants, ask.tenants));
	assert_int_equal(sl_report_unpack_ask(sl_slice(out.data, out.len - 1), &asked), SL_ERR_SYNTAX);
	ask.to_day = S("2026/11/26");
	sl_buf_reset(&out);
	sl_report_pack_ask(&ask, &out);
	assert_int_equal(sl_report_unpack_ask(sl_buf_slice(&out), &asked), SL_ERR_SYNTAX);
	sl_buf_fini(&out);
	sl_buf_fini(&names);
}

/* ---- releases ---- */

static const unsigned char id[SL_KEPT_ID_BYTES] = { 0xab, 0xcd };

static void
add_release(struct sl_report_releases *releases, unsigned number, uint32_t state, const char *reply)
{
	struct sl_courier_entry entry = { .id = number, .state = state, .created_us = (1795600000 + (int64_t)number) * 1000000,
		.sender = S("eve@evil.example"), .ref = sl_slice(id, sizeof(id)), .release = { .by = S("bob"), .category = S("spam"),
		.policy = S("spam >= 0.9"), .reason = S("looks like spam, \"really\"") } };
	struct sl_buf rcpts;

	sl_buf_init(&rcpts, 4096);
	sl_courier_rcpt_add(&rcpts, &(struct sl_courier_rcpt){ S("anna@one.example"), 3, 250, S("250 2.0.0 taken") });
	if (reply != NULL)
		sl_courier_rcpt_add(&rcpts, &(struct sl_courier_rcpt){ S("<b>@one.example"), 4, 550, S(reply) });
	entry.rcpts = sl_buf_slice(&rcpts);
	sl_report_releases_add(releases, &entry, NULL);
	sl_buf_fini(&rcpts);
}

static void
releases_are_counted_and_the_newest_kept(void **state)
{
	struct sl_report_releases releases;

	sl_report_releases_init(&releases);
	for (unsigned i = 0; i < 250; i++)
		add_release(&releases, i, i % 10 == 0 ? 5 : i % 10 == 1 ? 0 : 4, NULL);
	assert_int_equal(releases.entries, 250);
	assert_int_equal(releases.failed, 25);
	assert_int_equal(releases.open, 25);
	assert_int_equal(releases.delivered, 200);
	assert_int_equal(releases.len, SL_REPORT_RELEASES_MAX);
	for (unsigned i = 0; i < SL_REPORT_RELEASES_MAX; i++)
		assert_int_equal(sl_report_release_at(&releases, i)->asked_us, (1795600000 + 249 - (int64_t)i) * 1000000);
	assert_int_equal(sl_report_releases_of(&releases, "spam"), 250);
	assert_int_equal(sl_report_releases_of(&releases, "phish"), 0);
	assert_false(releases.cut);
	sl_report_releases_fini(&releases);
}

static void
too_many_releases_are_said_to_be_cut(void **state)
{
	struct sl_report_releases releases;

	sl_report_releases_init(&releases);
	for (unsigned i = 0; i < 20000 && !releases.cut; i++)
		add_release(&releases, i, 4, NULL);
	assert_true(releases.cut);
	assert_true(releases.csv.len <= SL_REPORT_CSV_MAX && !releases.csv.overflow);
	assert_memory_equal(releases.csv.data + releases.csv.len - 2, "\r\n", 2);
	sl_report_releases_fini(&releases);
}

/* ---- the mail ---- */

struct fixture {
	struct sl_traffic_table days, causes, tenants;
	struct sl_report_releases releases;
	struct sl_report report;
	struct sl_buf	 out, id;
};

static void
fixture_init(struct fixture *f)
{
	fill(&f->days, SL_TRAFFIC_BY_DAY);
	fill(&f->causes, SL_TRAFFIC_BY_CAUSE);
	fill(&f->tenants, SL_TRAFFIC_BY_TENANT);
	sl_report_releases_init(&f->releases);
	add_release(&f->releases, 1, 5, "550 5.1.1 <script>alert(1)</script>\r\nno");
	sl_buf_init(&f->out, SL_REPORT_BYTES_MAX);
	sl_buf_init(&f->id, 1000);
	f->report = (struct sl_report){ .name = S("one.example"), .kinds = 7, .language = S("en"), .since_s = 1795600000,
		.until_s = 1795600000 + 7 * 86400, .now_s = 1795600000 + 7 * 86400, .from_day = "2026-11-20", .to_day = "2026-11-26",
		.days = &f->days, .causes = &f->causes, .releases = &f->releases, .domain = S("mx.example"),
		.from = S("quarantine@mx.example"), .to = S("admin@one.example"), .unique = { 7 } };
}

static void
fixture_fini(struct fixture *f)
{
	sl_traffic_table_fini(&f->days);
	sl_traffic_table_fini(&f->causes);
	sl_traffic_table_fini(&f->tenants);
	sl_report_releases_fini(&f->releases);
	sl_buf_fini(&f->out);
	sl_buf_fini(&f->id);
}

/* The mail with its quoted-printable undone: what people see. */
static char *
shown(struct fixture *f)
{
	char *text;
	size_t n = 0;

	sl_buf_reset(&f->out);
	assert_int_equal(sl_report_compose(&f->report, &f->out, &f->id), 0);
	text = sl_xmalloc(f->out.len + 1);
	for (size_t i = 0; i < f->out.len; i++) {
		const unsigned char *p = f->out.data + i;
		unsigned code;

		if (*p == '=' && i + 2 < f->out.len && p[1] == '\r') {
			i += 2;
		} else if (*p == '=' && i + 2 < f->out.len && sscanf((const char *)p + 1, "%2X", &code) == 1) {
			text[n++] = (char)code;
			i += 2;
		} else {
			text[n++] = (char)*p;
		}
	}
	text[n] = '\0';
	return text;
}

/* {kinds, summary, what must be in it, what must not} */
static const struct { unsigned kinds; bool summary; const char *in[8], *out[6]; } mails[] = {
	{ 7, false, { "Subject: Mail report for one.example, 2026-11-20 to 2026-11-26", "Auto-Submitted: auto-generated", "1\xc2\xa0" "008",
	  "filename=\"releases.csv\"", "1 of 90 kept: 1.1\xc2\xa0%", "550 5.1.1", "2026-11-23,990,1095", "Refused by the mail server" },
	  { "http", "src=", "customers.csv", "url(" } },
	{ 1 << SL_REPORT_TRAFFIC, false, { "filename=\"traffic.csv\"", "At a glance" }, { "releases.csv", "reasons.csv", "eve@evil", "Released" } },
	{ 1 << SL_REPORT_RELEASES, false, { "filename=\"releases.csv\"", "bob" }, { "traffic.csv", "reasons.csv", "Delivered" } },
	{ 1 << SL_REPORT_QUARANTINE, false, { "filename=\"reasons.csv\"", "Could not be checked", "Phishing" }, { "traffic.csv", "bob" } },
	{ 7, true, { "filename=\"customers.csv\"", "two.example", "Never reached a customer", "1 of 90 kept" },
	  { "bob", "eve@evil", "releases.csv", "anna@one", "550 5.1.1" } },
};

static void
a_mail_has_what_is_asked_for(void **state)
{
	for (size_t i = 0; i < SL_COUNT(mails); i++) {
		struct fixture f;
		char *text;

		fixture_init(&f);
		f.report.kinds = mails[i].kinds;
		f.report.is_summary = mails[i].summary;
		f.report.tenants = mails[i].summary ? &f.tenants : NULL;
		text = shown(&f);
		for (size_t n = 0; n < SL_COUNT(mails[i].in) && mails[i].in[n] != NULL; n++)
			if (strstr(text, mails[i].in[n]) == NULL)
				fail_msg("%zu: there is no \"%s\" in\n%s", i, mails[i].in[n], text);
		for (size_t n = 0; n < SL_COUNT(mails[i].out) && mails[i].out[n] != NULL; n++)
			if (strstr(text, mails[i].out[n]) != NULL)
				fail_msg("%zu: there is \"%s\" in\n%s", i, mails[i].out[n], text);
		sl_free(text);
		fixture_fini(&f);
	}
}

static void
what_others_wrote_is_no_html(void **state)
{
	struct fixture f;
	char *text, *html;

	fixture_init(&f);
	f.report.name = S("<i>one</i>");
	text = shown(&f);
	html = strstr(text, "Content-Type: text/html");
	assert_non_null(html);
	*strstr(html, "--=_a") = '\0';
	assert_null(strstr(html, "<script>"));
	assert_null(strstr(html, "<i>"));
	assert_non_null(strstr(html, "&lt;script&gt;"));
	sl_free(text);
	fixture_fini(&f);
}

static void
lines_are_short_and_ascii(void **state)
{
	static const char *const languages[] = { "en", "de", "fr" };

	for (size_t i = 0; i < SL_COUNT(languages); i++) {
		struct fixture f;
		size_t column = 0;

		fixture_init(&f);
		f.report.language = S(languages[i]);
		f.report.brand = S("M\xc3\xbcller IT, 030 123");
		assert_int_equal(sl_report_compose(&f.report, &f.out, &f.id), 0);
		for (size_t n = 0; n < f.out.len; n++) {
			assert_true(f.out.data[n] < 0x80);
			column = f.out.data[n] == '\n' ? 0 : column + 1;
			assert_true(column <= 77);		/* CR counted */
		}
		fixture_fini(&f);
	}
}

/* The text's lines fit a terminal, and the columns line up. */
static void
the_text_fits(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.report.language = S("de");
	sl_report_text(&f.report, &f.out);
	for (struct sl_slice rest = sl_buf_slice(&f.out); rest.len > 0;) {
		const unsigned char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = (size_t)(end - rest.ptr), columns = 0;

		for (size_t i = 0; i < len; i++)
			columns += (rest.ptr[i] & 0xc0) != 0x80;
		if (columns > 76)
			fail_msg("%zu columns: %.*s", columns, (int)len, rest.ptr);
		rest = sl_slice_from(rest, len + 1);
	}
	fixture_fini(&f);
}

static void
what_there_is_not_is_said(void **state)
{
	struct fixture f;
	char *text;

	fixture_init(&f);
	f.report.days = f.report.causes = NULL;
	f.report.releases = NULL;
	text = shown(&f);
	assert_non_null(strstr(text, "No record of traffic is kept here"));
	assert_non_null(strstr(text, "What was released is not known now."));
	assert_null(strstr(text, "attachment"));
	sl_free(text);
	f.report.to = S("nobody");
	sl_buf_reset(&f.out);
	assert_int_equal(sl_report_compose(&f.report, &f.out, &f.id), SL_ERR_SYNTAX);
	fixture_fini(&f);
}

/* ---- by domain and user, and what came later ---- */

static void
fill_names(struct sl_traffic_table *table, enum sl_traffic_by by)
{
	static const char *const names[] = { "anna@one.example", "a-very-long-name-that-fits-into-no-column@one.example", "<b>@one.example", SL_REPORT_OTHERS };

	sl_traffic_table_init(table, by);
	for (size_t i = 0; i < SL_COUNT(names); i++) {
		struct sl_traffic_sum sum = sums[0];
		const char *at = strchr(names[i], '@');

		sum.name = S(by == SL_TRAFFIC_BY_USER || at == NULL ? names[i] : at + 1);
		sl_traffic_table_add(table, &sum);
	}
}

static void
domains_users_and_what_came_later_are_shown(void **state)
{
	static const char *const in[] = { "By domain", "By user", "filename=\"domains.csv\"", "filename=\"users.csv\"", "7 others", "3 others",
		"counts once with each", "Counted from 2026-11-24 on", "some may be counted too low", "anna@one.example", "*,900,", "Later",
		"reported as unwanted 2026-11-25 10:26", "sender allowed 2026-11-25 10:28", "1 of them were then reported as unwanted", "reported_later" };
	struct sl_traffic_table domains, users;
	struct sl_release_later later = { .reported_us = (int64_t)1795602400 * 1000000, .allowed_us = (int64_t)1795602500 * 1000000 };
	struct sl_courier_entry entry = { .id = 9, .state = 4, .created_us = (int64_t)1795602000 * 1000000, .sender = S("eve@evil.example"),
		.ref = sl_slice(id, sizeof(id)), .release = { .by = S("bob"), .category = S("spam") } };
	struct fixture f;
	struct sl_buf rcpts;
	char *text, *html;

	fixture_init(&f);
	sl_buf_init(&rcpts, 4096);
	sl_courier_rcpt_add(&rcpts, &(struct sl_courier_rcpt){ S("anna@one.example"), 3, 250, S("250 2.0.0 taken") });
	entry.rcpts = sl_buf_slice(&rcpts);
	sl_report_releases_add(&f.releases, &entry, &later);
	fill_names(&domains, SL_TRAFFIC_BY_DOMAIN);
	fill_names(&users, SL_TRAFFIC_BY_USER);
	f.report.domains = &domains;
	f.report.users = &users;
	f.report.more_domains = 7;
	f.report.more_users = 3;
	f.report.cut = true;
	f.report.since_day = "2026-11-24";
	text = shown(&f);
	for (size_t i = 0; i < SL_COUNT(in); i++)
		if (strstr(text, in[i]) == NULL)
			fail_msg("there is no \"%s\"", in[i]);
	html = strstr(text, "Content-Type: text/html");
	assert_non_null(html);
	*strstr(html, "--=_a") = '\0';		/* behind it are the tables, as text */
	assert_null(strstr(html, "<b>"));
	sl_free(text);
	/* Lines fit, also of the longest name. */
	sl_buf_reset(&f.out);
	sl_report_text(&f.report, &f.out);
	for (struct sl_slice rest = sl_buf_slice(&f.out); rest.len > 0;) {
		const unsigned char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = (size_t)(end - rest.ptr), columns = 0;

		for (size_t i = 0; i < len; i++)
			columns += (rest.ptr[i] & 0xc0) != 0x80;
		assert_true(columns <= 76);
		rest = sl_slice_from(rest, len + 1);
	}
	sl_traffic_table_fini(&domains);
	sl_traffic_table_fini(&users);
	sl_buf_fini(&rcpts);
	fixture_fini(&f);
}

/* Each text has the places that English has. */
static void
languages_have_the_same_places(void **state)
{
	const struct sl_digest_language *const *list;
	size_t len = sl_digest_languages(&list);

	for (int word = 0; word < SL_REPORT_WORD_COUNT; word++)
		for (size_t i = 0; i < len; i++)
			for (char n = '1'; n <= '9'; n++) {
				const char place[] = { '{', n, '}', '\0' };

				assert_int_equal(strstr(sl_report_word(list[i], (enum sl_report_word)word), place) != NULL,
				    strstr(sl_report_word(list[0], (enum sl_report_word)word), place) != NULL);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_add_up),
		cmocka_unit_test(many_rows_are_found_again),
		cmocka_unit_test(a_spreadsheet_computes_nothing),
		cmocka_unit_test(counts_arrive_whole_or_not),
		cmocka_unit_test(releases_are_counted_and_the_newest_kept),
		cmocka_unit_test(too_many_releases_are_said_to_be_cut),
		cmocka_unit_test(a_mail_has_what_is_asked_for),
		cmocka_unit_test(what_others_wrote_is_no_html),
		cmocka_unit_test(lines_are_short_and_ascii),
		cmocka_unit_test(the_text_fits),
		cmocka_unit_test(what_there_is_not_is_said),
		cmocka_unit_test(domains_users_and_what_came_later_are_shown),
		cmocka_unit_test(languages_have_the_same_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
