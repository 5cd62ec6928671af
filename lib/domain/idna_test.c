/*
 * idna_test.c - domains in both forms: own rows, and IdnaTestV2 from ../shared/conformance
 *
 * Of IdnaTestV2 all three lists of status are compared as "is there one or not", and the strings
 * where there is none.
 *
 * Deviations: cases with a character that the Unicode version of this ICU does not know yet.
 */

#include "check.h"
#include "domain/idna.h"
#include "shared.h"
#include "sl/utf8.h"

#include <unicode/uchar.h>

#define NAME_MAX_BYTES	4000
#define CASES_MIN	4000

static const struct {
	const char	*in;
	int		 result;
	const char	*ascii;
	const char	*unicode;
	unsigned	 problems;
} rows[] = {
	{ "example.com", 0, "example.com", "example.com", 0 },
	{ "EXAMPLE.com.", 0, "example.com.", "example.com.", SL_IDNA_ROOT },
	{ "fa\u00df.de", 0, "xn--fa-hia.de", "fa\u00df.de", 0 },
	{ "FA\u1e9e.de", 0, "xn--fa-hia.de", "fa\u00df.de", 0 },
	{ "xn--fa-hia.de", 0, "xn--fa-hia.de", "fa\u00df.de", 0 },
	{ "XN--FA-hia.de", 0, "xn--fa-hia.de", "fa\u00df.de", 0 },
	{ "\uff22\uff29\uff27\u3002\uff23om", 0, "big.com", "big.com", 0 },
	{ "pay\u00adpal.com", 0, "paypal.com", "paypal.com", 0 },		/* soft hyphen */
	{ "pay\u200bpal.com", 0, "paypal.com", "paypal.com", 0 },		/* zero width space */
	{ "\u0442\u0435\u0441\u0442.\u0440\u0444", 0, "xn--e1aybc.xn--p1ai",
	    "\u0442\u0435\u0441\u0442.\u0440\u0444", 0 },
	{ "a_b.example", 0, "a_b.example", "a_b.example", SL_IDNA_ASCII },
	{ "-a.example", 0, "-a.example", "-a.example", SL_IDNA_HYPHENS },
	{ "r3---sn.example", 0, "r3---sn.example", "r3---sn.example", SL_IDNA_HYPHENS },
	{ "a..b", 0, "a..b", "a..b", SL_IDNA_EMPTY },
	{ "", 0, "", "", SL_IDNA_EMPTY },
	{ "xn--a", SL_ERR_SYNTAX, NULL, "xn--a", SL_IDNA_DISALLOWED },
	{ "xn--", SL_ERR_SYNTAX, NULL, "xn--", SL_IDNA_CODING },
	{ "xn--xn--2fa-hia", SL_ERR_SYNTAX, NULL, "xn--xn--2fa-hia", SL_IDNA_CODING },	/* one within another */
	{ "xn--abc-", SL_ERR_SYNTAX, NULL, "xn--abc-", SL_IDNA_CODING },	/* nothing but ASCII */
	{ "\u0301a.de", SL_ERR_SYNTAX, NULL, "\u0301a.de", SL_IDNA_MARK },
	{ "a\u200db.de", SL_ERR_SYNTAX, NULL, "a\u200db.de", SL_IDNA_JOINER },
	{ "\u05d0a.de", SL_ERR_SYNTAX, NULL, "\u05d0a.de", SL_IDNA_BIDI },
	{ "a\u202eb.de", SL_ERR_SYNTAX, NULL, NULL, SL_IDNA_DISALLOWED },
	{ "a\xff.de", SL_ERR_SYNTAX, NULL, NULL, SL_IDNA_CODING | SL_IDNA_DISALLOWED },
	{ "a234567890123456789012345678901234567890123456789012345678901234", 0,
	    "a234567890123456789012345678901234567890123456789012345678901234",
	    "a234567890123456789012345678901234567890123456789012345678901234", SL_IDNA_LENGTH },
};

static void
a_domain_has_one_form_in_ascii_and_one_in_letters(void **state)
{
	char out[NAME_MAX_BYTES];
	unsigned problems;
	size_t len;
	int r;

	assert_true(sl_idna_preload());
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_slice in = sl_slice_str(rows[i].in);

		r = sl_idna_to_ascii(in, out, sizeof(out), &len, &problems);
		problems &= ~(unsigned)SL_IDNA_MAPPED;
		if (r != rows[i].result || problems != rows[i].problems ||
		    (rows[i].ascii != NULL && strcmp(out, rows[i].ascii) != 0))
			fail_msg("%s: %d %s, problems %x", rows[i].in, r, out, problems);
		r = sl_idna_to_unicode(in, out, sizeof(out), &len, &problems);
		problems &= ~(unsigned)SL_IDNA_MAPPED;
		if (r != rows[i].result || (problems | SL_IDNA_LENGTH) != (rows[i].problems | SL_IDNA_LENGTH) ||
		    (rows[i].unicode != NULL && strcmp(out, rows[i].unicode) != 0))
			fail_msg("%s: %d %s, problems %x", rows[i].in, r, out, problems);
	}
}

