/* scope.c - see scope.h */

#include "report/scope.h"

#include <stdlib.h>

#include "digest/command.h"

#define RECIPIENTS_MAX	1000u
#define KEY_MAX		(sizeof(((struct sl_traffic_row *)0)->key) - 1)

/* ---- names, by hash ---- */

struct name {
	uint64_t	 hash;
	char		*text;		/* owned */
	uint64_t	 n[SL_TRAFFIC_COLUMN_COUNT];
};
struct names {
	struct name	*items;
	size_t		 len, size;
	uint32_t	*places;	/* by hash: an item + 1; 0: none */
	size_t		 places_size;
	uint64_t	 others[SL_TRAFFIC_COLUMN_COUNT];
	uint64_t	 more;		/* names that are in `others` */
	bool		 cut;
};

static uint32_t *
place_of(const struct names *names, uint64_t hash)
{
	size_t at = (size_t)hash & (names->places_size - 1);

	while (names->places[at] != 0 && names->items[names->places[at] - 1].hash != hash)
		at = (at + 1) & (names->places_size - 1);
	return &names->places[at];
}

static void
places_make(struct names *names, size_t size)
{
	sl_free(names->places);
	names->places = sl_xzalloc(size * sizeof(*names->places));
	names->places_size = size;
	for (size_t i = 0; i < names->len; i++)
		*place_of(names, names->items[i].hash) = (uint32_t)i + 1;
}

static int
by_messages(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->n[SL_TRAFFIC_MESSAGES] != y->n[SL_TRAFFIC_MESSAGES])
		return x->n[SL_TRAFFIC_MESSAGES] > y->n[SL_TRAFFIC_MESSAGES] ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* Keep the largest; the others are summed up. */
static void
names_keep(struct names *names, size_t most)
{
	if (names->len > 1)
		qsort(names->items, names->len, sizeof(*names->items), by_messages);
	while (names->len > most) {
		struct name *name = &names->items[--names->len];

		for (size_t c = 0; c < SL_TRAFFIC_COLUMN_COUNT; c++)
			names->others[c] += name->n[c];
		names->more++;
		sl_free(name->text);
	}
}

static uint64_t *
names_row(struct names *names, uint64_t hash, struct sl_slice text)
{
	uint32_t *place;

	if (names->len == SL_REPORT_NAMES_MAX) {
		names->cut = true;
		names_keep(names, SL_REPORT_NAMES_MAX / 2);
		places_make(names, names->places_size);
	}
	if (names->len * 2 >= names->places_size)
		places_make(names, SL_MAX(names->places_size * 2, (size_t)256));
	place = place_of(names, hash);
	if (*place == 0) {
		if (names->len == names->size) {
			names->size = names->size * 2 + 64;
			names->items = sl_xrealloc(names->items, names->size * sizeof(*names->items));
		}
		names->items[names->len] = (struct name){ .hash = hash, .text = sl_xmemdup(text.ptr, text.len) };
		*place = (uint32_t)++names->len;
	}
	return names->items[*place - 1].n;
}

static void
names_finish(struct names *names, size_t most, struct sl_traffic_table *table, uint64_t *more_out)
{
	names_keep(names, most);
	for (size_t i = 0; i < names->len; i++) {
		struct sl_traffic_row *row = sl_traffic_table_row(table, sl_slice_str(names->items[i].text));

		for (size_t c = 0; c < SL_TRAFFIC_COLUMN_COUNT; c++) {
			row->n[c] += names->items[i].n[c];
			table->total.n[c] += names->items[i].n[c];
		}
	}
	*more_out = names->more;
	if (names->more == 0)
		return;
	memcpy(sl_traffic_table_row(table, sl_slice_str(SL_REPORT_OTHERS))->n, names->others, sizeof(names->others));
	for (size_t c = 0; c < SL_TRAFFIC_COLUMN_COUNT; c++)
		table->total.n[c] += names->others[c];
}

