/*
 * content.h - what a message is: its parts, what a person sees of them, links, files, oddities
 *
 * One push reader over one message, on top of mime (parts in all readings), charset, html/view,
 * url and attach. It describes and does not judge; classifiers listen to its events, and
 * `sluicectl inspect` prints them. Events come in document order, each with the part it is of.
 *
 * How a part is read follows from what it says it is and, where it says nothing or lies, from what it
 * holds: a page declared as application/octet-stream, or named .htm, is read as HTML. Text is
 * UTF-8, whatever its charset; where none is declared, that of a byte order mark or of <meta> is
 * taken, as mail programs do. All else is a file: its type is told by its first bytes, its name is
 * looked at, a ZIP archive is listed as it passes.
 *
 * Memory: that of mime.h, and for each open part that is no multipart 5 to 12 KiB; for HTML that of
 * html/view.h; for a ZIP archive up to 64 KiB;
 * when links are asked for, that of url/find.h. Links beyond one for each 128 bytes (the first 256
 * are free) are told without being parsed, with a finding.
 * Cuts change nothing but where text of one kind, and bytes of a file, are cut, and how findings take turns
 * with other events.
 */
#ifndef SL_CONTENT_CONTENT_H
#define SL_CONTENT_CONTENT_H

#include "attach/agree.h"
#include "attach/zip.h"
#include "domain/suffix.h"
#include "fingerprint/fingerprint.h"
#include "html/view.h"
#include "mime/mime.h"
#include "url/find.h"
#include "url/url.h"

#define SL_CONTENT_LINKS_FREE	256
#define SL_CONTENT_LINK_BYTES	128	/* of the message for each further one that is parsed */
#define SL_CONTENT_FINDINGS_MAX	500	/* that are told; then no more are */

/* How much a finding says. */
enum sl_content_weight {
	SL_CONTENT_FACT,	/* ordinary mail has it too: for classifiers */
	SL_CONTENT_ODD,		/* rare in ordinary mail, and not harmful by itself */
	SL_CONTENT_AMBIGUOUS,	/* programs will see different things */
	SL_CONTENT_DECEPTIVE,	/* something is made to look like what it is not */
	SL_CONTENT_LIMIT,	/* a limit was reached; reading went on in a coarser way */
};

struct sl_content_finding {
	const char		*name;		/* "link-elsewhere"; static */
	const char		*sentence;	/* static */
	enum sl_content_weight	 weight;
	const char		*path;		/* of the part; "" for the message */
	struct sl_slice		 detail;	/* may be empty; bytes as they came */
};

/* How a part is read. */
enum sl_content_role {
	SL_CONTENT_MULTIPART,	/* and messages within messages: their parts come on their own */
	SL_CONTENT_TEXT,
	SL_CONTENT_HTML,
	SL_CONTENT_FILE,
};

struct sl_content_part {
	const struct sl_mime_part *mime;	/* path, reading, declared types, names; size and hash at the end */
	enum sl_content_role	 role;
	bool			 is_attached;	/* shown by its name, not as text of the message */
	const char		*charset;	/* that text is read in; NULL: no text */
	/* From the `file` event on; at the end, of text too. */
	struct sl_sniffed	 sniffed;
	/* At the end. */
	struct sl_name		 name;		/* of the first name; empty if it has none */
	unsigned		 agree;		/* SL_AGREE_BIT()s */
	const struct sl_zip_summary *zip;	/* NULL: no ZIP archive */
	const struct sl_fingerprint_result *fingerprint;	/* of a file's bytes; NULL: not asked for */
	void			*user;		/* the sink's own */
};

