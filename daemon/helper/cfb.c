/* cfb.c - see cfb.h */

#include "cfb.h"
#include "wide.h"

#include <stdlib.h>

#define HEADER_LEN	512
#define ENTRY_LEN	128
#define END_OF_CHAIN	0xfffffffeu
#define NO_ENTRY	0xffffffffu
#define LARGEST		(64u << 20)	/* mini stream, mini FAT: no more than may be unpacked */

/* The bytes of sector `n`, cut where the file ends; {NULL, 0} if it is not there. */
static struct sl_slice
sector_at(const struct cfb *c, uint32_t n)
{
	uint64_t at = ((uint64_t)n + 1) * c->sector;

	if (at >= c->bytes.len)
		return sl_slice(NULL, 0);
	return sl_slice(c->bytes.ptr + at, SL_MIN(c->sector, c->bytes.len - (size_t)at));
}

static uint32_t
number_at(struct sl_slice s, size_t i)
{
	return (i + 1) * 4 <= s.len ? le32(s.ptr + i * 4) : END_OF_CHAIN;
}

/* The sector after `n` in its chain. */
static uint32_t
next_sector(const struct cfb *c, uint32_t n)
{
	size_t per = c->sector / 4;

	if (n / per >= c->fat_len)
		return END_OF_CHAIN;
	return number_at(sector_at(c, c->fat[n / per]), n % per);
}

/* Which sectors hold the FAT: 109 of them in the header, the others in a chain of lists. */
static bool
read_fat_list(struct cfb *c)
{
	uint32_t next = le32(c->bytes.ptr + 68), steps = 0;
	size_t max = c->sectors / (c->sector / 4) + 2;

	c->fat = inspect_alloc(c->in, max * sizeof(*c->fat));
	if (c->fat == NULL)
		return false;
	for (size_t i = 0; i < 109 && c->fat_len < max; i++) {
		uint32_t n = le32(c->bytes.ptr + 76 + i * 4);

		if (n >= c->sectors)
			break;
		c->fat[c->fat_len++] = n;
	}
	while (next < c->sectors && steps++ <= c->sectors && c->fat_len < max) {
		struct sl_slice list = sector_at(c, next);
		size_t per = c->sector / 4 - 1;

		for (size_t i = 0; i < per && c->fat_len < max; i++) {
			uint32_t n = number_at(list, i);

			if (n >= c->sectors)
				break;
			c->fat[c->fat_len++] = n;
		}
		next = number_at(list, per);
	}
	return true;
}

/* A chain of sectors as one piece of memory. */
static struct sl_slice
read_chain(struct cfb *c, uint32_t start, uint64_t max)
{
	uint32_t steps = 0;
	size_t sectors = 0, want, len = 0;
	unsigned char *out;

	for (uint32_t n = start; n < c->sectors && steps++ <= c->sectors &&
	    (uint64_t)sectors * c->sector < max; n = next_sector(c, n))
		sectors++;
	want = (size_t)SL_MIN(max, (uint64_t)sectors * c->sector);
	if (want == 0)
		return sl_slice(NULL, 0);
	out = inspect_alloc(c->in, want);
	if (out == NULL)
		return sl_slice(NULL, 0);
	for (uint32_t n = start; len < want; n = next_sector(c, n)) {
		struct sl_slice s = sector_at(c, n);
		size_t take = SL_MIN(s.len, want - len);

		if (take > 0)
			memcpy(out + len, s.ptr, take);
		len += take;
		if (take < c->sector)	/* the file ends here */
			break;
	}
	c->damaged |= len < want;
	return sl_slice(out, len);
}

static struct sl_slice
read_mini_chain(struct cfb *c, uint32_t start, size_t max)
{
	size_t len = 0, want = SL_MIN(max, c->mini_len);
	unsigned char *out = want == 0 ? NULL : inspect_alloc(c->in, want);
	struct sl_slice fat = sl_slice(c->minifat, c->minifat_len);

	if (out == NULL)
		return sl_slice(NULL, 0);
	for (uint32_t n = start, steps = 0; len < want && steps <= c->mini_len / 64; steps++) {
		size_t at = (size_t)n * 64, take;

		if (n >= END_OF_CHAIN - 2 || at >= c->mini_len)
			break;
		take = SL_MIN(SL_MIN((size_t)64, c->mini_len - at), want - len);
		memcpy(out + len, c->mini + at, take);
		len += take;
		n = number_at(fat, n);
	}
	c->damaged |= len < max;
	return sl_slice(out, len);
}

