/* diff.c - what has changed, and who said what, in lines: see policy_text.h */

#include "text_i.h"

#define INHERITED	"(inherited)"

/* ---- lists: what came and what went */

static void
text_line(const char *path, struct sl_slice name, const char *member, char sign, struct sl_slice text, struct sl_buf *out)
{
	sl_buf_add_str(out, path);
	if (name.len > 0)
		sl_buf_addf(out, " " SL_SLICE_FMT, SL_SLICE_ARG(name));
	sl_buf_addf(out, "%s%s: %c ", member[0] == '\0' ? "" : " ", member, sign);
	policy_print_text(text, out);
	sl_buf_add_byte(out, '\n');
}

static int
order(struct sl_slice a, struct sl_slice b)
{
	int n = memcmp(a.ptr, b.ptr, SL_MIN(a.len, b.len));

	return n != 0 ? n : a.len < b.len ? -1 : a.len > b.len;
}

/* Both are sorted. */
static void
diff_lists(const char *path, struct sl_slice name, const char *member, const struct sl_policy_list *before,
    const struct sl_policy_list *after, struct sl_buf *out)
{
	size_t i = 0, j = 0;

	while (i < before->len || j < after->len) {
		int n = i == before->len ? 1 : j == after->len ? -1 : order(before->items[i], after->items[j]);

		if (n < 0)
			text_line(path, name, member, '-', before->items[i], out);
		else if (n > 0)
			text_line(path, name, member, '+', after->items[j], out);
		i += n <= 0;
		j += n >= 0;
	}
}

static void
sign_line(const char *path, char sign, struct sl_buf *item, struct sl_buf *out)
{
	sl_buf_addf(out, "%s: %c ", path, sign);
	sl_buf_add_slice(out, sl_buf_slice(item));
	sl_buf_add_byte(out, '\n');
	sl_buf_reset(item);
}

static void
diff_files(const char *path, const struct sl_attachment_rules *before, const struct sl_attachment_rules *after,
    struct sl_buf *out)
{
	struct sl_buf a, b;
	bool moved = before->len == after->len;

	sl_buf_init(&a, SL_POLICY_PACKED_MAX);
	sl_buf_init(&b, SL_POLICY_PACKED_MAX);
	for (int pass = 0; pass < 2; pass++) {		/* what went, then what came */
		const struct sl_attachment_rules *from = pass == 0 ? before : after, *to = pass == 0 ? after : before;

		for (size_t i = 0; i < from->len; i++) {
			bool found = false;

			sl_buf_reset(&a);
			policy_print_file(&from->items[i], &a);
			for (size_t j = 0; j < to->len && !found; j++) {
				sl_buf_reset(&b);
				policy_print_file(&to->items[j], &b);
				found = sl_slice_eq(sl_buf_slice(&a), sl_buf_slice(&b));
			}
			if (!found)
				sign_line(path, pass == 0 ? '-' : '+', &a, out);
			moved &= found;
		}
	}
	if (moved)
		sl_buf_addf(out, "%s: another order\n", path);
	sl_buf_fini(&a);
	sl_buf_fini(&b);
}

static const struct sl_content_group *
group_called(const struct sl_content_groups *groups, struct sl_slice name)
{
	for (size_t i = 0; i < groups->len; i++)
		if (sl_slice_eq(groups->items[i].name, name))
			return &groups->items[i];
	return NULL;
}

static void
diff_group(const char *path, const struct sl_content_group *a, const struct sl_content_group *b, struct sl_buf *out)
{
	if (a->action != b->action)
		sl_buf_addf(out, "%s " SL_SLICE_FMT " action: %s -> %s\n", path, SL_SLICE_ARG(a->name),
		    sl_action_word(a->action), sl_action_word(b->action));
	if (a->at_least != b->at_least)
		sl_buf_addf(out, "%s " SL_SLICE_FMT " at_least: %u -> %u\n", path, SL_SLICE_ARG(a->name), a->at_least,
		    b->at_least);
	if (a->numbers != b->numbers) {
		sl_buf_addf(out, "%s " SL_SLICE_FMT " numbers: ", path, SL_SLICE_ARG(a->name));
		policy_print_set(a->numbers, policy_numbers, out);
		sl_buf_add_str(out, " -> ");
		policy_print_set(b->numbers, policy_numbers, out);
		sl_buf_add_byte(out, '\n');
	}
	diff_lists(path, a->name, "words", &a->words, &b->words, out);
	diff_lists(path, a->name, "patterns", &a->patterns, &b->patterns, out);
}

static void
diff_groups(const char *path, const struct sl_content_groups *before, const struct sl_content_groups *after,
    struct sl_buf *out)
{
	size_t start = out->len;
	struct sl_buf item;

	sl_buf_init(&item, SL_POLICY_PACKED_MAX);
	for (size_t i = 0; i < before->len; i++) {
		const struct sl_content_group *other = group_called(after, before->items[i].name);

		if (other != NULL) {
			diff_group(path, &before->items[i], other, out);
			continue;
		}
		policy_print_group(&before->items[i], &item);
		sign_line(path, '-', &item, out);
	}
	for (size_t i = 0; i < after->len; i++)
		if (group_called(before, after->items[i].name) == NULL) {
			policy_print_group(&after->items[i], &item);
			sign_line(path, '+', &item, out);
		}
	if (out->len == start)
		sl_buf_addf(out, "%s: another order\n", path);
	sl_buf_fini(&item);
}

