/*
 * deep.h - what a helper is asked and what it answers: jobs, results, budgets
 *
 * An attachment that has to be taken apart (archive, document, image) is given to a helper
 * (daemon/helper): a process without network and files. This is the codec of both sides, over
 * ipc/ipc.h: INSPECT carries a job and a sealed memfd with the bytes; INSPECT_RESULT carries
 * items (entries, findings, links) in the order they were found, INSPECT_DONE ends the answer.
 *
 * The asker does not trust the helper: every number, text and flag is checked when it is read.
 * Texts are UTF-8 without control bytes, of bounded length; findings and sources of links are
 * numbers of a table, so nothing has a name that is not here.
 *
 * Memory: none held; slices point into the payload. Limits: what does not fit a text's bound is cut
 * by the packer at a character, which no mark tells.
 */
#ifndef SL_DEEP_H
#define SL_DEEP_H

#include "ipc/ipc.h"

/* What may be spent on one message, all of its attachments together. A message's budget is carried
 * from job to job by the asker. */
struct sl_deep_budget {
	uint64_t	bytes_out;	/* unpacked bytes, at every level */
	uint32_t	items;		/* entries, findings and links */
	uint32_t	depth;		/* containers in containers; not used up */
	uint32_t	cpu_ms;
};
#define SL_DEEP_BYTES_OUT	(64u << 20)
#define SL_DEEP_ITEMS		1000u
#define SL_DEEP_DEPTH		6u
#define SL_DEEP_CPU_MS		2000u
#define SL_DEEP_DEPTH_MAX	16u	/* what a helper takes at most, whatever the budget says */

extern const struct sl_deep_budget sl_deep_budget_default;
/* Take what a job has used; never below 0. */
void	sl_deep_budget_take(struct sl_deep_budget *left, const struct sl_deep_budget *used);
/* Is anything left to look with? */
bool	sl_deep_budget_is_left(const struct sl_deep_budget *left);

