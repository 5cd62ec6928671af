/* mime_test.c - messages and what they are read as, in every cut; limits; the published corpora */

#include "cuts.h"
#include "shared.h"
#include "mime/mime.h"

#include <unistd.h>
#include <malloc.h>

/* Each part, as it ends: PATH[+READING] TYPE[ (NAME|NAME)]=BODY; then !FINDING for what was found. */
struct row {
	const char	*name;
	const char	*in;
	const char	*parts;
	const char	*findings;
};

#define MIXED	"Content-Type: multipart/mixed; boundary=b\n\n"
#define B64	"Content-Transfer-Encoding: base64\n"

static const struct row rows[] = {
	{ "a plain message", "Subject: x\r\n\r\nhello\r\n", "1 text/plain=hello\r\n;", "" },
	{ "no header", "\r\nhello", "1 text/plain=hello;", "" },
	{ "no body", "Subject: x\r\n", "1 text/plain=;", "" },
	{ "nothing at all", "", "1 text/plain=;", "" },
	{ "a mailbox file's line is no field", "From a@b Thu\nSubject: x\n\ny", "1 text/plain=y;", "" },
	{ "two parts", MIXED "pre\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\npost\n",
	    "1 text/plain=one;2 text/html=two; multipart/mixed=prepost\n;", "" },
	{ "the line end before a boundary is the boundary's", MIXED "--b\n\none\n\n--b--", "1 text/plain=one\n; multipart/mixed=;", "" },
	{ "white space after a boundary", MIXED "--b \t\r\n\r\none\r\n--b-- \r\n", "1 text/plain=one; multipart/mixed=;", "" },
	{ "parts without body and header", MIXED "--b\n--b\nContent-Type: a/b\n--b--\n", "1 text/plain=;2 a/b=; multipart/mixed=;", "" },
	{ "nested multiparts", MIXED "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\none\n--c--\n--b\n\ntwo\n--b--",
	    "1.1 text/plain=one;1 multipart/alternative=;2 text/plain=two; multipart/mixed=;", "" },
	{ "a boundary that is the start of another", "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\none\n--bb--\n--b--",
	    "1.1 text/plain=one;1 multipart/mixed=; multipart/mixed=;", "" },
	{ "inner parts that are not ended", MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--b--",
	    "1.1 text/plain=one;1 multipart/mixed=;2 text/plain=two; multipart/mixed=;", "boundary-no-end " },
	{ "a message inside", MIXED "--b\nContent-Type: message/rfc822\n\nSubject: y\n\nin\n--b--",
	    "1.1 text/plain=in;1 message/rfc822=; multipart/mixed=;", "" },
	{ "a multipart message inside", "Content-Type: message/rfc822\n\n" MIXED "--b\n\none\n--b--",
	    "1.1 text/plain=one;1 multipart/mixed=;1 message/rfc822=;", "" },
	{ "a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\none\n--b--",
	    "1.1 text/plain=one;1 message/rfc822=; multipart/digest=;", "" },
	{ "base64", B64 "\naGVs\r\nbG8=\n", "1 text/plain=hello;", "" },
	{ "names", "Content-Type: a/b; name=x\nContent-Disposition: attachment; filename=\"y z\"\n\n", "1 a/b (y z|x)=;", "" },

	{ "two transfer encodings", B64 "Content-Transfer-Encoding: quoted-printable\n\nYT1i",
	    "1+1 text/plain=YT1i;1 text/plain=a=b;", "field-twice encoding-odd " },
	{ "junk after the encoding", "Content-Transfer-Encoding: base64, x\n\nYQ==", "1 text/plain=a;", "encoding-odd encoding-unknown " },
	{ "an encoding behind a fold", "X: y\n Content-Transfer-Encoding: base64\n\nYQ==", "1 text/plain=a;", "field-hidden " },
	{ "the list in a signature hides nothing", "DKIM-Signature: h=From:\n Content-Type:Content-Transfer-Encoding:Date;\n b=x\n\ny",
	    "1 text/plain=y;", "" },
	{ "a field behind a bare CR", "X: y\r" B64 "\nYQ==", "1 text/plain=a;", "bare-cr " },
	{ "lines that end with CR", "Subject: x\r" MIXED "--b\r\rone\r--b--\r", "1 text/plain=one; multipart/mixed=;", "bare-cr " },
	{ "a header that ends with no empty line", "X: y\nhello\n" B64 "\nYQ==", "1+1 text/plain=a;1 text/plain=hello\nContent-Transfer-Encoding: base64\n\nYQ==;",
	    "header-no-end header-junk " },
	{ "a header that ends with no empty line, before more of text", "X: y\nhello\nContent-Type: text/html\n\nx", "1+1 text/html=x;1 text/plain=hello\nContent-Type: text/html\n\nx;",
	    "header-no-end " },
	{ "junk inside", "Content-Type: a/b\n" B64 "\naGVs#xx\nbG8=", "1+1 a/b=hello;1 a/b=hel\xc7\x16\xc6;", "base64-pads " },
	{ "no boundary is named", "Content-Type: multipart/mixed\n\n--x\nContent-Type: a/b\n\none\n--x--\n",
	    "1 a/b=one; multipart/mixed=;", "boundary-missing boundary-stray " },
	{ "no boundary is named, and there is only text", "Content-Type: multipart/mixed\n\n--x\nContent-Type: text/html\n\none\n--x--\n",
	    "1 text/html=one; multipart/mixed=;", "boundary-stray " },
	{ "no boundary is named, and there are no parts", "Content-Type: multipart/mixed\n\none\n",
	    " multipart/mixed=one\n;", "boundary-unused " },
	{ "another boundary is used", MIXED "--c\nContent-Type: a/b\n\none\n--c--\n",
	    "1+1 a/b=one; multipart/mixed=--c\nContent-Type: a/b\n\none\n--c--\n;", "boundary-stray boundary-odd boundary-unused " },
	{ "parts in plain text", "\nsee\n--c\nContent-Type: a/b\n\none\n--c--\n", "1.1+1 a/b=one;1 text/plain=see\n--c\nContent-Type: a/b\n\none\n--c--\n;",
	    "boundary-stray " },
	{ "parts after the end", MIXED "--b\n\none\n--b--\n--b\nContent-Type: a/b\n\ntwo\n--b--\n",
	    "1 text/plain=one;1+1 a/b=two; multipart/mixed=--b\nContent-Type: a/b\n\ntwo\n--b--\n;", "boundary-stray boundary-odd " },
	{ "text after the end", MIXED "--b\n\none\n--b--\n--b\nContent-Type: text/html\n\ntwo\n--b--\n",
	    "1 text/plain=one;1+1 text/html=two; multipart/mixed=--b\nContent-Type: text/html\n\ntwo\n--b--\n;", "boundary-stray " },
	{ "dashes in text", "\n--\n-- \n---\n-x\n--x", "1 text/plain=--\n-- \n---\n-x\n--x;", "" },
	{ "an encoded multipart", "Content-Type: multipart/mixed; boundary=b\n" B64 "\nLS1iCkNvbnRlbnQtVHlwZTogYS9iCgpvbmUKLS1iLS0K",
	    "1+2 a/b=one;+1 multipart/mixed=--b\nContent-Type: a/b\n\none\n--b--\n; multipart/mixed=LS1iCkNvbnRlbnQtVHlwZTogYS9iCgpvbmUKLS1iLS0K;",
	    "encoded-multipart boundary-unused " },
	{ "an encoded message", "Content-Type: message/rfc822\n" B64 "\nU3ViamVjdDogeAoKaGkK", "1.1 text/plain=hi\n;1 message/rfc822=;", "encoded-message " },
	{ "a file in text", "\nsee\nbegin 644 a.txt\n#8V%T\n`\nend\nbye\n", "1.1+1 application/octet-stream (a.txt)=cat;"
	    "1 text/plain=see\nbegin 644 a.txt\n#8V%T\n`\nend\nbye\n;", "embedded-file " },
	{ "no file in text", "\nbegin 64 a\nbegin the day\n=ybegi\nend\n", "1 text/plain=begin 64 a\nbegin the day\n=ybegi\nend\n;", "" },
};

