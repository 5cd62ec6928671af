/*
 * hostile.h - messages made to cost: generators that never end
 *
 * Each gives a head, then pieces, the same ones for any length asked for. For lib/mime/hostile_test.c, which
 * holds them to memory, findings and linear time, and for mime_bench.c, which times them.
 */
#ifndef SL_TEST_MIME_HOSTILE_H
#define SL_TEST_MIME_HOSTILE_H

#include "sl/buf.h"

struct hostile {
	const char	*name;
	const char	*finding;	/* one that it must give; NULL: it is only slow, not wrong */
	const char	*head;
	const char	*piece;		/* may hold "@": the piece's number; "%": a pseudo-random letter */
};

#define HOSTILE_MIXED	"Content-Type: multipart/mixed; boundary=b\n\n"
#define HOSTILE_B64	"Content-Transfer-Encoding: base64\n"
#define HOSTILE_QP	"Content-Transfer-Encoding: quoted-printable\n"
#define HOSTILE_ALL	HOSTILE_B64 HOSTILE_QP "Content-Transfer-Encoding: x-uuencode, x-yenc\n"
#define HOSTILE_4(text)	text text text text
#define HOSTILE_FILE	"Content-Type: application/zip\n"
#define HOSTILE_JUNKED	"Content-Type: a/b\njunk\nContent-Type: multipart/mixed; boundary=c\n" HOSTILE_B64 "\n"