static void
read_entry(struct cfb_entry *e, const unsigned char *p, bool is_v3)
{
	size_t name_len = SL_MIN((size_t)le16(p + 64), (size_t)64);
	struct sl_buf name;

	sl_buf_init(&name, CFB_NAME_MAX);
	e->first = le16(p);
	for (size_t i = 0; i + 1 < name_len && le16(p + i) != 0; i += 2) {
		unsigned c = le16(p + i);

		if (c >= 0x20 && c < 0x7f)
			sl_buf_add_byte(&name, (unsigned char)c);
		else if (c < 0x20)
			sl_buf_add_byte(&name, '?');
		else
			wide_text(sl_slice(p + i, 2), 3, &name);
	}
	memcpy(e->name, name.data != NULL ? (const char *)name.data : "", name.len);
	sl_buf_fini(&name);
	e->type = p[66];
	e->left = le32(p + 68);
	e->right = le32(p + 72);
	e->child = le32(p + 76);
	memcpy(e->clsid, p + 80, 16);
	e->start = le32(p + 116);
	e->size_bytes = is_v3 ? le32(p + 120) : le64(p + 120);
}

/* Give every entry of the tree its storage. Entries in no tree stay with the root. */
static void
find_parents(struct cfb *c)
{
	uint32_t *queue = inspect_alloc(c->in, c->len * sizeof(*queue));
	bool *seen = inspect_alloc(c->in, c->len * sizeof(*seen));
	size_t head = 0, tail = 0;

	if (queue != NULL && seen != NULL) {
		memset(seen, 0, c->len * sizeof(*seen));
		seen[0] = true;
		queue[tail++] = 0;
		while (head < tail) {
			uint32_t i = queue[head++];
			struct cfb_entry *e = &c->entries[i];
			uint32_t next[] = { e->left, e->right, e->child };

			for (size_t k = 0; k < 3; k++) {
				if (next[k] >= c->len || seen[next[k]])
					continue;
				seen[next[k]] = true;
				c->entries[next[k]].parent = k == 2 ? i : e->parent;
				queue[tail++] = next[k];
			}
		}
	}
	free(queue);
	free(seen);
}

static bool
read_directory(struct cfb *c, bool is_v3)
{
	struct sl_slice d = read_chain(c, le32(c->bytes.ptr + 48), CFB_ENTRIES_MAX * ENTRY_LEN);
	size_t len = d.len / ENTRY_LEN;

	c->entries = len == 0 ? NULL : inspect_alloc(c->in, len * sizeof(*c->entries));
	if (c->entries != NULL) {
		memset(c->entries, 0, len * sizeof(*c->entries));
		c->len = len;
		for (size_t i = 0; i < len; i++)
			read_entry(&c->entries[i], d.ptr + i * ENTRY_LEN, is_v3);
		find_parents(c);
	}
	free((void *)(uintptr_t)d.ptr);
	return c->entries != NULL;
}

bool
cfb_init(struct cfb *c, struct inspection *in, struct sl_slice bytes)
{
	struct sl_slice s;
	unsigned shift;

	*c = (struct cfb){ .in = in, .bytes = bytes };
	if (bytes.len < HEADER_LEN)
		return false;
	shift = le16(bytes.ptr + 30);
	c->sector = shift == 12 ? 4096 : 512;
	c->damaged = shift != 9 && shift != 12;
	c->cutoff = le32(bytes.ptr + 56);
	c->sectors = (uint32_t)SL_MIN((uint64_t)(bytes.len / c->sector) + 1, (uint64_t)0xfffffff0u);
	if (!read_fat_list(c) || !read_directory(c, shift != 12))
		return false;
	s = read_chain(c, le32(bytes.ptr + 60), LARGEST);
	c->minifat = (unsigned char *)(uintptr_t)s.ptr;
	c->minifat_len = s.len;
	s = read_chain(c, c->entries[0].start, SL_MIN(c->entries[0].size_bytes, (uint64_t)LARGEST));
	c->mini = (unsigned char *)(uintptr_t)s.ptr;
	c->mini_len = s.len;
	return true;
}

void
cfb_fini(struct cfb *c)
{
	free(c->fat);
	free(c->minifat);
	free(c->mini);
	free(c->entries);
	*c = (struct cfb){ 0 };
}

struct sl_slice
cfb_read(struct cfb *c, size_t i, size_t max)
{
	const struct cfb_entry *e = &c->entries[i];
	size_t want = (size_t)SL_MIN(e->size_bytes, (uint64_t)max);

	if (want == 0 || e->type == 0 || !inspection_spend(c->in, SL_MIN(want, c->bytes.len)))
		return sl_slice(NULL, 0);
	if (e->size_bytes < c->cutoff && e->type != 5)
		return read_mini_chain(c, e->start, want);
	return read_chain(c, e->start, want);
}

bool
cfb_is(const struct cfb *c, size_t i, const char *name)
{
	return sl_slice_ieq(sl_slice_str(c->entries[i].name), sl_slice_str(name));
}

long
cfb_find(const struct cfb *c, size_t parent, const char *name)
{
	for (size_t i = 1; i < c->len; i++)
		if (c->entries[i].type != 0 && c->entries[i].parent == parent && cfb_is(c, i, name))
			return (long)i;
	return -1;
}
