/* links_author.c - see links_i.h: whom does a message claim to be from, and who gets the replies? */

#include "classify/links_i.h"

#include "domain/idna.h"
#include "mime/mailbox.h"
#include "mime/word.h"

#define FIELD_MAX	4096	/* bytes of a field that are read */
#define WORD_ALONE	2	/* words of a name that is an ordinary word, at most, to be a brand's */

static void
mailbox_host(struct links *links, const struct sl_mailbox *mailbox, struct sl_slice *host_out,
    struct sl_slice *domain_out)
{
	char ascii[SL_DNS_NAME_MAX + 1];

	if (!mailbox->valid || !sl_domain_ascii(mailbox->domain, ascii))
		return;
	*host_out = sl_arena_copy(links->arena, sl_slice_str(ascii));
	*domain_out = links_domain(links, *host_out);
}

static void
from_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct links *links = ctx;

	if (links->has_from)
		return;
	links->has_from = true;
	links->from_name = say_keep(links->arena, mailbox->name);
	if (mailbox->valid)
		links->from_address = sl_arena_copy(links->arena, mailbox->address);
	mailbox_host(links, mailbox, &links->from_host, &links->from_domain);
	if (mailbox->name_is_address)
		links_note(links, LINKS_NAME_IS_ADDRESS, mailbox->name, mailbox->address);
}

static void
reply_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct links *links = ctx;

	if (links->has_reply)
		return;
	links->has_reply = true;
	mailbox_host(links, mailbox, &links->reply_host, &links->reply_domain);
}

/* Which brands does a text name? */
static void
name_brands(struct links *links, struct sl_slice text)
{
	if (links->model->brands != NULL && links->brands_len < BRANDS_MAX)
		links->brands_len += sl_lookalike_text(links->model->brands, text,
		    links->brands + links->brands_len, BRANDS_MAX - links->brands_len);
}

static void
subject(struct links *links, struct sl_slice value)
{
	struct sl_buf text;

	sl_buf_init(&text, FIELD_MAX);
	sl_word_decode(value, &text);
	name_brands(links, sl_buf_slice(&text));
	sl_buf_fini(&text);
}

void
links_author_field(struct links *links, struct sl_slice name, struct sl_slice value)
{
	value.len = SL_MIN(value.len, (size_t)FIELD_MAX);
	if (sl_slice_ieq(name, SL_SLICE_LIT("From")))
		sl_mailbox_each(value, from_mailbox, links);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("Reply-To")))
		sl_mailbox_each(value, reply_mailbox, links);
	else if (sl_slice_ieq(name, SL_SLICE_LIT("Subject")))
		subject(links, value);
}

/* An ordinary word names a brand if hardly anything stands beside it, or a word that lures. */
static bool
is_brand_name(const struct links *links, const struct sl_lookalike_match *match)
{
	unsigned words = 1;

	if (!match->word)
		return true;
	for (size_t i = 0; i < links->from_name.len; i++)
		words += links->from_name.ptr[i] == ' ';
	return words == 1 || (words <= WORD_ALONE + 1 && sl_lookalike_lures(links->model->brands, links->from_name));
}

/* The author's name against his domain. */
static void
judge_name(struct links *links)
{
	const struct sl_lookalike *brands = links->model->brands;
	struct sl_lookalike_match match, host;
	int owner = links->from_host.len > 0 ? sl_lookalike_owner(brands, links->from_host) : -1;

	if (links->from_name.len == 0 || sl_lookalike_text(brands, links->from_name, &match, 1) == 0)
		return;
	if (!match.exact)
		links_note(links, LINKS_FROM_SPELLED, match.name, links->from_name);
	if (links->from_host.len == 0 || owner == (int)match.brand || !is_brand_name(links, &match))
		return;
	if (owner >= 0)		/* of another brand: one often speaks for the other */
		return;
	if (sl_lookalike_host(brands, links->from_host, links->from_domain, &host) &&
	    host.brand == match.brand && host.kind == SL_LOOKALIKE_SUFFIX)
		return;		/* its name in another country, as like as not */
	links_note(links, LINKS_FROM_BRAND, match.name, links->from_host);
}

