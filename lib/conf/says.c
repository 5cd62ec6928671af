/*
 * says.c - what a tenant's section says as policies of the console do: checked where it stands, kept as YAML on one line
 *
 * By the table of policies (setting.h), so that both say the same by the same words. Also what the rest of a section comes to as such
 * a policy: one place for edges, which act by it, and for the console, which shows it.
 */

#include "conf_i.h"
#include "settings_table.h"
#include "sl/utf8.h"

#include <stdio.h>

static const char *const paths[] = {
#define SL_TENANT_SAYS_PATH(name, path) path,
	SL_TENANT_SAYS(SL_TENANT_SAYS_PATH)
#undef SL_TENANT_SAYS_PATH
};

const char *
sl_tenant_says_path(enum sl_tenant_says what)
{
	SL_ASSERT(what < SL_SAYS_COUNT);
	return paths[what];
}

const struct sl_policy_setting *
setting_policy(const struct setting *row)
{
	static const char above[] = "tenants[].";
	const char *scope = setting_scopes[row->scope].path;
	char path[64];

	SL_ASSERT(row->type == SETTING_POLICY && strncmp(scope, above, strlen(above)) == 0);
	snprintf(path, sizeof(path), "%s.%s", scope + strlen(above), row->key);
	return sl_policy_setting_find(sl_slice_str(path));
}

/* ---- values ---- */

/* What YAML does not take as it is, or folds, though an escape may have put it there. */
static bool
is_plain(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c >= 0xa0) && c != 0x2028 && c != 0x2029 && c != 0xfeff && (c & 0xfffe) != 0xfffe && c != '"' &&
	    c != '\\';
}

static void
add_quoted(struct sl_slice text, struct sl_buf *out)
{
	sl_buf_add_byte(out, '"');
	while (text.len > 0) {
		uint32_t c = 0;
		size_t n = SL_MAX(sl_utf8_decode(text, &c), (size_t)1);

		if (is_plain(c))
			sl_buf_add_slice(out, sl_slice(text.ptr, n));
		else
			sl_buf_addf(out, "\\U%08x", (unsigned)c);
		text = sl_slice_from(text, n);
	}
	sl_buf_add_byte(out, '"');
}

static const char *
add_word(const struct sl_policy_setting *row, struct sl_slice word, struct sl_buf *out)
{
	for (const struct sl_policy_word *w = row->words; w->word != NULL; w++)
		if (sl_slice_eq(word, sl_slice_str(w->word))) {
			sl_buf_add_slice(out, word);
			return NULL;
		}
	return row->type == SL_POLICY_SET ? "write a list of words known here" : "write a word known here";
}

static const char *
add_number(const struct sl_policy_setting *row, struct sl_slice text, struct sl_buf *out)
{
	uint64_t number;

	if (value_count(text, &number) != 0 || number < row->min || number > row->max)
		return "write a number within its range";
	sl_buf_addf(out, "%llu", (unsigned long long)number);
	return NULL;
}

static const char *
add_text(const struct sl_policy_setting *row, struct sl_slice text, struct sl_buf *out)
{
	const char *wrong = sl_policy_text_wrong(row, text);

	if (wrong == NULL)
		add_quoted(text, out);
	return wrong;
}

static const char *
add_one(const struct sl_policy_setting *row, const struct conf_node *node, struct sl_buf *out)
{
	if (node->kind != CONF_SCALAR || node->null)
		return "write a single value";
	if (row->words != NULL)
		return add_word(row, node->text, out);
	return row->type == SL_POLICY_NUMBER ? add_number(row, node->text, out) : add_text(row, node->text, out);
}

const char *
says_read(const struct sl_policy_setting *row, const struct conf_node *node, struct sl_buf *out, const struct conf_node **at_out)
{
	const char *wrong = NULL;

	*at_out = node;
	if (row->type != SL_POLICY_SET && row->type != SL_POLICY_ADDRESSES)
		return add_one(row, node, out);
	if (node->kind != CONF_LIST)
		return "write a list, as in [a, b]";
	if (row->type == SL_POLICY_ADDRESSES && node->len > row->max)
		return "write fewer entries";
	sl_buf_add_byte(out, '[');
	for (const struct conf_node *n = node->first; n != NULL && wrong == NULL; n = n->next) {
		sl_buf_add_str(out, n == node->first ? "" : ", ");
		*at_out = n;
		wrong = add_one(row, n, out);
	}
	sl_buf_add_byte(out, ']');
	return wrong;
}

static void
add_words(const struct sl_policy_setting *row, struct sl_buf *out)
{
	for (const struct sl_policy_word *w = row->words; w->word != NULL; w++)
		sl_buf_addf(out, "%s%s", w == row->words ? "" : ", ", w->word);
}