static void
a_domain_that_is_not_written_as_it_is_is_told(void **state)
{
	static const struct {
		const char	*in;
		bool		 mapped;
	} cases[] = {
		{ "Example.com", false }, { "b\u00fcCher.de", false }, { "xn--bcher-kva.de", false },
		{ "b\u00dccher.de", true }, { "\uff45xample.com", true }, { "exa\u00admple.com", true },
		{ "example\u3002com", true }, { "\u10a0.ge", true }, { "bu\u0308cher.de", true },
	};
	char out[NAME_MAX_BYTES];
	unsigned problems;
	size_t len;

	for (size_t i = 0; i < SL_COUNT(cases); i++) {
		assert_int_equal(sl_idna_to_ascii(sl_slice_str(cases[i].in), out, sizeof(out), &len,
		    &problems), 0);
		if (problems != (cases[i].mapped ? SL_IDNA_MAPPED : 0u))
			fail_msg("%s: %x", cases[i].in, problems);
	}
}

static void
limits_hold(void **state)
{
	static char in[2 * SL_IDNA_DOMAIN_MAX + 2], out[8 * SL_IDNA_DOMAIN_MAX];
	unsigned problems;
	size_t len = 0, n;

	/* A label at the limit and one past it. */
	for (unsigned i = 0; i < SL_IDNA_LABEL_MAX; i++, len += 2)
		memcpy(in + len, "\u00fc", 2);
	assert_int_equal(sl_idna_to_ascii(sl_slice(in, len), out, sizeof(out), &n, &problems), 0);
	assert_int_equal(problems, SL_IDNA_LENGTH);
	memcpy(in + len, "\u00fc", 2);
	assert_int_equal(sl_idna_to_ascii(sl_slice(in, len + 2), out, sizeof(out), &n, &problems),
	    SL_ERR_SYNTAX);
	assert_true((problems & SL_IDNA_LABEL_LONG) != 0);
	/* What is mapped away does not count for a label, but for the domain. */
	for (len = 3; len + 2 <= SL_IDNA_DOMAIN_MAX - 3; len += 2)
		memcpy(in + len, "\u00ad", 2);
	memcpy(in, "abc", 3);
	memcpy(in + len, ".de", 3);
	assert_int_equal(sl_idna_to_ascii(sl_slice(in, len + 3), out, sizeof(out), &n, NULL), 0);
	assert_string_equal(out, "abc.de");
	assert_int_equal(sl_idna_to_ascii(sl_slice(in, SL_IDNA_DOMAIN_MAX + 1), out, sizeof(out), &n, NULL),
	    SL_ERR_TOO_LONG);
	/* An output that is too small. */
	assert_int_equal(sl_idna_to_ascii(SL_SLICE_LIT("\u00fc.de"), out, 10, &n, NULL), SL_ERR_TOO_LONG);
	assert_int_equal(sl_idna_to_ascii(SL_SLICE_LIT("\u00fc.de"), out, 11, &n, NULL), 0);
	assert_string_equal(out, "xn--tda.de");
}

static void
a_domain_of_dns_has_limits_and_no_final_dot(void **state)
{
	char out[SL_DNS_NAME_MAX + 1];

	assert_true(sl_domain_ascii(SL_SLICE_LIT("B\u00dccher.Example."), out));
	assert_string_equal(out, "xn--bcher-kva.example");
	assert_true(sl_domain_ascii(SL_SLICE_LIT("_Dmarc.Example."), out));
	assert_string_equal(out, "_dmarc.example");
	assert_false(sl_domain_ascii(SL_SLICE_LIT(""), out));
	assert_false(sl_domain_ascii(SL_SLICE_LIT("a..b"), out));
	assert_false(sl_domain_ascii(SL_SLICE_LIT("\u00fc..b"), out));
	assert_false(sl_domain_ascii(SL_SLICE_LIT("\xfc.b"), out));
}

