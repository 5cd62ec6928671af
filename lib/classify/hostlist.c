/* hostlist.c - see classify/hostlist.h */

#include "classify/hostlist.h"

#define HOSTLIST_MAGIC	0x5d405711u
#define FOLDED_MAX	1024	/* bytes of an entry */

/* What an entry is of; part of its hash. */
enum { BELOW = 0x9e3779b9, ALONE = 0x85ebca6b, PREFIX = 0x27d4eb2f };

struct sl_hostlist {
	unsigned	 magic;
	uint64_t	*slots;		/* 0: empty */
	size_t		 slots_len;	/* a power of two; at most half are used */
	size_t		 count;
	bool		 has_urls;
};

static uint64_t
entry_hash(uint64_t hash, unsigned kind)
{
	hash = (hash ^ kind) * 0xd6e8feb86659fd93u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	hash ^= hash >> 29;
	return hash != 0 ? hash : 1;
}

/* Put it in; false: it is there. */
static bool
slot_put(struct sl_hostlist *list, uint64_t hash)
{
	size_t at = hash & (list->slots_len - 1);

	for (; list->slots[at] != 0; at = (at + 1) & (list->slots_len - 1))
		if (list->slots[at] == hash)
			return false;
	list->slots[at] = hash;
	return true;
}

static bool
slot_has(const struct sl_hostlist *list, uint64_t hash)
{
	for (size_t at = hash & (list->slots_len - 1); list->slots[at] != 0; at = (at + 1) & (list->slots_len - 1))
		if (list->slots[at] == hash)
			return true;
	return false;
}

static bool
line_next(struct sl_slice *rest, struct sl_slice *line_out)
{
	const unsigned char *end, *hash;

	if (rest->len == 0)
		return false;
	end = memchr(rest->ptr, '\n', rest->len);
	*line_out = sl_slice(rest->ptr, end != NULL ? (size_t)(end - rest->ptr) : rest->len);
	*rest = sl_slice_from(*rest, SL_MIN(line_out->len + 1, rest->len));
	hash = line_out->len > 0 ? memchr(line_out->ptr, '#', line_out->len) : NULL;
	if (hash != NULL)
		line_out->len = (size_t)(hash - line_out->ptr);
	*line_out = sl_slice_trim(*line_out);
	return true;
}

static bool
is_host(struct sl_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] == '@' || (s.ptr[i] == '.' && (i == 0 || s.ptr[i - 1] == '.')))
			return false;
	return s.len > 0 && s.len < 254 && s.ptr[s.len - 1] != '.' &&
	    (memchr(s.ptr, '.', s.len) != NULL || memchr(s.ptr, ':', s.len) != NULL);
}

/* Read an entry; false: it cannot be read. */
static bool
entry_read(struct sl_hostlist *list, struct sl_slice s)
{
	bool alone = s.ptr[0] == '=';
	const unsigned char *scheme = memmem(s.ptr, s.len, "://", 3), *slash;
	unsigned char folded[FOLDED_MAX];
	struct sl_slice host;

	if (alone)
		s = sl_slice_from(s, 1);
	else if (scheme != NULL)
		s = sl_slice_from(s, (size_t)(scheme - s.ptr) + 3);
	slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
	if (slash == s.ptr + s.len - 1 && s.len > 0) {	/* "example.com/" */
		s.len--;
		slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
	}
	host = sl_slice(s.ptr, slash != NULL ? (size_t)(slash - s.ptr) : s.len);
	if (s.len > sizeof(folded) || !is_host(host) || (alone && slash != NULL))
		return false;
	for (size_t i = 0; i < s.len; i++)
		folded[i] = i < host.len ? sl_ascii_lower(s.ptr[i]) : s.ptr[i];
	list->has_urls |= slash != NULL;
	list->count += slot_put(list, entry_hash(sl_hash(folded, s.len),
	    slash != NULL ? PREFIX : alone ? ALONE : BELOW));
	return true;
}

