/*
 * snapshot.h - what an edge looks up: recipients, policies, routes and lists, compiled into one file
 *
 * The console writes it, an edge maps it read-only from a descriptor. A file is checked once and whole when it is
 * opened: version, counts, checksum, every offset and length; after that a look-up cannot fail on bad data, it
 * finds or does not find. Look-ups are pure and take a few probes, no more than list.h says.
 *
 * The file is a constant database (tinycdb) of few large records and some small ones:
 *	"m"		version of the form and of the table of settings, salt, counts, note
 *	"d" + hash	a domain: its name, tenant, policy
 *	"t" + id	a tenant: name, key, route, policy
 *	"p" + id	a policy, as what those from the tenant down say
 *	"s" + id, name	what the operator (0) or a partner says, or what a template of his does
 *	"v" + level	what a level of defence is
 *	"b" + digest	a long value of what is said, kept once for all that share it
 *	"n" + id	all that the operator or a partner says is here: for one that is over another
 *	"f" + owner	what kinds of entries the operator, a partner or a tenant has, so that misses are cheap
 *	"g" + id	a tenant that is gone
 *	"k" + id	a tenant whose users are, but for those who are here, in the snapshot below; so is his own list, if
 *			nothing is said here of what kinds it has
 *	"U", "L"	users and list entries: a table of hashes in order, cut into buckets by their first bits,
 *			with a directory of where each bucket begins. A user's name or an entry's text is not in it.
 *	"x" + hash	when a list entry expires
 * and behind it a trailer with a checksum of all before. Hashes are SipHash-2-4 of the key under the salt, 64 bits:
 * that two keys of a snapshot share one is as likely as 1 in a million for six million keys, and is an error of
 * the writer (take another salt); that a stranger's address hits a user's or an entry's is as likely as 1 in 10^12.
 *
 * Memory: of a reader the pages that it has touched; the whole file is under 64 MiB for 35,000 tenants, 60,000
 * domains, 1,000,000 users and 5,000,000 entries. Of a writer 16 MiB for sorting and what tenants, domains and
 * policies are; what is more goes to unnamed files in the directory that it is given.
 *
 * A change needs no new file of everything: a small snapshot of the tenants that changed is opened *over* the large one.
 * What it holds of a tenant, of a list of the operator or a partner, or of what these say, stands for all that the large
 * one has. Policies are resolved when they are asked for, so what is said above tenants holds for all at once.
 *
 * Not pure: it reads and writes descriptors.
 */
#ifndef SL_SNAPSHOT_H
#define SL_SNAPSHOT_H

#include "policy/layer.h"
#include "policy/list.h"

#define SL_SNAPSHOT_SALT_BYTES	16
#define SL_SNAPSHOT_HOPS_MAX	16
#define SL_SNAPSHOT_KEY_MAX	1024	/* bytes of a tenant's public key */
#define SL_SNAPSHOT_NOTE_MAX	64	/* bytes: what made it, as in a version of the database */
#define SL_SNAPSHOT_TENANTS_MAX	10000000u

/* A next hop. */
struct sl_snapshot_hop {
	struct sl_slice	text, host;	/* as written; without port and brackets */
	unsigned char	address[16];	/* IPv4 as ::ffff:a.b.c.d; zero: `host` is a name that was not looked up */
	uint16_t	port;
};

/* What is a tenant's as a whole. */
struct sl_snapshot_tenant {
	uint32_t	id;			/* the database's; records and vault go by it. Not 0. */
	uint32_t	partner;		/* whose lists hold for him too; 0: none */
	struct sl_slice	name;
	struct sl_slice	key;			/* what the vault's entries are sealed to; may be empty */
	struct sl_snapshot_hop hops[SL_SNAPSHOT_HOPS_MAX];
	size_t		hops_len;
	uint32_t	hop_tls;		/* enum sl_hop_tls */
	uint32_t	normalise;		/* bool: bare CR and LF are repaired, not refused */
	uint64_t	file_mark;		/* of the settings file's: of its section there (sl_settings_tenant_mark); 0: of another */
	uint32_t	policy;			/* of sl_snapshot_writer_policy */
};

/* ---- writing */

struct sl_snapshot_writer;

/* Write to `fd` (borrowed: an empty file, open for reading and writing), with unnamed temporary files in `directory`.
 * `salt`: 16 bytes; the same salt and the same input, in whatever order, give the same bytes. Never NULL. */
struct sl_snapshot_writer *sl_snapshot_writer_new(int fd, const char *directory,
	    const unsigned char salt[SL_SNAPSHOT_SALT_BYTES], struct sl_slice note);
void	sl_snapshot_writer_free(struct sl_snapshot_writer **writer);	/* NULL is fine; the file may be half written */

/* Each may come at any time, in any order, before finish. Returns 0; SL_ERR_SYNTAX: a name, address or number that is
 * none; SL_ERR_BUSY: there is one already; SL_ERR_SYSTEM (errno); SL_ERR_FULL: beyond what a file can hold. What is
 * referred to (a domain's tenant, a user's group) may come later; finish finds out. */