static void
names_fini(struct names *names)
{
	for (size_t i = 0; i < names->len; i++)
		sl_free(names->items[i].text);
	sl_free(names->items);
	sl_free(names->places);
}

/* ---- sets of names: open addressing, by hash ---- */

struct set {
	struct { uint64_t hash; struct sl_slice name, to; } *items;
	size_t	size;		/* a power of two; 0: empty */
};

static void
set_make(struct set *set, size_t len)
{
	for (set->size = 16; set->size < len * 2;)
		set->size *= 2;
	set->items = sl_xzalloc(set->size * sizeof(*set->items));
}

/* The place of a name, or the free one where it would be. */
static size_t
set_find(const struct set *set, uint64_t hash, struct sl_slice name)
{
	size_t at = (size_t)hash & (set->size - 1);

	while (set->items[at].name.ptr != NULL && (set->items[at].hash != hash || !sl_slice_eq(set->items[at].name, name)))
		at = (at + 1) & (set->size - 1);
	return at;
}

/* ---- the scope ---- */

struct sl_report_scope {
	const struct sl_report_ask *ask;
	struct sl_report_counts	*counts;
	unsigned char		 key[16];
	struct set		 members;	/* domains or addresses that count; of all: none */
	struct set		 aliases;	/* domain to domain */
	struct names		 domains, users;
	struct names		*into;		/* while a message is counted by them: and under which hash */
	uint64_t		 hash;
	/* of a message */
	struct sl_slice		 keys[RECIPIENTS_MAX];
	bool			 ours[RECIPIENTS_MAX], chosen[RECIPIENTS_MAX], done[RECIPIENTS_MAX];
	struct sl_buf		 text;		/* addresses whose domain is an alias, as those of the domain */
};

static uint64_t
hash_of(const struct sl_report_scope *scope, struct sl_slice name)
{
	return sl_siphash(scope->key, name.ptr, name.len);
}

static void
read_members(struct sl_report_scope *scope)
{
	struct sl_unpack in = { .rest = scope->ask->members };
	size_t len = 0;

	while (in.rest.len > 0 && !in.failed) {
		(void)sl_unpack_bytes(&in);
		len++;
	}
	set_make(&scope->members, len);
	in = (struct sl_unpack){ .rest = scope->ask->members };
	while (in.rest.len > 0 && !in.failed) {
		struct sl_slice name = sl_unpack_bytes(&in);
		uint64_t hash = hash_of(scope, name);
		size_t at = set_find(&scope->members, hash, name);

		scope->members.items[at].hash = hash;
		scope->members.items[at].name = name;
	}
}

static void
read_aliases(struct sl_report_scope *scope)
{
	struct sl_unpack in = { .rest = scope->ask->aliases };
	size_t len = 0;

	for (; in.rest.len > 0 && !in.failed; len++) {
		(void)sl_unpack_bytes(&in);
		(void)sl_unpack_bytes(&in);
	}
	set_make(&scope->aliases, len);
	in = (struct sl_unpack){ .rest = scope->ask->aliases };
	while (in.rest.len > 0 && !in.failed) {
		struct sl_slice name = sl_unpack_bytes(&in), to = sl_unpack_bytes(&in);
		uint64_t hash = hash_of(scope, name);
		size_t at = set_find(&scope->aliases, hash, name);

		scope->aliases.items[at].hash = hash;
		scope->aliases.items[at].name = name;
		scope->aliases.items[at].to = to;
	}
}

struct sl_report_scope *
sl_report_scope_new(const struct sl_report_ask *ask, struct sl_report_counts *counts)
{
	struct sl_report_scope *scope = sl_xzalloc(sizeof(*scope));

	scope->ask = ask;
	scope->counts = counts;
	sl_random(scope->key, sizeof(scope->key));
	sl_buf_init(&scope->text, (size_t)1 << 20);
	read_members(scope);
	read_aliases(scope);
	return scope;
}

