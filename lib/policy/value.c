/* value.c - values of a policy: compared, narrowed, checked; see setting.h */

#include "policy/setting.h"
#include "sl/utf8.h"

/* ---- equal */

static bool
lists_eq(const struct sl_policy_list *a, const struct sl_policy_list *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!sl_slice_eq(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool
thresholds_eq(const struct sl_policy_category *a, const struct sl_policy_category *b)
{
	for (int i = 0; i < SL_ACTION_COUNT; i++)
		if (a->at[i] < b->at[i] || a->at[i] > b->at[i])
			return false;
	return true;
}

static bool
files_eq(const struct sl_attachment_rules *a, const struct sl_attachment_rules *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		const struct sl_attachment_rule *x = &a->items[i], *y = &b->items[i];

		if (!sl_slice_eq(x->name, y->name) || x->action != y->action || x->families != y->families ||
		    !lists_eq(&x->types, &y->types) || !lists_eq(&x->names, &y->names) ||
		    x->larger_bytes != y->larger_bytes || x->encrypted != y->encrypted || x->macros != y->macros ||
		    x->inside != y->inside)
			return false;
	}
	return true;
}

static bool
groups_eq(const struct sl_content_groups *a, const struct sl_content_groups *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		const struct sl_content_group *x = &a->items[i], *y = &b->items[i];

		if (!sl_slice_eq(x->name, y->name) || x->action != y->action || x->at_least != y->at_least ||
		    !lists_eq(&x->words, &y->words) || !lists_eq(&x->patterns, &y->patterns) ||
		    x->numbers != y->numbers)
			return false;
	}
	return true;
}

static bool
partners_eq(const struct sl_partner_domains *a, const struct sl_partner_domains *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!sl_slice_eq(a->items[i].domain, b->items[i].domain) || a->items[i].tls != b->items[i].tls ||
		    a->items[i].authentication != b->items[i].authentication)
			return false;
	return true;
}

bool
sl_policy_value_eq(const struct sl_policy_setting *row, const void *a, const void *b)
{
	switch (row->type) {
	case SL_POLICY_NUMBER: case SL_POLICY_SIZE: case SL_POLICY_WORD: case SL_POLICY_SET:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case SL_POLICY_THRESHOLDS:
		return thresholds_eq(a, b);
	case SL_POLICY_LINE: case SL_POLICY_TEXT: case SL_POLICY_ADDRESS: case SL_POLICY_ZONE: case SL_POLICY_LANGUAGE:
		return sl_slice_eq(*(const struct sl_slice *)a, *(const struct sl_slice *)b);
	case SL_POLICY_DOMAINS: case SL_POLICY_ADDRESSES:
		return lists_eq(a, b);
	case SL_POLICY_FILES:
		return files_eq(a, b);
	case SL_POLICY_GROUPS:
		return groups_eq(a, b);
	case SL_POLICY_PARTNERS:
		return partners_eq(a, b);
	case SL_POLICY_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

/* ---- narrower */

/* Does `after` do at each probability something at least as strong? Its actions change at the thresholds only. */
static bool
is_stricter(const struct sl_policy_category *before, const struct sl_policy_category *after)
{
	for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++) {
		bool as_early = false;

		if (before->at[a] > 1)
			continue;
		for (int b = a; b < SL_ACTION_COUNT; b++)
			as_early |= after->at[b] <= before->at[a] && (b == a || (a != SL_ACTION_COPY && b != SL_ACTION_COPY));
		if (!as_early)
			return false;
	}
	return true;
}

bool
sl_policy_value_narrows(const struct sl_policy_setting *row, const void *before, const void *after)
{
	uint32_t x, y;

	if (row->narrow == SL_NARROW_NOT)
		return true;
	if (row->type == SL_POLICY_THRESHOLDS)
		return is_stricter(before, after);
	x = *(const uint32_t *)before;
	y = *(const uint32_t *)after;
	switch (row->narrow) {
	case SL_NARROW_LESS:
		return y <= x;
	case SL_NARROW_SUBSET:
		return (y & ~x) == 0;
	case SL_NARROW_STRICTER:
		return y >= x;
	case SL_NARROW_NOT:
		break;
	}
	SL_UNREACHABLE("narrowed in no known way");
}

/* ---- texts */

bool
sl_policy_name_ok(struct sl_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = sl_ascii_lower(name.ptr[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return name.len > 0 && name.len <= SL_POLICY_NAME_MAX;
}

bool
sl_policy_domain_ok(struct sl_slice domain, bool wildcards)
{
	size_t label = 0, digits = 0;

	if (wildcards && domain.len > 2 && domain.ptr[0] == '*' && domain.ptr[1] == '.')
		domain = sl_slice_from(domain, 2);
	if (domain.len == 0 || domain.len > 253)
		return false;
	for (size_t i = 0; i < domain.len; i++) {
		unsigned char c = domain.ptr[i];
		bool last = i + 1 == domain.len || domain.ptr[i + 1] == '.';

		if (c == '.') {
			if (label == 0)
				return false;
			label = digits = 0;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c == '-' && label > 0 && !last)))
			return false;
		digits += c >= '0' && c <= '9';
		if (++label > 63)
			return false;
	}
	return label > 0 && digits < label;
}

static bool
is_printable_ascii(struct sl_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] >= 0x7f)
			return false;
	return true;
}