struct trace {
	struct sl_buf	*parts;
	struct sl_buf	 findings;
	size_t		 open;
	uint64_t	 bytes;
};

static void
on_begin(void *ctx, struct sl_mime_part *part)
{
	struct trace *trace = ctx;
	struct sl_buf *body = sl_xzalloc(sizeof(*body));

	sl_buf_init(body, 1 << 24);
	part->user = body;
	trace->open++;
}

static void
on_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	sl_buf_add_slice(part->user, bytes);
}

static void
on_end(void *ctx, struct sl_mime_part *part)
{
	struct trace *trace = ctx;
	struct sl_buf *body = part->user, *out = trace->parts;

	sl_buf_add_str(out, part->path);
	if (part->reading > 0)
		sl_buf_addf(out, "+%u", part->reading);
	sl_buf_addf(out, " " SL_SLICE_FMT, SL_SLICE_ARG(part->type));
	for (size_t i = 0; i < part->names_count; i++)
		sl_buf_addf(out, "%s" SL_SLICE_FMT "%s", i == 0 ? " (" : "|", SL_SLICE_ARG(part->names[i]),
		    i + 1 == part->names_count ? ")" : "");
	sl_buf_addf(out, "=" SL_SLICE_FMT ";", SL_SLICE_ARG(sl_buf_slice(body)));
	sl_buf_fini(body);
	sl_free(body);
	trace->open--;
}

