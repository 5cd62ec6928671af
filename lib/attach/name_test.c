/* name_test.c - file names, honest and not */

#include "attach/name.h"
#include "check.h"
#include "sl/buf.h"

#include <stdio.h>

#define OUT_MAX	4096

static const struct row {
	const char	*name;
	const char	*in;
	size_t		 len;
	const char	*out;	/* extension, family, flags, shown, findings */
} rows[] = {
#define R(name, in, out) { name, in, sizeof(in) - 1, out }
	R("nothing", "", " unknown"),
	R("a picture", "photo.JPG", "jpg image"),
	R("a program", "setup.exe", "exe executable runs"),
	R("no extension", "README", " unknown"),
	R("blanks in it are none", "Letter of Mr. Smith jr", " unknown"),
	R("an unknown one", "data.qqq", "qqq unknown"),
	R("a document with macros", "a.docm", "docm document macros holds"),
	R("a colon in a subject", "Re: my offer.eml", "eml mail holds"),
	R("two harmless extensions", "backup.tar.gz", "gz archive holds"),
	R("a version is no extension", "jquery-1.2.min.js", "js script runs"),
	R("a patch's name", "0001-fix-the-exe.patch", "patch text"),

	R("a second extension", "invoice.pdf.exe", "exe executable runs shown=pdf double-extension"),
	R("with a gap", "invoice.pdf                      .scr",
	    "scr executable runs shown=pdf double-extension padded-extension"),
	R("with underscores", "invoice.pdf______.lnk", "lnk shortcut runs shown=pdf double-extension"),
	R("as a word", "Invoice_PDF.vbs", "vbs script runs shown=pdf double-extension"),
	R("a drive behind a picture", "scan.jpg.iso", "iso disk-image holds shown=jpg double-extension"),
	R("a word that is no document", "test_c.py", "py script runs"),
	R("an archive behind a document is usual", "offer.doc.zip", "zip archive holds"),
	R("turned around", "invoice_\xe2\x80\xaexcod.exe", "exe executable runs shown=docx bidi-override"),
	R("and back", "a\xe2\x80\xaegpj.\xe2\x80\xac.scr", "scr executable runs bidi-override"),
	R("an isolate", "\xe2\x81\xa6" "abc\xe2\x81\xa9.txt", "txt text bidi-override"),
	R("blanks of all kinds", "a\xc2\xa0\xe2\x80\x83\xe3\x80\x80.bat", "bat script runs padded-extension"),
	R("a zero-width space", "a.e\xe2\x80\x8bxe", "exe executable runs invisible-character"),
	R("a joiner behind a blank", "a\u2800\u200d.txt", "txt text invisible-character"),
	R("joiners in Persian are usual", "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae.pdf", "pdf document holds active"),
	R("and in emoji", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb.png", "png image"),
	R("a dot's look-alike", "a.txt\xe2\x80\xa4" "exe", "exe executable runs shown=txt double-extension dot-look-alike"),
	R("a full-width dot before an extension", "a\xef\xbc\x8epdf.exe",
	    "exe executable runs shown=pdf double-extension dot-look-alike"),
	R("in a Japanese name it is usual", "\xe7\xac\xac\xef\xbc\x91\xef\xbc\x8e\xef\xbc\x95\xe7\xab\xa0.pdf",
	    "pdf document holds active"),
	R("Cyrillic letters", "a.\xd0\xb5x\xd0\xb5", "exe executable runs mixed-scripts"),
	R("full-width letters", "a.\xef\xbc\xa5\xef\xbc\xb8\xef\xbc\xa5", "exe executable runs mixed-scripts"),
	R("a word in Cyrillic", "\xd0\xb0.\xd0\xb6\xd0\xb6", "\xd0\xb6\xd0\xb6 unknown"),
	R("a class number", "a.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}",
	    "{3050f4d8-98b5-11cf-bb82-00aa00bdce0b} shortcut runs shown=txt double-extension clsid-extension"),
	R("a class number too short", "a.{3050F4D8-98B5}", "{3050f4d8-98b5} unknown"),
	R("dots at the end", "a.exe. . .", "exe executable runs trailing-dot"),
	R("a stream", "a.exe:b.jpg", "exe executable runs stream-colon"),
	R("the unnamed stream", "a.hta::$DATA", "hta script runs active stream-colon"),
	R("a stream that is a program", "a.jpg:b.exe", "exe executable runs stream-colon"),
	R("a drive", "C:\\Windows\\a.dll", "dll executable path-traversal path"),
	R("a path", "folder/a.gif", "gif image path"),
	R("a path that climbs", "a/../../b.sh", "sh script runs path-traversal path"),
	R("dots are no path", "a..b.txt", "txt text"),
	R("a device", "nul.txt", "txt text reserved-name"),
	R("a device with a number", "LPT9", " unknown reserved-name"),
	R("no device", "com.txt", "txt text"),
	R("no device either", "console.log", "log text"),
	R("a NUL", "a.exe\0.jpg", "exe executable runs control-nul"),
	R("a NUL the other way", "a.jpg\0.exe", "exe executable runs shown=jpg double-extension control-nul"),
	R("control characters", "a\r\n.bat", "bat script runs control-character"),
	R("bytes that are not UTF-8", "\xff\xfe.com", "com executable runs not-utf8"),
	R("only dots", "...", " unknown"),
	R("a dot first", ".htaccess", "htaccess unknown"),
#undef R
};

static void
describe(const struct sl_name *name, struct sl_buf *out)
{
	static const char *const flags[] = { "runs", "macros", "holds", "active" };

	sl_buf_addf(out, "%s %s", name->extension, sl_family_name(name->family));
	for (unsigned i = 0; i < SL_COUNT(flags); i++)
		if (name->flags >> i & 1)
			sl_buf_addf(out, " %s", flags[i]);
	if (name->shown[0] != '\0')
		sl_buf_addf(out, " shown=%s", name->shown);
	for (unsigned i = 0; i < SL_NAME_FINDING_COUNT; i++)
		if (name->findings >> i & 1)
			sl_buf_addf(out, " %s%s", i == SL_NAME_NUL ? "control-" : "",
			    sl_name_finding_name((enum sl_name_finding)i));
}

static void
names_are_read(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_name name;
		struct sl_buf out;

		sl_buf_init(&out, OUT_MAX);
		sl_name_read(sl_slice(rows[i].in, rows[i].len), &name);
		describe(&name, &out);
		if (strcmp(sl_buf_cstr(&out), rows[i].out) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].name, sl_buf_cstr(&out), rows[i].out);
		sl_buf_fini(&out);
	}
}

