/*
 * links.h - where a message leads, and whom it claims to be from, as evidence
 *
 * Listens to From, Reply-To, Subject, to links and to what is odd about them. Judges each host of a web link
 * once: look-alikes of protected names (lookalike/lookalike.h), lists of hosts, shorteners, free hosting; and
 * the author: a brand or one of the tenant's people (people.h) in the name and another address behind it, replies that
 * go elsewhere, a first contact (correspondents.h). Every sentence names what was found. Evidence is link_*, from_*, reply_*,
 * first_contact; doc/links.md has its table with shares measured.
 *
 * Memory: about 6 KiB in the arena and the names of at most SL_LINKS_HOSTS_MAX hosts. Further hosts
 * are counted and not judged. Time: 0.1 us a link, 1 to 5 us a host.
 */
#ifndef SL_CLASSIFY_LINKS_H
#define SL_CLASSIFY_LINKS_H

#include "classify/classify.h"
#include "classify/correspondents.h"
#include "classify/hostlist.h"
#include "classify/people.h"
#include "lookalike/lookalike.h"

#define SL_LINKS_HOSTS_MAX	64	/* of a message, judged */
#define SL_LINKS_DOMAINS_MAX	20	/* worth asking DNS lists for, and as many addresses */

/* What is read and never written; made before system calls are given up, swapped whole. Members may be NULL. */
struct sl_links_model {
	const struct sl_suffix		*suffix;
	const struct sl_fold		*fold;
	const struct sl_lookalike	*brands;	/* data/brands.txt and what the settings add */
	const struct sl_hostlist	*listed;	/* of bad hosts and URLs */
	const struct sl_hostlist	*shorteners, *hosting, *freemail;	/* data/ *.txt */
};

extern const struct sl_classifier sl_links_classifier;	/* `model` is a struct sl_links_model */

/* `state` is what new_message returned, the message is over. The registrable domains of its links that are worth
 * asking DNS lists for, what can be clicked first; not those of well-known brands, nor the tenant's own. Returns how many. */
size_t	sl_links_domains(const void *state, struct sl_slice out[SL_LINKS_DOMAINS_MAX]);
/* Likewise, the addresses that stand in place of a host: "192.0.2.1", "2001:db8::1". */
size_t	sl_links_addresses(const void *state, struct sl_slice out[SL_LINKS_DOMAINS_MAX]);

#endif
