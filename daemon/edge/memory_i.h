/* memory_i.h - inside daemon/edge: what memory.h remembers, for those who ask and teach it */
#ifndef EDGE_MEMORY_I_H
#define EDGE_MEMORY_I_H

#include "memory.h"

#include "campaign/campaign.h"
#include "classify/correspondents.h"
#include "mailauth/client.h"
#include "reputation/reputation.h"

struct memory {
	void				*map;
	size_t				 len;
	bool				 has_senders, has_texts, has_contacts;
	struct sl_reputation		 senders;
	struct sl_campaigns		 texts;
	struct sl_correspondents	 contacts;
	struct sl_fingerprint_key	 print_key;
};

/* Where a message comes from, as keys. */
struct origin {
	bool		known;		/* else it has no past */
	uint64_t	address, network, manners;
	char		network_text[80];
};

/* The keys of where something came from; m->has_senders. */
void		memory_origin(const struct memory *m, const struct sl_client_address *client, struct origin *out);
/* The registrable domain of a domain, a tail of it. */
struct sl_slice	memory_organisation(const struct edge *edge, const char *domain);
/* A copy in lower case, ended by NUL, in the arena; empty when that is full. */
struct sl_slice	memory_lower(struct sl_arena *arena, struct sl_slice s);
/* A hash of whose word it is: the tenant's, or where there is one only, the recipient's (if he is known). */
uint64_t	memory_who(const struct memory *m, const struct sl_settings *settings, struct sl_slice tenant,
		    struct sl_slice recipient);

#endif
