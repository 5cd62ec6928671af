/* sniff_test.c - types by content, at every cut */

#include "attach/sniff.h"
#include "cuts.h"

#define OUT_MAX		4096
#define FILE_MAX	(64u << 10)

static const struct row {
	const char	*name;
	const char	*in;
	size_t		 len;
	const char	*out;	/* type, also, text */
	size_t		 at;	/* `in` stands there, zeros before and behind */
	size_t		 total;
} rows[] = {
#define R(name, in, out) { name, in, sizeof(in) - 1, out, 0, 0 }
#define FILE_(name, in, at, total, out) { name, in, sizeof(in) - 1, out, at, total }
	R("nothing", "", "application/x-empty"),
	R("some bytes", "\x01\x02\x03\xff\xfe\x99", "application/octet-stream"),

	FILE_("a DOS program", "MZ\x90\0\x03", 0, 64, "application/x-dosexec"),
	R("a Windows program", "MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0PE\0\0\x4c\x01",
	    "application/vnd.microsoft.portable-executable"),
	R("text that starts like one", "MZ is the name of a man", "text/plain us-ascii"),
	R("a Unix program", "\x7f" "ELF\x02\x01\x01", "application/x-executable"),
	R("a Java class", "\xca\xfe\xba\xbe\0\0\0\x34", "application/x-java-applet"),
	R("a macOS program for two processors", "\xca\xfe\xba\xbe\0\0\0\x02", "application/x-mach-binary"),
	R("WebAssembly", "\0asm\x01\0\0\0", "application/wasm"),
	R("a shortcut", "L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x81", "application/x-ms-shortcut"),
	R("a help file", "ITSF\x03\0\0\0\x60", "application/vnd.ms-htmlhelp"),
	R("the test string of antivirus programs", "X5O!P%" "@AP[4\\PZX54(P^)7CC)7}$", "application/x-dosexec us-ascii"),
	R("encoded JScript", "#@~^DgAAAA==\\ko$K6,Ju\x01\x02", "application/x-jscript-encoded"),

	R("a ZIP", "PK\x03\x04\x14\0\0\0\0\0", "application/zip"),
	R("an empty ZIP", "PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "application/zip"),
	R("a Word document", "PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\x03\0\0\0\x03\0\0\0\x13\0\0\0[Content_Types].xmlxyz"
	    "PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\x03\0\0\0\x03\0\0\0\x11\0\0\0word/document.xmlxyz",
	    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
	R("an OpenDocument text", "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x27\0\0\0\x27\0\0\0\x08\0\0\0mimetype"
	    "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
	R("a book", "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\x14\0\0\0\x08\0\0\0mimetypeapplication/epub+zip",
	    "application/epub+zip"),
	R("RAR 4", "Rar!\x1a\x07\0", "application/vnd.rar"), R("RAR 5", "Rar!\x1a\x07\x01\0", "application/vnd.rar"),
	R("7-Zip", "7z\xbc\xaf\x27\x1c\0\x04", "application/x-7z-compressed"),
	R("gzip", "\x1f\x8b\x08\0", "application/gzip"), R("bzip2", "BZh91AY&SY\x12", "application/x-bzip2"),
	R("a word that starts like bzip2", "BZhello", "text/plain us-ascii"),
	R("xz", "\xfd" "7zXZ\0\0\x04", "application/x-xz"), R("zstd", "\x28\xb5\x2f\xfd\x04", "application/zstd"),
	FILE_("tar", "ustar", 257, 512, "application/x-tar"),
	FILE_("ACE", "**ACE**", 7, 64, "application/x-ace-compressed"),
	FILE_("LZH", "-lh5-", 2, 64, "application/x-lzh-compressed"),
	R("a cabinet", "MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
	FILE_("a CD image", "\x01" "CD001\x01", 32768, 40000, "application/x-iso9660-image"),
	FILE_("a DVD image", "\0NSR02\x01", 34816, 40000, "application/x-udf-image"),
	FILE_("a mark out of place", "\x01" "CD001\x01", 32769, 40000, "application/octet-stream"),
	R("a virtual disk", "conectix\0\0", "application/x-vhd"),

	R("PDF", "%PDF-1.7\n", "application/pdf us-ascii"),
	R("PDF behind junk", "some junk\n%PDF-1.4\n", "application/pdf us-ascii"),
	R("PDF that is spoken of", "a file starts with %PDF-1.4 or so", "text/plain us-ascii"),
	R("RTF", "{\\rtf1\\ansi", "text/rtf us-ascii"), R("RTF, cut short as exploits do", "{\\rt ", "text/rtf us-ascii"),
	R("OneNote", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote"),
	R("OLE2 alone", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),

	R("PNG", "\x89PNG\r\n\x1a\n\0\0", "image/png"), R("JPEG", "\xff\xd8\xff\xe0", "image/jpeg"),
	R("GIF", "GIF89a\x01\0\x01\0", "image/gif"), R("WebP", "RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
	R("HEIC", "\0\0\0\x18" "ftypheic\0", "image/heic"), R("an icon", "\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0",
	    "image/vnd.microsoft.icon"),
	R("BMP", "BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0", "image/bmp"),
	R("a sentence that starts like BMP", "BMW makes cars that are fast and dear", "text/plain us-ascii"),
	R("SVG", "<?xml version=\"1.0\"?>\n<svg xmlns='x'>", "image/svg+xml us-ascii"),
	R("MP3", "\xff\xfb\x90\x64\0\0", "audio/mpeg"), R("MP4", "\0\0\0\x18" "ftypisom\0", "video/mp4"),
	R("TNEF", "\x78\x9f\x3e\x22\x01", "application/vnd.ms-tnef"),
	R("an S/MIME signature", "\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0", "application/pkcs7-signature"),
	R("Flash", "CWS\x0a\x10\x20\0\0\x78\x9c", "application/vnd.adobe.flash.movie"),

	R("a GIF that is JavaScript", "GIF89a/*\0\0\0*/=1;alert(1)", "image/gif also text/javascript"),
	R("a picture with a page in it", "GIF89a\x01\0\x01\0\0\0<script>alert(1)</script>", "image/gif also text/html"),
	R("a picture that is a PDF", "\xff\xd8\xff\xe0\0\x10JFIF\0%PDF-1.4\n", "image/jpeg also application/pdf"),
	R("a program that is a PDF", "MZ\x90\0\x03\0\0\0%PDF-1.4\n\0", "application/x-dosexec also application/pdf"),
	R("an archive that is a PDF", "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x27\0\0\0\x27\0\0\0\x05\0\0\0a.txt%PDF-1.4\n",
	    "application/zip also application/pdf"),
	R("an archive that holds a PDF", "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x27\0\0\0\x27\0\0\0\x05\0\0\0a.pdf%PDF-1.4\n",
	    "application/zip"),
	FILE_("a program that is a CD image is a mark of both", "\x01" "CD001\x01", 32768, 33000, "application/x-iso9660-image"),

	R("text", "Dear all,\r\nsee you.\r\n", "text/plain us-ascii"), R("blanks", " \r\n", "text/plain us-ascii"),
	R("UTF-8", "Gr\xc3\xbc\xc3\x9f" "e", "text/plain utf-8"), R("Latin-1", "Gr\xfc\xdf" "e", "text/plain 8bit"),
	R("a mark", "\xef\xbb\xbfhello", "text/plain utf-8"),
	R("UTF-16", "\xff\xfeh\0i\0", "text/plain utf-16le"),
	R("UTF-16 without a mark", "\0h\0e\0l\0l\0o\0 \0y\0o\0u", "text/plain utf-16be"),
	R("a page in UTF-16", "\xff\xfe<\0h\0t\0m\0l\0>\0", "text/html utf-16le"),
	R("a page", "\n <!DOCTYPE HTML>\n", "text/html us-ascii"), R("a tag", "<a href=x>", "text/html us-ascii"),
	R("no tag", "<abc@example.org> wrote", "text/plain us-ascii"),
	R("a page behind text", "hello\n<html><body>", "text/html us-ascii"),
	R("XML", "<?xml version='1.0'?><a/>", "text/xml us-ascii"),
	R("an HTML application", "<html><head><HTA:APPLICATION id=x>", "application/hta us-ascii"),
	R("a script file", "<?xml?><package><job><script language=JScript>", "application/x-wsf us-ascii"),
	R("a shell script", "#!/bin/sh\n", "text/x-shellscript us-ascii"),
	R("Python", "#! /usr/bin/env python3\n", "text/x-script.python us-ascii"),
	R("no interpreter", "#! hello", "text/plain us-ascii"),
	R("a batch file", "@ECHO OFF\r\nstart x", "text/x-msdos-batch us-ascii"),
	R("VBScript", "Dim s\r\nSet s = CreateObject(\"WScript.Shell\")\r\ns.Run \"calc\"\r\n", "text/vbscript us-ascii"),
	R("JScript", "var x = new ActiveXObject('WScript.Shell'); x.Run('calc');", "text/javascript us-ascii"),
	R("PowerShell", "$c = New-Object Net.WebClient\nInvoke-Expression $c.DownloadString('x')\n",
	    "application/x-powershell us-ascii"),
	R("talk about scripts", "You can eval( it in a function ) or var, or set it as you like.", "text/plain us-ascii"),
	R("a link", "[InternetShortcut]\r\nURL=x", "application/x-mswinurl us-ascii"),
	R("a link, not at the start", "[DEFAULT]\r\nBASEURL=x\r\n[InternetShortcut]\r\nURL=x",
	    "application/x-mswinurl us-ascii"),
	R("a message", "Received: from a\r\n\tby b\r\nSubject: x\r\n\r\n<html>", "message/rfc822 us-ascii"),
	R("a mailbox", "From a@b Mon Jan  1\nFrom: a\nTo: b\n\n", "application/mbox us-ascii"),
	R("a letter that is none", "Subject: x is a line\nand this is another", "text/plain us-ascii"),
	R("a saved page", "From: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n",
	    "multipart/related us-ascii"),
	R("a calendar", "BEGIN:VCALENDAR\r\n", "text/calendar us-ascii"),
	R("a PGP message", "-----BEGIN PGP MESSAGE-----\n", "application/pgp-encrypted us-ascii"),
	R("a key", "-----BEGIN RSA PRIVATE KEY-----\n", "application/x-pem-file us-ascii"),
	R("a patch", "diff --git a/x b/x\n", "text/x-diff us-ascii"),
	R("JSON", "{\n  \"a\": 1}", "application/json us-ascii"),
#undef R
#undef FILE_
};

static void
run(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_sniffed what;
	struct sl_sniff sniff;
	struct sl_slice piece;

	sl_sniff_init(&sniff);
	while (cuts_next(cuts, &piece))
		sl_sniff_feed(&sniff, piece);
	what = sl_sniff_finish(&sniff);
	sl_buf_addf(result, "%s", sl_type_mime(what.type));
	if (what.also != SL_TYPE_UNKNOWN)
		sl_buf_addf(result, " also %s", sl_type_mime(what.also));
	if (what.text != SL_SNIFF_BINARY)
		sl_buf_addf(result, " %s", sl_sniff_text_name(what.text));
	assert_int_equal(what.family, sl_type_family(what.type));
}

static void
types_are_known_at_every_cut(void **state)
{
	static unsigned char file[FILE_MAX];

	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct cuts whole = { .piece = SIZE_MAX / 2 };
		struct sl_buf result;

		memset(file, 0, sizeof(file));
		memcpy(file + row->at, row->in, row->len);
		whole.in = sl_slice(file, SL_MAX(row->total, row->len));
		sl_buf_init(&result, OUT_MAX);
		run(NULL, &whole, &result);
		if (strcmp(sl_buf_cstr(&result), row->out) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", row->name, sl_buf_cstr(&result), row->out);
		cuts_check(whole.in, run, NULL, row->out, strlen(row->out));
		sl_buf_fini(&result);
	}
}

/* An OLE2 file whose directory lies in the sector its header names; a stream's name, or a class. */
static void
ole2_files_are_told_by_their_directory(void **state)
{
	static const struct {
		const char	*stream, *class_id;
		unsigned	 sector;
		enum sl_type	 type;
	} files[] = {
		{ "WordDocument", "", 40, SL_TYPE_DOC }, { "Workbook", "", 3, SL_TYPE_XLS },
		{ "PowerPoint Document", "", 100, SL_TYPE_PPT }, { "__properties_version1.0", "", 9, SL_TYPE_OUTLOOK },
		{ "EncryptedPackage", "", 5, SL_TYPE_OOXML_ENCRYPTED },
		{ "x", "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", 60, SL_TYPE_MSI }, { "x", "", 60, SL_TYPE_CFB },
	};
	static unsigned char file[FILE_MAX];

	for (size_t i = 0; i < SL_COUNT(files); i++) {
		unsigned char *directory = file + (files[i].sector + 1) * 512;
		struct cuts whole = { .piece = SIZE_MAX / 2 };
		const char *mime = sl_type_mime(files[i].type);

		memset(file, 0, sizeof(file));
		memcpy(file, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
		file[30] = 9;
		file[48] = (unsigned char)files[i].sector;
		if (files[i].class_id[0] != '\0')
			memcpy(directory + 80, files[i].class_id, 16);
		for (size_t k = 0; files[i].stream[k] != '\0'; k++)
			directory[128 + 2 * k] = (unsigned char)files[i].stream[k];
		whole.in = sl_slice(file, sizeof(file));
		cuts_check(whole.in, run, NULL, mime, strlen(mime));
	}
}

/* Only the head counts: a type is the same whatever follows it; and a head that is cut in a character. */
static void
what_follows_the_head_does_not_count(void **state)
{
	static unsigned char file[3 * SL_SNIFF_HEAD];

	for (size_t at = SL_SNIFF_HEAD - 4; at <= SL_SNIFF_HEAD; at++) {
		memset(file, 'a', sizeof(file));
		memcpy(file + at, "\xf0\x9f\x98\x80", 4);
		assert_int_equal(sl_sniff_slice(sl_slice(file, sizeof(file))).text,
		    at < SL_SNIFF_HEAD ? SL_SNIFF_UTF8 : SL_SNIFF_ASCII);
	}
	memset(file, 'a', sizeof(file));
	file[SL_SNIFF_HEAD] = 0;
	assert_int_equal(sl_sniff_slice(sl_slice(file, sizeof(file))).type, SL_TYPE_TEXT);
	file[SL_SNIFF_HEAD - 1] = 0;
	assert_int_equal(sl_sniff_slice(sl_slice(file, sizeof(file))).type, SL_TYPE_UNKNOWN);
}

static void
mime_types_have_other_names(void **state)
{
	static const struct {
		const char	*mime;
		enum sl_type	 type;
		enum sl_family	 family;
	} declared[] = {
		{ "image/jpg", SL_TYPE_JPEG, SL_FAMILY_IMAGE }, { " IMAGE/JPEG ; name=x", SL_TYPE_JPEG, SL_FAMILY_IMAGE },
		{ "application/x-zip-compressed", SL_TYPE_ZIP, SL_FAMILY_ARCHIVE },
		{ "application/octet-stream", SL_TYPE_UNKNOWN, SL_FAMILY_UNKNOWN }, { "", SL_TYPE_UNKNOWN, SL_FAMILY_UNKNOWN },
		{ "image/x-odd", SL_TYPE_UNKNOWN, SL_FAMILY_IMAGE }, { "application/x-msdownload", SL_TYPE_PE, SL_FAMILY_EXECUTABLE },
		{ "text/x-nothing", SL_TYPE_UNKNOWN, SL_FAMILY_TEXT },
	};

	for (size_t i = 0; i < SL_COUNT(declared); i++) {
		assert_int_equal(sl_type_of_mime(sl_slice_str(declared[i].mime)), declared[i].type);
		assert_int_equal(sl_family_of_mime(sl_slice_str(declared[i].mime)), declared[i].family);
	}
	for (size_t i = SL_TYPE_PE; i < SL_TYPE_COUNT; i++)	/* every type is found by its own name */
		assert_int_equal(sl_type_of_mime(sl_slice_str(sl_type_mime((enum sl_type)i))), i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_known_at_every_cut),
		cmocka_unit_test(ole2_files_are_told_by_their_directory),
		cmocka_unit_test(what_follows_the_head_does_not_count),
		cmocka_unit_test(mime_types_have_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
