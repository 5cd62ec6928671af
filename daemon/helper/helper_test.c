/* helper_test.c - the analysers in-process: tables of the standards' own examples, limits at and past
 * them, structures that lead in circles, texts made to take long. Whole documents: test/helper */

#include "cfb.h"
#include "check.h"
#include "image.h"
#include "inspect.h"
#include "ovba.h"
#include "pdf.h"
#include "wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct sl_deep_budget plenty = { 64u << 20, 1000, 6, 60000 };

/* What an inspection says, as text. */
static void
note(void *ctx, const struct sl_deep_item *item)
{
	struct sl_buf *said = ctx;

	if (item->kind == SL_DEEP_FINDING)
		sl_buf_addf(said, "[%s " SL_SLICE_FMT "]", sl_deep_finding_name(item->finding.id),
		    SL_SLICE_ARG(item->finding.detail));
	else if (item->kind == SL_DEEP_LINK)
		sl_buf_addf(said, "<" SL_SLICE_FMT ">", SL_SLICE_ARG(item->link.url));
	else
		sl_buf_addf(said, "{" SL_SLICE_FMT " %s}", SL_SLICE_ARG(item->path),
		    item->entry.flags & SL_DEEP_HASHED ? "hashed" : "");
}

struct run {
	struct inspection	in;
	struct sl_buf		said;
};

static void
run_begin(struct run *run, const struct sl_deep_budget *budget)
{
	sl_buf_init(&run->said, 1 << 20);
	inspection_init(&run->in, budget, note, &run->said);
	run->in.depth = 1;
}

static const char *
run_end(struct run *run)
{
	inspection_fini(&run->in);
	return sl_buf_cstr(&run->said);
}

static void
run_free(struct run *run)
{
	sl_buf_fini(&run->said);
}

/* ---- MS-OVBA, 3.2: the examples ---- */

