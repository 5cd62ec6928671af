/*
 * mime.h - read a message as it streams: header fields, parts, decoded bodies (RFC 5322, 2045-2049)
 *
 * A push parser. Events come in document order; a part's end comes before the next part of the same
 * reading begins. A message is always described, never refused: what is broken is a finding.
 *
 * Readings. Programs differ about broken messages. Reading 0 is what most of them see. Where
 * others would see something else (another transfer encoding, another boundary, a header that goes
 * on, ...) the same bytes are read that way too, at the same time, and come as parts of readings
 * above 0. A part of a reading above 0 can be open while others are: events name their part. A file
 * that is encoded within text is a part below it, of a reading one above that of the text.
 *
 * Paths are those of IMAP (RFC 9051, 6.4.5): "1", "2.1"; a multipart that is a whole message has
 * the path of that message (at the top: the empty string). Text before and after the parts of a
 * multipart comes as body of the multipart itself.
 *
 * Line ends are CRLF or LF. A message whose first line ends with a bare CR is read as if every
 * bare CR were a line end.
 *
 * Memory, whatever the input: for each of at most readings_max + 1 readings: depth_max open parts
 * of about 1 KiB and their boundaries, one field of field_max_bytes, SL_MIME_FIELD_KEPT bytes
 * for each of 9 structural fields, one line of SL_MIME_LINE_MAX, SL_MIME_PREFIX_MAX decoded bytes.
 * Typical mail: under 60 KiB. Time is bounded too: parts beyond 500 and one for each 1,024 bytes are not
 * parted, readings beside the first end when they have cost more than 256 KiB and twice the message,
 * those inside them included. Files in text beyond 100 and one for each 512 bytes are passed over (they are text
 * all the same); of a header's fields beyond 1,000 those of less than 8 bytes are not given.
 *
 * Undeclared parts, a multipart without boundary and fields behind junk are read in further ways and are odd; they are
 * flagged as ambiguous only where such a way finds what matters: a file, a name, base64 or the like.
 *
 * Chunks: where the input is cut changes nothing but how body bytes are
 * cut, and how those of different readings take turns. No recursion on the input's depth.
 *
 * Limits: past depth_max, parts are still found (any line that looks like a boundary, before
 * one that looks like a header field) and decoded, but as siblings. The body of message/rfc822
 * comes as its parts only, unless whole_messages is set: it has no size or hash of its own.
 */
#ifndef SL_MIME_MIME_H
#define SL_MIME_MIME_H

#include "mime/transfer.h"

#define SL_MIME_BOUNDARY_MAX	900	/* RFC 2046 allows 70; a longer one is as good as none */
#define SL_MIME_LINE_MAX	1024	/* a line that could be a boundary is held up to this */
#define SL_MIME_FIELD_KEPT	16384	/* of a Content-Type and its like */
#define SL_MIME_PREFIX_MAX	16384	/* decoded bytes kept for a reading that starts late */
#define SL_MIME_NAMES_MAX	8

/* How much a finding says. */
enum sl_mime_weight {
	SL_MIME_ODD,		/* broken, but seen in ordinary mail */
	SL_MIME_AMBIGUOUS,	/* programs will see different things, and ordinary mail has none of it */
	SL_MIME_LIMIT,		/* a limit was reached; reading went on in a coarser way */
};

#define SL_MIME_FINDINGS(X)									\
	X(HEADER_NO_END, "header-no-end", ODD, "the header ends without an empty line")		\
	X(HEADER_JUNK, "header-junk", AMBIGUOUS, "a line among header fields is none")		\
	X(FIELD_HIDDEN, "field-hidden", AMBIGUOUS, "a structural field hides in another")	\
	X(FIELD_TWICE, "field-twice", AMBIGUOUS, "a structural field is given twice, and differs")	\
	X(FIELD_CUT, "field-cut", LIMIT, "a header field is longer than the limit")		\
	X(FIELDS, "fields-limit", LIMIT, "a header has more fields than any ordinary one")	\
	X(FIELD_NAME, "field-name", ODD, "a header field's name is not well-formed")		\
	X(BARE_CR, "bare-cr", AMBIGUOUS, "lines end with CR alone")				\
	X(TYPE_ODD, "type-odd", AMBIGUOUS, "programs read the content type differently")	\
	X(NAME_ODD, "name-odd", AMBIGUOUS, "programs read the file name differently")		\
	X(ENCODING_ODD, "encoding-odd", AMBIGUOUS, "programs read the transfer encoding differently")	\
	X(ENCODING_UNKNOWN, "encoding-unknown", ODD, "the transfer encoding is not known")	\
	X(ENCODED_MULTIPART, "encoded-multipart", ODD, "a multipart has a transfer encoding")	\
	X(ENCODED_MESSAGE, "encoded-message", ODD, "a message inside has a transfer encoding")	\
	X(BOUNDARY_MISSING, "boundary-missing", AMBIGUOUS, "a multipart names no boundary")	\
	X(BOUNDARY_ODD, "boundary-odd", AMBIGUOUS, "programs read the boundary differently")	\
	X(BOUNDARY_UNUSED, "boundary-unused", ODD, "a multipart has no parts")			\
	X(BOUNDARY_STRAY, "boundary-stray", ODD, "parts that no boundary declares")		\
	X(BOUNDARY_NO_END, "boundary-no-end", ODD, "a multipart does not end")			\
	X(BASE64_ODD, "base64-odd", ODD, "programs decode this base64 differently")		\
	X(BASE64_PADS, "base64-pads", AMBIGUOUS, "base64 with pads inside, or junk in a file")	\
	X(QP_ODD, "quoted-printable-odd", ODD, "programs decode this quoted-printable differently")	\
	X(QP_FILE, "quoted-printable-file", AMBIGUOUS, "quoted-printable of a file has wrong escapes")	\
	X(EMBEDDED, "embedded-file", ODD, "a file encoded within text")				\
	X(DEPTH, "depth-limit", LIMIT, "parts are nested too deeply")				\
	X(PARTS, "parts-limit", LIMIT, "more parts than its size allows: further ones are not parted")	\
	X(READINGS, "readings-limit", LIMIT, "more readings than are followed")