static void
judge_domain(struct links *links)
{
	struct sl_lookalike_match match;

	if (links->from_host.len == 0)
		return;
	if (links->model->brands != NULL &&
	    sl_lookalike_host(links->model->brands, links->from_host, links->from_domain, &match) &&
	    match.kind > SL_LOOKALIKE_BELOW)
		links_note(links, LINKS_FROM_LOOKALIKE, links->from_host, match.name);
	for (size_t i = 0; i < links->own_len; i++)
		if (sl_slice_eq(links->from_domain, links_domain(links, links->own[i])))
			return;
	for (size_t i = 0; i < links->own_len; i++) {
		const unsigned char *dot = memchr(links->own[i].ptr, '.', links->own[i].len);
		enum sl_lookalike_kind kind = sl_lookalike_pair(links->model->fold, links->from_domain, dot == NULL ?
		    links->own[i] : sl_slice(links->own[i].ptr, (size_t)(dot - links->own[i].ptr)));

		if (kind >= SL_LOOKALIKE_SLIP)
			links_note(links, LINKS_FROM_OWN_LIKE, links->from_host, links->own[i]);
	}
}

/* Somebody of the tenant's, by name, from another domain than the tenant's? */
static void
judge_people(struct links *links)
{
	const struct sl_person *person = NULL;

	if (links->from_host.len > 0)
		person = sl_people_find(links->people, links->from_name);
	if (person == NULL || sl_person_has(person, links->from_address, links->from_host))
		return;
	for (size_t i = 0; i < links->own_len; i++)
		if (sl_slice_eq(links->from_domain, links_domain(links, links->own[i])))
			return;
	links_note(links, LINKS_FROM_OWN_NAME, sl_slice_str(person->name), links->from_address);
}

static void
judge_replies(struct links *links)
{
	const struct sl_hostlist *freemail = links->model->freemail;

	if (links->from_domain.len == 0 || links->reply_domain.len == 0 ||
	    sl_slice_ieq(links->from_domain, links->reply_domain))
		return;
	if (freemail != NULL && sl_hostlist_has(freemail, links->reply_host) &&
	    !sl_hostlist_has(freemail, links->from_host))
		links_note(links, LINKS_REPLY_FREEMAIL, links->from_domain, links->reply_host);
	else
		links_note(links, LINKS_REPLY_ELSEWHERE, links->from_domain, links->reply_host);
}

static void
judge_acquaintance(struct links *links)
{
	unsigned known;

	if (links->correspondents == NULL || links->tenant.len == 0 || links->from_address.len == 0 || links->now_s <= 0)
		return;
	known = sl_correspondents_find(links->correspondents, links->tenant, links->from_address, links->now_s);
	if ((known & SL_SENT_TO) != 0)
		links_note(links, LINKS_KNOWN, links->from_address, links->from_host);
	else if ((known & SL_TENANT_KNOWN) == 0 || (known & SL_CAME_FROM) != 0)
		return;
	else if ((known & (SL_CAME_FROM_DOMAIN | SL_SENT_TO_DOMAIN)) == 0)
		links_note(links, (known & SL_CAME_FROM_DOMAIN_LATELY) != 0 ? LINKS_NEW_CONTACT : LINKS_FIRST_CONTACT,
		    links->from_address, links->from_host);
	else if ((known & SL_CAME_FROM_LATELY) == 0)
		links_note(links, LINKS_NEW_ADDRESS, links->from_address, links->from_host);
}

void
links_author_judge(struct links *links)
{
	if (links->model->brands != NULL) {
		judge_name(links);
		if (links->from_name.len > 0)
			name_brands(links, links->from_name);
	}
	judge_domain(links);
	judge_people(links);
	judge_replies(links);
	judge_acquaintance(links);
}