static const struct hostile hostile_rows[] = {
	{ "nested multiparts", "depth-limit", "", "Content-Type: multipart/mixed; boundary=b@\n\n--b@\n" },
	{ "nested multiparts of one boundary", "depth-limit", "", "Content-Type: multipart/mixed; boundary=b\n\n--b\n" },
	{ "nested messages", "depth-limit", "", "Content-Type: message/rfc822\n\n" },
	{ "nested digests", "depth-limit", "", "Content-Type: multipart/digest; boundary=b@\n\n--b@\n\n" },
	{ "nested multiparts without boundary", "parts-limit", "", "Content-Type: multipart/mixed\n\n--b@\n" },
	{ "nested encoded messages", "encoded-message", "",
	    "Content-Type: message/rfc822\n" HOSTILE_B64 "\nQ29udGVudC1UeXBlOiBtZXNzYWdlL3JmYzgyMgpDb250ZW50LVRyYW5zZmVyLUVuY29kaW5nOiBiYXNlNjQKCg==\n" },
	{ "one header field of one line", "field-cut", "X: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "one header field, folded", "field-cut", "X: ", "\n aaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "one header field, folded at each byte", "field-cut", "X: ", "\n a" },
	{ "header fields of nothing but folds", NULL, "", "X: " HOSTILE_4(HOSTILE_4(HOSTILE_4(HOSTILE_4(HOSTILE_4(HOSTILE_4("\n \n \n \n ")))))) "\n" },
	{ "a header field that hides others", "field-hidden", "X: ", "\n content-type: multi" },
	{ "a header field that may hide others", "field-cut", "X: ", "\n content-type: x\r" },
	{ "header fields of four bytes", "fields-limit", "", "a:b\n" },
	{ "header fields without value", "fields-limit", "", ":\n" },
	{ "header fields of content", "fields-limit", "", "Content-@: x\n" },
	{ "content types", "fields-limit", "", "Content-Type: a/b; name=%\n" },
	{ "parameters", "field-cut", "Content-Type: multipart/mixed", "; a@=b" },
	{ "parameters of one name", "field-cut", "Content-Type: multipart/mixed", "; boundary=%" },
	{ "sections of a parameter", "field-cut", "Content-Type: a/b", "; name*@*=b" },
	{ "comments in parameters", "field-cut", "Content-Type: multipart/mixed; boundary=", "(" },
	{ "quotes in parameters", "field-cut", "Content-Type: multipart/mixed; boundary=", "\"a" },
	{ "encoded words in names", "field-cut", "Content-Type: a/b; name=\"", "=?q?q?%?= " },
	{ "parts", "parts-limit", HOSTILE_MIXED, "--b\n\n\n" },
	{ "parts without header", "parts-limit", HOSTILE_MIXED, "--b\n" },
	{ "parts with all fields", "parts-limit", HOSTILE_MIXED,
	    "--b\nContent-Type: a/b; name=x\nContent-Disposition: attachment; filename*0=y@; filename*1=z\n" HOSTILE_B64 "\n" },
	{ "parts with odd parameters", "parts-limit", HOSTILE_MIXED, "--b\nContent-Type: a/b (x; name=\"y; name='%' z\n\n" },
	{ "messages in parts", "parts-limit", HOSTILE_MIXED, "--b\nContent-Type: message/rfc822\n\n\n\n" },
	{ "multiparts in parts", "parts-limit", HOSTILE_MIXED, "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n\n" },
	{ "undeclared multiparts in parts", "parts-limit", HOSTILE_MIXED, "--b\nContent-Type: multipart/mixed\n\n--c\nContent-Type: a/b\n\n\n" },
	{ "parts with junk in the header", "header-no-end", HOSTILE_MIXED, "--b\njunk\n" HOSTILE_B64 "\nYQ==\n" },
	{ "encoded messages in parts", "encoded-message", HOSTILE_MIXED,
	    "--b\nContent-Type: message/rfc822\n" HOSTILE_B64 "\nQ29udGVudC1UeXBlOiBhL2IKCmhlbGxv\n" },
	{ "encoded multiparts in parts", "encoded-multipart", HOSTILE_MIXED,
	    "--b\nContent-Type: multipart/mixed; boundary=c\n" HOSTILE_B64 "\nLS1jCkNvbnRlbnQtVHlwZTogYS9iCgpoZWxsbwo=\n" },
	{ "dashes", NULL, HOSTILE_MIXED "--b\n\n", "--\n" },
	{ "lines that look like the boundary", NULL, HOSTILE_MIXED "--b\n\n", "--b%\n" },
	{ "lines that look like long boundaries", NULL, HOSTILE_MIXED "--b\n\n", "--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@\n" },
	{ "undeclared boundaries", "boundary-odd", HOSTILE_MIXED, "--c@\nContent-Type: a/b\n\nx\n" },
	{ "undeclared boundaries in text", "boundary-stray", "\nx\n", "--c@\nContent-Type: a/b\n\nx\n" },
	{ "undeclared boundaries of encoded multiparts", "boundary-stray", "\nx\n",
	    "--c@\nContent-Type: multipart/mixed; boundary=q\n" HOSTILE_B64 "\nLS1xCkNvbnRlbnQtVHlwZTogYS9iCgo=\n" },
	{ "ends of the multipart", NULL, HOSTILE_MIXED "--b\n\n", "--b--\n" },
	{ "empty lines", NULL, "\n", "\n" },
	{ "empty lines, CRLF", NULL, "\r\n", "\r\n" },
	{ "bare CR", "bare-cr", "", "\r" },
	{ "bare CR in a body", NULL, "\n", "\r" },
	{ "bare CR and dashes in a body", NULL, "\n", "\r--" },
	{ "lines of one letter", NULL, "\n", "%\n" },
	{ "lines that may begin a file", NULL, "\n", "begin 644\n" },
	{ "files in text", "embedded-file", "\n", "begin 644 a\n#8V%T\n" },
	{ "yEnc files in text", "embedded-file", "\n", "=ybegin name=a\n=y\n" },
	{ "base64 of one letter a line", "base64-odd", HOSTILE_B64 "\n", "A\n" },
	{ "base64 with junk", "base64-pads", HOSTILE_FILE HOSTILE_B64 "\n", "A#" },
	{ "base64 with spaces", NULL, HOSTILE_FILE HOSTILE_B64 "\n", "A " },
	{ "base64 with pads", "base64-pads", HOSTILE_FILE HOSTILE_B64 "\n", "A=" },
	{ "base64 with pads, junk, short lines", "base64-pads", HOSTILE_FILE HOSTILE_B64 "\n", "QUJD=B#A\n" },
	{ "base64 of pads", NULL, HOSTILE_FILE HOSTILE_B64 "\n", "=" },
	{ "quoted-printable of escapes", NULL, HOSTILE_FILE HOSTILE_QP "\n", "=41" },
	{ "quoted-printable with wrong escapes", "quoted-printable-file", HOSTILE_FILE HOSTILE_QP "\n", "=G" },
	{ "quoted-printable with wrong escapes of all kinds", "quoted-printable-file", HOSTILE_FILE HOSTILE_QP "\n", "=G=a=\n==41=4" },
	{ "quoted-printable of soft breaks", NULL, HOSTILE_FILE HOSTILE_QP "\n", "=\n" },
	{ "quoted-printable of spaces", NULL, HOSTILE_FILE HOSTILE_QP "\n", "= " },
	{ "all encodings, one letter a line", "encoding-odd", HOSTILE_FILE HOSTILE_ALL "\n", "A\n" },
	{ "all encodings, odd in each", "encoding-odd", HOSTILE_FILE HOSTILE_ALL "\n", "=G=QUJD#=" },
	{ "all encodings, odd in each, short lines", "encoding-odd", HOSTILE_FILE HOSTILE_ALL "\n", "=G=Q#\n" },
	{ "all encodings of text, lines that may be boundaries", "encoding-odd", HOSTILE_ALL "\n", "--=G\n" },
	{ "readings of readings", "header-no-end", HOSTILE_JUNKED, "--c\n" HOSTILE_JUNKED },
	{ "readings of readings in a multipart", "header-no-end", HOSTILE_MIXED, "--b\n" HOSTILE_JUNKED },
};

/* Add piece `number` of the row. */
static inline void
hostile_piece(const struct hostile *row, unsigned number, struct sl_buf *out)
{
	for (const char *p = row->piece; *p != '\0'; p++)
		if (*p == '@')
			sl_buf_addf(out, "%u", number);
		else if (*p == '%')
			sl_buf_add_byte(out, (unsigned char)('a' + (number * 2654435761u >> 16) % 26));
		else
			sl_buf_add_byte(out, (unsigned char)*p);
}

#endif
