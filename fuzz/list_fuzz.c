/* list_fuzz.c - entries of lists print to what reads as themselves; and a sender made of an entry is found by it */

#include "policy/list_line.h"

int	LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

struct one {
	const struct sl_list_key	*key;
	size_t				 probes;
	bool				 found;
};

static unsigned
probe(void *ctx, enum sl_list_kind kind, struct sl_slice text, unsigned bits)
{
	struct one *one = ctx;
	bool same = kind == one->key->kind && (kind == SL_LIST_NETWORK
	    ? bits == one->key->bits && memcmp(text.ptr, one->key->address, 16) == 0
	    : sl_slice_eq(text, sl_slice(one->key->text, one->key->len)));

	one->probes++;
	one->found |= same;
	return same ? SL_LIST_DENY : 0;
}

/* A mailbox, or a client, that the entry names. */
static void
check_found(const struct sl_list_key *key)
{
	struct sl_list_sender from = { 0 }, none = { 0 };
	struct sl_list_filter filter = { 0 };
	struct sl_list_found found;
	struct one one = { .key = key };
	struct sl_list_question question = { &from, &none, true, key->kind == SL_LIST_NETWORK ? key->address : NULL };
	char mailbox[SL_LIST_KEY_MAX + 8] = "X@y.";

	memcpy(mailbox + (key->kind == SL_LIST_ADDRESS ? 0 : key->kind == SL_LIST_DOMAIN ? 2 : 4), key->text, key->len + 1);
	if (key->kind != SL_LIST_NETWORK)
		sl_list_sender_read(sl_slice_str(mailbox), &from);
	sl_list_filter_add(&filter, key);
	sl_list_find(&question, &filter, probe, &one, &found);
	/* Below a domain that is as long as one may be there is no other. ::/0 is no network of IPv4's addresses. */
	SL_ASSERT(one.found || (key->kind == SL_LIST_BELOW && !from.there) || (key->kind == SL_LIST_NETWORK && key->bits < 96));
	SL_ASSERT(one.found == (found.deny_where != NULL));
	SL_ASSERT(one.probes <= 2 + SL_LIST_LABELS_MAX);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	struct sl_list_entry entry, again;
	struct sl_buf one, two;
	bool empty;

	sl_buf_init(&one, 4096);
	sl_buf_init(&two, 4096);
	if (sl_list_line_read(sl_slice(data, len), &entry, &empty) == NULL && !empty) {
		sl_list_line_print(&entry, &one);
		SL_ASSERT(sl_list_line_read(sl_buf_slice(&one), &again, &empty) == NULL && !empty);
		SL_ASSERT(memcmp(&entry.key, &again.key, sizeof(entry.key)) == 0 && entry.flags == again.flags &&
		    entry.expires_s == again.expires_s && sl_slice_eq(entry.note, again.note));
		sl_list_line_print(&again, &two);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&one), sl_buf_slice(&two)));
		check_found(&entry.key);
	}
	sl_buf_fini(&one);
	sl_buf_fini(&two);
	return 0;
}