static void
on_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	struct trace *trace = ctx;

	assert_true(strlen(sl_mime_finding_text(kind)) > 0);
	sl_buf_addf(&trace->findings, "%s ", sl_mime_finding_name(kind));
}

static const struct sl_mime_sink tracing = { NULL, on_begin, on_body, on_end, on_finding };

static void
run_row(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	const struct row *row = ctx;
	struct trace trace = { .parts = result };
	struct sl_mime *m = sl_mime_new(&sl_mime_defaults, &tracing, &trace);
	struct sl_slice piece;

	sl_buf_init(&trace.findings, 4096);
	while (cuts_next(cuts, &piece))
		sl_mime_feed(m, piece.ptr, piece.len);
	sl_mime_finish(m);
	sl_mime_free(&m);
	assert_int_equal(trace.open, 0);
	if (strcmp(sl_buf_cstr(&trace.findings), row->findings) != 0)
		fail_msg("%s: findings \"%s\", parts \"%s\"", row->name, sl_buf_cstr(&trace.findings), sl_buf_cstr(result));
	sl_buf_fini(&trace.findings);
}

static void
messages_are_read_however_they_are_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		print_message("%s\n", rows[i].name);
		cuts_check(sl_slice_str(rows[i].in), run_row, (void *)(uintptr_t)&rows[i], rows[i].parts,
		    strlen(rows[i].parts));
	}
}

/* Fields as they come: NAME=VALUE; with ~ behind one that was cut. */
static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value, bool cut)
{
	sl_buf_addf(ctx, "%s/" SL_SLICE_FMT "=" SL_SLICE_FMT "%s;", path, SL_SLICE_ARG(name), SL_SLICE_ARG(value), cut ? "~" : "");
}

static void
run_fields(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	const struct sl_mime_sink sink = { .field = on_field };
	struct sl_mime *m = sl_mime_new(&sl_mime_defaults, &sink, result);
	struct sl_slice piece;

	while (cuts_next(cuts, &piece))
		sl_mime_feed(m, piece.ptr, piece.len);
	sl_mime_finish(m);
	sl_mime_free(&m);
}

static void
header_fields_come_with_their_path(void **state)
{
	static const char in[] = "A: b\r\n c\r\nEmpty:\r\nNo space :x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\n--b--";
	static const char out[] = "/A=b\r\n c;/Empty=;/No space=x;/Content-Type=multipart/mixed; boundary=b;"
	    "1/Content-Type=message/rfc822;1/Subject=in;";

	cuts_check(SL_SLICE_LIT(in), run_fields, NULL, out, sizeof(out) - 1);
}

/* Bodies until the part's sink has enough of it: `x/none` at once, `x/some` after five bytes. */
static void
skip_begin(void *ctx, struct sl_mime_part *part)
{
	part->skip = sl_slice_eq(part->type, SL_SLICE_LIT("x/none"));
	if (part->reading > 0)
		sl_buf_addf(ctx, "reading %u;", part->reading);
}