/* A column: "" is the empty string, \uXXXX and \x{X} are characters. False: it has a surrogate. */
static bool
column_read(char *text, struct sl_buf *out)
{
	unsigned char utf8[4];
	char *end;

	sl_buf_reset(out);
	if (strcmp(text, "\"\"") == 0)
		return true;
	while (*text != '\0') {
		unsigned long c;

		if (text[0] != '\\') {
			sl_buf_add_byte(out, (unsigned char)*text++);
			continue;
		}
		if (text[1] == 'u') {
			char hex[5] = { text[2], text[3], text[4], text[5], 0 };

			c = strtoul(hex, NULL, 16);
			text += 6;
		} else {
			assert_true(text[1] == 'x' && text[2] == '{');
			c = strtoul(text + 3, &end, 16);
			text = end + 1;
		}
		if (c >= 0xd800 && c < 0xe000)
			return false;
		sl_buf_add(out, utf8, sl_utf8_encode((uint32_t)c, utf8));
	}
	return true;
}

static char *
trim(char *s)
{
	char *end = s + strlen(s);

	while (*s == ' ' || *s == '\t')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return s;
}

/* Is there a character that this ICU's Unicode does not know? */
static bool
is_of_the_future(struct sl_slice s)
{
	uint32_t c;
	size_t n;

	for (; s.len > 0; s = sl_slice_from(s, n)) {
		n = sl_utf8_decode(s, &c);
		if (n == 0)
			return false;
		if (!u_isdefined((UChar32)c))
			return true;
	}
	return false;
}

struct tally {
	unsigned	cases, skipped, surrogates, wrong;
};

typedef int convert(struct sl_slice domain, char *out, size_t out_size, size_t *len_out, unsigned *problems);

static void
compare(struct tally *tally, convert *to, struct sl_slice source, struct sl_slice expected,
    struct sl_slice unicode, const char *status, unsigned ignored, const char *line)
{
	char out[NAME_MAX_BYTES];
	unsigned problems;
	size_t len;
	bool good = strcmp(status, "[]") == 0 || *status == '\0';
	int r = to(source, out, sizeof(out), &len, &problems);

	problems &= ~(ignored | SL_IDNA_MAPPED);
	if (good ? r == 0 && problems == 0 && sl_slice_eq(sl_slice(out, len), expected) : problems != 0)
		return;
	if (is_of_the_future(source) || is_of_the_future(unicode)) {
		tally->skipped++;
		return;
	}
	print_error("%s: %d %s, problems %x, not " SL_SLICE_FMT " %s\n", line, r, out, problems,
	    SL_SLICE_ARG(expected), status);
	tally->wrong++;
}

static void
check_line(struct tally *tally, char *line)
{
	char *columns[7], *whole = sl_xstrdup(line), *next = line;
	struct sl_buf source, unicode, ascii;

	line[strcspn(line, "#")] = '\0';
	for (size_t i = 0; i < SL_COUNT(columns); i++) {
		columns[i] = next == NULL ? line + strlen(line) : strsep(&next, ";");
		columns[i] = trim(columns[i]);
	}
	sl_buf_init(&source, NAME_MAX_BYTES);
	sl_buf_init(&unicode, NAME_MAX_BYTES);
	sl_buf_init(&ascii, NAME_MAX_BYTES);
	tally->cases++;
	if (!column_read(columns[0], &source) || !column_read(*columns[1] ? columns[1] : columns[0], &unicode) ||
	    !column_read(*columns[3] ? columns[3] : *columns[1] ? columns[1] : columns[0], &ascii)) {
		tally->surrogates++;	/* no UTF-8 can hold it */
	} else {
		compare(tally, sl_idna_to_unicode, sl_buf_slice(&source), sl_buf_slice(&unicode),
		    sl_buf_slice(&unicode), columns[2], SL_IDNA_LENGTH | SL_IDNA_ROOT, whole);
		compare(tally, sl_idna_to_ascii, sl_buf_slice(&source), sl_buf_slice(&ascii),
		    sl_buf_slice(&unicode), *columns[4] ? columns[4] : columns[2], 0, whole);
	}
	sl_buf_fini(&source);
	sl_buf_fini(&unicode);
	sl_buf_fini(&ascii);
	sl_free(whole);
}

static void
published_cases_of_uts46_agree(void **state)
{
	const char *path = shared_path("conformance/idna/IdnaTestV2.part.txt");
	struct tally tally = { 0 };
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL) {
		print_message("skip: %s is not there\n", path);
		skip();
	}
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '#' && line[0] != '\0')
			check_line(&tally, line);
	}
	free(line);
	fclose(file);
	print_message("IdnaTestV2: %u cases, %u with surrogates, %u comparisons left to a later Unicode\n",
	    tally.cases, tally.surrogates, tally.skipped);
	assert_int_equal(tally.wrong, 0);
	assert_true(tally.cases >= CASES_MIN);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_has_one_form_in_ascii_and_one_in_letters),
		cmocka_unit_test(a_domain_that_is_not_written_as_it_is_is_told),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_domain_of_dns_has_limits_and_no_final_dot),
		cmocka_unit_test(published_cases_of_uts46_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
