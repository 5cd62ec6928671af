/* content_i.h - private to lib/content: one message's reader, and its open parts */
#ifndef SL_CONTENT_CONTENT_I_H
#define SL_CONTENT_CONTENT_I_H

#include "content/content.h"
#include "content/sample.h"
#include "mime/charset.h"

/* What lib/content itself finds: id, name, weight, sentence. */
#define CONTENT_FINDINGS(X)									\
	X(TEXT_HIDDEN, "text-hidden", FACT, "text that a reader does not see")			\
	X(BEACON, "beacon", FACT, "an image that nobody sees: it tells who reads, and when")	\
	X(LINK_ELSEWHERE, "link-elsewhere", FACT, "a link whose text names another domain")	\
	X(LINK_USER, "link-user", DECEPTIVE, "a link with a user's name in front of the host")	\
	X(LINK_ADDRESS, "link-address", ODD, "a link to an address without a name")		\
	X(LINK_ODD_ADDRESS, "link-odd-address", DECEPTIVE, "a link to an address in an odd notation")	\
	X(LINK_DISGUISED, "link-disguised", DECEPTIVE,						\
	    "a link with escapes or backslashes where no honest one has them")			\
	X(LINK_PORT, "link-port", ODD, "a link to an unusual port")				\
	X(LINK_LONG, "link-long", LIMIT, "a link longer than the limit: its end is not read")	\
	X(LINKS_LIMIT, "links-limit", LIMIT, "more links than are parsed")			\
	X(TEXT_CHARSET, "text-charset", AMBIGUOUS, "text in another charset than is declared")	\
	X(CHARSET_UNKNOWN, "charset-unknown", ODD, "a charset that nobody knows")		\
	X(CHARSET_BAD, "charset-bad", ODD, "bytes that mean nothing in the charset")		\
	X(MACROS, "macros", FACT, "a document with macros")					\
	X(PROGRAM_INSIDE, "program-inside", DECEPTIVE, "an archive with a program in it")		\
	X(PROGRAM, "program", ODD, "a program, or a file that runs when clicked")			\
	X(FINDINGS_LIMIT, "findings-limit", LIMIT, "more findings than are told")

enum content_finding {
#define CONTENT_FINDING_ENUM(id, name, weight, text) CONTENT_##id,
	CONTENT_FINDINGS(CONTENT_FINDING_ENUM)
#undef CONTENT_FINDING_ENUM
	CONTENT_FINDING_COUNT,
};

#define CONTENT_HOSTS	8	/* whose registrable domains are remembered */

/* A host of a link, and how long a tail of it is the registrable domain. */
struct content_host {
	uint8_t		len, domain_len;
	char		host[SL_DNS_NAME_MAX + 1];
};

struct content_print {
	struct sl_fingerprint	print;
	struct sl_sample	sample;	/* of a long text: the same places in every copy */
};

struct sl_content {
	unsigned			 magic;
	struct sl_content_settings	 settings;
	const struct sl_content_sink	*sink;
	void				*ctx;
	struct sl_mime			*mime;
	struct part			*open;		/* parts that have not ended */
	uint64_t			 fed_bytes;
	uint64_t			 links;		/* that were parsed */
	unsigned			 findings;
	bool				 links_limited;
	struct sl_url			*url;		/* the link at hand; NULL: none yet */
	struct sl_link_finder		*finder;	/* of a part that has ended, for the next; NULL: none */
	struct content_host		 hosts[CONTENT_HOSTS];	/* looked up last, in turn */
	unsigned			 hosts_next;
	/* Fingerprints of what is seen; NULL: not asked for, or nothing seen. */
	struct content_print		*plain_print, *html_print;
	struct sl_fingerprint_result	 plain_result, html_result;
};

/* An open part that is no multipart. */
struct part {
	struct sl_content_part		 pub;
	struct part			*next, **link;	/* of content->open */
	struct sl_content		*content;
	bool				 decided;	/* how it is read: what came before was held in sniff */
	uint64_t			 decided_at;	/* bytes of it that had come */
	bool				 wanted;	/* a file's bytes, by the sink */
	const struct sl_charset		*charset;	/* of text; NULL: not told, or unknown */
	struct sl_charset_decoder	*decoder;
	struct sl_view			*view;
	struct sl_link_finder		*finder;	/* over the text that is seen; NULL: nobody asks */
	struct sl_url			*base;		/* of an HTML page; NULL: none */
	struct sl_zip			*zip;		/* NULL: nothing looks like an archive yet */
	uint64_t			 zip_passed;	/* bytes before that */
	struct sl_zip_summary		 zip_summary;
	struct sl_fingerprint		*print;		/* of a file */
	struct sl_fingerprint_result	 print_result;
	unsigned			 found;		/* bits of enum content_finding told of this part */
	struct sl_sniff			 sniff;		/* large, and so last: not cleared with the rest */
};

/* content.c */
void	content_found(struct sl_content *content, const char *name, const char *sentence,
	    enum sl_content_weight weight, const char *path, struct sl_slice detail);
/* One of our own, once for each part. */
void	content_part_found(struct part *part, enum content_finding finding, struct sl_slice detail);

/* Does anybody want to know about links? Finding them costs. */
bool	content_wants_links(const struct sl_content *content);

/* part.c: what mime.h says of parts */
void	content_part_begin(void *ctx, struct sl_mime_part *mime);
void	content_part_body(void *ctx, struct sl_mime_part *mime, struct sl_slice bytes);
void	content_part_end(void *ctx, struct sl_mime_part *mime);
void	content_part_free(struct part *part);	/* without a word: the message was given up */

/* text.c: a part that is text or HTML, from its charset on */
void	content_text_begin(struct part *part);
void	content_text_feed(struct part *part, struct sl_slice bytes);
void	content_text_end(struct part *part);
/* Whether the names and types say that it is a page; `sniffed` may say so as well. */
bool	content_text_is_html(const struct sl_mime_part *mime, const struct sl_sniffed *sniffed);

/* link.c */
void	content_link_from_text(void *ctx, const struct sl_found_link *found);		/* ctx: struct part */
void	content_link_from_view(void *ctx, const struct sl_view_link *link);
void	content_image_from_view(void *ctx, const struct sl_view_image *image);

/* weight.c: how much other libraries' findings say */
enum sl_content_weight	content_weight_of_mime(enum sl_mime_finding_kind kind);
enum sl_content_weight	content_weight_of_view(enum sl_view_finding finding);
enum sl_content_weight	content_weight_of_name(enum sl_name_finding finding);
enum sl_content_weight	content_weight_of_agree(enum sl_agree_finding finding);
enum sl_content_weight	content_weight_of_zip(enum sl_zip_finding finding);

#endif
