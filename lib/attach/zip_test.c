/* zip_test.c - ZIP archives as they stream, honest and not, at every cut */

#include "attach/zip.h"
#include "cuts.h"

#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX		(1u << 20)
#define BIG		2000	/* entries: more than are told */

struct entry {			/* of an archive that is written */
	const char	*name, *central_name;	/* the latter NULL: the same */
	const char	*data;
	unsigned	 method, bits;
	const char	*extra;		/* of the local header */
	size_t		 extra_len;
	uint32_t	 bytes;		/* 0: the data's length */
	bool		 unsigned_descriptor;
};

struct writer {
	struct sl_buf	out, central;
	unsigned	count;
};

static void
put(struct sl_buf *out, uint64_t value, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		sl_buf_add_byte(out, (unsigned char)(value >> 8 * i));
}

/* What local and central header have in common, from the version on. */
static void
put_common(struct sl_buf *out, const struct entry *e, const char *name, bool sizes, size_t extra_len)
{
	size_t len = strlen(e->data);

	put(out, 20, 2);
	put(out, e->bits, 2);
	put(out, e->method, 2);
	put(out, 0x5a210000, 4);
	put(out, sizes ? 0x11223344 : 0, 4);
	put(out, sizes ? len : 0, 4);
	put(out, sizes ? (e->bytes > 0 ? e->bytes : len) : 0, 4);
	put(out, strlen(name), 2);
	put(out, extra_len, 2);
}

static void
put_central(struct sl_buf *out, const struct entry *e, uint64_t offset)
{
	const char *name = e->central_name != NULL ? e->central_name : e->name;

	sl_buf_add(out, "PK\x01\x02\x14\0", 6);
	put_common(out, e, name, true, 0);
	put(out, 0, 4);		/* comment, disk */
	put(out, 0, 6);		/* attributes */
	put(out, offset, 4);
	sl_buf_add_str(out, name);
}

static void
put_local(struct sl_buf *out, const struct entry *e)
{
	bool streamed = (e->bits & 8) != 0;
	size_t len = strlen(e->data);

	sl_buf_add(out, "PK\x03\x04", 4);
	put_common(out, e, e->name, !streamed, e->extra_len);
	sl_buf_add_str(out, e->name);
	sl_buf_add(out, e->extra, e->extra_len);
	sl_buf_add_str(out, e->data);
	if (!streamed)
		return;
	if (!e->unsigned_descriptor)
		sl_buf_add(out, "PK\x07\x08", 4);
	put(out, 0x11223344, 4);
	put(out, len, 4);
	put(out, e->bytes > 0 ? e->bytes : len, 4);
}

static void
put_end(struct sl_buf *out, unsigned count, size_t size, size_t offset, const char *comment)
{
	sl_buf_add(out, "PK\x05\x06\0\0\0\0", 8);
	put(out, count, 2);
	put(out, count, 2);
	put(out, size, 4);
	put(out, offset, 4);
	put(out, strlen(comment), 2);
	sl_buf_add_str(out, comment);
}

static void
writer_init(struct writer *w)
{
	*w = (struct writer){ .count = 0 };
	sl_buf_init(&w->out, OUT_MAX);
	sl_buf_init(&w->central, OUT_MAX);
}

static void
writer_fini(struct writer *w)
{
	sl_buf_fini(&w->out);
	sl_buf_fini(&w->central);
}

static void
add(struct writer *w, const struct entry *e)
{
	put_central(&w->central, e, w->out.len);
	put_local(&w->out, e);
	w->count++;
}

static void
finish(struct writer *w)
{
	size_t at = w->out.len;

	sl_buf_add_slice(&w->out, sl_buf_slice(&w->central));
	put_end(&w->out, w->count, w->central.len, at, "");
}

/* One archive of entries. */
static void
archive(struct writer *w, const struct entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(w, &entries[i]);
	finish(w);
}

#define ENTRIES(w, ...) archive(w, (const struct entry[]){ __VA_ARGS__ },	\
	    SL_COUNT(((const struct entry[]){ __VA_ARGS__ })))