static bool
has_only(struct sl_slice text, const char *further)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = sl_ascii_lower(text.ptr[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c != 0 && strchr(further, c) != NULL)))
			return false;
	}
	return text.len > 0;
}

/* local@domain, the local part a dot-string: what people have. A quoted one may hold anything. */
static bool
is_address(struct sl_slice text)
{
	const unsigned char *at = text.len == 0 ? NULL : memrchr(text.ptr, '@', text.len);
	struct sl_slice local;

	if (at == NULL || at == text.ptr || text.len > 320)
		return false;
	local = sl_slice(text.ptr, (size_t)(at - text.ptr));
	return local.len <= 64 && has_only(local, ".!#$%&'*+-/=?^_`{|}~") && local.ptr[0] != '.' &&
	    local.ptr[local.len - 1] != '.' && memmem(local.ptr, local.len, "..", 2) == NULL &&
	    sl_policy_domain_ok(sl_slice_from(text, local.len + 1), false);
}

/* UTF-8 without controls. */
static bool
is_line(struct sl_slice text)
{
	while (text.len > 0) {
		uint32_t c;
		size_t n = sl_utf8_decode(text, &c);

		if (n == 0 || c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			return false;
		text = sl_slice_from(text, n);
	}
	return true;
}

const char *
sl_policy_text_wrong(const struct sl_policy_setting *row, struct sl_slice text)
{
	switch (row->type) {
	case SL_POLICY_LINE:
		if (!is_printable_ascii(text))
			return "write one line of printable ASCII";
		return text.len > row->max ? "write a shorter text" : NULL;
	case SL_POLICY_TEXT:
		if (!is_line(text))
			return "write one line of text";
		return text.len > row->max ? "write a shorter text" : NULL;
	case SL_POLICY_ADDRESS: case SL_POLICY_ADDRESSES:
		return (text.len == 0 && row->type == SL_POLICY_ADDRESS) || is_address(text) ? NULL
		    : "write the address of a mailbox, as in postmaster@example.com, its domain in small letters";
	case SL_POLICY_ZONE:
		return text.len <= row->max && has_only(text, "+-/_") && text.ptr[0] != '/' ? NULL
		    : "write the name of a time zone, as in Europe/Berlin";
	case SL_POLICY_LANGUAGE:
		return text.len >= row->min && text.len <= row->max && has_only(text, "-") && text.ptr[0] != '-' ? NULL
		    : "write a language, as in en or pt-BR";
	case SL_POLICY_DOMAINS:
		return sl_policy_domain_ok(text, true) ? NULL : "write a domain, as in example.com or *.example.com";
	case SL_POLICY_NUMBER: case SL_POLICY_SIZE: case SL_POLICY_WORD: case SL_POLICY_SET: case SL_POLICY_THRESHOLDS:
	case SL_POLICY_FILES: case SL_POLICY_GROUPS: case SL_POLICY_PARTNERS: case SL_POLICY_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting that is no text");
}