struct sl_hostlist *
sl_hostlist_read(struct sl_slice text, size_t *skipped_out)
{
	struct sl_hostlist *list = sl_xzalloc(sizeof(*list));
	struct sl_slice rest = text, line;
	size_t lines = 0, skipped = 0;

	list->magic = HOSTLIST_MAGIC;
	while (line_next(&rest, &line))
		lines += line.len > 0;
	lines = SL_MIN(lines, (size_t)SL_HOSTLIST_MAX);
	for (list->slots_len = 16; list->slots_len < 2 * lines; )
		list->slots_len *= 2;
	list->slots = sl_xzalloc(list->slots_len * sizeof(*list->slots));
	for (rest = text; line_next(&rest, &line); )
		if (line.len > 0 && (list->count >= SL_HOSTLIST_MAX || !entry_read(list, line)))
			skipped++;
	if (skipped_out != NULL)
		*skipped_out = skipped;
	return list;
}

void
sl_hostlist_free(struct sl_hostlist **list)
{
	if (*list == NULL)
		return;
	SL_CHECK(*list, HOSTLIST_MAGIC);
	sl_free((*list)->slots);
	SL_OBJ_FREE(list, HOSTLIST_MAGIC);
}

size_t
sl_hostlist_count(const struct sl_hostlist *list)
{
	SL_CHECK(list, HOSTLIST_MAGIC);
	return list->count;
}

size_t
sl_hostlist_memory(const struct sl_hostlist *list)
{
	SL_CHECK(list, HOSTLIST_MAGIC);
	return sizeof(*list) + list->slots_len * sizeof(*list->slots);
}

/* What is to be looked for; their places in memory are asked for while further hashes are made. */
struct probe {
	const struct sl_hostlist	*list;
	size_t				 len;
	uint64_t			 hashes[1 + SL_HOSTLIST_LABELS + SL_HOSTLIST_PARTS];
};

static void
probe_add(struct probe *probe, const void *text, size_t len, unsigned kind)
{
	uint64_t hash = entry_hash(sl_hash(text, len), kind);

	__builtin_prefetch(&probe->list->slots[hash & (probe->list->slots_len - 1)]);
	probe->hashes[probe->len++] = hash;
}

/* The host, and what it is below; not the last label, which is no entry. */
static void
probe_host(struct probe *probe, struct sl_slice host)
{
	const unsigned char *dot = memchr(host.ptr, '.', host.len);

	probe_add(probe, host.ptr, host.len, ALONE);
	probe_add(probe, host.ptr, host.len, BELOW);
	for (unsigned labels = 1; labels < SL_HOSTLIST_LABELS && dot != NULL; labels++) {
		host = sl_slice_from(host, (size_t)(dot - host.ptr) + 1);
		dot = host.len > 0 ? memchr(host.ptr, '.', host.len) : NULL;
		if (dot != NULL)
			probe_add(probe, host.ptr, host.len, BELOW);
	}
}

static bool
probe_any(const struct probe *probe)
{
	for (size_t i = 0; i < probe->len; i++)
		if (slot_has(probe->list, probe->hashes[i]))
			return true;
	return false;
}

bool
sl_hostlist_has(const struct sl_hostlist *list, struct sl_slice host)
{
	return sl_hostlist_has_url(list, host, sl_slice(NULL, 0));
}

bool
sl_hostlist_has_url(const struct sl_hostlist *list, struct sl_slice host, struct sl_slice path)
{
	struct probe probe = { .list = list };
	unsigned char both[FOLDED_MAX];
	size_t len = host.len, parts = 0;

	SL_CHECK(list, HOSTLIST_MAGIC);
	if (host.len == 0 || host.len > 253)
		return false;
	probe_host(&probe, host);
	memcpy(both, host.ptr, host.len);
	for (size_t i = 0; list->has_urls && i < path.len && len < sizeof(both) && parts < SL_HOSTLIST_PARTS; i++) {
		both[len++] = path.ptr[i];
		if (i + 1 < path.len && path.ptr[i + 1] != '/')
			continue;
		parts++;
		probe_add(&probe, both, len, PREFIX);
	}
	return probe_any(&probe);
}
