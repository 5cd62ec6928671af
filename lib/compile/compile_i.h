/*
 * compile_i.h - inside lib/compile
 */
#ifndef SL_COMPILE_I_H
#define SL_COMPILE_I_H

#include "compile/chain.h"
#include "compile/compile.h"
#include "store/walk.h"

#define COMPILE_MAGIC	0x5dc09711u
#define VARIANTS	6	/* of a policy: as it is, monitor, pass-through; each with the shield or without */

struct said {			/* what a node says itself: its chain begins where its parent's ends */
	struct sl_node	 node;
	char		*text;		/* owned */
	size_t		 len;
};

struct domain {
	int64_t		 id;
	uint32_t	 name, name_len;	/* in `texts` */
	uint32_t	 chain;
	bool		 own;		/* the chain differs from the tenant's */
};

struct user {
	int64_t		 id;
	uint32_t	 address, address_len;	/* in `texts` */
};

/* The tenant that is being compiled. */
struct tenant {
	int64_t				 id;
	bool				 there;
	struct sl_tenant_settings	 settings;
	struct sl_snapshot_tenant	 row;
	struct sl_route			 routes[SL_ROUTES_MAX];	/* hosts in `texts`, by offset */
	uint32_t			 hosts[SL_ROUTES_MAX];
	size_t				 routes_len;
	uint32_t			 name_len;	/* of the name, the first of `texts` */
	uint32_t			 chain;
	struct said			*said;		/* sorted by node */
	struct domain			*domains;	/* by id */
	struct group {
		int64_t		id;
		uint32_t	chain;
		bool		own;
	}				*groups;	/* sorted before users come */
	struct user			*users;
	struct sl_node			*spoke;		/* users and groups that say something, or once did: those whose
							 * layers were read */
	size_t				 spoke_len, spoke_size;
	size_t				 said_len, domains_len, groups_len, users_len;
	size_t				 said_size, domains_size, groups_size, users_size;
	struct sl_buf			 texts;
	bool				 groups_sorted, users_sorted, written;
};

struct said_text {		/* what a node says, taken apart */
	struct sl_slice	 template, text;
	struct sl_buf	 rest;
	char		 name[SL_POLICY_NAME_MAX];
};

struct sl_compile {
	unsigned			 magic;
	struct sl_compile_options	 options;
	struct sl_chains		*chains;
	uint32_t			*policies;	/* VARIANTS for each chain: the writer's number + 1 */
	size_t				 policies_size;
	size_t				 policies_len;	/* distinct ones */
	bool				 presets_written;
	struct tenant			 tenant;
	struct sl_buf			 error, problems, scratch;
	struct sl_buf			 names;		/* of sl_compile_effective */
};

struct ids {			/* numbers of nodes */
	int64_t	*ids;
	size_t	 len, size;
};
int	compile_id_add(struct ids *ids, int64_t id);	/* 0 */

int	compile_fail(struct sl_compile *c, int result, const char *format, ...) SL_PRINTF(3, 4);
void	compile_problem(struct sl_compile *c, struct sl_node node, struct sl_slice what);

/* compile.c: one tenant is begun, what is said at its nodes, of levels up to `to`, is read, and it is written row by row. */
void	compile_begin(struct sl_compile *c, int64_t tenant);
int	compile_said_read(struct sl_compile *c, int64_t tenant, enum sl_level to);
void	compile_said_add(struct tenant *t, struct sl_node node, struct sl_slice text);
extern const struct sl_walk compile_without_users;
/* Returns SL_DONE when it is written, 0 when there is nothing of it to write. */
int	compile_write(struct sl_compile *c, int64_t tenant, const struct sl_walk *walk);
int	compile_user(void *ctx, const struct sl_user_row *row);		/* sl_user_each; `ctx` is the struct sl_compile */
int	compile_entry(struct sl_compile *c, struct sl_node node, enum sl_policy_by by, uint32_t owner, struct sl_slice address,
	    const struct sl_store_entry *entry);
int	compile_store_failed(struct sl_compile *c, int result);	/* the store's sentence, where there is none of ours */
struct sl_slice	compile_text(const struct tenant *t, uint32_t at, size_t len);

/* bases.c: the chain with what a node says of itself behind `chain`; the same chain when it says nothing. Template names
 * are looked up at the partner, then at the operator. For people: with the template's text. */
int	compile_push(struct sl_compile *c, uint32_t chain, struct sl_node node, int64_t partner, struct sl_slice text,
	    uint32_t *chain_out);
/* For a snapshot: with its name. */
int	compile_link(struct sl_compile *c, uint32_t chain, struct sl_node node, int64_t partner, struct sl_slice text,
	    uint32_t *chain_out);
int	compile_presets(struct sl_compile *c);	/* once is enough */
/* The text that is tried out instead of the store's; false: none is. */
bool	compile_instead(const struct sl_compile *c, struct sl_node node, struct sl_slice name, struct sl_slice *text_out);

#endif