static void
skip_body(void *ctx, struct sl_mime_part *part, struct sl_slice bytes)
{
	assert_false(part->skip);
	sl_buf_addf(ctx, "%s:" SL_SLICE_FMT ";", part->path, SL_SLICE_ARG(bytes));
	part->skip = sl_slice_eq(part->type, SL_SLICE_LIT("x/some")) && part->size_bytes >= 5;
}

static void
skip_end(void *ctx, struct sl_mime_part *part)
{
	static const unsigned char zeros[32];

	if (part->skip)
		assert_memory_equal(part->sha256, zeros, sizeof(zeros));
	else if (!part->is_multipart && !part->is_message)
		assert_memory_not_equal(part->sha256, zeros, sizeof(zeros));
	sl_buf_addf(ctx, "%s=%u;", part->path, (unsigned)part->size_bytes);
}

static void
a_sink_may_pass_over_the_rest_of_a_part(void **state)
{
	static const struct { const char *in, *out; } skips[] = {
		{ MIXED "--b\nContent-Type: x/none\n" B64 "\nQUJD=B#A\nYQ==\n--b\n\ntwo\n--b--\n", "1=0;2:two;2=3;=0;" },
		{ MIXED "--b\nContent-Type: x/some\n\n12345\n678\n9\n--b\n\ntwo\n--b--\n", "1:12345;1=5;2:two;2=3;=0;" },
		{ MIXED "--b\nContent-Type: x/some\n\n1234\n--b\n\ntwo\n--b--\n", "1:1234;1=4;2:two;2=3;=0;" },
		{ "Content-Type: x/none\n\n--c\nContent-Type: a/b\n\nx\n--c--\n", "reading 1;1.1:x;1.1=1;1=0;" },
	};

	for (size_t i = 0; i < SL_COUNT(skips); i++) {
		static const struct sl_mime_sink sink = { NULL, skip_begin, skip_body, skip_end, NULL };
		struct sl_buf result;
		struct sl_mime *m;

		sl_buf_init(&result, 4096);
		m = sl_mime_new(&sl_mime_defaults, &sink, &result);
		for (const char *p = skips[i].in, *next; *p != '\0'; p = next) {	/* line by line */
			next = strchr(p, '\n') + 1;
			sl_mime_feed(m, (const unsigned char *)p, (size_t)(next - p));
		}
		sl_mime_finish(m);
		sl_mime_free(&m);
		assert_string_equal(sl_buf_cstr(&result), skips[i].out);
		sl_buf_fini(&result);
	}
}

/* Read what `make` writes; returns the findings, to be freed. */
static char *
findings_of(const struct sl_mime_settings *settings, struct sl_slice in, size_t *parts_len_out)
{
	struct sl_buf parts;
	struct trace trace = { .parts = &parts };
	struct sl_mime *m;
	char *found;

	sl_buf_init(&parts, 1u << 28);
	sl_buf_init(&trace.findings, 1u << 24);
	m = sl_mime_new(settings, &tracing, &trace);
	sl_mime_feed(m, in.ptr, in.len);
	sl_mime_finish(m);
	sl_mime_free(&m);
	found = sl_xstrdup(sl_buf_cstr(&trace.findings));
	*parts_len_out = parts.len;
	sl_buf_fini(&parts);
	sl_buf_fini(&trace.findings);
	return found;
}

