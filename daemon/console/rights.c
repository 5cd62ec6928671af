/* rights.c - see rights.h */

#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sl/log.h"
#include "seal/record.h"
#include "vault/vault.h"

#define ZONES_AT	"/usr/share/zoneinfo"

/* ---- by the policy ---- */

static void
text_copy(struct sl_slice text, char *out, size_t size)
{
	snprintf(out, size, SL_SLICE_FMT, SL_SLICE_ARG(text));
}

int
rights_at(struct sl_compile *compile, struct sl_node node, struct sl_policy_effective *effective, struct rights *out)
{
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	const char *names[SL_POLICY_SOURCES_MAX];
	const struct sl_policy *p = &effective->policy;
	size_t len;
	int r = sl_compile_effective(compile, node, effective, sources, names, &len);

	*out = (struct rights){ 0 };
	if (r != 0)
		return r;
	out->see = p->quarantine.users_see;
	out->release = p->quarantine.users_release;
	out->allow = p->quarantine.users_allow != 0 && p->lists.users == SL_USER_LISTS_BOTH;
	out->deny = p->lists.users != SL_USER_LISTS_NONE;
	out->schedule = (struct sl_schedule){ .days = p->digest.days, .hours = p->digest.hours };
	text_copy(p->digest.time_zone, out->zone, sizeof(out->zone));
	text_copy(p->digest.language, out->language, sizeof(out->language));
	text_copy(p->digest.brand, out->brand, sizeof(out->brand));
	if (p->digest.address.len > 0 && !sl_digest_mailbox(p->digest.address, out->address))
		out->address[0] = '\0';
	return 0;
}

bool
rights_sends(const struct rights *r)
{
	return r->schedule.days != 0 && r->schedule.hours != 0 && (r->see != 0 || r->address[0] != '\0');
}

unsigned
rights_verbs(const struct rights *r, enum sl_cause cause, bool is_his, bool is_user)
{
	unsigned verbs = SL_DIGEST_VERB_BIT(DELETE) | SL_DIGEST_VERB_BIT(REPORT);

	if (is_his && (r->see & 1u << cause) == 0)
		return 0;
	if ((r->release & 1u << cause) != 0)
		verbs |= SL_DIGEST_VERB_BIT(RELEASE);
	if (is_his && is_user && r->allow)
		verbs |= SL_DIGEST_VERB_BIT(ALLOW);
	if (is_his && is_user && r->deny)
		verbs |= SL_DIGEST_VERB_BIT(DENY);
	return verbs;
}

bool
rights_reads_all(const struct rights *r, const char *mailbox)
{
	return r->address[0] != '\0' && strcmp(r->address, mailbox) == 0;
}

/* ---- entries ---- */

/* As sl_cause_of_ruling has it, by what the record keeps of a ruling. */
static void
why(struct sl_slice category, struct sl_slice verdict, struct kept_mail *out)
{
	struct sl_slice word = category.len > 0 ? category : verdict;

	out->cause = SL_CAUSE_AUTHENTICATION;
	if (!sl_cause_find(word, &out->cause) && sl_slice_eq(word, SL_SLICE_LIT("denied")))
		out->cause = SL_CAUSE_SPAM;
	out->group = sl_digest_group_find(word);
	if (out->group == SL_DIGEST_GROUP_OTHER && out->cause == SL_CAUSE_AUTHENTICATION)
		out->group = SL_DIGEST_GROUP_AUTHENTICATION;
}

void
author_split(struct sl_slice from, struct sl_slice *name, struct sl_slice *address)
{
	const unsigned char *open, *close;

	from = sl_slice_trim(from);
	open = from.len > 0 ? memrchr(from.ptr, '<', from.len) : NULL;
	close = open != NULL ? memchr(open, '>', from.len - (size_t)(open - from.ptr)) : NULL;
	*name = *address = sl_slice(NULL, 0);
	if (close == NULL) {
		if (from.len > 0 && memchr(from.ptr, '@', from.len) != NULL && memchr(from.ptr, ' ', from.len) == NULL)
			*address = from;
		else
			*name = from;
		return;
	}
	*address = sl_slice_trim(sl_slice(open + 1, (size_t)(close - open - 1)));
	*name = sl_slice_trim(sl_slice(from.ptr, (size_t)(open - from.ptr)));
	if (name->len >= 2 && name->ptr[0] == '"' && name->ptr[name->len - 1] == '"')
		*name = sl_slice(name->ptr + 1, name->len - 2);
}