static const struct {
	const char *in, *display;
} shown[] = {
	{ "a.txt", "a.txt" }, { "/tmp/x/a.txt", "a.txt" }, { "a  \xe3\x80\x80 b.txt", "a b.txt" },
	{ "a\xe2\x80\xaetxt.exe", "a\xef\xbf\xbdtxt.exe" }, { "a\tb\x01.txt", "a\xef\xbf\xbd" "b\xef\xbf\xbd.txt" },
	{ "\xff.txt", "\xef\xbf\xbd.txt" }, { "a/", "a" },
};

static void
names_can_be_shown(void **state)
{
	for (size_t i = 0; i < SL_COUNT(shown); i++) {
		struct sl_name name;

		sl_name_read(sl_slice_str(shown[i].in), &name);
		assert_string_equal(name.display, shown[i].display);
	}
}

/* A long name loses its middle, and never its extension. */
static void
long_names_keep_their_extension(void **state)
{
	static const size_t lens[] = { 250, 251, SL_NAME_DISPLAY - 4, SL_NAME_DISPLAY - 3, SL_NAME_READ - 4,
		SL_NAME_READ - 3, 100000 };

	for (size_t i = 0; i < SL_COUNT(lens); i++) {
		char *text = sl_xmalloc(lens[i] + 4);
		struct sl_name name;

		memset(text, 'a', lens[i]);
		memcpy(text + lens[i], ".exe", 4);
		sl_name_read(sl_slice(text, lens[i] + 4), &name);
		assert_string_equal(name.extension, "exe");
		assert_int_equal(name.findings, lens[i] + 4 > SL_NAME_BYTES ? SL_NAME_BIT(LONG) : 0);
		assert_true(strlen(name.display) <= SL_NAME_DISPLAY);
		if (lens[i] + 4 <= SL_NAME_DISPLAY)
			assert_int_equal(strlen(name.display), lens[i] + 4);
		assert_string_equal(name.display + strlen(name.display) - 4, ".exe");
		sl_free(text);
	}
}

static void
an_extension_at_its_limit(void **state)
{
	char text[SL_NAME_EXTENSION + 4] = "a.";
	struct sl_name name;

	memset(text + 2, 'x', SL_NAME_EXTENSION + 1);
	sl_name_read(sl_slice(text, 2 + SL_NAME_EXTENSION), &name);
	assert_int_equal(strlen(name.extension), SL_NAME_EXTENSION);
	sl_name_read(sl_slice(text, 2 + SL_NAME_EXTENSION + 1), &name);
	assert_string_equal(name.extension, "");
}

/* The table's names, for a look at its order. */
struct extension {
	const char *name;
};

#define T(name, type)			{ name }
#define R(name, type, family, flags)	{ name }
#include "attach/name_table.h"
#undef T
#undef R

static void
every_extension_is_found(void **state)
{
	for (size_t i = 0; i < SL_COUNT(extensions); i++) {
		enum sl_type type;
		enum sl_family family;
		unsigned flags;

		if (i > 0)
			assert_true(strcmp(extensions[i - 1].name, extensions[i].name) < 0);
		assert_true(sl_name_extension(sl_slice_str(extensions[i].name), &type, &family, &flags));
	}
	print_message("%zu extensions\n", SL_COUNT(extensions));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(names_can_be_shown),
		cmocka_unit_test(long_names_keep_their_extension),
		cmocka_unit_test(every_extension_is_found),
		cmocka_unit_test(an_extension_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
