/* list.c - see list.h */

#include "policy/list.h"

#include "domain/idna.h"
#include "policy/setting.h"

#include <arpa/inet.h>

/* ---- keys */

/* Small letters in ASCII; others have no case that mail programs agree on. */
static void
copy_lower(struct sl_slice s, char *out)
{
	for (size_t i = 0; i < s.len; i++)
		out[i] = (char)sl_ascii_lower(s.ptr[i]);
	out[s.len] = '\0';
}

static bool
domain_normal(struct sl_slice domain, char out[SL_DNS_NAME_MAX + 1])
{
	return domain.len > 0 && sl_domain_ascii(domain, out) && sl_policy_domain_ok(sl_slice_str(out), false);
}

static size_t
labels_of(struct sl_slice domain)
{
	size_t n = domain.len > 0;

	for (size_t i = 0; i < domain.len; i++)
		n += domain.ptr[i] == '.';
	return n;
}

/* No blanks, controls or a second '@'. */
static bool
local_ok(struct sl_slice local)
{
	for (size_t i = 0; i < local.len; i++)
		if (local.ptr[i] <= ' ' || local.ptr[i] == 0x7f || local.ptr[i] == '@')
			return false;
	return local.len > 0 && local.len <= 64;
}

static bool
parse_address(struct sl_slice text, unsigned char out[16], bool *is_v4_out)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	memset(out, 0, 16);
	*is_v4_out = inet_pton(AF_INET, copy, out + 12) == 1;
	if (*is_v4_out)
		memset(out + 10, 0xff, 2);
	return *is_v4_out || inet_pton(AF_INET6, copy, out) == 1;
}

