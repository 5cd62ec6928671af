/*
 * write_i.h - inside the writer of snapshots: what it has been given so far
 */
#ifndef SL_SNAPSHOT_WRITE_I_H
#define SL_SNAPSHOT_WRITE_I_H

#include "snapshot/snapshot_i.h"

/* Numbers by number. Not for keys that a stranger chooses: hashes under a salt, and the database's numbers. */
struct index {
	struct index_slot {
		uint64_t	key;
		uint32_t	value;	/* + 1; 0: empty */
	}	*slots;
	size_t	 size, len;
};
bool	index_find(const struct index *index, uint64_t key, uint32_t *value_out);
void	index_put(struct index *index, uint64_t key, uint32_t value);	/* of a key that is not there */
void	index_fini(struct index *index);

/* Bytes that are only needed at the end: appended to an unnamed file, mapped then. */
struct spool {
	const char	*directory;
	int		 fd;		/* -1: not needed yet */
	struct sl_buf	 buf;
	uint64_t	 flushed;
	unsigned char	*map;
	size_t		 map_bytes;
};
void	spool_init(struct spool *spool, const char *directory);
void	spool_fini(struct spool *spool);
SL_MUST_USE int	spool_add(struct spool *spool, struct sl_slice bytes, uint64_t *offset_out);
SL_MUST_USE int	spool_finish(struct spool *spool);	/* map what there is */

struct kept {			/* a policy, or a long value of one */
	unsigned char	digest[DIGEST_BYTES];
	uint64_t	offset;
	uint32_t	len;
	uint32_t	rank;		/* its final number: the same in whatever order they came */
};
struct kept_tenant {
	uint32_t	id, policy, partner;
	uint32_t	offset, len;	/* in `texts` */
};
struct kept_domain {
	uint64_t	hash, alias_hash;	/* 0: no alias */
	uint32_t	tenant, policy;
	uint32_t	name, name_len, alias, alias_len;	/* in `texts` */
};
struct kept_group {
	uint32_t	tenant, group, policy;
};
struct kept_filter {
	uint64_t	owner;		/* by << 32 | id */
	struct sl_list_filter filter;
};

struct kept_source {		/* what operator or a partner says, of its own or in a template */
	uint32_t	owner;
	uint32_t	name, name_len, value, value_len;	/* in `texts` */
};

struct growing {		/* an array of one of these */
	void	*items;
	size_t	 len, size;
};
void	*growing_add(struct growing *array, size_t size_bytes);		/* zeroed */

struct sl_snapshot_writer {
	unsigned	 magic;
	int		 fd;
	char		*directory;
	unsigned char	 salt[SL_SNAPSHOT_SALT_BYTES];
	char		 note[SL_SNAPSHOT_NOTE_MAX];
	size_t		 note_len;
	struct spool	 policy_bytes, value_bytes;
	struct sl_buf	 texts, packed, value;
	struct growing	 policies, values, tenants, domains, groups, filters, gone, sources, speakers, partly;
	struct index	 policy_index, value_index, tenant_index, domain_index, group_index, filter_index;
	struct sl_list_filter users_filter;
	struct sorter	 users, entries, owners;
	bool		 has_stars;
	uint32_t	 largest_said;	/* message.size, of all who are not the operator; 0: nobody has said it */
	uint32_t	 presets[SL_LEVEL_COUNT], presets_len[SL_LEVEL_COUNT];	/* packed, in `texts`; length 0: did not come */
	bool		 inherits;	/* something was said that presets are needed for */
};
#define WRITER_MAGIC	0x5a9db00cu
#define POLICY_GONE	(SL_SNAPSHOT_INHERIT - 1)	/* of a user that is gone, while it is written */
#define KEPT(array, type)	((struct type *)(array).items)

#endif
