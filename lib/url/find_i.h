/* find_i.h - inside lib/url: the finder of links, its window and its words */
#ifndef SL_URL_FIND_I_H
#define SL_URL_FIND_I_H

#include "url/find.h"

#define TLDS		64	/* verdicts that are remembered */

/* Of a top-level domain of at most 8 bytes: they, in lower case; 0: none yet. */
struct tld {
	uint64_t	name;
	bool		is_real;
};

/* A word, put together again if need be. */
struct word {
	const unsigned char	*text;
	size_t			 len;
	const uint16_t		*map;		/* where each byte came from, from `start`; NULL: the same */
	size_t			 start, end;	/* in the window */
	bool			 angle;		/* between < and > */
	bool			 joined;
	bool			 more;		/* it goes on behind `end` */
	unsigned		 classes;	/* of text_class: what is in it */
	size_t			 resume;	/* set: where to go on, in the window */
};

/* What is needed while words are looked at, and not between: 40 KiB of the stack rather than of every message. */
struct link_work {
	unsigned char	clean[SL_LINK_WORD_MAX];	/* the word at hand */
	uint16_t	map[SL_LINK_WORD_MAX];
	unsigned char	text[SL_LINK_WORD_MAX + 16];
	struct sl_url	url;
};

struct sl_link_finder {
	unsigned		 magic;
	const struct sl_suffix	*suffix;
	sl_link_sink		*sink;
	void			*ctx;
	bool			 del_space;
	bool			 stopped;		/* the sink has what it wanted */

	const unsigned char	*window;
	unsigned char		*own;			/* the window's memory; NULL: it is another's */
	size_t			 len;
	size_t			 at;			/* not looked at yet, from here on */
	size_t			 floor;			/* words do not reach back behind it */
	uint64_t		 offset;		/* of window[0] in the text */

	struct link_work	*work;			/* NULL: nothing is looked at just now */
	struct tld		 tlds[TLDS];
	char			 host[SL_DNS_NAME_MAX + 1];
	char			 but_host[SL_DNS_NAME_MAX + 1];	/* links to it were given; "": none */
	char			 last_host[SL_DNS_NAME_MAX + 1];	/* of the link given last */
};

/* Find the links of one word, give them to the sink, set word->resume. */
void	link_word(struct sl_link_finder *f, struct word *word);

/* Is `s` a domain as people write it: two labels or more of letters, digits and inner hyphens (and
 * _ before the last two), under a top-level domain of the list? Its A-labels in f->host. */
bool	link_is_domain(struct sl_link_finder *f, struct sl_slice s);
/* Is `tld`, one label as it was written, on the list? */
bool	link_tld_is_real(struct sl_link_finder *f, struct sl_slice tld);

/* Does something begin here that stands for other characters, like "[.]"? Returns its length and
 * sets what it stands for, or 0. */
size_t	link_defanged(struct sl_slice in, const char **means_out);
/* What a byte is, as bits. */
enum text_class {
	TEXT_DELIMITER = 1,	/* ends a word */
	TEXT_HOST = 2,		/* ASCII that may stand in a host name */
	TEXT_ALNUM = 4,
	TEXT_WIDE = 8,		/* not ASCII */
	TEXT_BRACKET = 16,	/* opens one */
	TEXT_COLON = 32,
	TEXT_DOT = 64,
	TEXT_SLASH = 128,	/* what ends an authority: / \ ? # */
};
extern const uint8_t link_class[256];
/* Length of a character that may stand in a host name; 0: none is there. `dots`: also full stops
 * that are not ASCII. */
size_t	link_host_char(struct sl_slice in, bool dots);
/* Is it punctuation or space, beyond ASCII, which ends a link? */
bool	link_ends(uint32_t c);

static inline bool
is_alnum(unsigned char c)
{
	return (link_class[c] & TEXT_ALNUM) != 0;
}

static inline bool
is_delimiter(unsigned char c)
{
	return (link_class[c] & TEXT_DELIMITER) != 0;
}

#endif
