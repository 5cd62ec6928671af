/* refusals.c - see refusals.h */

#include "refusals.h"

/* False: the arena is full. */
static bool
fill(struct sl_record_refused *out, struct sl_arena *arena, const struct refusal *refusal, const struct answer *answer)
{
	size_t len = refusal->mailbox.len <= REFUSALS_MAILBOX_MAX ? refusal->mailbox.len : 0;
	struct sl_slice mailbox = sl_arena_copy(arena, sl_slice(refusal->mailbox.ptr, len)), text = sl_slice("", 0);
	const char *enhanced = "";

	if (answer != NULL) {
		text = sl_arena_copy(arena, sl_slice(answer->text, SL_MIN(strlen(answer->text), (size_t)REFUSALS_TEXT_MAX)));
		enhanced = sl_arena_printf(arena, "%s", answer->enhanced);
	}
	*out = (struct sl_record_refused){ .mailbox = mailbox, .tenant = refusal->tenant != NULL ? refusal->tenant : "",
		.why = refusal->why, .list = refusal->why == SL_RECORD_WHY_LIST ? refusal->list : SL_BY_COUNT,
		.code = answer != NULL ? answer->code : 0, .enhanced = enhanced, .text = text };
	return mailbox.ptr != NULL && text.ptr != NULL && enhanced != NULL;
}

void
refusals_add(struct refusals **refusals, struct sl_arena *arena, const struct refusal *refusal, const struct answer *answer)
{
	struct refusals *r = *refusals;

	if (r == NULL)
		r = *refusals = sl_arena_alloc(arena, sizeof(*r));
	if (r == NULL)
		return;
	r->answered += answer != NULL;
	r->for_good |= answer != NULL && answer->code >= 500;
	if (r->len < SL_COUNT(r->items) && fill(&r->items[r->len], arena, refusal, answer))
		r->len++;
	else
		r->more++;
}

unsigned
refusals_count(const struct refusals *r)
{
	return r == NULL ? 0 : (unsigned)r->len + r->more;
}

const char *
refusals_tenant(const struct refusals *r)
{
	for (size_t i = 0; r != NULL && i < r->len; i++)
		if (*r->items[i].tenant != '\0')
			return r->items[i].tenant;
	return NULL;
}

void
refusals_record(const struct refusals *r, const char *tenant, struct sl_buf *out)
{
	struct sl_record_refused told[SL_RECORD_REFUSED_MAX];

	if (r == NULL)
		return;
	memcpy(told, r->items, r->len * sizeof(told[0]));
	for (size_t i = 0; i < r->len; i++) {
		if (strcmp(told[i].tenant, tenant) == 0)
			told[i].tenant = "";
		else
			told[i].nobodys = *told[i].tenant == '\0';
	}
	sl_record_write_refused(told, r->len, r->more, out);
}
