/* links_i.h - inside lib/classify: what links.h knows of a message, gathered and judged */
#ifndef SL_CLASSIFY_LINKS_I_H
#define SL_CLASSIFY_LINKS_I_H

#include "classify/links.h"
#include "classify/say.h"

#define OWN_MAX		8	/* of the tenant's domains that imitations are looked for */
#define BRANDS_MAX	4	/* that the name or the subject names */

/* Evidence: id, name, log-odds of spam and phish, sentence. The weights are half of what was measured, or less:
 * doc/links.md. */
#define LINKS_ROWS(X)									\
	X(TEXT_ELSEWHERE, "link_text_elsewhere", 0.1, 1, "a link is not what it shows: %1")	\
	X(USERINFO, "link_userinfo", 0.8, 1.5, "a link has a name in front of its host: %1")	\
	X(ADDRESS, "link_address", 1.5, 2, "a link leads to an address without a name: %1")	\
	X(ODD_ADDRESS, "link_odd_address", 0.5, 1.2, "a link leads to an address in an odd notation: %1")	\
	X(DISGUISED, "link_disguised", 0.9, 1.1, "a link is written to be misread: %1")	\
	X(PORT, "link_port", 0.7, 1, "a link leads to an unusual port: %1")		\
	X(PUNYCODE, "link_punycode", 0.3, 0.8, "a link leads to a host in letters beyond ASCII: %1")	\
	X(SHORTENER, "link_shortener", 0.5, 1.2, "a link is shortened and hides where it leads: %1")	\
	X(HOSTING, "link_hosting", 0.6, 0.7, "a link leads to where anybody can put pages: %1")	\
	X(REDIRECTOR, "link_redirector", 0.1, 0.3, "a link to %1 holds one to %2")		\
	X(RECIPIENT, "link_recipient", 0.7, 0.1, "a link holds a mail address: %1")		\
	X(UNSEEN, "link_unseen", 0, 0.1, "a link with nothing to see: to %1")		\
	X(HOST_ODD, "link_host_odd", 0.6, 0.8, "a link leads to a host with an odd name: %1")	\
	X(LOOKALIKE, "link_lookalike", 0.8, 1.5, "a link leads to a host that imitates %2: %1")	\
	X(BRAND_ADDED, "link_brand_added", 0.5, 0.5, "a link leads to a host that borrows the name of %2: %1")	\
	X(BRAND_ELSEWHERE, "link_brand_elsewhere", 1.1, 1.2, "the message names %1, and its links lead to %2")	\
	X(LISTED, "link_listed", 2.5, 2.5, "a link leads to a host that is on a list: %1")	\
	X(AUTHOR_ELSEWHERE, "link_author_elsewhere", 0.1, 0.1, "the author is of %1, and no link leads there, but to %2")	\
	X(MANY_HOSTS, "link_many_hosts", 0, 0, "links lead to many hosts: %1 and others")	\
	X(FROM_BRAND, "from_brand_foreign", 0.9, 0.8, "the author's name is %1, his address is at %2")	\
	X(FROM_SPELLED, "from_brand_spelled", 1.5, 2.0, "the author's name is spelled to look like %1: %2")	\
	X(FROM_LOOKALIKE, "from_lookalike", 1.0, 1.5, "the author's domain %1 imitates %2")	\
	X(FROM_OWN_LIKE, "from_own_domain_like", 1.5, 2.5, "the author's domain %1 imitates %2, which is your own")	\
	X(FROM_OWN_NAME, "from_own_name_foreign", 0.7, 1.5, "the author calls himself %1, who does not write from %2")	\
	X(NAME_IS_ADDRESS, "name_is_address", 0.3, 1.2, "the author's name is another address: %1 (%2)")	\
	X(REPLY_FREEMAIL, "reply_freemail", 1.3, 0.8, "the author is of %1, and replies go to a free mailbox at %2")	\
	X(REPLY_ELSEWHERE, "reply_elsewhere", 0.5, 0.1, "the author is of %1, and replies go to %2")	\
	X(FIRST_CONTACT, "first_contact", 0.4, 0.4, "no mail that is proven to be from %1 is remembered here, nor from %2")	\
	X(NEW_CONTACT, "first_contact_lately", 0.4, 0.4, "mail from %2, which %1 is of, is remembered of few days only")	\
	X(NEW_ADDRESS, "first_contact_address", 0.1, 0.1, "no mail that is proven to be from %1 is remembered here")	\
	X(KNOWN, "known_contact", -0.5, -0.5, "you have written to %1 before")

enum links_row {
#define LINKS_ENUM(id, name, spam, phish, sentence) LINKS_##id,
	LINKS_ROWS(LINKS_ENUM)
#undef LINKS_ENUM
	LINKS_COUNT,
};

/* What was found, and the first example of it. */
struct links_fact {
	unsigned	count;
	struct sl_slice	a, b;		/* in the arena */
};

struct links_host {
	uint64_t	hash;
	struct sl_slice	host, domain;	/* in the arena; domain may be empty */
	bool		clicked;	/* else: only an image or the like */
	bool		is_address;	/* a literal, IPv6 in brackets */
	int		owner;		/* a brand, or -1 */
};

struct links {
	unsigned			 magic;
	const struct sl_links_model	*model;
	struct sl_arena			*arena;
	int64_t				 now_s;
	struct sl_slice			 tenant, own[OWN_MAX];
	size_t				 own_len;
	const struct sl_people		*people;
	const struct sl_correspondents	*correspondents;
	bool				 has_from, has_reply;
	struct sl_slice			 from_name, from_address, from_host, from_domain;
	struct sl_slice			 reply_host, reply_domain;
	struct sl_lookalike_match	 brands[BRANDS_MAX];	/* named in the subject or as the author */
	size_t				 brands_len;
	struct links_host		 hosts[SL_LINKS_HOSTS_MAX];
	size_t				 hosts_len;
	unsigned			 hosts_more, clicks;
	struct links_fact		 facts[LINKS_COUNT];
};

/* Note a fact; the first one's examples are kept. */
void		links_note(struct links *links, enum links_row row, struct sl_slice a, struct sl_slice b);
/* The registrable domain, or all of it if none is known. */
struct sl_slice	links_domain(const struct links *links, struct sl_slice host);

/* links_author.c: header fields, and what follows of them when all is seen */
void		links_author_field(struct links *links, struct sl_slice name, struct sl_slice value);
void		links_author_judge(struct links *links);

#endif