static void
mask_address(unsigned char address[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		address[i / 8] &= (unsigned char)~(0x80u >> (i % 8));
}

static bool
is_v4(const unsigned char address[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

/* NULL: `*is_network_out` says whether it looks like one at all. */
static const char *
read_network(struct sl_slice text, struct sl_list_key *key, bool *is_network_out)
{
	const unsigned char *slash = memchr(text.ptr, '/', text.len);
	size_t len = slash == NULL ? text.len : (size_t)(slash - text.ptr);
	unsigned char masked[16];
	uint64_t width, bits;
	bool v4;

	*is_network_out = parse_address(sl_slice(text.ptr, len), key->address, &v4);
	if (!*is_network_out)
		return slash == NULL ? NULL : "write a network as in 192.0.2.0/24 or 2001:db8::/32";
	bits = width = v4 ? 32 : 128;
	if (slash != NULL && sl_slice_to_u64(sl_slice_from(text, len + 1), width, &bits) != 0)
		return "write the length of the prefix behind the slash: at most 32 bits for IPv4, 128 for IPv6";
	key->kind = SL_LIST_NETWORK;
	key->bits = (unsigned)(128 - width + bits);
	/* ::/0 has room for IPv4 as it is kept here, but is not meant so. */
	memcpy(masked, key->address, sizeof(masked));
	mask_address(masked, key->bits);
	if (memcmp(masked, key->address, sizeof(masked)) != 0)
		return "set the bits behind the prefix to zero, or write a longer prefix";
	return NULL;
}

static const char *
read_domain(struct sl_slice text, struct sl_list_key *key)
{
	char domain[SL_DNS_NAME_MAX + 1];
	bool below = text.len > 2 && text.ptr[0] == '*' && text.ptr[1] == '.';

	if (text.len > 0 && text.ptr[0] == '@')
		text = sl_slice_from(text, 1);
	if (!domain_normal(sl_slice_from(text, below ? 2 : 0), domain))
		return "write an address, a domain or a network, as in a@example.com, example.com, *.example.com or "
		    "192.0.2.0/24";
	if (below && labels_of(sl_slice_str(domain)) > SL_LIST_LABELS_MAX)
		return "write at most ten labels behind the star";
	key->kind = below ? SL_LIST_BELOW : SL_LIST_DOMAIN;
	key->len = strlen(domain);
	memcpy(key->text, domain, key->len + 1);
	return NULL;
}

static const char *
read_address(struct sl_slice text, size_t local_len, struct sl_list_key *key)
{
	struct sl_slice local = sl_slice(text.ptr, local_len);
	char domain[SL_DNS_NAME_MAX + 1];

	if (!local_ok(local))
		return "write an address without blanks and quotes, as in a@example.com";
	if (!domain_normal(sl_slice_from(text, local_len + 1), domain))
		return "write a domain that exists behind the @, as in a@example.com";
	key->kind = SL_LIST_ADDRESS;
	copy_lower(local, key->text);
	key->text[local_len] = '@';
	strcpy(key->text + local_len + 1, domain);
	key->len = strlen(key->text);
	return NULL;
}

const char *
sl_list_key_read(struct sl_slice text, struct sl_list_key *key)
{
	const unsigned char *at;
	const char *wrong;
	bool is_network;

	memset(key, 0, sizeof(*key));
	text = sl_slice_trim(text);
	if (text.len == 0)
		return "write an address, a domain or a network";
	wrong = read_network(text, key, &is_network);
	if (wrong != NULL || is_network)
		return wrong;
	at = memrchr(text.ptr, '@', text.len);
	if (at == NULL || at == text.ptr)
		return read_domain(text, key);
	return read_address(text, (size_t)(at - text.ptr), key);
}

void
sl_list_key_print(const struct sl_list_key *key, struct sl_buf *out)
{
	char text[INET6_ADDRSTRLEN] = "";
	bool v4 = is_v4(key->address) && key->bits >= 96;

	if (key->kind != SL_LIST_NETWORK) {
		sl_buf_addf(out, "%s%s", key->kind == SL_LIST_BELOW ? "*." : "", key->text);
		return;
	}
	inet_ntop(v4 ? AF_INET : AF_INET6, key->address + (v4 ? 12 : 0), text, sizeof(text));
	sl_buf_add_str(out, text);
	if (key->bits < 128)
		sl_buf_addf(out, "/%u", key->bits - (v4 ? 96 : 0));
}

/* ---- senders */

void
sl_list_sender_read(struct sl_slice mailbox, struct sl_list_sender *sender)
{
	const unsigned char *at = mailbox.len == 0 ? NULL : memrchr(mailbox.ptr, '@', mailbox.len);
	char domain[SL_DNS_NAME_MAX + 1];
	size_t local;

	sender->there = false;
	sender->len = sender->domain_at = 0;
	if (at == NULL || at == mailbox.ptr)
		return;
	local = (size_t)(at - mailbox.ptr);
	/* Whether it is a good name does not matter: it is only compared. */
	if (local > 64 || !sl_domain_ascii(sl_slice_from(mailbox, local + 1), domain))
		return;
	copy_lower(sl_slice(mailbox.ptr, local), sender->text);
	sender->text[local] = '@';
	strcpy(sender->text + local + 1, domain);
	sender->domain_at = local + 1;
	sender->len = local + 1 + strlen(domain);
	sender->there = true;
}

bool
sl_list_client_read(struct sl_slice text, unsigned char address[16])
{
	bool v4;

	return parse_address(text, address, &v4);
}

/* ---- finding */

void
sl_list_filter_add(struct sl_list_filter *filter, const struct sl_list_key *key)
{
	filter->kinds |= 1u << key->kind;
	if (key->kind == SL_LIST_NETWORK)
		filter->prefixes[key->bits / 64] |= UINT64_C(1) << (key->bits % 64);
}

struct finder {
	const struct sl_list_filter	*filter;
	sl_list_probe			*probe;
	void				*ctx;
	struct sl_list_found		*found;
};

static void
note(struct sl_list_hit *hit, unsigned flags, unsigned which, enum sl_list_kind kind, struct sl_slice text, unsigned bits)
{
	if ((flags & which) == 0)
		return;
	if (hit->flags == 0) {
		hit->kind = kind;
		hit->text = text;
		hit->bits = bits;
	}
	hit->flags |= flags;
}

static void
ask(struct finder *f, enum sl_list_kind kind, struct sl_slice text, unsigned bits, struct sl_list_hit *allow,
    const char *where)
{
	unsigned flags;

	if (f->filter != NULL && (f->filter->kinds >> kind & 1) == 0)
		return;
	flags = f->probe(f->ctx, kind, text, bits);
	note(allow, flags, SL_LIST_ALLOW, kind, text, bits);
	if ((flags & SL_LIST_DENY) != 0 && f->found->deny_where == NULL)
		f->found->deny_where = where;
	note(&f->found->deny, flags, SL_LIST_DENY, kind, text, bits);
}

/* The address, its domain, and what a star may stand before: of the last labels, as many as an entry may have. */
static void
ask_sender(struct finder *f, const struct sl_list_sender *sender, struct sl_list_hit *allow, const char *where)
{
	struct sl_slice domain, text = sl_slice(sender->text, sender->len);
	size_t labels;

	if (!sender->there)
		return;
	domain = sl_slice_from(text, sender->domain_at);
	ask(f, SL_LIST_ADDRESS, text, 0, allow, where);
	ask(f, SL_LIST_DOMAIN, domain, 0, allow, where);
	for (labels = labels_of(domain); labels > 1; labels--) {
		const unsigned char *dot = memchr(domain.ptr, '.', domain.len);

		domain = sl_slice_from(domain, (size_t)(dot + 1 - domain.ptr));
		if (labels - 1 <= SL_LIST_LABELS_MAX)
			ask(f, SL_LIST_BELOW, domain, 0, allow, where);
	}
}

/* The client's networks, the smallest first. */
static void
ask_client(struct finder *f, const unsigned char *client)
{
	unsigned char address[16];
	unsigned least = is_v4(client) ? 96 : 0;

	memcpy(address, client, sizeof(address));
	for (unsigned bits = 129; bits-- > least; ) {
		if (f->filter != NULL && (f->filter->prefixes[bits / 64] >> (bits % 64) & 1) == 0)
			continue;
		mask_address(address, bits);
		ask(f, SL_LIST_NETWORK, sl_slice(address, sizeof(address)), bits, &f->found->allow_client, "client");
		/* What was found is told by the client's own address. */
		if (f->found->allow_client.text.ptr == address)
			f->found->allow_client.text = sl_slice(client, sizeof(address));
		if (f->found->deny.text.ptr == address)
			f->found->deny.text = sl_slice(client, sizeof(address));
	}
}

void
sl_list_find(const struct sl_list_question *question, const struct sl_list_filter *filter, sl_list_probe *probe,
    void *ctx, struct sl_list_found *found)
{
	struct finder f = { filter, probe, ctx, found };

	memset(found, 0, sizeof(*found));
	if (filter != NULL && filter->kinds == 0)
		return;
	ask_sender(&f, question->from, &found->allow_from, "From");
	ask_sender(&f, question->envelope, &found->allow_envelope, "envelope");
	if (question->client != NULL && (filter == NULL || (filter->kinds >> SL_LIST_NETWORK & 1) != 0))
		ask_client(&f, question->client);
}
