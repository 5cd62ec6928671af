/* few.c - see few.h */

#include "few.h"

static void
add(struct few *few, size_t max, struct sl_slice local, struct sl_slice domain)
{
	char *text;

	few->many |= few->len == max;
	if (few->many)
		return;
	text = local.len > 0 ? sl_xasprintf(SL_SLICE_FMT "@" SL_SLICE_FMT, SL_SLICE_ARG(local), SL_SLICE_ARG(domain))
	    : sl_xmemdup(domain.ptr, domain.len);
	few->items[few->len++] = sl_slice_str(text);
}

/* An address, or a domain, and what it is called by the aliases of that. */
static void
add_member(struct few *few, size_t max, const struct sl_report_ask *ask, struct sl_slice member)
{
	const unsigned char *at = member.len > 0 ? memrchr(member.ptr, '@', member.len) : NULL;
	struct sl_slice local = sl_slice("", 0), domain = member;
	struct sl_unpack aliases = { .rest = ask->aliases };

	/* In U-labels it is spelled in more ways than one. */
	few->many |= memmem(member.ptr, member.len, "xn--", 4) != NULL;
	if (at != NULL) {
		local = sl_slice(member.ptr, (size_t)(at - member.ptr));
		domain = sl_slice_from(member, local.len + 1);
	}
	few->many |= ask->of == SL_REPORT_OF_ADDRESSES && local.len == 0;
	add(few, max, local, domain);
	while (aliases.rest.len > 0) {
		struct sl_slice alias = sl_unpack_bytes(&aliases);

		if (!sl_slice_eq(sl_unpack_bytes(&aliases), domain))
			continue;
		few->many |= memmem(alias.ptr, alias.len, "xn--", 4) != NULL;
		add(few, max, local, alias);
	}
}

void
few_find(const struct sl_report_ask *ask, size_t max, struct few *few)
{
	struct sl_unpack members = { .rest = ask->members };

	SL_ASSERT(max <= SL_COUNT(few->items));
	few->len = 0;
	few->many = ask->of == SL_REPORT_OF_ALL;
	while (members.rest.len > 0 && !few->many)
		add_member(few, max, ask, sl_unpack_bytes(&members));
}

void
few_fini(struct few *few)
{
	for (size_t i = 0; i < few->len; i++)
		sl_free((void *)(uintptr_t)few->items[i].ptr);
}