static double
number(struct sl_slice text)
{
	char copy[40], *end;
	double value;

	text_copy(text, copy, sizeof(copy));
	value = strtod(copy, &end);
	return end == copy || !(value >= 0 && value <= 1) ? -1 : value;
}

bool
kept_mail_read(const struct sl_kept_entry *entry, struct kept_mail *out)
{
	struct sl_slice items = entry->items, value, category = sl_slice(NULL, 0), verdict = category, from = category;
	unsigned type;

	*out = (struct kept_mail){ .received_us = entry->received_us, .expiry_day = entry->expiry_day, .bytes = entry->message_bytes,
		.probability = -1, .items = entry->items, .more = entry->more,
		.is_held = entry->state == SL_VAULT_HELD || entry->state == SL_VAULT_PARTLY };
	memcpy(out->id, entry->id.ptr, sizeof(out->id));
	while (sl_kept_item_next(&items, &type, &value)) {
		const struct { unsigned type; struct sl_slice *to; } rows[] = {
			{ SL_SEAL_SENDER, &out->sender }, { SL_SEAL_FROM, &from }, { SL_SEAL_SUBJECT, &out->subject },
			{ SL_SEAL_REASON, &out->reason }, { SL_SEAL_CATEGORY, &category }, { SL_SEAL_VERDICT, &verdict },
		};

		for (size_t i = 0; i < SL_COUNT(rows); i++)
			if (rows[i].type == type && rows[i].to->ptr == NULL)
				*rows[i].to = value;
		if (type == SL_SEAL_PROBABILITY)
			out->probability = number(value);
	}
	why(category, verdict, out);
	author_split(from, &out->name, &out->address);
	if (out->address.len == 0)
		out->address = out->sender;
	return entry->opens;
}

bool
kept_mail_recipient(struct sl_slice *items, struct sl_slice *recipient)
{
	unsigned type;

	while (sl_kept_item_next(items, &type, recipient))
		if (type == SL_SEAL_RECIPIENT)
			return true;
	return false;
}

/* ---- zones ---- */

/* A name of the database of zones, and no way out of its directory. */
static bool
is_name(const char *name)
{
	return *name != '\0' && *name != '/' && strstr(name, "..") == NULL &&
	    name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] == '\0';
}

static struct sl_zone *
zone_open(const char *name)
{
	char *path = sl_xasprintf("%s/%s", ZONES_AT, name);
	unsigned char *bytes = sl_xmalloc(SL_ZONE_BYTES_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, SL_ZONE_BYTES_MAX);
	struct sl_zone *zone = NULL;

	if (n < 0)
		sl_log(SL_LOG_WARNING, "%s: %s: digests there go by UTC", path, strerror(errno));
	else if (sl_zone_read(sl_slice(bytes, (size_t)n), &zone) != 0)
		sl_log(SL_LOG_WARNING, "%s is no time zone: digests there go by UTC", path);
	if (fd >= 0)
		close(fd);
	sl_free(bytes);
	sl_free(path);
	return zone;
}

const struct sl_zone *
zones_get(struct zones *zones, const char *name)
{
	struct zone_item *item;

	if (!is_name(name) || strcmp(name, "UTC") == 0)
		return NULL;
	for (size_t i = 0; i < zones->len; i++)
		if (strcmp(zones->items[i].name, name) == 0)
			return zones->items[i].zone;
	if (zones->len == ZONES_MAX)
		zones_fini(zones);	/* seldom: to begin anew is simplest */
	item = &zones->items[zones->len++];
	snprintf(item->name, sizeof(item->name), "%s", name);
	item->zone = zone_open(name);
	return item->zone;
}

void
zones_fini(struct zones *zones)
{
	for (size_t i = 0; i < zones->len; i++)
		sl_zone_free(&zones->items[i].zone);
	zones->len = 0;
}
