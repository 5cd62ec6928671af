/*
 * snapshot_i.h - inside lib/snapshot: the form of the file, tables of hashes, sorting
 */
#ifndef SL_SNAPSHOT_I_H
#define SL_SNAPSHOT_I_H

#include "ipc/ipc.h"
#include "snapshot/snapshot.h"

#include <cdb.h>

#define FORM_VERSION	4u
#define TRAILER_MAGIC	"SLSNAP1\n"
#define TRAILER_HASH	32
#define TRAILER_BYTES	(8 + 8 + 16 + TRAILER_HASH)	/* magic, length of the database, 0, checksum of all before */
#define DIGEST_BYTES	16

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers of a snapshot are little-endian");

/* Keys of the database. */
#define KEY_META	"m"
#define KEY_USERS	"U"
#define KEY_ENTRIES	"L"
static inline size_t
key_number(char kind, uint64_t number, size_t bytes, unsigned char out[16])
{
	out[0] = (unsigned char)kind;
	memcpy(out + 1, &number, bytes);
	return 1 + bytes;
}
#define KEY_DOMAIN(hash, out)	key_number('d', hash, 8, out)
#define KEY_TENANT(id, out)	key_number('t', id, 4, out)
#define KEY_POLICY(id, out)	key_number('p', id, 4, out)
#define KEY_EXPIRY(hash, out)	key_number('x', hash, 8, out)
#define KEY_GONE(id, out)	key_number('g', id, 4, out)
#define KEY_PARTLY(id, out)	key_number('k', id, 4, out)
#define KEY_PRESET(level, out)	key_number('v', level, 4, out)
#define KEY_SPEAKER(id, out)	key_number('n', id, 4, out)
#define KEY_SOURCE_BYTES	(5 + SL_POLICY_NAME_MAX)	/* 's', number, name */
#define KEY_FILTER(by, id, out)	key_number('f', (uint64_t)(by) << 32 | (id), 5, out)

/* What is hashed. */
uint64_t hash_domain(const unsigned char *salt, struct sl_slice domain);
/* Under the tenant's number: whatever else goes wrong, no tenant's user is another's. */
uint64_t hash_user(const unsigned char *salt, uint32_t tenant, struct sl_slice address);
/* `owner`: number of operator (0), partner or tenant; of a user his hash. */
uint64_t hash_entry(const unsigned char *salt, enum sl_policy_by by, uint64_t owner, enum sl_list_kind kind,
	    struct sl_slice text, unsigned bits);

/* ---- a table of hashes in order (table.c)
 *
 * u32 bits of the bucket's number, u32 bytes of a value, u64 count; 2^bits + 1 u32: the index of each bucket's first
 * row; rows: the hash's further bytes, value; TABLE_PAD bytes, so that eight can be read anywhere. */
#define TABLE_HEAD	16
#define TABLE_PAD	8
#define TABLE_BUCKET	8	/* rows of a bucket, about; up to twice as many */
#define TABLE_BITS_MAX	28

struct table {
	const unsigned char	*directory, *rows;
	unsigned		 bits, hash_bytes, value_bytes;
	uint64_t		 count;
	uint64_t		 mask;		/* of the bits that a row keeps */
};

unsigned table_bits(uint64_t count);
size_t	table_bytes(uint64_t count, unsigned value_bytes);
/* False: these bytes are none. */
bool	table_open(struct sl_slice bytes, unsigned value_bytes, struct table *out);
/* Writes rows one after the other, in the order of their hashes. `at`: table_bytes() of zeros. */
struct table_writer {
	unsigned char	*at;
	struct table	 table;
	uint64_t	 row, bucket;
};
void	table_begin(struct table_writer *w, unsigned char *at, uint64_t count, unsigned value_bytes);
void	table_add(struct table_writer *w, uint64_t hash, uint32_t value);
void	table_end(struct table_writer *w);

/* The value of a hash; false: it is not there. */
static inline bool
table_find(const struct table *t, uint64_t hash, uint32_t *value_out)
{
	uint64_t bucket = t->bits == 0 ? 0 : hash >> (64 - t->bits), want = hash & t->mask, row;
	unsigned width = t->hash_bytes + t->value_bytes;
	uint32_t span[2];

	if (t->count == 0)
		return false;
	memcpy(span, t->directory + bucket * sizeof(*span), sizeof(span));
	if (span[1] > t->count)		/* checked when it was opened; the map is not ours alone */
		return false;
	for (uint32_t i = span[0]; i < span[1]; i++) {
		const unsigned char *at = t->rows + (size_t)i * width;

		memcpy(&row, at, sizeof(row));
		if ((row & t->mask) == want) {
			*value_out = 0;
			memcpy(value_out, at + t->hash_bytes, t->value_bytes);
			return true;
		}
	}
	return false;
}

/* Have the processor fetch what a search will look at: first the directory, then the rows. */
static inline void
table_ask_directory(const struct table *t, uint64_t hash)
{
	__builtin_prefetch(t->directory + (t->bits == 0 ? 0 : hash >> (64 - t->bits)) * sizeof(uint32_t));
}