static void
nested(struct sl_buf *in, unsigned depth)
{
	sl_buf_reset(in);
	for (unsigned i = 0; i < depth; i++)
		sl_buf_addf(in, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
	sl_buf_add_str(in, "Content-Type: text/deep\n\ndeep\n");
	for (unsigned i = depth; i > 0; i--)
		sl_buf_addf(in, "--b%u--\n", i - 1);
}

static void
limits_are_named_one_past_them(void **state)
{
	struct sl_mime_settings settings = sl_mime_defaults;
	struct sl_buf in;
	size_t len;
	char *found;

	sl_buf_init(&in, 1 << 24);
	settings.depth_max = 10;
	nested(&in, 10);
	found = findings_of(&settings, sl_buf_slice(&in), &len);
	assert_string_equal(found, "");
	sl_free(found);
	nested(&in, 11);
	found = findings_of(&settings, sl_buf_slice(&in), &len);
	assert_non_null(strstr(found, "depth-limit"));
	sl_free(found);

	settings.field_max_bytes = 2000;
	for (unsigned over = 0; over < 2; over++) {
		sl_buf_reset(&in);
		sl_buf_add_str(&in, "X: ");
		while (in.len < 1999 + over)
			sl_buf_add_byte(&in, 'x');
		sl_buf_add_str(&in, "\nContent-Transfer-Encoding: base64\n\nYQ==");
		found = findings_of(&settings, sl_buf_slice(&in), &len);
		assert_string_equal(found, over ? "field-cut " : "");
		assert_int_equal(len, strlen("1 text/plain=a;"));
		sl_free(found);
	}

	for (unsigned parts = 500; parts <= 510; parts += 10) {
		sl_buf_reset(&in);
		sl_buf_add_str(&in, MIXED);
		for (unsigned i = 0; i < parts; i++)
			sl_buf_add_str(&in, "--b\n\n\n");
		found = findings_of(&settings, sl_buf_slice(&in), &len);
		assert_int_equal(strstr(found, "parts-limit") != NULL, parts > 500);
		sl_free(found);
	}
	sl_buf_fini(&in);
}

static void
what_is_past_the_depth_limit_is_still_decoded(void **state)
{
	struct sl_mime_settings settings = sl_mime_defaults;
	struct sl_buf in, parts;
	struct trace trace = { .parts = &parts };
	struct sl_mime *m;

	settings.depth_max = 5;
	sl_buf_init(&in, 1 << 24);
	sl_buf_init(&parts, 1 << 20);
	sl_buf_init(&trace.findings, 1 << 20);
	nested(&in, 400);
	m = sl_mime_new(&settings, &tracing, &trace);
	sl_mime_feed(m, in.data, in.len);
	sl_mime_finish(m);
	sl_mime_free(&m);
	assert_non_null(strstr(sl_buf_cstr(&parts), "text/deep=deep;"));
	sl_buf_fini(&in);
	sl_buf_fini(&parts);
	sl_buf_fini(&trace.findings);
}

/* Bytes allocated now. Under AddressSanitizer malloc has no figures of its own. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t
allocated(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL
	    ? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

/* Feed `piece` again and again, 1 MiB of it: what is allocated stays under `limit_kib`. */
static void
stays_small(const char *head, const char *piece, size_t limit_kib)
{
	size_t before = allocated(), most = 0, len = strlen(piece);
	struct sl_mime *m = sl_mime_new(&sl_mime_defaults, &(struct sl_mime_sink){ NULL }, NULL);

	sl_mime_feed(m, (const unsigned char *)head, strlen(head));
	for (size_t n = 0; n < 1u << 20; n += len) {
		sl_mime_feed(m, (const unsigned char *)piece, len);
		if (n % 4096 < len)
			most = SL_MAX(most, allocated());
	}
	sl_mime_finish(m);
	sl_mime_free(&m);
	assert_true(most > before);
	if ((most - before) / 1024 > limit_kib)
		fail_msg("%s: %zu KiB", piece, (most - before) / 1024);
}

static void
memory_is_bounded(void **state)
{
	static const char *const pieces[] = {
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n", "Content-Type: message/rfc822\n\n",
		"X: y\n", "Content-Type: a/b; name=x; name=y\n", "aaaaaaaa", " aaaaaaaa\n", "--b\n\n", "--b\njunk\n", "--c\nContent-Type: a/b\n\n",
		"--c\nContent-Type: multipart/mixed; boundary=q\nContent-Transfer-Encoding: base64\n\n", "A=#\nB", "=G==\n", "begin 644 a\nM#\n",
		"\r", "\n", "junk\n", "; a*0=b", "=?u?q?x?= ", "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQ29udGVudC1UeXBl\n",
	};
	static const char *const heads[] = { "", "Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n", MIXED, "Content-Type: x; a=b",
	    "Content-Type: multipart/mixed\nContent-Transfer-Encoding: quoted-printable\n\n" };

	for (size_t h = 0; h < SL_COUNT(heads); h++)
		for (size_t i = 0; i < SL_COUNT(pieces); i++)
			stays_small(heads[h], pieces[i], 1024);
}

/* The EICAR archive that the samples carry, as one of them holds it in plain base64. */
struct confusion {
	struct sl_buf	payload;
	bool		found;		/* in the message at hand */
	bool		flagged;
	bool		name_found;
	unsigned	counts[3];	/* found, only flagged, missed */
};

static void
look_end(void *ctx, struct sl_mime_part *part)
{
	struct confusion *c = ctx;
	struct sl_buf *body = part->user;

	if (c->payload.len > 0 && body->len >= c->payload.len &&
	    memmem(body->data, body->len, c->payload.data, c->payload.len) != NULL)
		c->found = true;
	if (c->payload.len == 0 && sl_slice_ieq(part->filename, SL_SLICE_LIT("eicar.zip")))
		sl_buf_add_slice(&c->payload, sl_buf_slice(body));
	for (size_t i = 0; i < part->names_count; i++)
		if (part->names[i].len > 4 && sl_slice_ieq(sl_slice_from(part->names[i], part->names[i].len - 4), SL_SLICE_LIT(".zip")))
			c->name_found = true;
	sl_buf_fini(body);
	sl_free(body);
}

static void
look_begin(void *ctx, struct sl_mime_part *part)
{
	struct sl_buf *body = sl_xzalloc(sizeof(*body));

	sl_buf_init(body, 1 << 20);
	part->user = body;
}

static void
look_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	struct confusion *c = ctx;

	if (sl_mime_finding_weight(kind) != SL_MIME_ODD)
		c->flagged = true;
}

