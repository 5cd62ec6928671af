/*
 * zip.h - list a ZIP archive as it streams (APPNOTE.TXT 6.3.10)
 *
 * A push reader. It follows the local headers as they pass (data is skipped by its size, or, where a
 * descriptor gives the size afterwards, up to the descriptor or header that fits the bytes passed),
 * then the central directory and the end records, and compares the two: programs that stream see
 * the first, programs that open files the second, and an archive in which they differ shows each
 * something else. It inflates nothing: what entries hold is the helper's.
 *
 * Anything may be fed: junk before the first header and after the end record is a finding, and a
 * file with neither header nor end record is no archive (`is_zip`). So it can be run over every
 * attachment, and finds the archive behind a picture or a program.
 *
 * Each entry is told once: a local one when its data has passed, an entry of the central directory
 * only if no local one with its place and name has been told.
 *
 * Memory: under 64 KiB, whatever the input. Time: linear. Where the input is cut changes nothing.
 *
 * Limits: of entries beyond SL_ZIP_ENTRIES none is told (they are counted, and their names still
 * weigh in `name_flags`, `name_findings` and `kind`), and overlaps among them are not seen. An encrypted central
 * directory cannot be read (finding). Of spanned archives the part at hand is read.
 */
#ifndef SL_ATTACH_ZIP_H
#define SL_ATTACH_ZIP_H

#include "attach/name.h"

#define SL_ZIP_ENTRIES		1000
#define SL_ZIP_NAME		512	/* bytes of a name, in UTF-8; a longer one is cut */
#define SL_ZIP_BOMB_RATIO	200	/* bytes for a byte: more, in 1 MiB or more, is a bomb's */
#define SL_ZIP_BOMB_BYTES	(UINT64_C(16) << 30)	/* that entries unpack to: more is a bomb */

/* X(id, name, what is odd) */
#define SL_ZIP_FINDINGS(X)										\
	X(PREFIX, "zip-prefix", "other data stands before the archive")				\
	X(SUFFIX, "zip-suffix", "other data stands behind the archive")				\
	X(GAP, "zip-gap", "bytes between entries that belong to none")				\
	X(ENDS, "zip-ends", "several end records: programs open different archives")		\
	X(NO_END, "zip-no-end", "no end record: cut off, or made to be read as a stream")		\
	X(NO_CENTRAL, "zip-no-central", "no central directory")					\
	X(CENTRAL_PLACE, "zip-central-place", "the end record does not point at the central directory")	\
	X(COUNT, "zip-count", "the end record counts other entries than there are")			\
	X(LOCAL_ONLY, "zip-local-only", "an entry that the central directory does not have")		\
	X(CENTRAL_ONLY, "zip-central-only", "an entry that only the central directory has")		\
	X(NAMES_DIFFER, "zip-names-differ", "an entry has two names")				\
	X(HEADERS_DIFFER, "zip-headers-differ", "an entry's two headers differ in method, encryption or size") \
	X(OVERLAP, "zip-overlap", "entries share bytes: a bomb")					\
	X(RATIO, "zip-ratio", "unpacks to far more than it is")					\
	X(SIZE, "zip-size", "a stored entry whose two sizes differ")					\
	X(NAME_TWICE, "zip-name-twice", "two entries have one name")					\
	X(NAME_CUT, "zip-name-cut", "a name longer than the limit")					\
	X(NAME_UNICODE, "zip-name-unicode", "an entry's Unicode name is another than its plain one")	\
	X(NAME_EMPTY, "zip-name-empty", "an entry without a name")					\
	X(ENCRYPTED, "zip-encrypted", "entries under a password")					\
	X(CENTRAL_ENCRYPTED, "zip-central-encrypted", "a central directory under a password")	\
	X(DESCRIPTOR_LOST, "zip-descriptor-lost", "the end of an entry could not be told for certain")	\
	X(NESTED, "zip-nested", "holds archives")							\
	X(SPANNED, "zip-spanned", "one part of several")						\
	X(LIMIT, "zip-limit", "more entries than are told")

enum sl_zip_finding {
#define SL_ZIP_FINDING_ENUM(id, name, text) SL_ZIP_##id,
	SL_ZIP_FINDINGS(SL_ZIP_FINDING_ENUM)
#undef SL_ZIP_FINDING_ENUM
	SL_ZIP_FINDING_COUNT,
};

#define SL_ZIP_BIT(id)	(1u << SL_ZIP_##id)

struct sl_zip_entry {
	struct sl_slice	name;		/* UTF-8, at most SL_ZIP_NAME bytes; '/' parts it */
	uint64_t	offset;		/* of its local header, from the first byte fed (as the archive says,
					 * for one that only the central directory has) */
	uint64_t	packed_bytes, bytes;	/* as declared, or as its descriptor said */
	uint32_t	crc;
	unsigned	method;		/* 0 stored, 8 deflated, 99 AES, ... */
	bool		encrypted;
	bool		directory;	/* the name ends in '/' */
	bool		central_only;
};

struct sl_zip_summary {
	bool		is_zip;		/* a header, with plausible values, or an end record was found */
	enum sl_type	type;		/* by its entries: ZIP, DOCX, XLSM, ODT, JAR, APK, ...; UNKNOWN: no ZIP */
	unsigned	flags;		/* SL_FLAG_* of `type`; MACROS only if it has macros for certain */
	unsigned	findings;	/* SL_ZIP_BIT() */
	unsigned	name_flags;	/* SL_FLAG_* of all entries' names */
	unsigned	name_findings;	/* SL_NAME_BIT() of all entries' names */
	bool		has_macros;	/* vbaProject.bin, Basic/ of OpenDocument, an Excel 4 macro sheet */
	bool		has_program;	/* an entry whose name runs when clicked */
	uint64_t	entries;	/* local headers */
	uint64_t	central;	/* entries of the last central directory */
	uint64_t	encrypted;	/* of `entries` */
	uint64_t	packed_bytes, bytes;	/* sums, of whichever directory declares more */
	uint64_t	first;		/* bytes before the first header */
};

/* Borrowed for the call; NULL members are not called. */
struct sl_zip_sink {
	void	(*entry)(void *ctx, const struct sl_zip_entry *entry);
	/* Once for each kind; `detail` (a name, or empty) is borrowed. */
	void	(*finding)(void *ctx, enum sl_zip_finding finding, struct sl_slice detail);
};

struct sl_zip;

/* `sink` (NULL: none) and `ctx` are kept. Never NULL. */
struct sl_zip	*sl_zip_new(const struct sl_zip_sink *sink, void *ctx);
void		 sl_zip_free(struct sl_zip **zip);	/* NULL is fine */
/* The reader is large, and most files hold no archive: how many bytes at the front of a file it need not
 * be shown. When it is made, it is told how many these were in all, before it is fed the others. */
size_t		 sl_zip_passes(struct sl_slice bytes);
void		 sl_zip_pass(struct sl_zip *zip, uint64_t passed);
void		 sl_zip_feed(struct sl_zip *zip, struct sl_slice bytes);
/* No more comes: last entries and findings, then the summary. After it only _free may be called. */
void		 sl_zip_finish(struct sl_zip *zip, struct sl_zip_summary *out);

const char	*sl_zip_finding_name(enum sl_zip_finding finding);
const char	*sl_zip_finding_text(enum sl_zip_finding finding);	/* a sentence */

#endif
