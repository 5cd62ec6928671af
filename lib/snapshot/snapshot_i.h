/*
 * snapshot_i.h - inside lib/snapshot: the form of the file, tables of hashes, sorting
 */
#ifndef SL_SNAPSHOT_I_H
#define SL_SNAPSHOT_I_H

#include "ipc/ipc.h"
#include "snapshot/snapshot.h"

#include <cdb.h>

#define FORM_VERSION	1u
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
	bool			 has_partner_lists;
	struct sl_list_filter	 operator_filter, users_filter;
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
/* 0, SL_ERR_SYNTAX, SL_ERR_VERSION, SL_ERR_NOT_FOUND or SL_ERR_FULL. */
int	policy_record_read(const struct sl_snapshot *s, struct sl_slice value, struct sl_arena *arena,
	    struct sl_policy *out);
/* A user's value: kinds of his entries, policy. */
#define USER_POLICY_BITS	28
#define USER_POLICY_MASK	((1u << USER_POLICY_BITS) - 1)
#define USER_INHERITS		USER_POLICY_MASK
#define ENTRY_EXPIRES		(1u << 7)

#endif