static const struct entry hello = { "hello.txt", NULL, "hello", 0, 0, "", 0, 0, false };

static void
make_plain(struct writer *w)
{
	ENTRIES(w, { "a/", NULL, "", 0, 0, "", 0, 0, false }, { "a/b.txt", NULL, "hello PK\x01\x02 you", 0, 0, "", 0, 0, false },
	    { "c.txt", NULL, "\x4b\x04", 8, 0, "", 0, 0, false });
}

static void
make_empty(struct writer *w)
{
	finish(w);
}

static void
make_streamed(struct writer *w)
{
	ENTRIES(w, { "a.txt", NULL, "xyzPK\x07\x08PK\x07\x08yz", 8, 8, "", 0, 77, false }, { "b.txt", NULL, "second", 8, 8, "", 0, 0, true },
	    { "empty", NULL, "", 8, 8, "", 0, 0, false }, { "last", NULL, "PK\x03\x04", 0, 8, "", 0, 0, false });
}

static void
make_stored_archive(struct writer *w)
{
	struct writer inner;

	writer_init(&inner);
	add(&inner, &hello);
	/* no bytes of 0 in what is stored: only the headers matter */
	for (size_t i = 0; i < inner.out.len; i++)
		inner.out.data[i] = inner.out.data[i] == 0 ? 1 : inner.out.data[i];
	ENTRIES(w, { "in.zip", NULL, sl_buf_cstr(&inner.out), 0, 8, "", 0, 0, false }, hello);
	writer_fini(&inner);
}

static void
make_sfx(struct writer *w)
{
	sl_buf_add(&w->out, "MZ this is a program", 20);
	ENTRIES(w, hello);
}

/* The offsets count from the archive's start. */
static void
make_sfx_relative(struct writer *w)
{
	struct writer inner;

	writer_init(&inner);
	ENTRIES(&inner, hello);
	sl_buf_add_str(&w->out, "GIF89a picture");
	sl_buf_add_slice(&w->out, sl_buf_slice(&inner.out));
	writer_fini(&inner);
}

static void
make_trailing(struct writer *w)
{
	ENTRIES(w, hello);
	sl_buf_add_str(&w->out, "more that is none of it");
}

static void
make_line_end(struct writer *w)
{
	ENTRIES(w, hello);
	sl_buf_add_str(&w->out, "\r\n");
}

static void
make_names_differ(struct writer *w)
{
	ENTRIES(w, { "a.txt", "a.exe", "hello", 0, 0, "", 0, 0, false });
}

static void
make_local_only(struct writer *w)
{
	const struct entry hidden = { "hidden.js", NULL, "evil", 0, 0, "", 0, 0, false };

	add(w, &hello);
	put_local(&w->out, &hidden);
	finish(w);
}

static void
make_central_only(struct writer *w)
{
	const struct entry ghost = { "ghost.exe", NULL, "evil", 0, 0, "", 0, 0, false };

	add(w, &hello);
	put_central(&w->central, &ghost, 5000);
	w->count++;
	finish(w);
}

/* Every central entry points to one kernel of data, as in the "full overlap" of D. Fifield's bombs. */
static void
make_full_overlap(struct writer *w)
{
	const struct entry kernel = { "0", NULL, "kernel", 8, 0, "", 0, 6000000, false };
	struct entry other = kernel;

	add(w, &kernel);
	for (int i = 0; i < 5; i++) {
		other.central_name = (const char *[]){ "1", "2", "3", "4", "5" }[i];
		put_central(&w->central, &other, 0);
		w->count++;
	}
	finish(w);
}

