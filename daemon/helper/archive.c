/*
 * archive.c - archives of all kinds, by libarchive from memory; see inspect.h
 *
 * Formats and filters are named one by one: those that start other programs, or are not seen in
 * mail, stay off. Every entry is unpacked (within the budget), hashed and looked at. What cannot be
 * read is a finding: encrypted, damaged, of an unknown method.
 *
 * Memory: what libarchive takes for a dictionary (the process's limit stands behind that), and one
 * block. Limits: several volumes, and archives within RAR's recovery records, are not put together.
 */

#include "inspect.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#define BLOCK_BYTES	65536
#define RATIO_MAX	100		/* honest archives of text reach 20 or so */
#define RATIO_FROM	(8u << 20)	/* unpacked; below it nobody is hurt */

struct walk {
	struct inspection	*in;
	struct archive		*archive;
	struct sl_slice		 bytes;
	enum sniffed		 type;
	uint64_t		 out;		/* unpacked so far */
	bool			 ratio_said;
	bool			 opened;	/* libarchive has seen what it is */
};

static bool
is_zip(enum sniffed type)
{
	return type == SNIFFED_ZIP || type == SNIFFED_OOXML || type == SNIFFED_ODF || type == SNIFFED_JAR;
}

/* One stream of bytes rather than a folder? */
static bool
is_stream(enum sniffed type)
{
	return type == SNIFFED_GZIP || type == SNIFFED_BZIP2 || type == SNIFFED_XZ || type == SNIFFED_LZMA ||
	    type == SNIFFED_ZSTD || type == SNIFFED_LZ4 || type == SNIFFED_LZIP || type == SNIFFED_COMPRESS;
}

static struct archive *
reader_new(enum sniffed type)
{
	struct archive *a = archive_read_new();

	SL_ASSERT(a != NULL);
	if (is_zip(type)) {
		(void)archive_read_support_format_zip(a);
		return a;
	}
	(void)archive_read_support_filter_gzip(a);
	(void)archive_read_support_filter_bzip2(a);
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_filter_lzma(a);
	(void)archive_read_support_filter_lzip(a);
	(void)archive_read_support_filter_zstd(a);
	(void)archive_read_support_filter_lz4(a);
	(void)archive_read_support_filter_compress(a);
	(void)archive_read_support_format_tar(a);
	(void)archive_read_support_format_rar(a);
	(void)archive_read_support_format_rar5(a);
	(void)archive_read_support_format_7zip(a);
	(void)archive_read_support_format_cab(a);
	(void)archive_read_support_format_lha(a);
	(void)archive_read_support_format_iso9660(a);
	(void)archive_read_support_format_cpio(a);
	(void)archive_read_support_format_ar(a);
	if (is_stream(type))
		(void)archive_read_support_format_raw(a);
	return a;
}

/* Does a name lead out of the folder it is unpacked in? */
static bool
name_is_unsafe(struct sl_slice name)
{
	for (size_t i = 0; i + 1 < name.len; i++) {
		bool starts = i == 0 || name.ptr[i - 1] == '/' || name.ptr[i - 1] == '\\';

		if (starts && name.ptr[i] == '.' && name.ptr[i + 1] == '.' &&
		    (i + 2 == name.len || name.ptr[i + 2] == '/' || name.ptr[i + 2] == '\\'))
			return true;
	}
	return name.len > 0 && (name.ptr[0] == '/' || name.ptr[0] == '\\' ||
	    (name.len > 2 && name.ptr[1] == ':'));
}

/* "invoice.js" of "invoice.js.gz": a stream has no name of its own. */
static struct sl_slice
stream_name(const struct walk *w)
{
	struct sl_slice name = object_name(w->in);

	for (size_t i = name.len; i > 1; i--)
		if (name.ptr[i - 1] == '.' && name.len - i <= 4)
			return sl_slice(name.ptr, i - 1);
	return name.len > 0 ? name : SL_SLICE_LIT("data");
}

static struct sl_slice
entry_name(const struct walk *w, struct archive_entry *entry)
{
	const char *name;

	if (archive_format(w->archive) == ARCHIVE_FORMAT_RAW)
		return stream_name(w);
	name = archive_entry_pathname_utf8(entry);
	if (name == NULL)
		name = archive_entry_pathname(entry);
	return sl_slice_str(name);
}

static void
check_entry(struct walk *w, struct archive_entry *entry, struct sl_slice name)
{
	const char *target = archive_entry_symlink(entry);

	if (target == NULL)
		target = archive_entry_hardlink(entry);
	if (name_is_unsafe(name))
		found(w->in, SL_DEEP_ARCHIVE_NAME, SL_SLICE_FMT, SL_SLICE_ARG(name));
	if (target != NULL && name_is_unsafe(sl_slice_str(target)))
		found(w->in, SL_DEEP_ARCHIVE_LINK, SL_SLICE_FMT " to %s", SL_SLICE_ARG(name), target);
	if (is_zip(w->type))
		ooxml_name(w->in, name);
}