void
sl_report_scope_free(struct sl_report_scope **at)
{
	struct sl_report_scope *scope = *at;

	*at = NULL;
	if (scope == NULL)
		return;
	names_fini(&scope->domains);
	names_fini(&scope->users);
	sl_free(scope->members.items);
	sl_free(scope->aliases.items);
	sl_buf_fini(&scope->text);
	sl_free(scope);
}

bool
sl_report_scope_wants(const struct sl_report_ask *ask)
{
	return ask->of != SL_REPORT_OF_ALL || ask->by_domain || ask->by_user;
}

static struct sl_slice
domain_of(struct sl_slice address)
{
	const unsigned char *at = address.len > 0 ? memrchr(address.ptr, '@', address.len) : NULL;

	return at != NULL ? sl_slice_from(address, (size_t)(at - address.ptr) + 1) : address;
}

/* The domain that it is an alias of; else itself. */
static struct sl_slice
real_domain(const struct sl_report_scope *scope, struct sl_slice domain)
{
	size_t at = set_find(&scope->aliases, hash_of(scope, domain), domain);

	return scope->aliases.items[at].name.ptr != NULL ? scope->aliases.items[at].to : domain;
}

static bool
is_member(const struct sl_report_scope *scope, struct sl_slice name)
{
	return scope->members.items[set_find(&scope->members, hash_of(scope, name), name)].name.ptr != NULL;
}

static bool
is_ascii(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= 0x80)
			return false;
	return true;
}

/* The address as it counts, if that is not as it is written: its domain in A-labels, and the real one. Added to `text`; false: it is as written. */
static bool
add_real(struct sl_report_scope *scope, struct sl_slice address)
{
	struct sl_slice domain = domain_of(address), ascii = domain, real;
	char mailbox[SL_DIGEST_MAILBOX_MAX + 1];

	if (!is_ascii(domain) && sl_digest_mailbox(address, mailbox))
		ascii = domain_of(sl_slice_str(mailbox));
	real = real_domain(scope, ascii);
	if (real.ptr == domain.ptr)
		return false;
	sl_buf_add(&scope->text, address.ptr, address.len - domain.len);
	sl_buf_add_slice(&scope->text, real);
	return true;
}

static bool
is_counted(const struct sl_report_scope *scope, struct sl_slice key)
{
	return scope->ask->of == SL_REPORT_OF_ALL || is_member(scope, scope->ask->of == SL_REPORT_OF_DOMAINS ? domain_of(key) : key);
}

bool
sl_report_scope_has(struct sl_report_scope *scope, struct sl_slice address)
{
	unsigned char lower[SL_DIGEST_MAILBOX_MAX + 1];
	struct sl_slice key = sl_slice(lower, SL_MIN(address.len, sizeof(lower)));

	if (address.len > SL_DIGEST_MAILBOX_MAX)
		return scope->ask->of == SL_REPORT_OF_ALL;	/* no mailbox is so long */
	for (size_t i = 0; i < address.len; i++)
		lower[i] = sl_ascii_lower(address.ptr[i]);
	sl_buf_reset(&scope->text);
	return is_counted(scope, add_real(scope, key) ? sl_buf_slice(&scope->text) : key);
}

/* Each address as it counts, and whether it does. */
static void
find_ours(struct sl_report_scope *scope, const struct sl_traffic_message *m)
{
	sl_buf_reset(&scope->text);
	for (size_t i = 0; i < m->recipients_len; i++) {
		size_t from = scope->text.len;

		/* Where it lies is known when all are there: till then only how long it is. */
		scope->keys[i] = m->recipients[i].address;
		if (add_real(scope, m->recipients[i].address))
			scope->keys[i] = (struct sl_slice){ NULL, scope->text.len - from };
	}
	for (size_t i = 0, from = 0; i < m->recipients_len; i++) {
		if (scope->keys[i].ptr == NULL) {
			scope->keys[i].ptr = scope->text.len > 0 ? scope->text.data + from : (const unsigned char *)"";
			from += scope->keys[i].len;
		}
		scope->ours[i] = is_counted(scope, scope->keys[i]);
	}
}