static void
look(struct confusion *c, const char *file)
{
	static const struct sl_mime_sink sink = { NULL, look_begin, on_body, look_end, look_finding };
	char path[512];
	struct sl_buf in;
	struct sl_mime *m;

	sl_buf_init(&in, 1 << 24);
	snprintf(path, sizeof(path), "conformance/mime-confusion/%s", file);
	if (!file_read(shared_path(path), &in))
		fail_msg("%s cannot be read", shared_path(path));
	c->found = c->flagged = c->name_found = false;
	m = sl_mime_new(&sl_mime_defaults, &sink, c);
	sl_mime_feed(m, in.data, in.len);
	sl_mime_finish(m);
	sl_mime_free(&m);
	sl_buf_fini(&in);
}

static void
confusion_case(json_t *object, void *ctx)
{
	struct confusion *c = ctx;
	struct sl_slice file = shared_string(object, "file");
	bool content = sl_slice_istarts(file, SL_SLICE_LIT("hide-content"));
	bool control = memmem(file.ptr, file.len, ".png.eml", 8) != NULL;	/* these hide nothing */
	bool found;

	look(c, (const char *)file.ptr);
	found = content ? c->found : c->name_found || control;
	c->counts[found ? 0 : c->flagged ? 1 : 2]++;
	if (!found && !c->flagged)
		print_message("missed: " SL_SLICE_FMT "\n", SL_SLICE_ARG(file));
}

static void
hidden_content_and_names_are_found_or_flagged(void **state)
{
	struct confusion c = { .counts = { 0 } };
	static const char plain[] = "hide-content/multipart-quoted-singlepart-b64h-basic-base64-mixedlen.eml";

	sl_buf_init(&c.payload, 1 << 20);
	if (access(shared_path("conformance/mime-confusion"), R_OK) != 0) {
		print_message("skip: %s is not there\n", shared_path("conformance/mime-confusion"));
		skip();
	}
	look(&c, plain);
	assert_true(c.payload.len > 100);
	shared_each("conformance/mime-confusion/hide-content.jsonl", confusion_case, &c);
	shared_each("conformance/mime-confusion/hide-filename.jsonl", confusion_case, &c);
	print_message("found %u, flagged only %u, missed %u\n", c.counts[0], c.counts[1], c.counts[2]);
	assert_int_equal(c.counts[2], 0);
	assert_true(c.counts[0] * 100 >= (c.counts[0] + c.counts[1]) * 95);
	sl_buf_fini(&c.payload);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_read_however_they_are_cut),
		cmocka_unit_test(header_fields_come_with_their_path),
		cmocka_unit_test(a_sink_may_pass_over_the_rest_of_a_part),
		cmocka_unit_test(limits_are_named_one_past_them),
		cmocka_unit_test(what_is_past_the_depth_limit_is_still_decoded),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(hidden_content_and_names_are_found_or_flagged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