static void
diff_partners(const char *path, const struct sl_partner_domains *before, const struct sl_partner_domains *after,
    struct sl_buf *out)
{
	size_t i = 0, j = 0;
	struct sl_buf item;

	sl_buf_init(&item, 4096);
	while (i < before->len || j < after->len) {	/* both are sorted */
		const struct sl_partner_domain *a = i < before->len ? &before->items[i] : NULL;
		const struct sl_partner_domain *b = j < after->len ? &after->items[j] : NULL;
		int n = a == NULL ? 1 : b == NULL ? -1 : order(a->domain, b->domain);
		bool same = n == 0 && a->tls == b->tls && a->authentication == b->authentication;

		if (n <= 0 && !same) {
			policy_print_partner(a, &item);
			sign_line(path, '-', &item, out);
		}
		if (n >= 0 && !same) {
			policy_print_partner(b, &item);
			sign_line(path, '+', &item, out);
		}
		i += n <= 0;
		j += n >= 0;
	}
	sl_buf_fini(&item);
}

/* ---- settings */

static void
diff_row(const struct sl_policy_setting *row, const struct sl_policy *before, const struct sl_policy *after,
    struct sl_buf *out)
{
	const void *a = sl_policy_value(before, row), *b = sl_policy_value(after, row);

	if (sl_policy_value_eq(row, a, b))
		return;
	if (row->type == SL_POLICY_DOMAINS || row->type == SL_POLICY_ADDRESSES) {
		diff_lists(row->path, sl_slice("", 0), "", a, b, out);
	} else if (row->type == SL_POLICY_FILES) {
		diff_files(row->path, a, b, out);
	} else if (row->type == SL_POLICY_GROUPS) {
		diff_groups(row->path, a, b, out);
	} else if (row->type == SL_POLICY_PARTNERS) {
		diff_partners(row->path, a, b, out);
	} else {
		sl_buf_addf(out, "%s: ", row->path);
		sl_policy_value_print(row, before, out);
		sl_buf_add_str(out, " -> ");
		sl_policy_value_print(row, after, out);
		sl_buf_add_byte(out, '\n');
	}
}

void
sl_policy_diff(const struct sl_policy *before, const struct sl_policy *after, struct sl_buf *out)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		diff_row(&sl_policy_settings[i], before, after, out);
}

void
sl_policy_layer_diff(const struct sl_policy_layer *before, const struct sl_policy_layer *after, struct sl_buf *out)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];
		bool was = before->set >> i & 1, is = after->set >> i & 1;

		if (was && is) {
			diff_row(row, &before->values, &after->values, out);
		} else if (was || is) {
			sl_buf_addf(out, "%s: ", row->path);
			if (was)
				sl_policy_value_print(row, &before->values, out);
			sl_buf_add_str(out, was ? " -> " INHERITED : INHERITED " -> ");
			if (is)
				sl_policy_value_print(row, &after->values, out);
			sl_buf_add_byte(out, '\n');
		}
	}
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		if (((before->locks ^ after->locks) >> i & 1) != 0)
			sl_buf_addf(out, "%s %s\n", (after->locks >> i & 1) != 0 ? "lock" : "unlock",
			    sl_policy_settings[i].path);
}

/* ---- who said what */

static const char *
source_name(const struct sl_policy_source *sources, const char *const *names, int source)
{
	if (source == SL_POLICY_NOBODY)
		return "default";
	return names != NULL ? names[source] : sl_policy_by_word(sources[source].by);
}

static void
show_row(const struct sl_policy_effective *e, const struct sl_policy_source *sources, const char *const *names,
    size_t i, bool why, struct sl_buf *out)
{
	const struct sl_policy_setting *row = &sl_policy_settings[i];

	sl_buf_addf(out, "%-32s ", row->path);
	sl_policy_value_print(row, &e->policy, out);
	if (why) {
		sl_buf_addf(out, "  # %s", source_name(sources, names, e->said[i]));
		if ((e->by_level >> i & 1) != 0)
			sl_buf_add_str(out, ", by level");
		if (e->locked[i] != SL_POLICY_NOBODY)
			sl_buf_addf(out, ", locked by %s", source_name(sources, names, e->locked[i]));
	}
	sl_buf_add_byte(out, '\n');
}

void
sl_policy_show(const struct sl_policy_effective *e, const struct sl_policy_source *sources, const char *const *names,
    bool why, struct sl_buf *out)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++)
		show_row(e, sources, names, i, why, out);
	for (size_t i = 0; i < e->ignored_len && why; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[e->ignored[i].row];

		sl_buf_addf(out, "ignored: %s: ", row->path);
		sl_policy_value_print(row, &sources[e->ignored[i].source].layer->values, out);
		sl_buf_addf(out, "  # %s, but %s", source_name(sources, names, e->ignored[i].source),
		    sl_policy_ignored_word(e->ignored[i].why));
		if (e->ignored[i].against != SL_POLICY_NOBODY)
			sl_buf_addf(out, " (%s)", source_name(sources, names, e->ignored[i].against));
		sl_buf_add_byte(out, '\n');
	}
}