/* Each entry's data holds the next one's header, as in his "quoted overlap". */
static void
make_quoted_overlap(struct writer *w)
{
	const struct entry inner = { "B", NULL, "kernel", 8, 0, "", 0, 0, false };
	struct sl_buf quoted;
	struct entry outer = { "A", NULL, "", 8, 0, "", 0, 0, false };

	sl_buf_init(&quoted, OUT_MAX);
	sl_buf_add_str(&quoted, "\x01");
	put_local(&quoted, &inner);
	outer.bytes = (uint32_t)quoted.len;
	/* the data holds zeros: written by hand */
	put_central(&w->central, &outer, 0);
	put_central(&w->central, &inner, 32);
	memcpy(w->central.data + 20, (unsigned char[]){ (unsigned char)quoted.len, 0, 0, 0 }, 4);
	put_local(&w->out, &outer);
	memcpy(w->out.data + 18, (unsigned char[]){ (unsigned char)quoted.len, 0, 0, 0 }, 4);
	sl_buf_add_slice(&w->out, sl_buf_slice(&quoted));
	w->count = 2;
	finish(w);
	sl_buf_fini(&quoted);
}

/* A size too large would have the rest of the archive passed by as data. */
static void
make_swallow(struct writer *w)
{
	const struct entry evil = { "evil.exe", NULL, "evil", 8, 0, "", 0, 0, false };

	add(w, &hello);
	w->out.data[18] = w->out.data[19] = w->out.data[20] = 0xff;
	w->out.data[22] = w->out.data[23] = w->out.data[24] = 0xff;
	add(w, &evil);
	finish(w);
}

static void
make_two_ends(struct writer *w)
{
	struct writer second;
	size_t at;

	writer_init(&second);
	ENTRIES(&second, { "second.exe", NULL, "evil", 0, 0, "", 0, 0, false });
	add(w, &hello);
	at = w->out.len;
	sl_buf_add_slice(&w->out, sl_buf_slice(&w->central));
	put_end(&w->out, 1, w->central.len, at, "");
	/* the first end's comment is the whole second archive */
	w->out.data[w->out.len - 2] = (unsigned char)second.out.len;
	sl_buf_add_slice(&w->out, sl_buf_slice(&second.out));
	writer_fini(&second);
}

static void
make_encrypted(struct writer *w)
{
	ENTRIES(w, { "secret.doc", NULL, "0123456789abxyz", 8, 1, "", 0, 0, false }, { "s.exe", NULL, "aes", 99, 1, "", 0, 0, false });
}

static void
make_bomb(struct writer *w)
{
	ENTRIES(w, { "zeros", NULL, "tiny", 8, 0, "", 0, 0x7fffffff, false });
}

static void
make_size(struct writer *w)
{
	ENTRIES(w, { "a.txt", NULL, "hello", 0, 0, "", 0, 500, false });
}

static void
make_twice(struct writer *w)
{
	ENTRIES(w, hello, { "hello.txt", NULL, "other", 0, 0, "", 0, 0, false });
}

static void
make_names(struct writer *w)
{
	ENTRIES(w, { "\x81\x9a.txt", NULL, "cp437", 0, 0, "", 0, 0, false },
	    { "\xc3\xa4.txt", NULL, "utf-8", 0, 0x800, "", 0, 0, false },
	    { "?.txt", NULL, "path", 0, 0, "\x75\x70\x0b\0\x01" "crc.\xc3\xbc.txt", 15, 0, false },
	    { "a.txt", NULL, "lie", 0, 0, "\x75\x70\x0a\0\x01" "crc.b.exe", 14, 0, false },
	    { "../../up.sh", NULL, "climb", 0, 0, "", 0, 0, false });
}

static void
make_zip64(struct writer *w)
{
	const struct entry e = { "big.bin", NULL, "0123456789", 0, 0,
	    "\x01\0\x10\0\x0a\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0", 20, 0, false };
	size_t at;

	add(w, &e);
	memset(w->out.data + 18, 0xff, 8);
	at = w->out.len;
	sl_buf_add_slice(&w->out, sl_buf_slice(&w->central));
	sl_buf_add(&w->out, "PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0", 24);
	put(&w->out, 1, 8);
	put(&w->out, 1, 8);
	put(&w->out, w->central.len, 8);
	put(&w->out, at, 8);
	sl_buf_add(&w->out, "PK\x06\x07\0\0\0\0", 8);
	put(&w->out, w->out.len - 64, 8);
	put(&w->out, 1, 4);
	put_end(&w->out, 0xffff, 0xffffffff, 0xffffffff, "");
}

