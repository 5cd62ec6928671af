/*
 * find.h - links in plain text, as people and mail programs see them
 *
 * A push finder: fed UTF-8 in any cuts, it gives URLs with a scheme (http, https, ftp), names
 * that begin with "www." or "ftp.", bare domains under a top-level domain of the list, and e-mail
 * addresses, with and without "mailto:". Punctuation, quotes and brackets around a link are left
 * out as mail programs do; between < and > it is taken as it stands (RFC 3986, appendix C), and
 * joined if it is broken over lines there; what programs see that do not join is given behind it
 * if it leads elsewhere. Defanged links are found too ("hxxp://", "example[.]com",
 * "example(dot)com", "a[at]example.com"): readers put them together again.
 *
 * A link is looked for in a word: what stands between white space, controls, <, > and ". Words
 * longer than SL_LINK_WORD_MAX are looked at in pieces that overlap; a link that long is cut,
 * and what follows is looked at as text, so that nothing is out of sight.
 *
 * Memory: about 42 KiB, and as much of the stack while it works. Time: linear; text without links is looked at
 * 16 bytes at a time. Links
 * come in the order of the text, up to 40 KiB after they were fed, or at the end; where the text
 * is cut changes nothing.
 *
 * Limits: "example [dot] com" with spaces is not seen; in a path "(dot)" and the like are put
 * together as well. Other schemes are not looked for. Bare names need ASCII dots. A bare name with
 * a path component in front ("src/main.rs") is taken for a file. Domains in letters that are not
 * ASCII need a space or punctuation around them, or what is ASCII of them must be a domain.
 */
#ifndef SL_URL_FIND_H
#define SL_URL_FIND_H

#include "url/url.h"

#define SL_LINK_WORD_MAX	8192	/* bytes of a word that are looked at in one piece */
#define SL_LINK_LOCAL_MAX	256	/* of an address before its "@": RFC 5321 has 64 */

/* About a link: name, bit, the sentence. */
#define SL_LINK_FLAGS(X)								\
	X(SL_LINK_GUESSED, 0, "written without its scheme")				\
	X(SL_LINK_BARE, 1, "a domain by itself, which may be something else")		\
	X(SL_LINK_MAIL, 2, "an e-mail address")						\
	X(SL_LINK_DEFANGED, 3, "written so that no program makes a link of it")		\
	X(SL_LINK_JOINED, 4, "broken over lines")					\
	X(SL_LINK_CUT, 5, "longer than the limit, and cut")

enum sl_link_flag {
#define SL_LINK_FLAG_ENUM(name, bit, text) name = 1 << bit,
	SL_LINK_FLAGS(SL_LINK_FLAG_ENUM)
#undef SL_LINK_FLAG_ENUM
};

/* The sentence for one bit; never NULL, static. */
const char	*sl_link_flag_text(enum sl_link_flag flag);

struct sl_found_link {
	struct sl_slice		 raw;		/* as it stands in the text, line breaks and all */
	uint64_t		 offset;	/* of raw in all that was fed */
	struct sl_slice		 text;		/* the URL: with scheme, put together again */
	const struct sl_url	*url;		/* the same, parsed */
	struct sl_slice		 host;		/* the URL's, without a final dot, or the address's domain */
	unsigned		 flags;		/* of sl_link_flag */
};

/* All is borrowed for the call. */
typedef void sl_link_sink(void *ctx, const struct sl_found_link *link);

struct sl_link_finder;

/* `suffix`, `sink` and `ctx` are kept. Never NULL. */
struct sl_link_finder	*sl_link_finder_new(const struct sl_suffix *suffix, sl_link_sink *sink, void *ctx);
/* After _finish: begin anew, with another text. `ctx` is kept. */
void	sl_link_finder_reset(struct sl_link_finder *finder, void *ctx);
void	sl_link_finder_free(struct sl_link_finder **finder);	/* NULL is fine */
/* The text is format=flowed with DelSp=yes (RFC 3676, 4.2): a space at the end of a line and the
 * line break are nothing. Before the first feed. */
void	sl_link_finder_del_space(struct sl_link_finder *finder);
void	sl_link_finder_feed(struct sl_link_finder *finder, const unsigned char *data, size_t len);
/* No more comes: gives what is still held. After it only _free may be called. */
void	sl_link_finder_finish(struct sl_link_finder *finder);

/* Does a text, like that of an anchor, itself name a host of the web, and which first? A-labels
 * or an address. Linear; cheap for text without a name. */
bool	sl_link_names_host(struct sl_slice text, const struct sl_suffix *suffix,
	    char host_out[SL_DNS_NAME_MAX + 1]);

#endif
