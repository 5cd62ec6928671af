/*
 * compile.h - the settings database, or a part of it, into a snapshot
 *
 * Tenant by tenant: what a tenant's nodes say is read and chained (chain.h), and each distinct chain is given to the writer
 * once. So that a tenant takes as long alone as among all others, and a change of a few tenants is compiled by the same
 * functions into a snapshot that is opened over the whole one. What operator and partners say, and their templates, is
 * written once, beside: policies are resolved by who looks them up, so a change there is a few records over all others.
 *
 * What is not in a policy but holds for the whole tenant is put on top of it: a tenant that monitors or is passed through
 * has that mode, one with listed users alone has the recipient shield. One that is off is not in the snapshot.
 *
 * A policy in the database that is not understood (another version wrote it) says nothing, and is a problem to be told;
 * so is an entry of a list.
 *
 * Memory: that of chain.h, and the users of one tenant. Blocking: reads the store, writes the writer's files.
 */
#ifndef SL_COMPILE_H
#define SL_COMPILE_H

#include "snapshot/snapshot.h"
#include "store/store.h"
#include "store/walk.h"

struct sl_compile;

/* A policy as it would be, instead of what the store says: for trying out. Borrowed. */
struct sl_compile_instead {
	struct sl_node	node;
	struct sl_slice	name;		/* "": the node's own; else a template */
	struct sl_slice	text;
};

/* The address of a next hop that is a name. False: it is not known. */
typedef bool sl_compile_address(void *ctx, struct sl_slice host, unsigned char address_out[16]);

struct sl_compile_options {
	struct sl_store			*store;		/* within a view; kept */
	struct sl_snapshot_writer	*writer;	/* kept */
	sl_compile_address		*address;	/* NULL: none is known */
	void				*ctx;
	const struct sl_compile_instead	*instead;	/* NULL: none */
};

struct sl_compile *sl_compile_new(const struct sl_compile_options *options);	/* never NULL */
void		 sl_compile_free(struct sl_compile **compile);

/* Everything. Results here: 0, or that of the store or the writer; then sl_compile_error has a sentence. */
SL_MUST_USE int	 sl_compile_whole(struct sl_compile *compile);
/* One tenant, for a snapshot over another: one that is not there, or off, is gone. */
SL_MUST_USE int	 sl_compile_tenant(struct sl_compile *compile, int64_t tenant);

/* What else than the tenant itself, its routes and key, and rows of its domains and groups changed of one: */
enum sl_compile_what {
	SL_COMPILE_SAID,	/* its state, or what is said at it or at a domain: whoever says something himself comes */
	SL_COMPILE_LIST,	/* its list */
	SL_COMPILE_GROUP,	/* what a group says: its members come; `id` */
	SL_COMPILE_USER,	/* a user: he comes, with his list; `id`, which may be gone, and then is among those that are gone */
	SL_COMPILE_WHATS,
};
struct sl_compile_part {
	int64_t		tenant;
	uint32_t	what;
	int64_t		id;		/* 0 where it says none */
};
struct sl_compile_gone {	/* an address that was a user's, and may be one's again */
	int64_t		tenant;
	struct sl_slice	address;
};
/* What a change means for its tenant: *len_out parts (`gone` is told by the change itself). False: more than that, all of the
 * tenant has to be compiled. */
#define SL_COMPILE_CHANGE_PARTS	2
bool		 sl_compile_change(const struct sl_change *change, struct sl_compile_part parts_out[SL_COMPILE_CHANGE_PARTS],
		    size_t *len_out);
/* One that is in the snapshot below, of which no more than this changed: all its other users stay as below, so that a tenant
 * of very many users is soon done. Parts and gone: of this tenant, in any order, each as often as you like. */
SL_MUST_USE int	 sl_compile_tenant_partly(struct sl_compile *compile, int64_t tenant, const struct sl_compile_part *parts,
		    size_t parts_len, const struct sl_compile_gone *gone, size_t gone_len);
/* The list of the operator or a partner (which may be gone), likewise. */
SL_MUST_USE int	 sl_compile_list(struct sl_compile *compile, struct sl_node node);
/* What the operator or a partner says, and his templates, likewise. */
SL_MUST_USE int	 sl_compile_speaker(struct sl_compile *compile, struct sl_node node);

const char	*sl_compile_error(const struct sl_compile *compile);
/* What was left out, a line each; at most 64 KiB of them. */
struct sl_slice	 sl_compile_problems(const struct sl_compile *compile);
size_t		 sl_compile_policies(const struct sl_compile *compile);	/* distinct ones */

/* The policy that is effective at a node, with who says what, as compiling has it. `out`, `sources_out` and names_out
 * borrow from `compile` until the next call. */
#define SL_COMPILE_NAMES_MAX	SL_POLICY_SOURCES_MAX
SL_MUST_USE int	 sl_compile_effective(struct sl_compile *compile, struct sl_node node, struct sl_policy_effective *out,
		    struct sl_policy_source sources_out[SL_POLICY_SOURCES_MAX],
		    const char *names_out[SL_POLICY_SOURCES_MAX], size_t *len_out);

const struct sl_policy *sl_compile_preset(const struct sl_compile *compile, uint32_t level);	/* of enum sl_policy_level */

#endif