/* What can be found: name for records and policies, sentence for people. */
#define SL_DEEP_FINDINGS(X)									\
	/* the inspection itself: what these say was not seen is never "clean" */		\
	X(BUDGET, "deep-budget", "a limit was reached: not everything was seen")		\
	X(MEMORY, "deep-memory", "more memory would be needed: not everything was seen")	\
	X(HELPER_DIED, "helper-died", "the helper died of this: not everything was seen")	\
	X(HELPER_TIMEOUT, "helper-timeout", "the helper did not answer in time")		\
	X(HELPER_MISSING, "helper-unavailable", "no helper could be asked")			\
	/* archives */										\
	X(ARCHIVE_ENCRYPTED, "archive-encrypted", "an entry cannot be read without a password")	\
	X(ARCHIVE_DAMAGED, "archive-damaged", "the archive cannot be read to its end")		\
	X(ARCHIVE_RATIO, "archive-ratio", "unpacks to very much more than its size")		\
	X(ARCHIVE_NAME, "archive-unsafe-name", "an entry's name leads out of its folder")	\
	X(ARCHIVE_AMBIGUOUS, "archive-ambiguous", "programs read different entries in it")	\
	X(ARCHIVE_UNSUPPORTED, "archive-unsupported", "a way of packing that is not known here")	\
	X(ARCHIVE_LINK, "archive-link", "an entry points at another file")			\
	X(POLYGLOT, "polyglot", "a file of two types at once")					\
	X(EXECUTABLE, "executable", "a program or script")					\
	/* Office documents */									\
	X(MACRO, "macro", "contains a macro project")						\
	X(MACRO_AUTORUN, "macro-autorun", "a macro that starts by itself")			\
	X(MACRO_SUSPICIOUS, "macro-suspicious", "a macro uses what malware uses")		\
	X(MACRO_XLM, "macro-xlm", "contains Excel 4.0 macros")					\
	X(MACRO_UNREADABLE, "macro-unreadable", "macro source that cannot be read")		\
	X(OLE_DAMAGED, "ole-damaged", "a damaged compound file")				\
	X(OLE_EMBEDDED, "ole-embedded", "an embedded object")					\
	X(OLE_EXECUTABLE, "ole-executable", "an embedded program or script")			\
	X(OLE_EQUATION, "ole-equation", "an Equation Editor object")				\
	X(OLE_LINK, "ole-link", "an object that is fetched from elsewhere")			\
	X(DOCUMENT_ENCRYPTED, "document-encrypted", "a document behind a password")		\
	X(INSTALLER, "installer", "an installer package")					\
	X(OOXML_EXTERNAL, "ooxml-external", "a part that is fetched from elsewhere")		\
	X(OOXML_TEMPLATE, "ooxml-template", "a template or frame that is fetched from elsewhere")	\
	X(OOXML_DDE, "ooxml-dde", "a field that starts another program")			\
	X(OOXML_ACTIVEX, "ooxml-activex", "an ActiveX control")					\
	X(RTF_OBJECT, "rtf-object", "an object in rich text")					\
	X(RTF_UPDATE, "rtf-objupdate", "an object that opens with the text")			\
	X(RTF_OBFUSCATED, "rtf-obfuscated", "rich text written to be misread")			\
	/* PDF */										\
	X(PDF_JAVASCRIPT, "pdf-javascript", "contains JavaScript")				\
	X(PDF_OPEN_ACTION, "pdf-open-action", "does something when it is opened")		\
	X(PDF_LAUNCH, "pdf-launch", "starts a program")						\
	X(PDF_EMBEDDED, "pdf-embedded-file", "contains a file")					\
	X(PDF_SUBMIT, "pdf-submit-form", "sends a form to a server")				\
	X(PDF_REMOTE, "pdf-goto-remote", "leads to another document")				\
	X(PDF_MEDIA, "pdf-rich-media", "contains a player's media")				\
	X(PDF_XFA, "pdf-xfa", "contains a dynamic form")					\
	X(PDF_OBFUSCATED, "pdf-obfuscated", "names written to be overlooked")			\
	X(PDF_DAMAGED, "pdf-damaged", "streams that cannot be read")				\
	/* the rest */										\
	X(LNK_COMMAND, "lnk-command", "a shortcut that runs a command")				\
	X(QR_CODE, "qr-code", "an image with a QR code")					\
	X(IMAGE_SIZE, "image-size", "an image too large to be looked at")			\
	X(IMAGE_DAMAGED, "image-damaged", "an image that cannot be read")			\
	X(ONENOTE_FILE, "onenote-file", "a notebook that contains a file")			\
	X(TNEF_DAMAGED, "tnef-damaged", "a damaged winmail.dat")

enum sl_deep_finding {
#define SL_DEEP_ENUM(id, name, sentence) SL_DEEP_##id,
	SL_DEEP_FINDINGS(SL_DEEP_ENUM)
#undef SL_DEEP_ENUM
	SL_DEEP_FINDING_COUNT,
};
const char	*sl_deep_finding_name(enum sl_deep_finding finding);	/* static */
const char	*sl_deep_finding_sentence(enum sl_deep_finding finding);

/* Where a link was found. */
#define SL_DEEP_SOURCES(X)			\
	X(PDF_ACTION, "pdf-action")		\
	X(PDF_FORM, "pdf-form")			\
	X(OFFICE_RELATION, "office-relation")	\
	X(OFFICE_FIELD, "office-field")		\
	X(OFFICE_MACRO, "office-macro")		\
	X(OLE_HYPERLINK, "ole-hyperlink")	\
	X(RTF_FIELD, "rtf-field")		\
	X(QR, "qr")				\
	X(SHORTCUT, "shortcut")			\
	X(ATTACHED_TEXT, "attached-text")

enum sl_deep_source {
#define SL_DEEP_ENUM(id, name) SL_DEEP_FROM_##id,
	SL_DEEP_SOURCES(SL_DEEP_ENUM)
#undef SL_DEEP_ENUM
	SL_DEEP_SOURCE_COUNT,
};
const char	*sl_deep_source_name(enum sl_deep_source source);	/* static */

enum {	/* of an entry */
	SL_DEEP_ENCRYPTED	= 1 << 0,	/* its bytes could not be read */
	SL_DEEP_DIRECTORY	= 1 << 1,
	SL_DEEP_HAS_MACRO	= 1 << 2,
	SL_DEEP_HASHED		= 1 << 3,	/* `sha256` is that of all of its bytes */
	SL_DEEP_CUT		= 1 << 4,	/* not all of its bytes were read */
	SL_DEEP_IS_PROGRAM	= 1 << 5,	/* executable by type, or a script by name */
	SL_DEEP_FLAGS_ALL	= (1 << 6) - 1,
};

