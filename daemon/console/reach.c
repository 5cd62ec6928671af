/* reach.c - see reach.h */

#include "reach.h"

#include "kept/courier.h"
#include "seal/record.h"
#include "store/digests.h"

#define ITEMS_MAX	((size_t)128 << 10)
#define MAILBOXES_MAX	64

int
reach_find(struct sl_store *store, struct sl_slice account, struct sl_slice tenant, enum sl_verb verb, struct reach *out)
{
	struct sl_access_path path;
	bool some = false;
	int r;

	out->store = store;
	out->compile = NULL;
	out->effective = NULL;
	out->verb = verb;
	out->len = 0;
	out->whole = false;
	r = sl_store_find(store, SL_LEVEL_TENANT, tenant, &out->tenant);
	if (r == 0)
		r = sl_store_path(store, out->tenant, &path);
	/* Who may not see a tenant does not learn whether it is there. */
	if (r == SL_ERR_NOT_FOUND || r == SL_ERR_SYNTAX)
		return SL_ERR_REFUSED;
	if (r != 0 || (r = sl_store_grants_of(store, account, out->grants, &out->len)) != 0)
		return r;
	out->whole = sl_access_allowed(out->grants, out->len, verb, &path);
	for (size_t i = 0; i < out->len; i++)
		some |= sl_access_covers(&path, &out->grants[i].at) && sl_access_allowed(&out->grants[i], 1, verb, &out->grants[i].at);
	return some || out->whole ? 0 : SL_ERR_REFUSED;
}

void
reach_fini(struct reach *reach)
{
	sl_compile_free(&reach->compile);
	sl_free(reach->effective);
	reach->effective = NULL;
}

/* ---- a recipient ---- */

static unsigned
digest_verb(enum sl_verb verb)
{
	/* To open it is to have it. */
	return verb == SL_VERB_QUARANTINE_DELETE ? SL_DIGEST_VERB_BIT(DELETE) : SL_DIGEST_VERB_BIT(RELEASE);
}

static bool
policy_lets(struct reach *reach, struct sl_node user, enum sl_cause cause)
{
	const struct sl_compile_options options = { .store = reach->store };
	struct rights rights;
	unsigned may;

	if (reach->compile == NULL) {
		reach->compile = sl_compile_new(&options);
		reach->effective = sl_xzalloc(sizeof(*reach->effective));
	}
	if (rights_at(reach->compile, user, reach->effective, &rights) != 0)
		return false;
	may = rights_verbs(&rights, cause, true, true);
	return reach->verb == SL_VERB_QUARANTINE_LIST ? may != 0 : (may & digest_verb(reach->verb)) != 0;
}

bool
reach_has(struct reach *reach, struct sl_slice recipient, enum sl_cause cause, char mailbox_out[SL_DIGEST_MAILBOX_MAX + 1])
{
	struct sl_store_mailbox mailbox;
	struct sl_access_path path;

	if (sl_store_mailbox(reach->store, recipient, &mailbox) != 0 || mailbox.tenant != reach->tenant.id ||
	    !sl_digest_mailbox(sl_slice_str(mailbox.text), mailbox_out) || sl_store_path(reach->store, mailbox.node, &path) != 0)
		return false;
	for (size_t i = 0; i < reach->len; i++)
		if (sl_access_allowed(&reach->grants[i], 1, reach->verb, &path) &&
		    (reach->grants[i].role != SL_ROLE_USER || policy_lets(reach, mailbox.node, cause)))
			return true;
	return false;
}

/* ---- a message ---- */

void
reached_init(struct reached *reached)
{
	reached->any = reached->all = false;
	sl_buf_init(&reached->mailboxes, ITEMS_MAX);
	sl_buf_init(&reached->items, ITEMS_MAX);
}

void
reached_fini(struct reached *reached)
{
	sl_buf_fini(&reached->mailboxes);
	sl_buf_fini(&reached->items);
}

struct boxes {			/* by mailbox: name, then spellings */
	struct {
		char		name[SL_DIGEST_MAILBOX_MAX + 1];
		struct sl_buf	texts;
	}	*items;
	size_t	 len;
};

static bool
boxes_add(struct boxes *boxes, const char *name, struct sl_slice recipient)
{
	size_t i = 0;

	while (i < boxes->len && strcmp(boxes->items[i].name, name) != 0)
		i++;
	if (i == MAILBOXES_MAX)
		return false;
	if (i == boxes->len) {
		strcpy(boxes->items[i].name, name);
		sl_buf_init(&boxes->items[i].texts, ITEMS_MAX);
		sl_courier_text_add(&boxes->items[i].texts, sl_slice_str(name));
		boxes->len++;
	}
	sl_courier_text_add(&boxes->items[i].texts, recipient);
	return true;
}

void
reach_entry(struct reach *reach, const struct sl_kept_entry *entry, struct reached *out)
{
	struct boxes boxes = { .items = sl_xzalloc(MAILBOXES_MAX * sizeof(*boxes.items)) };
	char mailbox[SL_DIGEST_MAILBOX_MAX + 1];
	struct sl_slice items, value;
	struct kept_mail mail;
	unsigned type;

	sl_buf_reset(&out->mailboxes);
	sl_buf_reset(&out->items);
	out->all = kept_mail_read(entry, &mail) && !mail.more;
	out->any = false;
	items = entry->opens ? mail.items : sl_slice("", 0);
	while (sl_kept_item_next(&items, &type, &value)) {
		if (type == SL_SEAL_RECIPIENT && !(reach_has(reach, value, mail.cause, mailbox) && boxes_add(&boxes, mailbox, value))) {
			out->all = false;
			continue;
		}
		out->any |= type == SL_SEAL_RECIPIENT;
		/* These two may name others. */
		if (type != SL_SEAL_RECORD && type != SL_SEAL_OPTIONS)
			sl_kept_item_add(&out->items, type, value);
	}
	out->all &= out->any;
	for (size_t i = 0; i < boxes.len; i++) {
		sl_pack_bytes(&out->mailboxes, sl_buf_slice(&boxes.items[i].texts));
		sl_buf_fini(&boxes.items[i].texts);
	}
	sl_free(boxes.items);
}