enum sl_mime_finding_kind {
#define SL_MIME_FINDING_ENUM(id, name, weight, text) SL_MIME_##id,
	SL_MIME_FINDINGS(SL_MIME_FINDING_ENUM)
#undef SL_MIME_FINDING_ENUM
	SL_MIME_FINDING_COUNT,
};

const char		*sl_mime_finding_name(enum sl_mime_finding_kind kind);
const char		*sl_mime_finding_text(enum sl_mime_finding_kind kind);	/* a sentence */
enum sl_mime_weight	 sl_mime_finding_weight(enum sl_mime_finding_kind kind);

struct sl_mime_part {
	const char	*path;
	unsigned	 reading;
	struct sl_slice	 type;		/* lower case, "text/plain" if none is given */
	struct sl_slice	 charset;	/* as written; empty if none */
	struct sl_slice	 encoding;	/* as written; empty if none */
	struct sl_slice	 disposition;	/* lower case; empty if none */
	struct sl_slice	 filename;	/* UTF-8; empty if none */
	struct sl_slice	 names[SL_MIME_NAMES_MAX];	/* all readings of it; the first is `filename` */
	size_t		 names_count;
	enum sl_transfer transfer;	/* how this reading decodes it */
	bool		 is_multipart;
	bool		 is_message;
	uint64_t	 size_bytes;	/* decoded, so far; at the end: of it all. At the begin of a reading
					 * that starts late: how much it has in common and is not given again */
	unsigned char	 sha256[32];	/* at the end, if settings.hash */
	/* The sink may set this, in `begin` or at any `body`: no more of this body is decoded, counted,
	 * hashed or given, nor read in other ways or searched for files. Boundaries are honoured, `end`
	 * comes. size_bytes stays as it was, sha256 is all zeros. Of a multipart or a message only its own
	 * text is passed over: parts come, and may be passed over each. */
	bool		 skip;
	void		*user;		/* the sink's own */
};

/* Every callback may be NULL. Parts are valid from their begin to their end. */
struct sl_mime_sink {
	/* A header field of the entity at `path`; value: folds as sent; `cut` if longer than the limit. */
	void	(*field)(void *ctx, const char *path, unsigned reading, struct sl_slice name,
		    struct sl_slice value, bool cut);
	void	(*begin)(void *ctx, struct sl_mime_part *part);
	void	(*body)(void *ctx, struct sl_mime_part *part, struct sl_slice bytes);	/* decoded */
	void	(*end)(void *ctx, struct sl_mime_part *part);
	/* `path` and `detail` are borrowed; detail may be empty. One kind comes once per entity. */
	void	(*finding)(void *ctx, enum sl_mime_finding_kind kind, const char *path,
		    struct sl_slice detail);
};

struct sl_mime_settings {
	size_t		field_max_bytes;
	unsigned	depth_max;
	unsigned	readings_max;	/* that are followed at the same time, besides reading 0 */
	bool		hash;		/* give SHA-256 */
	bool		whole_messages;	/* a message inside is a file: its bytes come as its body, and nothing in it is looked for */
};
extern const struct sl_mime_settings sl_mime_defaults;

struct sl_mime;

/* `settings` is copied, `sink` and `ctx` are kept. */
struct sl_mime	*sl_mime_new(const struct sl_mime_settings *settings, const struct sl_mime_sink *sink,
		    void *ctx);
void		 sl_mime_free(struct sl_mime **mime);
void		 sl_mime_feed(struct sl_mime *mime, const unsigned char *data, size_t len);
void		 sl_mime_finish(struct sl_mime *mime);

#endif
