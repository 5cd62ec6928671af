/* table.c - tables of hashes, and what is hashed: see snapshot_i.h */

#include "snapshot_i.h"

unsigned
table_bits(uint64_t count)
{
	unsigned bits = 0;

	while (bits < TABLE_BITS_MAX && (count >> (bits + 1)) >= TABLE_BUCKET)
		bits++;
	return bits;
}

static unsigned
hash_bytes(unsigned bits)
{
	return (64 - bits + 7) / 8;
}

size_t
table_bytes(uint64_t count, unsigned value_bytes)
{
	unsigned bits = table_bits(count);

	return TABLE_HEAD + (((size_t)1 << bits) + 1) * sizeof(uint32_t) +
	    (size_t)count * (hash_bytes(bits) + value_bytes) + TABLE_PAD;
}

static void
table_set(struct table *t, const unsigned char *at, unsigned bits, unsigned value_bytes, uint64_t count)
{
	t->bits = bits;
	t->hash_bytes = hash_bytes(bits);
	t->value_bytes = value_bytes;
	t->count = count;
	t->mask = t->hash_bytes == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * t->hash_bytes)) - 1;
	t->directory = at + TABLE_HEAD;
	t->rows = t->directory + (((size_t)1 << bits) + 1) * sizeof(uint32_t);
}

bool
table_open(struct sl_slice bytes, unsigned value_bytes, struct table *t)
{
	uint32_t head[2], before = 0, index;
	uint64_t count;

	if (bytes.len < TABLE_HEAD)
		return false;
	memcpy(head, bytes.ptr, sizeof(head));
	memcpy(&count, bytes.ptr + sizeof(head), sizeof(count));
	if (count > UINT32_MAX || head[0] != table_bits(count) || head[1] != value_bytes ||
	    bytes.len != table_bytes(count, value_bytes))
		return false;
	table_set(t, bytes.ptr, head[0], value_bytes, count);
	for (uint64_t i = 0; i <= UINT64_C(1) << head[0]; i++) {
		memcpy(&index, t->directory + i * sizeof(index), sizeof(index));
		if (index < before || index > count || (i == 0 && index != 0))
			return false;
		before = index;
	}
	return before == count;
}

/* ---- writing */

void
table_begin(struct table_writer *w, unsigned char *at, uint64_t count, unsigned value_bytes)
{
	uint32_t head[2] = { table_bits(count), value_bytes };

	SL_ASSERT(count <= UINT32_MAX);
	*w = (struct table_writer){ .at = at };
	memcpy(at, head, sizeof(head));
	memcpy(at + sizeof(head), &count, sizeof(count));
	table_set(&w->table, at, head[0], value_bytes, count);
}

/* All buckets up to this one begin here. */
static void
begin_buckets(struct table_writer *w, uint64_t last)
{
	uint32_t row = (uint32_t)w->row;

	for (; w->bucket <= last; w->bucket++)
		memcpy(w->at + TABLE_HEAD + w->bucket * sizeof(row), &row, sizeof(row));
}

void
table_add(struct table_writer *w, uint64_t hash, uint32_t value)
{
	const struct table *t = &w->table;
	size_t width = t->hash_bytes + t->value_bytes;
	unsigned char *at = w->at + (t->rows - w->at) + w->row * width;

	SL_ASSERT(w->row < t->count);
	begin_buckets(w, t->bits == 0 ? 0 : hash >> (64 - t->bits));
	memcpy(at, &hash, t->hash_bytes);	/* the low bytes come first */
	memcpy(at + t->hash_bytes, &value, t->value_bytes);
	w->row++;
}

void
table_end(struct table_writer *w)
{
	SL_ASSERT(w->row == w->table.count);
	begin_buckets(w, UINT64_C(1) << w->table.bits);
}

/* ---- hashes */

static uint64_t
hash_bytes_of(const unsigned char *salt, const void *head, size_t head_len, struct sl_slice text)
{
	unsigned char bytes[16 + SL_LIST_KEY_MAX];

	SL_ASSERT(head_len <= 16 && text.len <= SL_LIST_KEY_MAX);
	memcpy(bytes, head, head_len);
	memcpy(bytes + head_len, text.ptr, text.len);
	return sl_siphash(salt, bytes, head_len + text.len);
}

uint64_t
hash_domain(const unsigned char *salt, struct sl_slice domain)
{
	return hash_bytes_of(salt, "d", 1, domain);
}

uint64_t
hash_user(const unsigned char *salt, uint32_t tenant, struct sl_slice address)
{
	unsigned char head[5] = { 'u' };
	uint64_t hash;

	memcpy(head + 1, &tenant, sizeof(tenant));
	hash = hash_bytes_of(salt, head, sizeof(head), address);

	return hash == 0 ? 1 : hash;	/* 0 says that there is none */
}

uint64_t
hash_entry(const unsigned char *salt, enum sl_policy_by by, uint64_t owner, enum sl_list_kind kind, struct sl_slice text,
    unsigned bits)
{
	unsigned char head[12] = { 'l', (unsigned char)by, (unsigned char)kind, (unsigned char)bits };

	memcpy(head + 4, &owner, sizeof(owner));
	return hash_bytes_of(salt, head, sizeof(head), text);
}
