/*
 * edge_provider_i.h - a tenant of the console's with users of different policies, a sender, a next hop, clamd, and the vault
 * as a test plays them (edge_vault_i.h)
 *
 * What clamd finds, which the test says, is what the policies decide by.
 */
#ifndef EDGE_PROVIDER_I_H
#define EDGE_PROVIDER_I_H

#include "edge_vault_i.h"

extern struct rig rig;
extern struct rig_end *clamd;	/* of the message in work */
extern struct rig_end *hop;	/* the first connection to the next hop; NULL: none yet */

struct user {
	const char	*address, *policy;	/* NULL: the tenant's; "": the level's own */
};

struct entry {
	const char	*owner;		/* an address; NULL: the tenant's */
	const char	*value;
	unsigned	 flags;
};

/* Has the console the settings' example.com too? */
enum ours { OURS_IS_NOT_THERE, OURS_AS_IT_IS, OURS_AS_IT_WAS };

struct provider {
	const char	*policy;	/* the tenant's, YAML */
	enum ours	 ours;		/* with the same policy; users there are its own */
	struct user	 users[6];
	struct entry	 entries[6];
};

void	open_rig(const struct provider *p);
void	close_rig(void);
void	use(const struct provider *p);		/* from the next transaction on */

/* Recipients, as the sender names them, and what each is told; NULL: the next hop is asked, and takes him. */
struct rcpt {
	const char	*address, *told;
};

/* A sender's session, up to its last recipient; the next hop takes those it is asked about. */
struct rig_end	*envelope(const char *mail, const struct rcpt *rcpts);
/* DATA, the text, its end, and what clamd says. */
void	message(struct rig_end *sender, const char *text, bool infected);
/* The next hop is given the message on the connection that it has, or a new one, for these alone, and answers. */
void	taken_by(const char *reply, const char *const *recipients, bool narrowed);
/* Was what the vault was given last kept for this recipient? */
bool	kept_for(const char *address);

#endif