static void
the_examples_of_the_macro_format_unpack(void **state)
{
	static const struct {
		const char	*name;
		const char	*packed;
		size_t		 len;
		const char	*plain;
	} rows[] = {
		{ "no compression", "\x01\x19\xb0\x00" "abcdefgh\x00" "ijklmnop\x00" "qrstuv.", 29,
		    "abcdefghijklmnopqrstuv." },
		{ "normal", "\x01\x2f\xb0\x00\x23\x61\x61\x61\x62\x63\x64\x65\x82\x66\x00\x70\x61\x67\x68"
		    "\x69\x6a\x01\x38\x08\x61\x6b\x6c\x00\x30\x6d\x6e\x6f\x70\x06\x71\x02\x70\x04\x10\x72"
		    "\x73\x74\x75\x76\x10\x77\x78\x79\x7a\x00\x3c", 51,
		    "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa" },
		{ "maximum", "\x01\x03\xb0\x02\x61\x45\x00", 7,
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_buf out;

		sl_buf_init(&out, 10000);
		assert_true(ovba_unpack(sl_slice(rows[i].packed, rows[i].len), &out));
		if (strcmp(sl_buf_cstr(&out), rows[i].plain) != 0)
			fail_msg("%s: %s", rows[i].name, sl_buf_cstr(&out));
		sl_buf_fini(&out);
	}
}

static void
what_is_no_container_is_refused_or_ends(void **state)
{
	struct sl_buf out;

	sl_buf_init(&out, 10000);
	assert_false(ovba_unpack(SL_SLICE_LIT(""), &out));
	assert_false(ovba_unpack(SL_SLICE_LIT("\x02\x03\xb0\x02\x61\x45\x00"), &out));
	assert_false(ovba_unpack(SL_SLICE_LIT("\x01\x03\x80\x02\x61\x45\x00"), &out));	/* no signature */
	assert_int_equal(out.len, 0);
	assert_true(ovba_unpack(SL_SLICE_LIT("\x01\x03\xb0\x02\x61\x45\xff"), &out));	/* from before the start */
	assert_true(out.len <= 1);
	sl_buf_fini(&out);
}

/* ---- types and names ---- */

static void
types_are_seen_by_their_first_bytes(void **state)
{
	static const struct {
		struct sl_slice	bytes;
		const char	*type;
	} rows[] = {
		{ { (const unsigned char *)"", 0 }, "inode/x-empty" },
		{ SL_SLICE_LIT("MZ\x90"), "application/x-msdownload" },
		{ SL_SLICE_LIT("PK\003\004"), "application/zip" },
		{ SL_SLICE_LIT("PK\003\004....................word/_rels/.rels"), "application/vnd.openxmlformats" },
		{ SL_SLICE_LIT("junk in front\n%PDF-1.4\n"), "application/pdf" },
		{ SL_SLICE_LIT("{\\rt"), "application/rtf" },
		{ SL_SLICE_LIT("\xef\xbb\xbf \r\n<!DOCTYPE html>"), "text/html" },
		{ SL_SLICE_LIT("Received: from x"), "message/rfc822" },
		{ SL_SLICE_LIT("hello"), "text/plain" },
		{ SL_SLICE_LIT("a\0b"), "application/octet-stream" },
		{ SL_SLICE_LIT("[InternetShortcut]\n"), "application/x-mswinurl" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		assert_string_equal(sniffed_name(helper_sniff(rows[i].bytes)), rows[i].type);
}

static void
names_of_programs_are_known_however_they_end(void **state)
{
	static const char *const yes[] = { "a.exe", "A.EXE", "invoice.pdf.js", "x.lnk", "a.exe.", "a.exe ", "d/a.vbs",
		"a.exe. . ." };
	static const char *const no[] = { "exe", "a.txt", "a.exe/b", "", ".", "a.exes", "js" };

	for (size_t i = 0; i < SL_COUNT(yes); i++)
		assert_true(name_is_program(sl_slice_str(yes[i])));
	for (size_t i = 0; i < SL_COUNT(no); i++)
		assert_false(name_is_program(sl_slice_str(no[i])));
}

static void
addresses_are_found_in_texts(void **state)
{
	static const struct {
		const char	*text;
		const char	*said;
	} rows[] = {
		{ "go to http://a.example/x?y=1, now", "<http://a.example/x?y=1>" },
		{ "\"https://a.example\" https://b.example.", "<https://a.example><https://b.example>" },
		{ "(HTTP://A.example/)", "<HTTP://A.example/>" },
		{ "http:// and x://y and a:b", "" },
		{ "see http://a.example and http://a.example", "<http://a.example>" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct run run;

		run_begin(&run, &plenty);
		find_urls(&run.in, SL_DEEP_FROM_ATTACHED_TEXT, sl_slice_str(rows[i].text));
		assert_string_equal(run_end(&run), rows[i].said);
		run_free(&run);
	}
}

/* ---- PDF's tokens ---- */

static void
tokens_of_pdf(void **state)
{
	static const struct {
		const char	*text;
		const char	*tokens;
	} rows[] = {
		{ "/Name/Other", "/Name /Other " },
		{ "/J#61va#53cript", "/JavaScript! " },
		{ "/A#20B", "/A B " },			/* a space has to be written so */
		{ "/A#zz", "/A#zz " },
		{ "(a(b)c)", "(a(b)c) " },
		{ "(a\\)\\(\\101\\n\\\nb)", "(a)(A\nb) " },
		{ "(never ends", "(never ends) " },
		{ "<48 65 6c6C 6f7>", "(Hellop) " },
		{ "<</A 1>>", "? /A 1 ? ? " },
		{ "12 0 obj stream", "12 0 obj stream " },
		{ "-5 +7 .5 3.9 -", "5 7 0 3 0 " },
		{ "% comment /X\n/Y", "/Y " },
		{ "[1]", "? 1 ? " },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice s = sl_slice_str(rows[i].text);
		struct pdf_token t;
		struct sl_buf string, seen;
		size_t at = 0;

		sl_buf_init(&string, 1000);
		sl_buf_init(&seen, 1000);
		while (pdf_next(s, &at, &t, &string)) {
			if (t.kind == PDF_NAME)
				sl_buf_addf(&seen, "/%s%s ", t.name, t.escaped ? "!" : "");
			else if (t.kind == PDF_NUMBER)
				sl_buf_addf(&seen, "%zu ", t.number);
			else if (t.kind == PDF_STRING)
				sl_buf_addf(&seen, "(%s) ", sl_buf_cstr(&string));
			else
				sl_buf_addf(&seen, "%s ", t.kind == PDF_STREAM ? "stream" : t.kind == PDF_OBJECT ? "obj" : "?");
		}
		if (strcmp(sl_buf_cstr(&seen), rows[i].tokens) != 0)
			fail_msg("%s: %s", rows[i].text, sl_buf_cstr(&seen));
		sl_buf_fini(&string);
		sl_buf_fini(&seen);
	}
}

static void
filters_of_pdf(void **state)
{
	static const struct {
		unsigned	filter;
		const char	*raw;
		const char	*plain;
	} rows[] = {
		{ PDF_FILTER_HEX, "48 65 6C6c6F>junk", "Hello" },
		{ PDF_FILTER_85, "87cURD]j7BEbo80~>", "Hello world!" },
		{ PDF_FILTER_85, "87cUR~>", "Hell" },
		{ PDF_FILTER_85, "87cURDZ~>", "Hello" },
		{ PDF_FILTER_IMAGE, "as it is", "as it is" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice out;
		unsigned char *memory;
		struct run run;

		run_begin(&run, &plenty);
		assert_true(pdf_unpack(&run.in, &rows[i].filter, 1, sl_slice_str(rows[i].raw), &out, &memory));
		assert_true(sl_slice_eq(out, sl_slice_str(rows[i].plain)));
		free(memory);
		(void)run_end(&run);
		run_free(&run);
	}
}

/* ---- limits ---- */

static void
items_end_at_their_limit_and_not_before(void **state)
{
	struct sl_deep_budget three = { 100, 3, 6, 60000 };
	struct run run;

	run_begin(&run, &three);
	for (int i = 0; i < 3; i++)
		found(&run.in, SL_DEEP_MACRO, "%d", i);
	assert_false(run.in.over);
	found(&run.in, SL_DEEP_MACRO, "%d", 3);
	assert_true(run.in.over && run.in.incomplete);
	found(&run.in, SL_DEEP_MACRO, "%d", 4);
	assert_string_equal(run_end(&run), "[macro 0][macro 1][macro 2][deep-budget items]");
	run_free(&run);
}

static void
bytes_end_at_their_limit_and_not_before(void **state)
{
	struct sl_deep_budget hundred = { 100, 10, 6, 60000 };
	struct run run;

	run_begin(&run, &hundred);
	assert_true(inspection_spend(&run.in, 60));
	assert_true(inspection_spend(&run.in, 40));
	assert_false(run.in.over);
	assert_false(inspection_spend(&run.in, 1));
	assert_string_equal(run_end(&run), "[deep-budget bytes]");
	assert_int_equal(run.in.used.bytes_out, 100);
	run_free(&run);
}

static void
the_same_thing_is_said_a_few_times_only(void **state)
{
	struct run run;

	run_begin(&run, &plenty);
	for (int i = 0; i < 1000; i++) {
		found(&run.in, SL_DEEP_MACRO, "x");
		found_link(&run.in, SL_DEEP_FROM_QR, SL_SLICE_LIT("http://a.example"));
	}
	(void)run_end(&run);
	assert_int_equal(run.in.used.items, FINDINGS_OF_A_KIND + 1);
	run_free(&run);
}

static void
deeper_than_allowed_is_said(void **state)
{
	static const char lnk[] = "[InternetShortcut]\nURL=file://x/y\n";
	struct sl_deep_budget one = { 1000, 10, 1, 60000 }, two = { 1000, 10, 2, 60000 };
	struct run run;

	run_begin(&run, &one);
	inner_bytes(&run.in, SL_SLICE_LIT("a"), SL_SLICE_LIT(lnk));
	assert_string_equal(run_end(&run), "{a hashed}[deep-budget depth]");
	run_free(&run);
	run_begin(&run, &two);
	inner_bytes(&run.in, SL_SLICE_LIT("a"), SL_SLICE_LIT(lnk));
	assert_string_equal(run_end(&run), "{a hashed}<file://x/y>[lnk-command file://x/y]");
	run_free(&run);
}

/* ---- circles ---- */

/* A compound file of `sectors` sectors of 0, with a head that says what the caller wants. */
static unsigned char *
cfb_bytes(size_t sectors, uint32_t directory, uint32_t minifat)
{
	unsigned char *b = sl_xzalloc((sectors + 1) * 512);
	uint32_t words[] = { 1, directory, 0, 4096, minifat, 1, 0xfffffffe, 0, 0 };

	memcpy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	b[26] = 3;
	b[30] = 9;
	memcpy(b + 44, &words[0], 4);	/* FAT sectors */
	memcpy(b + 48, &words[1], 4);
	memcpy(b + 56, &words[3], 4);
	memcpy(b + 60, &words[4], 4);
	memcpy(b + 68, &words[6], 4);
	memset(b + 76, 0xff, 109 * 4);
	memset(b + 76, 0, 4);		/* the FAT is sector 0 */
	return b;
}

static void
chains_and_trees_in_circles_end(void **state)
{
	static const uint32_t one = 1;
	unsigned char *b = cfb_bytes(40, 1, 1), *entry;
	struct run run;

	for (size_t i = 0; i < 128; i++)	/* every sector is followed by sector 1 */
		memcpy(b + 512 + i * 4, &one, 4);
	entry = b + 1024;
	for (size_t i = 0; i < 4; i++, entry += 128) {	/* each entry is its own relative */
		uint32_t self = (uint32_t)i, size = 100000;

		memcpy(entry, "d\0i\0r\0", 6);
		entry[64] = 8;
		entry[66] = i == 0 ? 5 : 2;
		memcpy(entry + 68, &self, 4);
		memcpy(entry + 72, &self, 4);
		memcpy(entry + 76, &self, 4);
		memcpy(entry + 116, &one, 4);
		memcpy(entry + 120, &size, 4);
	}
	run_begin(&run, &plenty);
	ole_inspect(&run.in, sl_slice(b, 41 * 512));
	(void)run_end(&run);
	run_free(&run);
	sl_free(b);
}

static void
every_cut_of_a_compound_file_is_read_to_its_end(void **state)
{
	unsigned char *b = cfb_bytes(4, 1, 0xfffffffe);

	memcpy(b + 1024, "R\0", 2);
	b[1024 + 64] = 4;
	b[1024 + 66] = 5;
	for (size_t n = 0; n <= 5 * 512; n++) {
		unsigned char *exact = sl_xmemdup(b, n);
		struct run run;

		run_begin(&run, &plenty);
		ole_inspect(&run.in, sl_slice(exact, n));
		(void)run_end(&run);
		run_free(&run);
		sl_free(exact);
	}
	sl_free(b);
}

/* ---- texts made to take long ---- */

static void
tail_off(struct sl_buf *buf, const char *unit, size_t len)
{
	while (buf->len + strlen(unit) <= len)
		sl_buf_add_str(buf, unit);
}

static uint64_t
cost_us(const char *start, const char *unit, size_t len,
    void (*analyse)(struct inspection *in, struct sl_slice bytes))
{
	struct sl_buf text;
	struct timespec a, b;
	struct run run;

	sl_buf_init(&text, SIZE_MAX / 2);
	sl_buf_add_str(&text, start);
	tail_off(&text, unit, len);
	run_begin(&run, &plenty);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	analyse(&run.in, sl_buf_slice(&text));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	(void)run_end(&run);
	run_free(&run);
	sl_buf_fini(&text);
	return (uint64_t)(b.tv_sec - a.tv_sec) * 1000000 + (uint64_t)(b.tv_nsec / 1000) - (uint64_t)(a.tv_nsec / 1000);
}

static void
document_fields(struct inspection *in, struct sl_slice bytes)
{
	ooxml_part(SL_SLICE_LIT("word/document.xml"))(in, bytes);
}

static void
document_relations(struct inspection *in, struct sl_slice bytes)
{
	ooxml_part(SL_SLICE_LIT("_rels/.rels"))(in, bytes);
}

static void
urls(struct inspection *in, struct sl_slice bytes)
{
	find_urls(in, SL_DEEP_FROM_ATTACHED_TEXT, bytes);
}

/* Eight times the input, at most about eight times the time: 24 leaves room for a loaded machine, a
 * square would be 64. */
static void
time_grows_with_length(void **state)
{
	static const struct {
		const char	*name;
		const char	*start;
		const char	*unit;
		void		(*analyse)(struct inspection *in, struct sl_slice bytes);
	} rows[] = {
		{ "PDF: streams without end", "%PDF-1.4", "1 0 obj<</Length 5>>stream\n", pdf_inspect },
		{ "PDF: dictionaries", "%PDF-1.4", "<<", pdf_inspect },
		{ "PDF: strings", "%PDF-1.4", "(", pdf_inspect },
		{ "PDF: names", "%PDF-1.4", "/JS", pdf_inspect },
		{ "PDF: hex", "%PDF-1.4", "<a", pdf_inspect },
		{ "RTF: groups", "{\\rtf1", "{", rtf_inspect },
		{ "RTF: objects", "{\\rtf1", "{\\objdata 0105", rtf_inspect },
		{ "RTF: closed objects", "{\\rtf1", "{\\objdata 0105000002000000}", rtf_inspect },
		{ "RTF: fields", "{\\rtf1", "{\\fldinst HYPERLINK \"", rtf_inspect },
		{ "RTF: bin", "{\\rtf1", "\\bin1 ", rtf_inspect },
		{ "XML: open tags", "", "<a b=\"", document_fields },
		{ "XML: quotes", "", "<'>", document_fields },
		{ "XML: both quotes", "", "<'><\">", document_relations },
		{ "XML: attributes", "<Relationship ", " Target=Target=", document_relations },
		{ "XML: relations", "", "<Relationship Type=\"a\" Target=\"b\"/>", document_relations },
		{ "macro: quotes", "", "\" & ", macro_scan },
		{ "macro: words", "", "shellshell", macro_scan },
		{ "addresses: short schemes", "", "a://", urls },
		{ "addresses: colons", "", "://:", urls },
		{ "addresses: endings", "http://", "....", urls },
		{ "notebook", "", "\xe7\x16\xe3\xbd", onenote_inspect },
		{ "winmail", "x\x9f>\"..", "\x02", tnef_inspect },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		uint64_t small = UINT64_MAX, large = UINT64_MAX;

		for (int k = 0; k < 3; k++) {
			small = SL_MIN(small, cost_us(rows[i].start, rows[i].unit, 24000, rows[i].analyse));
			large = SL_MIN(large, cost_us(rows[i].start, rows[i].unit, 192000, rows[i].analyse));
		}
		if (large > 24 * small + 5000)
			fail_msg("%s: %ju us, then %ju us", rows[i].name, (uintmax_t)small, (uintmax_t)large);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_macro_format_unpack),
		cmocka_unit_test(what_is_no_container_is_refused_or_ends),
		cmocka_unit_test(types_are_seen_by_their_first_bytes),
		cmocka_unit_test(names_of_programs_are_known_however_they_end),
		cmocka_unit_test(addresses_are_found_in_texts),
		cmocka_unit_test(tokens_of_pdf),
		cmocka_unit_test(filters_of_pdf),
		cmocka_unit_test(items_end_at_their_limit_and_not_before),
		cmocka_unit_test(bytes_end_at_their_limit_and_not_before),
		cmocka_unit_test(the_same_thing_is_said_a_few_times_only),
		cmocka_unit_test(deeper_than_allowed_is_said),
		cmocka_unit_test(chains_and_trees_in_circles_end),
		cmocka_unit_test(every_cut_of_a_compound_file_is_read_to_its_end),
		cmocka_unit_test(time_grows_with_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
