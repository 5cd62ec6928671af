/* agree_test.c - what disagrees, and what only seems to */

#include "attach/agree.h"
#include "check.h"
#include "sl/buf.h"

#define DOS_PROGRAM	"MZ\x90\0\x03\0\0\0"
#define WORD_97		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

static const struct row {
	const char	*name;
	const char	*content;
	size_t		 len;
	const char	*filename, *declared, *out;
} rows[] = {
#define R(name, content, filename, declared, out) { name, content, sizeof(content) - 1, filename, declared, out }
	R("all agree", "\x89PNG\r\n\x1a\n", "a.png", "image/png", ""),
	R("a program named as a picture", DOS_PROGRAM, "a.jpg", "image/jpeg", " name-hides-program type-hides-program"),
	R("a program declared as text", DOS_PROGRAM, "", "text/plain", " type-hides-program"),
	R("a program said to be one", DOS_PROGRAM, "a.exe", "application/x-msdownload", ""),
	R("a program that nothing is said of", DOS_PROGRAM, "", "application/octet-stream", ""),
	R("a program whose name shows a document", DOS_PROGRAM, "a.pdf.exe", "application/octet-stream",
	    " name-hides-program"),
	R("a shortcut named as a document", "L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "a.pdf", "application/pdf",
	    " name-hides-program type-hides-program"),
	R("a program's name declared as a picture", "\x01\x02\x03", "a.scr", "image/gif", " type-hides-name"),
	R("a polyglot", "GIF89a/*\0\0*/=1", "a.gif", "image/gif", " polyglot"),
	R("a picture named as a document", "\x89PNG\r\n\x1a\n", "a.doc", "application/msword", " name-differs type-differs"),
	R("an archive named as a picture", "PK\x03\x04\x14\0\0\0", "a.gif", "image/gif", " name-differs type-differs"),
	R("text named as a picture", "hello", "a.jpg", "image/jpeg", " name-differs type-differs"),

	R("a picture of another kind", "\x89PNG\r\n\x1a\n", "a.jpg", "image/jpeg", ""),
	R("image/jpg", "\xff\xd8\xff\xe0", "a.jpg", "image/jpg", ""),
	R("a document declared as ZIP", "PK\x03\x04\x14\0\0\0", "a.docx", "application/x-zip-compressed", ""),
	R("an old document declared as the new one", WORD_97, "a.docx", "application/msword", ""),
	R("text declared as a page", "hello", "a.html", "text/html", ""),
	R("a page declared as text", "<html>", "a.txt", "text/plain", ""),
	R("a page as a spreadsheet", "<html><table>", "a.xls", "application/vnd.ms-excel", ""),
	R("a shell script declared as text", "#!/bin/sh\n", "a.sh", "text/plain", ""),
	R("a patch", "diff --git a/x b/x\n", "x.patch", "text/x-patch", ""),
	R("a type in no table", "\x01\x02", "a.qqq", "application/x-qqq", ""),
	R("nothing at all", "", "", "", ""),
	R("empty, with a name", "", "a.jpg", "image/jpeg", ""),
	R("bytes of no known kind", "\x01\x02\x03", "a.jpg", "image/jpeg", ""),
#undef R
};

static void
disagreements_are_found(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_sniffed content = sl_sniff_slice(sl_slice(rows[i].content, rows[i].len));
		struct sl_name name;
		struct sl_buf out;
		unsigned findings;

		sl_buf_init(&out, 1000);
		sl_name_read(sl_slice_str(rows[i].filename), &name);
		findings = sl_agree_check(&content, &name, sl_slice_str(rows[i].declared));
		for (unsigned k = 0; k < SL_AGREE_FINDING_COUNT; k++)
			if (findings >> k & 1)
				sl_buf_addf(&out, " %s", sl_agree_finding_name((enum sl_agree_finding)k));
		if (strcmp(sl_buf_cstr(&out), rows[i].out) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].name, sl_buf_cstr(&out), rows[i].out);
		sl_buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disagreements_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
