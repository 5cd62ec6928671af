/* find_i.h - inside lib/url: the finder of links, its window and its words */
#ifndef SL_URL_FIND_I_H
#define SL_URL_FIND_I_H

#include "url/find.h"

#define TRIGGERS	5	/* bytes without which there is no link */
#define TLDS		64	/* verdicts that are remembered */
#define TLD_MAX		15	/* longer ones are looked up each time */

struct tld {
	char	name[TLD_MAX + 1];
	bool	is_real;
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
	size_t			 resume;	/* set: where to go on, in the window */
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
	size_t			 next[TRIGGERS];	/* where each is found next */

	/* The word at hand. */
	unsigned char		 clean[SL_LINK_WORD_MAX];
	uint16_t		 map[SL_LINK_WORD_MAX];
	struct tld		 tlds[TLDS];
	char			 host[SL_DNS_NAME_MAX + 1];
	char			 but_host[SL_DNS_NAME_MAX + 1];	/* links to it were given; "": none */
	char			 last_host[SL_DNS_NAME_MAX + 1];	/* of the link given last */
	unsigned char		 text[SL_LINK_WORD_MAX + 16];
	struct sl_url		 url;
};

/* Find the links of one word, give them to the sink, set word->resume. */
void	word_links(struct sl_link_finder *f, struct word *word);

/* Is `s` a domain as people write it: two labels or more of letters, digits and inner hyphens (and
 * _ before the last two), under a top-level domain of the list? Its A-labels in f->host. */
bool	is_domain(struct sl_link_finder *f, struct sl_slice s);

/* Does something begin here that stands for other characters, like "[.]"? Returns its length and
 * sets what it stands for, or 0. */
size_t	defanged(struct sl_slice in, const char **means_out);
/* Is it a byte that ends a word? */
bool	is_delimiter(unsigned char c);
/* Length of a character that may stand in a host name; 0: none is there. `dots`: also full stops
 * that are not ASCII. */
size_t	host_char(struct sl_slice in, bool dots);
/* Is it punctuation or space, beyond ASCII, which ends a link? */
bool	ends_link(uint32_t c);

static inline bool
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z');
}

#endif