#define SL_DEEP_PATH_MAX	1024
#define SL_DEEP_DETAIL_MAX	512
#define SL_DEEP_URL_MAX		2048
#define SL_DEEP_TYPE_MAX	96
#define SL_DEEP_NAME_MAX	1024
#define SL_DEEP_SHA256_BYTES	32
/* The largest payloads; doc/ipc.md. */
#define SL_DEEP_JOB_MAX		8192u
#define SL_DEEP_RESULT_MAX	(64u << 10)
#define SL_DEEP_DONE_MAX	64u

struct sl_deep_job {
	struct sl_deep_budget	budget;
	struct sl_slice		name;		/* as the message gives it; "": none */
	struct sl_slice		declared;	/* type the message declares */
	struct sl_slice		sniffed;	/* type the asker saw */
};

enum sl_deep_kind { SL_DEEP_ENTRY, SL_DEEP_FINDING, SL_DEEP_LINK, SL_DEEP_KIND_COUNT };

struct sl_deep_item {
	enum sl_deep_kind	kind;
	struct sl_slice		path;	/* inside the attachment: "a/b.txt", "in.zip!/c.txt"; "": itself */
	union {
		struct {
			struct sl_slice	type;		/* sniffed */
			uint64_t	size_bytes;	/* that were read, or that the archive says */
			uint64_t	packed_bytes;	/* 0: not known */
			uint32_t	flags;		/* SL_DEEP_ENCRYPTED, ... */
			unsigned char	sha256[SL_DEEP_SHA256_BYTES];
		} entry;
		struct {
			enum sl_deep_finding	id;
			struct sl_slice		detail;
		} finding;
		struct {
			enum sl_deep_source	from;
			struct sl_slice		url;	/* as found, or a QR code's text */
		} link;
	};
};

struct sl_deep_done {
	struct sl_deep_budget	used;		/* depth: the deepest level that was entered */
	bool			complete;	/* false: a limit was reached */
};

/* Takes one item, borrowed for the call. */
typedef void sl_deep_sink(void *ctx, const struct sl_deep_item *item);

void	sl_deep_pack_job(const struct sl_deep_job *job, struct sl_buf *out);
void	sl_deep_pack_item(const struct sl_deep_item *item, struct sl_buf *out);
void	sl_deep_pack_done(const struct sl_deep_done *done, struct sl_buf *out);
/* Each gives 0 or SL_ERR_SYNTAX; slices point into the payload. */
SL_MUST_USE int	sl_deep_unpack_job(struct sl_slice payload, struct sl_deep_job *job_out);
SL_MUST_USE int	sl_deep_unpack_done(struct sl_slice payload, struct sl_deep_done *done_out);
/* All items of one INSPECT_RESULT in order. Those ahead of an error have been given. */
SL_MUST_USE int	sl_deep_unpack_items(struct sl_slice payload, sl_deep_sink *sink, void *ctx);

/* The text as it may travel: UTF-8, control bytes and what is not UTF-8 as U+FFFD, at most `max`
 * bytes, cut at a character. Appends to `out`. */
void	sl_deep_clean_text(struct sl_slice text, size_t max, struct sl_buf *out);

/* memfd.c. Bytes in memory that nobody can change any more, as a descriptor to hand over; or
 * SL_ERR_SYSTEM. */
SL_MUST_USE int	sl_deep_seal(struct sl_slice bytes);
/* The same in steps: empty memory to write() to, then to be sealed (SL_ERR_SYSTEM, `fd` stays). */
SL_MUST_USE int	sl_deep_memory(void);
SL_MUST_USE int	sl_deep_seal_memory(int fd);
/* Map what was sealed, for reading; munmap when done (0 bytes: nothing is mapped). SL_ERR_SYNTAX:
 * it is not sealed memory, SL_ERR_SYSTEM. `fd` is borrowed. */
SL_MUST_USE int	sl_deep_map(int fd, struct sl_slice *bytes_out);
void		sl_deep_unmap(struct sl_slice *bytes);

#endif