static void
make_docm(struct writer *w)
{
	ENTRIES(w, { "[Content_Types].xml", NULL, "x", 8, 0, "", 0, 0, false }, { "word/document.xml", NULL, "x", 8, 0, "", 0, 0, false },
	    { "word/vbaProject.bin", NULL, "x", 8, 0, "", 0, 0, false });
}

static void
make_xlsx(struct writer *w)
{
	ENTRIES(w, { "[Content_Types].xml", NULL, "x", 8, 8, "", 0, 0, false }, { "xl/workbook.xml", NULL, "x", 8, 8, "", 0, 0, false });
}

static void
make_odt(struct writer *w)
{
	ENTRIES(w, { "mimetype", NULL, "application/vnd.oasis.opendocument.text", 0, 0, "", 0, 0, false },
	    { "Basic/Standard/x.xml", NULL, "x", 8, 0, "", 0, 0, false });
}

static void
make_jar(struct writer *w)
{
	ENTRIES(w, { "META-INF/MANIFEST.MF", NULL, "x", 8, 0, "", 0, 0, false });
}

static void
make_cut_off(struct writer *w)
{
	ENTRIES(w, hello);
	w->out.len = 41;
}

static void
make_text(struct writer *w)
{
	sl_buf_add_str(&w->out, "PK\x03\x04 is how a ZIP starts, PK\x05 or PK\x01\x02 is not, and PK alone is none");
}

static void
make_spanned(struct writer *w)
{
	sl_buf_add(&w->out, "PK\x07\x08", 4);
	ENTRIES(w, hello);
}

static void
make_mark(struct writer *w)
{
	sl_buf_add(&w->out, "PK\x07\x08 and no archive behind it", 29);
}

static void
make_quine(struct writer *w)
{
	ENTRIES(w, { "r/r.zip", NULL, "copies itself", 8, 0, "", 0, 0, false });
}