static int
count_whole(void *ctx, const struct sl_traffic_sum *sum)
{
	struct sl_report_scope *scope = ctx;

	sl_report_counts_add(scope->counts, sum, false);
	return 0;
}

static int
count_name(void *ctx, const struct sl_traffic_sum *sum)
{
	struct sl_report_scope *scope = ctx;

	sl_traffic_columns_add(names_row(scope->into, scope->hash, sum->name), sum);
	return 0;
}

/* Once by each name that is among the keys. */
static void
count_by(struct sl_report_scope *scope, const struct sl_traffic_message *m, struct names *into)
{
	int r;

	memset(scope->done, 0, m->recipients_len);
	for (size_t i = 0; i < m->recipients_len; i++) {
		struct sl_slice name = scope->keys[i];

		if (!scope->ours[i] || scope->done[i])
			continue;
		name.len = SL_MIN(name.len, KEY_MAX);
		for (size_t k = 0; k < m->recipients_len; k++) {
			scope->chosen[k] = scope->ours[k] && !scope->done[k] && (k == i || sl_slice_eq(scope->keys[k], scope->keys[i]));
			scope->done[k] |= scope->chosen[k];
		}
		scope->into = into;
		scope->hash = hash_of(scope, scope->keys[i]);
		r = sl_traffic_message_sums(m, scope->chosen, name, count_name, scope);
		SL_ASSERT(r == 0);		/* so we return ourselves */
	}
}

void
sl_report_scope_add(struct sl_report_scope *scope, const struct sl_traffic_message *m)
{
	int r = 0;

	SL_ASSERT(m->recipients_len <= RECIPIENTS_MAX);
	find_ours(scope, m);
	if (scope->ask->of != SL_REPORT_OF_ALL)
		r = sl_traffic_message_sums(m, scope->ours, sl_slice("", 0), count_whole, scope);
	SL_ASSERT(r == 0);
	if (scope->ask->by_user)
		count_by(scope, m, &scope->users);
	if (!scope->ask->by_domain)
		return;
	for (size_t i = 0; i < m->recipients_len; i++)
		scope->keys[i] = domain_of(scope->keys[i]);
	count_by(scope, m, &scope->domains);
}

void
sl_report_scope_add_domain(struct sl_report_scope *scope, const struct sl_traffic_sum *sum)
{
	struct sl_traffic_sum real = *sum;

	char mailbox[SL_DIGEST_MAILBOX_MAX + 1], *address = NULL;

	if (!is_ascii(sum->name)) {
		address = sl_xasprintf("x@" SL_SLICE_FMT, SL_SLICE_ARG(sum->name));
		if (sl_digest_mailbox(sl_slice_str(address), mailbox))
			real.name = domain_of(sl_slice_str(mailbox));
	}
	real.name = real_domain(scope, real.name);
	sl_free(address);
	if (scope->ask->of == SL_REPORT_OF_ADDRESSES || (scope->ask->of == SL_REPORT_OF_DOMAINS && !is_member(scope, real.name)))
		return;
	if (scope->ask->of == SL_REPORT_OF_DOMAINS)
		sl_report_counts_add(scope->counts, &real, false);
	scope->into = &scope->domains;
	scope->hash = hash_of(scope, real.name);
	if (scope->ask->by_domain)
		(void)count_name(scope, &real);
}

void
sl_report_scope_finish(struct sl_report_scope *scope)
{
	struct sl_report_counts *counts = scope->counts;

	names_finish(&scope->domains, SL_REPORT_DOMAINS_TOP, &counts->domains, &counts->more_domains);
	names_finish(&scope->users, SL_REPORT_USERS_TOP, &counts->users, &counts->more_users);
	counts->cut = scope->domains.cut || scope->users.cut;
}
