/* later.c - see later.h */

#include "later.h"

#include <jansson.h>
#include <stdlib.h>

#include "store/audit.h"

#define TURN_ENTRIES	2000u
#define STOP		1

enum kind { OPENED, REPORTED, ALLOWED, SENDER };	/* the last is by what a list says, the others by message */

struct event {
	uint64_t	key;
	int64_t		at_us;
};

struct later {
	struct sl_store	*store;
	int64_t		 tenant, since_us;
	int64_t		 from;		/* number of the next entry; 0: not known yet */
	struct event	*events;
	size_t		 len, size;
	unsigned	 turn;		/* entries of this one */
};

struct later *
later_new(struct sl_store *store, int64_t tenant, int64_t since_us)
{
	struct later *l = sl_xzalloc(sizeof(*l));

	*l = (struct later){ .store = store, .tenant = tenant, .since_us = since_us };
	return l;
}

void
later_free(struct later **later)
{
	if (*later == NULL)
		return;
	sl_free((*later)->events);
	sl_free(*later);
	*later = NULL;
}

/* ---- events ---- */

static uint64_t
key_of(enum kind kind, struct sl_slice what)
{
	return sl_hash_lower(what) * 4 + (uint64_t)kind;
}

static void
add(struct later *l, enum kind kind, const char *what, int64_t at_us)
{
	if (what == NULL || l->len == LATER_EVENTS_MAX)
		return;
	if (l->len == l->size) {
		l->size = l->size * 2 + 64;
		l->events = sl_xrealloc(l->events, l->size * sizeof(*l->events));
	}
	l->events[l->len++] = (struct event){ key_of(kind, sl_slice_str(what)), at_us };
}

/* {"message":ID}, or {"ids":[ID, ...]}; of what was asked for by mail and not done, nothing. */
static void
take_messages(struct later *l, enum kind kind, const json_t *detail, int64_t at_us)
{
	const json_t *outcome = json_object_get(detail, "outcome"), *one;
	size_t i;

	if (outcome != NULL && (json_string_value(outcome) == NULL || strcmp(json_string_value(outcome), "done") != 0))
		return;
	if (kind != OPENED)		/* for a report it is opened, and nobody looks */
		add(l, kind, json_string_value(json_object_get(detail, "message")), at_us);
	json_array_foreach(json_object_get(detail, "ids"), i, one)
		add(l, kind, json_string_value(one), at_us);
}

static void
take(struct later *l, const struct sl_audit_entry *entry)
{
	static const struct { const char *verb; enum kind kind; } verbs[] = { { "quarantine.open", OPENED }, { "quarantine.report", REPORTED },
		{ "quarantine.allow", ALLOWED }, { "list.add", SENDER } };
	json_t *detail;
	size_t i = 0;

	while (i < SL_COUNT(verbs) && !sl_slice_eq(entry->verb, sl_slice_str(verbs[i].verb)))
		i++;
	if (i == SL_COUNT(verbs) || entry->detail.len == 0)
		return;
	detail = json_loadb((const char *)entry->detail.ptr, entry->detail.len, 0, NULL);
	if (verbs[i].kind != SENDER) {
		take_messages(l, verbs[i].kind, detail, entry->at_us);
	} else {
		const char *kind = json_string_value(json_object_get(detail, "kind"));

		if (kind != NULL && strcmp(kind, "allow") == 0)
			add(l, SENDER, json_string_value(json_object_get(detail, "value")), entry->at_us);
	}
	json_decref(detail);
}

/* ---- the trail ---- */

static int
on_first(void *ctx, const struct sl_audit_entry *entry)
{
	*(int64_t *)ctx = entry->at_us;
	return STOP;
}

/* When was the entry of that number made? INT64_MAX: there is none. */
static int
time_at(struct later *l, int64_t number, int64_t *at_us)
{
	int r;

	*at_us = INT64_MAX;
	r = sl_store_audit_walk(l->store, l->tenant, number, on_first, at_us);
	return SL_MIN(r, 0);
}

/* Entries come in the order of time: the first that counts is found by halving. */
static int
find_from(struct later *l)
{
	int64_t low = 1, high = 2, at_us;
	int r;

	for (;; high *= 2) {
		if ((r = time_at(l, high, &at_us)) != 0)
			return r;
		if (at_us >= l->since_us)
			break;
	}
	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if ((r = time_at(l, middle, &at_us)) != 0)
			return r;
		if (at_us < l->since_us)
			low = middle + 1;
		else
			high = middle;
	}
	l->from = low;
	return 0;
}

static int
on_entry(void *ctx, const struct sl_audit_entry *entry)
{
	struct later *l = ctx;

	if (l->turn++ == TURN_ENTRIES)
		return STOP;
	l->from = entry->tenant_number + 1;
	take(l, entry);
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

int
later_read(struct later *l)
{
	int r = l->from == 0 ? find_from(l) : 0;

	l->turn = 0;
	if (r == 0)
		r = sl_store_audit_walk(l->store, l->tenant, l->from, on_entry, l);
	if (r == STOP)
		return SL_MORE;
	if (r == 0 && l->len > 0)
		qsort(l->events, l->len, sizeof(*l->events), by_key);
	return r == 0 ? SL_DONE : r;
}

/* The first of that key at that time or later; 0: none. */
static int64_t
find(const struct later *l, uint64_t key, int64_t at_us)
{
	size_t low = 0, high = l->len;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct event *event = &l->events[middle];

		if (event->key < key || (event->key == key && event->at_us < at_us))
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->len && l->events[low].key == key ? l->events[low].at_us : 0;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a == 0 || b == 0 ? SL_MAX(a, b) : SL_MIN(a, b);
}

void
later_of(const struct later *l, const struct sl_courier_entry *entry, struct sl_release_later *out)
{
	const unsigned char *at = entry->sender.len > 0 ? memrchr(entry->sender.ptr, '@', entry->sender.len) : NULL;
	char text[SL_KEPT_ID_DIGITS + 1];
	struct sl_slice id;

	*out = (struct sl_release_later){ 0 };
	if (entry->ref.len != SL_KEPT_ID_BYTES)
		return;
	sl_kept_id_write(entry->ref.ptr, text);
	id = sl_slice_str(text);
	out->opened_us = find(l, key_of(OPENED, id), entry->created_us);
	out->reported_us = find(l, key_of(REPORTED, id), entry->created_us);
	out->allowed_us = find(l, key_of(ALLOWED, id), entry->created_us);
	if (at == NULL)
		return;
	out->allowed_us = earlier(out->allowed_us, find(l, key_of(SENDER, entry->sender), entry->created_us));
	out->allowed_us = earlier(out->allowed_us, find(l, key_of(SENDER, sl_slice_from(entry->sender, (size_t)(at - entry->sender.ptr) + 1)),
	    entry->created_us));
}