static const struct row {
	const char	*name;
	void		(*make)(struct writer *w);
	const char	*out;
} rows[] = {
	{ "an ordinary archive", make_plain, "a/ 0 a/b.txt 14 c.txt 2 | application/zip 3/3" },
	{ "an empty one", make_empty, "| application/zip 0/0" },
	{ "nothing that is one", make_text, "| none" },
	{ "entries whose sizes follow them", make_streamed,
	    "a.txt 77 b.txt 6 empty 0 last 4 | application/zip 4/4" },
	{ "an archive stored in it, streamed", make_stored_archive,
	    "in.zip 44 hello.txt 5 | application/zip 2/2 zip-nested" },
	{ "a program before it", make_sfx, "hello.txt 5 | application/zip 1/1 zip-prefix" },
	{ "a picture before it, offsets not moved", make_sfx_relative, "hello.txt 5 | application/zip 1/1 zip-prefix" },
	{ "bytes behind it", make_trailing, "hello.txt 5 | application/zip 1/1 zip-suffix" },
	{ "a line end behind it is none", make_line_end, "hello.txt 5 | application/zip 1/1" },
	{ "two names for one entry", make_names_differ,
	    "a.txt 5 a.exe 5 central | application/zip 1/1 zip-names-differ program" },
	{ "an entry that only streaming finds", make_local_only,
	    "hello.txt 5 hidden.js 4 | application/zip 2/1 zip-local-only program" },
	{ "an entry that only the directory has", make_central_only,
	    "hello.txt 5 ghost.exe 4 central | application/zip 1/2 zip-central-only program" },
	{ "a bomb with one kernel for all", make_full_overlap, "0 6000000 1 6000000 central 2 6000000 central "
	    "3 6000000 central 4 6000000 central 5 6000000 central | application/zip 1/6 zip-names-differ "
	    "zip-overlap zip-ratio" },
	{ "a bomb with headers within data", make_quoted_overlap,
	    "A 38 B 6 central | application/zip 1/2 zip-central-only zip-overlap" },
	{ "a size that would swallow the rest", make_swallow,
	    "hello.txt 16777215 evil.exe 4 central | application/zip 1/2 zip-central-only zip-headers-differ "
	    "zip-overlap zip-ratio zip-size program" },
	{ "an archive in the comment of another", make_two_ends,
	    "hello.txt 5 second.exe 4 second.exe 4 central | application/zip 2/1 zip-ends zip-central-place "
	    "zip-local-only zip-names-differ zip-headers-differ program" },
	{ "entries under a password", make_encrypted,
	    "secret.doc 15 s.exe 3 | application/zip 2/2 zip-encrypted program" },
	{ "an entry that unpacks to too much", make_bomb, "zeros 2147483647 | application/zip 1/1 zip-ratio" },
	{ "a stored entry of two sizes", make_size, "a.txt 500 | application/zip 1/1 zip-size" },
	{ "a name twice", make_twice, "hello.txt 5 hello.txt 5 | application/zip 2/2 zip-name-twice" },
	{ "names in every encoding", make_names, "\xc3\xbc\xc3\x9c.txt 5 \xc3\xa4.txt 5 \xc3\xbc.txt 4 a.txt 3 "
	    "../../up.sh 5 ?.txt 4 central | application/zip 5/5 zip-names-differ zip-name-unicode program "
	    "path-traversal" },
	{ "sizes of 64 bits", make_zip64, "big.bin 10 | application/zip 1/1" },
	{ "Word with macros", make_docm, "[Content_Types].xml 1 word/document.xml 1 word/vbaProject.bin 1 | "
	    "application/vnd.ms-word.document.macroenabled.12 3/3 macros" },
	{ "Excel, streamed", make_xlsx, "[Content_Types].xml 1 xl/workbook.xml 1 | "
	    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet 2/2" },
	{ "OpenDocument with macros", make_odt, "mimetype 39 Basic/Standard/x.xml 1 | "
	    "application/vnd.oasis.opendocument.text 2/2 macros" },
	{ "a Java program", make_jar, "META-INF/MANIFEST.MF 1 | application/java-archive 1/1" },
	{ "one that is cut off", make_cut_off,
	    "hello.txt 5 | application/zip 1/0 zip-no-end zip-no-central" },
	{ "the mark of a spanned one", make_spanned, "hello.txt 5 | application/zip 1/1 zip-spanned" },
	{ "the mark alone", make_mark, "| none" },
	{ "an archive within", make_quine, "r/r.zip 13 | application/zip 1/1 zip-nested" },
};

static void
on_entry(void *ctx, const struct sl_zip_entry *e)
{
	sl_buf_addf(ctx, SL_SLICE_FMT " %llu %s", SL_SLICE_ARG(e->name), (unsigned long long)e->bytes,
	    e->central_only ? "central " : "");
}

static const struct sl_zip_sink sink = { on_entry, NULL };

static void
run(void *ctx, struct cuts *cuts, struct sl_buf *result)
{
	struct sl_zip *zip = sl_zip_new(&sink, result);
	struct sl_zip_summary sum;
	struct sl_slice piece;

	while (cuts_next(cuts, &piece))
		sl_zip_feed(zip, piece);
	sl_zip_finish(zip, &sum);
	sl_zip_free(&zip);
	assert_null(zip);
	if (!sum.is_zip) {
		sl_buf_add_str(result, "| none");
		return;
	}
	sl_buf_addf(result, "| %s %llu/%llu", sl_type_mime(sum.type), (unsigned long long)sum.entries,
	    (unsigned long long)sum.central);
	for (unsigned i = 0; i < SL_ZIP_FINDING_COUNT; i++)
		if (sum.findings >> i & 1)
			sl_buf_addf(result, " %s", sl_zip_finding_name((enum sl_zip_finding)i));
	sl_buf_add_str(result, sum.has_program ? " program" : "");
	sl_buf_add_str(result, sum.has_macros ? " macros" : "");
	for (unsigned i = 0; i < SL_NAME_FINDING_COUNT; i++)
		if (sum.name_findings >> i & 1)
			sl_buf_addf(result, " %s", sl_name_finding_name((enum sl_name_finding)i));
}

static void
archives_are_listed_at_every_cut(void **state)
{
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct cuts whole = { .piece = SIZE_MAX / 2 };
		struct sl_buf result;
		struct writer w;

		writer_init(&w);
		sl_buf_init(&result, OUT_MAX);
		rows[i].make(&w);
		whole.in = sl_buf_slice(&w.out);
		run(NULL, &whole, &result);
		if (strcmp(sl_buf_cstr(&result), rows[i].out) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].name, sl_buf_cstr(&result), rows[i].out);
		cuts_check(whole.in, run, NULL, rows[i].out, strlen(rows[i].out));
		sl_buf_fini(&result);
		writer_fini(&w);
	}
}