static void
check_ratio(struct walk *w)
{
	if (w->ratio_said || w->out < RATIO_FROM || w->out / RATIO_MAX < w->bytes.len)
		return;
	w->ratio_said = true;
	found(w->in, SL_DEEP_ARCHIVE_RATIO, "%zu bytes hold more than %ju", w->bytes.len, (uintmax_t)w->out);
}

/* Says why the rest cannot be read. */
static void
check_failure(struct walk *w)
{
	const char *why = archive_error_string(w->archive);

	if (why == NULL)
		why = "";
	/* Not before it is open: libarchive 3.6 then asks a format that is not there (fuzzed). */
	if ((w->opened && archive_read_has_encrypted_entries(w->archive) == 1) || strstr(why, "ncrypt") != NULL ||
	    strstr(why, "assphrase") != NULL)
		found(w->in, SL_DEEP_ARCHIVE_ENCRYPTED, "%s", why);
	else if (archive_errno(w->archive) == ENOMEM)
		found(w->in, SL_DEEP_MEMORY, "%s", why);
	else if (strstr(why, "nsupported") != NULL || strstr(why, "not supported") != NULL)
		found(w->in, SL_DEEP_ARCHIVE_UNSUPPORTED, "%s", why);
	else
		found(w->in, SL_DEEP_ARCHIVE_DAMAGED, "%s", why);
}

/* Unpack the entry's bytes into `inner`. */
static void
read_data(struct walk *w, struct inner *inner)
{
	static unsigned char block[BLOCK_BYTES];	/* one walk at a time is reading */
	ssize_t n;

	while ((n = archive_read_data(w->archive, block, sizeof(block))) > 0) {
		w->out += (size_t)n;
		check_ratio(w);
		if (!inner_feed(inner, block, (size_t)n))
			return;
	}
	if (n < 0) {
		inner->flags |= SL_DEEP_CUT;
		check_failure(w);
	}
}

static bool
ends_in(struct sl_slice s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && sl_slice_ieq(sl_slice_from(s, s.len - len), sl_slice_str(text));
}

static void
entry_inspect(struct walk *w, struct archive_entry *entry)
{
	struct sl_slice name = entry_name(w, entry);
	bool encrypted = archive_entry_is_encrypted(entry) != 0;
	uint64_t size = archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0
	    ? (uint64_t)archive_entry_size(entry) : 0;
	struct inner inner;

	if (archive_entry_filetype(entry) == AE_IFDIR &&
	    (sl_slice_eq(name, SL_SLICE_LIT(".")) || sl_slice_eq(name, SL_SLICE_LIT("./"))))
		return;
	check_entry(w, entry, name);
	inner_begin(&inner, w->in, name);
	if (is_zip(w->type)) {
		inner.part = ooxml_part(name);
		inner.flags |= ends_in(name, "vbaproject.bin") ? SL_DEEP_HAS_MACRO : 0u;
		inner.unlisted = w->type == SNIFFED_OOXML || w->type == SNIFFED_ODF;
	}
	if (archive_entry_filetype(entry) == AE_IFDIR) {
		inner.flags |= SL_DEEP_DIRECTORY;
	} else if (encrypted) {
		inner.flags |= SL_DEEP_ENCRYPTED;
		found(w->in, SL_DEEP_ARCHIVE_ENCRYPTED, "%s", "");
	} else {
		read_data(w, &inner);
		/* libarchive says no error where some archives (RAR 5) are cut short. */
		if (inner.total < size && (inner.flags & SL_DEEP_CUT) == 0) {
			inner.flags |= SL_DEEP_CUT;
			found(w->in, SL_DEEP_ARCHIVE_DAMAGED, "%s", "an entry shorter than it says");
		}
	}
	inner_end(&inner, size, 0);
}

static void
walk(struct walk *w)
{
	struct archive_entry *entry;
	int r;

	while (!inspection_over(w->in)) {
		r = archive_read_next_header(w->archive, &entry);
		if (r == ARCHIVE_RETRY)
			continue;
		if (r == ARCHIVE_EOF)
			return;
		if (r == ARCHIVE_FATAL || r == ARCHIVE_FAILED) {
			check_failure(w);
			return;
		}
		if (archive_format(w->archive) == ARCHIVE_FORMAT_RAW && archive_filter_count(w->archive) <= 1) {
			/* Its mark alone: LZMA's is too short to say that it is one. */
			if (w->type != SNIFFED_LZMA)
				found(w->in, SL_DEEP_ARCHIVE_DAMAGED, "%s", "no stream behind its mark");
			return;
		}
		entry_inspect(w, entry);
	}
}

void
archive_inspect(struct inspection *in, struct sl_slice bytes, enum sniffed type)
{
	struct walk w = { .in = in, .archive = reader_new(type), .bytes = bytes, .type = type };

	w.opened = archive_read_open_memory(w.archive, bytes.ptr, bytes.len) == ARCHIVE_OK;
	if (w.opened)
		walk(&w);
	else
		check_failure(&w);
	(void)archive_read_free(w.archive);
	if (is_zip(type) && !in->over)
		zip_check(in, bytes);
}