struct sl_content_link {
	const struct sl_content_part *part;
	enum sl_view_element	 element;	/* of HTML; A for links in plain text */
	bool			 in_text;	/* found in running text, not in markup */
	struct sl_slice		 raw;		/* as found */
	struct sl_slice		 written;	/* the same with its scheme, put together again */
	const struct sl_url	*url;		/* NULL: it is none, or was not parsed */
	struct sl_slice		 href;		/* serialised; empty if url is NULL */
	struct sl_slice		 host;		/* as a browser would look it up; may be empty */
	struct sl_slice		 domain;	/* the registrable one; empty for addresses and suffixes */
	struct sl_slice		 anchor;	/* what is seen in its place; empty: nothing, or it itself */
	unsigned		 flags;		/* SL_VIEW_HIDDEN and its like, of HTML */
	unsigned		 found_flags;	/* SL_FOUND_*, of text */
};

/* Members may be NULL. All arguments are borrowed for the call, parts from begin to end. */
struct sl_content_sink {
	/* A field of a header: the message's own has path "", see sl_mime_sink. */
	void	(*field)(void *ctx, const char *path, unsigned reading, struct sl_slice name,
		    struct sl_slice value, bool cut);
	/* What it is for is known: of text at once, else when the first bytes have come. */
	void	(*begin)(void *ctx, struct sl_content_part *part);
	/* Text after text of one kind goes on. Plain text is VISIBLE. */
	void	(*text)(void *ctx, struct sl_content_part *part, struct sl_slice utf8,
		    enum sl_view_kind kind);
	void	(*tag)(void *ctx, struct sl_content_part *part, const struct sl_html_tag *tag);
	void	(*link)(void *ctx, const struct sl_content_link *link);
	void	(*image)(void *ctx, struct sl_content_part *part, const struct sl_view_image *image);
	void	(*form)(void *ctx, struct sl_content_part *part, const struct sl_view_form *form);
	/* A file's first bytes have been looked at (role, sniffed are set). True: its bytes are
	 * wanted, from the first on; they come to `bytes`. */
	bool	(*file)(void *ctx, struct sl_content_part *part);
	void	(*bytes)(void *ctx, struct sl_content_part *part, struct sl_slice bytes);
	/* An entry of an archive that is listed as it passes. */
	void	(*entry)(void *ctx, struct sl_content_part *part, const struct sl_zip_entry *entry);
	void	(*end)(void *ctx, struct sl_content_part *part);
	/* Those about links come only if `link` is not NULL: finding links costs. */
	void	(*finding)(void *ctx, const struct sl_content_finding *finding);
};

struct sl_content_settings {
	struct sl_mime_settings	 mime;		/* its `hash` gives SHA-256; without it files that nobody
						 * wants are passed over undecoded */
	const struct sl_suffix	*suffix;	/* kept; NULL: links in running text are not found, and
						 * `domain` stays empty */
	const struct sl_fingerprint_key *fingerprint;	/* kept; NULL: none are made */
	bool			 only_text_prints;	/* none of files */
	const struct sl_view_limits *view;	/* kept; NULL: the default ones */
};

struct sl_content;

/* `settings` NULL: defaults without hash, suffix list and fingerprints. `sink` and `ctx` are kept. */
struct sl_content *sl_content_new(const struct sl_content_settings *settings,
	    const struct sl_content_sink *sink, void *ctx);
void	sl_content_free(struct sl_content **content);	/* NULL is fine */
void	sl_content_feed(struct sl_content *content, const unsigned char *data, size_t len);
/* No more comes: gives what is still open. After it only the functions below and _free may be called. */
void	sl_content_finish(struct sl_content *content);

/* When finished: the fingerprint of the text a person sees (of HTML if there is enough of it). False:
 * none was asked for, or there is no text. */
bool	sl_content_fingerprint(const struct sl_content *content, struct sl_fingerprint_result *out);

/* Is a file (its `file` event has come) of a type that has more in it than its bytes show: an archive, a
 * document, an image that may hold a QR code, a shortcut? Then a helper should look into it (deep/deep.h). */
bool	sl_content_is_container(const struct sl_content_part *part);

const char	*sl_content_weight_name(enum sl_content_weight weight);	/* "deceptive" */

#endif