void
says_describe(const struct sl_policy_setting *row, struct sl_buf *out)
{
	switch (row->type) {
	case SL_POLICY_NUMBER:
		sl_buf_addf(out, "number, %u to %u", row->min, row->max);
		return;
	case SL_POLICY_SIZE:
		sl_buf_add_str(out, "size, ");
		value_print_size(row->min, out);
		sl_buf_add_str(out, " to ");
		value_print_size(row->max, out);
		return;
	case SL_POLICY_WORD:
		add_words(row, out);
		return;
	case SL_POLICY_SET:
		sl_buf_add_str(out, "list of ");
		if (row->words[0].word[0] == '0')
			sl_buf_add_str(out, "hours, 0 to 23");
		else
			add_words(row, out);
		return;
	case SL_POLICY_THRESHOLDS:
		sl_buf_add_str(out, "map of actions to probabilities, or never");
		return;
	case SL_POLICY_TEXT: case SL_POLICY_LINE:
		sl_buf_addf(out, "text, at most %u bytes", row->max);
		return;
	case SL_POLICY_ADDRESS:
		sl_buf_add_str(out, "address, or empty");
		return;
	case SL_POLICY_ADDRESSES:
		sl_buf_addf(out, "list of addresses, at most %u", row->max);
		return;
	case SL_POLICY_DOMAINS:
		sl_buf_add_str(out, "list of domains");
		return;
	case SL_POLICY_ZONE:
		sl_buf_add_str(out, "time zone");
		return;
	case SL_POLICY_LANGUAGE:
		sl_buf_add_str(out, "language");
		return;
	case SL_POLICY_FILES: case SL_POLICY_GROUPS: case SL_POLICY_PARTNERS:
		sl_buf_addf(out, "list of maps, at most %u", row->max);
		return;
	case SL_POLICY_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

/* ---- the rest of a section, as a policy ---- */

static struct sl_policy_list
list_of(struct sl_arena *arena, char *const *texts, size_t len)
{
	struct sl_slice *items = sl_arena_alloc(arena, SL_MAX(len, (size_t)1) * sizeof(*items));

	SL_ASSERT(items != NULL);
	for (size_t i = 0; i < len; i++)
		items[i] = sl_slice_str(texts[i]);
	return (struct sl_policy_list){ items, len };
}

static struct sl_partner_domains
proven_partners(struct sl_arena *arena, const struct sl_authentication_policy *a)
{
	struct sl_partner_domain *items = sl_arena_alloc(arena, SL_MAX(a->require_pass_len, (size_t)1) * sizeof(*items));

	SL_ASSERT(items != NULL);
	for (size_t i = 0; i < a->require_pass_len; i++)
		items[i] = (struct sl_partner_domain){ .domain = sl_slice_str(a->require_pass[i]), .authentication = true };
	return (struct sl_partner_domains){ items, a->require_pass_len };
}

static void
authentication(const struct sl_authentication_policy *a, struct sl_arena *arena, struct sl_policy *out)
{
	out->authentication.dmarc = a->dmarc == SL_DMARC_OFF ? SL_DMARC_USE_OFF
	    : a->dmarc == SL_DMARC_RECORD ? SL_DMARC_USE_RECORD : SL_DMARC_USE_ENFORCE;
	out->authentication.dmarc_reject = SL_ACTION_REFUSE;
	out->authentication.dmarc_quarantine = SL_ACTION_TAG;
	out->authentication.bad_author = a->bad_author == SL_BAD_AUTHOR_REFUSE ? SL_ACTION_REFUSE
	    : a->bad_author == SL_BAD_AUTHOR_TAG ? SL_ACTION_TAG : SL_ACTION_DELIVER;
	out->authentication.spf_fail = a->spf_fail == SL_SPF_REFUSE ? SL_ACTION_REFUSE : SL_ACTION_DELIVER;
	out->authentication.partner = SL_ACTION_REFUSE;
	out->authentication.trusted_sealers = list_of(arena, a->trusted_sealers, a->trusted_sealers_len);
	out->authentication.partners = proven_partners(arena, a);
}

uint64_t
sl_tenant_policy_rows(void)
{
	static const char *const said[] = { "mode", "malware", "phish", "spam", "bulk", "malformed", "copy_to", "subject_tag",
		"refusal_text", "message.size", "authentication.dmarc", "authentication.dmarc_reject", "authentication.dmarc_quarantine",
		"authentication.bad_author", "authentication.spf_fail", "authentication.partner", "authentication.trusted_sealers",
		"authentication.partners" };
	uint64_t rows = 0;

	for (size_t i = 0; i < SL_COUNT(said); i++) {
		const struct sl_policy_setting *row = sl_policy_setting_find(sl_slice_str(said[i]));

		SL_ASSERT(row != NULL);
		rows |= UINT64_C(1) << (row - sl_policy_settings);
	}
	return rows;
}

void
sl_tenant_policy(const struct sl_tenant *tenant, struct sl_arena *arena, struct sl_policy *out)
{
	const struct sl_policy_setting *size = sl_policy_setting_find(SL_SLICE_LIT("message.size"));

	memset(out, 0, sizeof(*out));
	out->mode = tenant->mode;
	memcpy(out->category, tenant->policy, sizeof(out->category));
	out->copy_to = sl_slice_str(tenant->copy_to);
	out->subject_tag = sl_slice_str(tenant->subject_tag);
	out->refusal_text = sl_slice_str(tenant->refusal_text);
	/* What a policy cannot say is the most that it can; edges go by the section's own (directory.c). */
	out->message.size = (uint32_t)(tenant->message_max_bytes == 0 ? size->max :
	    SL_MIN(SL_MAX(tenant->message_max_bytes, (uint64_t)size->min), (uint64_t)size->max));
	authentication(&tenant->authentication, arena, out);
}