/* What somebody says: the template that he builds on (of his partner, or else of the operator; one that is not there says
 * nothing), or "", and what stands beside it. */
struct sl_snapshot_step {
	enum sl_policy_by		 by;
	struct sl_slice			 template;
	const struct sl_policy_layer	*layer;
};
#define SL_SNAPSHOT_STEPS_MAX	6	/* with a template each, and two above: SL_POLICY_SOURCES_MAX */
/* A policy: what the operator and the partner say, then these steps, from the tenant's on, by distance; what holds for
 * the whole tenant on top. */
struct sl_snapshot_chain {
	uint32_t		partner;	/* 0: none */
	enum sl_mode		mode;		/* one that does more is put down to this */
	bool			shield;		/* recipients have to be known, whatever is said */
	struct sl_snapshot_step	steps[SL_SNAPSHOT_STEPS_MAX];
	size_t			steps_len;
};
/* *id_out is the same for the same policy: keep it and give it to tenants, domains, ... */
SL_MUST_USE int	sl_snapshot_writer_chain(struct sl_snapshot_writer *writer, const struct sl_snapshot_chain *chain,
		    uint32_t *id_out);
/* A policy that is what it is, whatever others say. */
SL_MUST_USE int	sl_snapshot_writer_policy(struct sl_snapshot_writer *writer, const struct sl_policy *policy,
		    uint32_t *id_out);
/* What levels are: where there is a chain or a source. */
SL_MUST_USE int	sl_snapshot_writer_presets(struct sl_snapshot_writer *writer, const struct sl_policy_presets *presets);
/* What the operator (`owner` 0) or a partner says: of his own (`name` "", which may build on a template), or in one of his
 * templates (which builds on none). */
SL_MUST_USE int	sl_snapshot_writer_source(struct sl_snapshot_writer *writer, uint32_t owner, struct sl_slice name,
		    struct sl_slice template, const struct sl_policy_layer *layer);
#define SL_SNAPSHOT_INHERIT	UINT32_MAX	/* as a policy: that of whom it is of */
SL_MUST_USE int	sl_snapshot_writer_tenant(struct sl_snapshot_writer *writer, const struct sl_snapshot_tenant *tenant);
/* A domain (any case, U- or A-labels; "*." in front: all below). An alias is looked up as `alias_of`, a domain of the
 * same tenant, with users of that one; else empty. INHERIT: the tenant's. */
SL_MUST_USE int	sl_snapshot_writer_domain(struct sl_snapshot_writer *writer, uint32_t tenant, struct sl_slice domain,
		    struct sl_slice alias_of, uint32_t policy);
/* A group, by the database's number (not 0). INHERIT: that of the domain of each user. */
SL_MUST_USE int	sl_snapshot_writer_group(struct sl_snapshot_writer *writer, uint32_t tenant, uint32_t group,
		    uint32_t policy);
/* A user, by address. `group` 0: none. INHERIT: the group's, or else the domain's. */
SL_MUST_USE int	sl_snapshot_writer_user(struct sl_snapshot_writer *writer, uint32_t tenant, struct sl_slice address,
		    uint32_t group, uint32_t policy);
/* An entry of a list: the operator's (`owner` 0), a partner's, a tenant's (by number), or, by USER, that of a user of
 * tenant `owner`, by address. The same entry twice is both, and expires with the later. */
SL_MUST_USE int	sl_snapshot_writer_entry(struct sl_snapshot_writer *writer, enum sl_policy_by by, uint32_t owner,
		    struct sl_slice address, const struct sl_list_entry *entry);

/* For a snapshot that is opened over another: this tenant is no more; the list of the operator (0), a partner or a tenant
 * is what comes here, be it nothing. A tenant that comes is replaced whole: all his domains, users and entries come too. */
SL_MUST_USE int	sl_snapshot_writer_gone(struct sl_snapshot_writer *writer, uint32_t tenant);
SL_MUST_USE int	sl_snapshot_writer_list(struct sl_snapshot_writer *writer, enum sl_policy_by by, uint32_t owner);

/* Of this tenant, who comes, not all users come: those who do not are as below, but for what they inherit. Whoever has a
 * policy of his own, or of his group, of which something is said otherwise must come, with his list. The tenant's own list
 * is as below, unless it comes, or was announced (sl_snapshot_writer_list). */
SL_MUST_USE int	sl_snapshot_writer_partly(struct sl_snapshot_writer *writer, uint32_t tenant);
/* And this is no user any more, whatever is below. */
SL_MUST_USE int	sl_snapshot_writer_user_gone(struct sl_snapshot_writer *writer, uint32_t tenant, struct sl_slice address);
/* All that the operator (0) or a partner says comes here, be it nothing. */
SL_MUST_USE int	sl_snapshot_writer_speaker(struct sl_snapshot_writer *writer, uint32_t owner);