struct counted {
	unsigned entries, findings;
};

static void
count_entry(void *ctx, const struct sl_zip_entry *e)
{
	((struct counted *)ctx)->entries++;
}

static void
count_finding(void *ctx, enum sl_zip_finding finding, struct sl_slice detail)
{
	struct counted *counted = ctx;

	assert_int_equal(counted->findings & 1u << finding, 0);
	counted->findings |= 1u << finding;
}

static const struct sl_zip_sink counting = { count_entry, count_finding };

/* At the limit, one past it, and far beyond; the last entry's name still weighs. */
static void
entries_beyond_the_limit_are_counted(void **state)
{
	static const unsigned counts[] = { SL_ZIP_ENTRIES, SL_ZIP_ENTRIES + 1, BIG };

	for (size_t i = 0; i < SL_COUNT(counts); i++) {
		struct counted counted = { 0 };
		struct sl_zip_summary sum;
		struct sl_zip *zip;
		struct writer w;

		writer_init(&w);
		for (unsigned n = 0; n < counts[i]; n++) {
			char name[16];
			struct entry e = { name, NULL, "x", 0, 0, "", 0, 0, false };

			snprintf(name, sizeof(name), n == counts[i] - 1 ? "%u.lnk" : "%u", n);
			add(&w, &e);
		}
		finish(&w);
		zip = sl_zip_new(&counting, &counted);
		sl_zip_feed(zip, sl_buf_slice(&w.out));
		sl_zip_finish(zip, &sum);
		sl_zip_free(&zip);
		assert_int_equal(counted.entries, SL_ZIP_ENTRIES);
		assert_int_equal(sum.entries, counts[i]);
		assert_int_equal(sum.central, counts[i]);
		assert_true(sum.has_program);
		assert_int_equal(sum.findings, counts[i] > SL_ZIP_ENTRIES ? SL_ZIP_BIT(LIMIT) : 0);
		assert_int_equal(counted.findings, sum.findings);
		writer_fini(&w);
	}
}

static void
long_names_keep_their_end(void **state)
{
	static const size_t lens[] = { SL_ZIP_NAME, SL_ZIP_NAME + 1, 5000 };

	for (size_t i = 0; i < SL_COUNT(lens); i++) {
		char *name = sl_xzalloc(lens[i] + 1);
		struct entry e = { name, NULL, "x", 0, 0, "", 0, 0, false };
		struct sl_zip_summary sum;
		struct sl_zip *zip;
		struct writer w;

		memset(name, 'a', lens[i]);
		memcpy(name + lens[i] - 4, ".scr", 4);
		writer_init(&w);
		/* a name of 5000 bytes alone is no header */
		add(&w, &hello);
		add(&w, &e);
		finish(&w);
		zip = sl_zip_new(NULL, NULL);
		sl_zip_feed(zip, sl_buf_slice(&w.out));
		sl_zip_finish(zip, &sum);
		sl_zip_free(&zip);
		assert_true(sum.has_program);
		assert_int_equal(sum.findings, lens[i] > SL_ZIP_NAME ? SL_ZIP_BIT(NAME_CUT) : 0);
		writer_fini(&w);
		sl_free(name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archives_are_listed_at_every_cut),
		cmocka_unit_test(entries_beyond_the_limit_are_counted),
		cmocka_unit_test(long_names_keep_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
