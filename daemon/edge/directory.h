/*
 * directory.h - whose a recipient is: tenant, route, policy, lists; from the settings' tenants and the console's
 *
 * The settings' tenants come first. A domain that is none of theirs is looked up in the console's snapshot
 * (snapshot/snapshot.h), which is one file, or one with another over it. Who asks sees one kind of tenant and one kind
 * of policy. A directory never changes: other settings, or another snapshot, make another one, and a transaction
 * holds the one it began with.
 *
 * Memory: the map of the snapshot, shared by the directories that use it; a tenant once it was asked for, about 1 KiB;
 * POLICIES_KEPT policies of those asked for last, 2 KiB each and what their lists are.
 */
#ifndef EDGE_DIRECTORY_H
#define EDGE_DIRECTORY_H

#include "conf/settings.h"
#include "policy/decide.h"
#include "policy/patterns/patterns.h"
#include "policy/setting.h"
#include "snapshot/snapshot.h"

#define DIRECTORY_POLICIES_KEPT	1024u	/* of the console's tenants */

struct directory;
struct pictures;
struct snapshot;

/* An effective policy, ready for use. Counted. */
struct policy {
	unsigned		 refs;
	uint32_t		 id;		/* of the console's snapshot */
	struct sl_policy	 values;
	struct sl_groups	*groups;	/* content groups; NULL: there are none */
	struct sl_patterns	*patterns;	/* of theirs; NULL: there are none */
	bool			 judges;	/* not in pass-through */
	bool			 keeps;		/* may want a message kept, and there is a vault for it */
	bool			 copies;	/* may want a copy of it sent to its address */
	struct sl_arena		 arena;		/* of values */
};
struct policy	*policy_ref(struct policy *policy);
void		 policy_unref(struct policy **policy);	/* NULL is fine */

/* What the console has compiled: mapped once, shared by directories. */
/* Map snapshots; `over_fd` -1: there is none. Both are borrowed. `before` (may be NULL) is what is in use: a file that is the same is
 * not read again. Returns 0, or an error of sl_snapshot_open. */
SL_MUST_USE int	 pictures_open(int whole_fd, int over_fd, const struct pictures *before, struct pictures **pictures_out);
struct pictures	*pictures_ref(struct pictures *pictures);
void		 pictures_unref(struct pictures **pictures);	/* NULL is fine */
/* The one to look things up in. */
const struct sl_snapshot *pictures_snapshot(const struct pictures *pictures);

/* `settings` and `pictures` (may be NULL) are referred to. */
struct directory *directory_new(struct snapshot *settings, struct pictures *pictures);
struct directory *directory_ref(struct directory *directory);
void		 directory_unref(struct directory **directory);	/* NULL is fine */
/* The settings it goes by; borrowed. */
struct snapshot	*directory_settings(const struct directory *directory);
/* The id of the console's snapshot, for records; "" without one. */
const char	*directory_id(const struct directory *directory);

#define DIRECTORY_CONSOLE	SIZE_MAX		/* a tenant of the console's, which may be the settings' too */
#define DIRECTORY_ACTIONS	(SIZE_MAX - 1)		/* nobody: an address of ours, which acts (actions.h) */

/* Who a recipient is. */
struct addressee {
	const struct sl_tenant	*tenant;	/* as long as the directory */
	size_t			 place;		/* of a tenant of the settings: his index; else one of those below */
	uint64_t		 class_id;	/* who has the same fares alike: same tenant, same policy, same lists */
	bool			 is_user;	/* the console knows him */
	uint64_t		 size_bytes;	/* the largest message that is taken for him; 0: no limit */
	struct sl_snapshot_recipient at;	/* in the console's snapshot; of tenants of the settings alone `tenant` is 0 */
};
/* By address (local@domain). False: the domain is nobody's. Where there is a console, action addresses are at our own host name. */
bool		 directory_find(struct directory *directory, struct sl_slice address, struct addressee *out);
/* Whoever <postmaster> without a domain is for, when nothing else says so: the first tenant of the settings. False: there is none. */
bool		 directory_first(struct directory *directory, struct addressee *out);
/* The policy of an addressee, with a reference for the caller. NULL: it does not unpack (the console made another one). */
struct policy	*directory_policy(struct directory *directory, const struct addressee *addressee);
/* What the lists know of a message to him: by operator, partner, tenant and user. Nothing for tenants of the settings. */
void		 directory_lists(const struct directory *directory, const struct addressee *addressee,
		    const struct sl_list_question *question, int64_t now_s, struct sl_list_found found_out[SL_BY_COUNT]);
/* Does somebody of that name get mail here? */
bool		 directory_has_tenant(const struct directory *directory, struct sl_slice name);

#endif