struct sl_snapshot_counts {
	uint64_t	tenants, domains, users, entries, policies, long_values, expiring;
	uint64_t	bytes;		/* of the file */
};
/* Write all of it, and sync nothing: that is the caller's. SL_ERR_NOT_FOUND: something is referred to that did not
 * come (`wrong_out` says what); SL_ERR_BUSY: two users, domains ... are the same, or two keys share a hash. */
SL_MUST_USE int	sl_snapshot_writer_finish(struct sl_snapshot_writer *writer, struct sl_snapshot_counts *counts_out,
		    struct sl_buf *wrong_out);

/* ---- reading */

struct sl_snapshot;

/* Map and check. `fd` is borrowed: it may be closed afterwards. Returns 0, or SL_ERR_TRUNCATED, SL_ERR_SYNTAX (no
 * snapshot, or damaged), SL_ERR_VERSION (of the form, or of the settings' table), SL_ERR_SYSTEM. */
SL_MUST_USE int	sl_snapshot_open(int fd, struct sl_snapshot **snapshot_out);
/* The same over another, which is kept: it must be closed later. Not over one that is itself over another. Counts, note
 * and id are the upper one's. */
SL_MUST_USE int	sl_snapshot_open_over(int fd, const struct sl_snapshot *under, struct sl_snapshot **snapshot_out);
void		sl_snapshot_close(struct sl_snapshot **snapshot);	/* NULL is fine */
/* Is this tenant in the snapshot of a file? Of one that was opened before: it is not checked again, so that this is quick. */
bool		sl_snapshot_file_has(int fd, uint32_t tenant);
void		sl_snapshot_counts(const struct sl_snapshot *snapshot, struct sl_snapshot_counts *counts_out);
struct sl_slice	sl_snapshot_note(const struct sl_snapshot *snapshot);
/* Sixteen hexadecimal digits of the checksum, for records; the snapshot's own. */
const char	*sl_snapshot_id(const struct sl_snapshot *snapshot);

/* Whom a recipient is, and what holds for him. */
struct sl_snapshot_recipient {
	uint32_t	tenant;		/* its id */
	uint32_t	policy;		/* for sl_snapshot_policy */
	bool		is_user;	/* a known user of the domain */
	bool		has_lists;	/* has entries of his own */
	bool		is_below;	/* and they are in the lower snapshot, though his tenant is in the upper one */
	/* Recipients with the same class have the same tenant and the same policy, and no lists of their own, or are the
	 * same user: they fare alike. */
	uint64_t	class_id;
	/* For sl_snapshot_find. */
	uint64_t	user;		/* 0: he has no lists */
	unsigned	kinds;		/* of their entries: bit 1 << enum sl_list_kind */
};
/* By address (RFC 5321: local@domain, any case). False: the domain is nobody's. */
bool	sl_snapshot_recipient(const struct sl_snapshot *snapshot, struct sl_slice address,
	    struct sl_snapshot_recipient *recipient_out);
/* By number. False: there is none. Texts lie in the map. */
bool	sl_snapshot_tenant(const struct sl_snapshot *snapshot, uint32_t id, struct sl_snapshot_tenant *tenant_out);
/* What comes of all that is said: keep it, it takes tens of microseconds. Texts lie in the map, lists in `arena` or, those
 * that come with a level, in the snapshot.
 * SL_ERR_NOT_FOUND, SL_ERR_FULL. */
SL_MUST_USE int	sl_snapshot_policy(const struct sl_snapshot *snapshot, uint32_t id, struct sl_arena *arena,
		    struct sl_policy *policy_out);
/* No message that any tenant takes is larger: message.size, of all who have said it. */
uint64_t sl_snapshot_largest(const struct sl_snapshot *snapshot);
/* What the lists of operator, partner, tenant and recipient know of a message: found_out[by], for sl_decide. Entries
 * that have expired at `now_s` are not there. */
void	sl_snapshot_find(const struct sl_snapshot *snapshot, const struct sl_snapshot_recipient *recipient,
	    const struct sl_list_question *question, int64_t now_s, struct sl_list_found found_out[SL_BY_COUNT]);

/* One of these lists as it would be. */
struct sl_snapshot_tried {
	enum sl_policy_by	by;
	struct sl_list_filter	filter;		/* of what is added to it */
	/* The flags that an entry would have, which has these now; 0: there is none. */
	unsigned		(*flags)(void *ctx, enum sl_list_kind kind, struct sl_slice key, unsigned bits, unsigned flags);
	void			*ctx;
};
/* The same, with this list so (it is the recipient's); NULL: as it is. */
void	sl_snapshot_find_tried(const struct sl_snapshot *snapshot, const struct sl_snapshot_recipient *recipient,
	    const struct sl_list_question *question, int64_t now_s, const struct sl_snapshot_tried *tried,
	    struct sl_list_found found_out[SL_BY_COUNT]);

/* For tests: put a right checksum behind bytes that were changed. */
void	sl_snapshot_seal(unsigned char *bytes, size_t len);

#endif