static inline void
table_ask_rows(const struct table *t, uint64_t hash)
{
	uint32_t first;

	memcpy(&first, t->directory + (t->bits == 0 ? 0 : hash >> (64 - t->bits)) * sizeof(first), sizeof(first));
	if (first < t->count)
		__builtin_prefetch(t->rows + (size_t)first * (t->hash_bytes + t->value_bytes));
}

/* ---- sorting more than memory holds (sort.c) */

struct item {
	uint64_t	hash;
	uint32_t	a, b;
	int64_t		c;
};

#define SORT_ITEMS	(SORT_BYTES / sizeof(struct item))
#define SORT_BYTES	((size_t)8 << 20)
#define SORT_RUNS_MAX	1024

struct sorter {
	int		 fd;		/* unnamed; -1: not needed yet */
	const char	*directory;	/* borrowed */
	struct item	*items;
	size_t		 len;
	uint64_t	 total;
	struct sort_run {
		const struct item	*at, *end;
		const struct item	*kept;	/* what lies before has been given back */
		uint64_t		 offset, count;
	}		*runs;
	size_t		 runs_len;
	void		*map;
	size_t		 map_bytes;
};
/* An unnamed file, for reading and writing; SL_ERR_SYSTEM. */
int	unnamed_file(const char *directory);
void	sorter_init(struct sorter *sorter, const char *directory);
void	sorter_fini(struct sorter *sorter);
SL_MUST_USE int	sorter_add(struct sorter *sorter, const struct item *item);
/* No more comes: from here on sorter_next. */
SL_MUST_USE int	sorter_finish(struct sorter *sorter);
bool	sorter_next(struct sorter *sorter, struct item *item_out);
void	sorter_rewind(struct sorter *sorter);

/* ---- the reader */

struct sl_snapshot {
	unsigned		 magic;
	struct cdb		 cdb;		/* maps the file */
	size_t			 bytes;
	unsigned char		 salt[SL_SNAPSHOT_SALT_BYTES];
	struct table		 users, entries;
	struct sl_snapshot_counts counts;
	bool			 has_stars;	/* domains with "*." in front */
	bool			 has_partner_lists, has_operator_list;
	uint32_t		 largest_said;	/* message.size, of all here who are not the operator; 0: nobody has said it */
	bool			 has_parts;	/* tenants whose other users are below */
	const struct sl_snapshot *under;	/* NULL: this is all */
	struct sl_list_filter	 operator_filter, users_filter;
	struct sl_arena		 arena;		/* lists of `presets` */
	struct sl_policy_presets *presets;	/* NULL: no policy here inherits */
	struct sl_slice		 note;
	char			 id[17];
};
#define SNAPSHOT_MAGIC	0x51a95c07u

/* A record; false: there is none. */
bool	snapshot_get(const struct sl_snapshot *s, const void *key, size_t key_len, struct sl_slice *value_out);

struct domain_record {
	uint32_t	tenant, policy;
	struct sl_slice	name, alias;
};
bool	domain_record_read(struct sl_slice value, struct domain_record *out);
bool	filter_read(struct sl_slice value, struct sl_list_filter *out);
void	filter_write(const struct sl_list_filter *filter, struct sl_buf *out);
bool	tenant_record_read(struct sl_slice value, struct sl_snapshot_tenant *out);

/* ---- policies (policy.c)
 *
 * A layer: u64 rows that are set, u64 rows that are locked, then of each that is set u32 length and the value; in place of
 * a long value LAYER_ELSEWHERE and its digest. A preset is a layer of all rows.
 * What a node says: the name of the template that it builds on, or nothing, and its layer.
 * A policy: u32 partner, u32 mode and u32 shield that are put on top, u32 steps; of each u32 by whom, what he says. */
#define LAYER_ELSEWHERE	UINT32_MAX
size_t	size_row(void);		/* which row message.size is */
#define CHAIN_ALONE	UINT32_MAX	/* as a partner: nobody above says anything */

_Static_assert(2 * (SL_SNAPSHOT_STEPS_MAX + 2) <= SL_POLICY_SOURCES_MAX, "there is room for all who speak");

struct chain_record {
	uint32_t	partner, mode, shield, steps;
	struct sl_slice	rest;		/* the steps */
};
struct said {
	struct sl_slice	template, layer;
};
/* Is it one, and are its lengths right? Values are looked at when they are used. */
bool	policy_record_ok(const struct sl_snapshot *s, struct sl_slice value);
bool	source_record_ok(const struct sl_snapshot *s, struct sl_slice value);
/* All of them, or none: then `presets` stays NULL. SL_ERR_SYNTAX, SL_ERR_FULL. */
int	presets_read(struct sl_snapshot *s);
#define POLICY_ABOVE	(1u << 31)	/* in an answer: the policy is the upper snapshot's */

/* A user's value: kinds of his entries, policy. */
#define USER_POLICY_BITS	28
#define USER_POLICY_MASK	((1u << USER_POLICY_BITS) - 1)
#define USER_INHERITS		USER_POLICY_MASK
#define USER_GONE		(USER_POLICY_MASK - 1)	/* he is not there, whatever the snapshot below says */
#define ENTRY_EXPIRES		(1u << 7)

#endif
