/* read.c - a layer from YAML: see policy_text.h
 *
 * The tree is walked by the table; presets are read by the same readers. All problems are gathered. */

#include "text_i.h"
#include "sl/utf8.h"

#include <stdlib.h>

void *
policy_alloc(struct policy_reader *r, const struct conf_node *node, size_t count, size_t size_bytes)
{
	void *p = count == 0 ? NULL : sl_arena_alloc(r->arena, count * size_bytes);

	if (p == NULL && count > 0)
		WRONG(r, node, "%s: write less: there is no room for all of it", r->what);
	return p;
}

struct sl_slice
policy_copy(struct policy_reader *r, const struct conf_node *node, struct sl_slice s)
{
	struct sl_slice copy = s.len == 0 ? sl_slice("", 0) : sl_arena_copy(r->arena, s);

	if (copy.ptr == NULL) {
		WRONG(r, node, "%s: write less: there is no room for all of it", r->what);
		return sl_slice("", 0);
	}
	return copy;
}

/* ---- what a node is */

static const char *
kind_word(const struct conf_node *node)
{
	return node->null ? "nothing" : node->kind == CONF_LIST ? "a list" : node->kind == CONF_MAP ? "a map" : "a value";
}

bool
policy_is_scalar(struct policy_reader *r, const struct conf_node *node)
{
	if (node->kind == CONF_SCALAR && !node->null)
		return true;
	WRONG(r, node, "%s: write a single value instead of %s", r->what, kind_word(node));
	return false;
}

bool
policy_is_list(struct policy_reader *r, const struct conf_node *node, size_t max)
{
	if (node->kind != CONF_LIST) {
		WRONG(r, node, "%s: write a list, as in [a, b], instead of %s", r->what, kind_word(node));
		return false;
	}
	if (node->len > max) {
		WRONG(r, node, "%s: write at most %zu entries (these are %zu)", r->what, max, node->len);
		return false;
	}
	return true;
}

bool
policy_is_map(struct policy_reader *r, const struct conf_node *node)
{
	if (node->kind == CONF_MAP)
		return true;
	WRONG(r, node, "%s: write a map, as in {key: value}, instead of %s", r->what, kind_word(node));
	return false;
}

/* ---- words and numbers */

static void
say_words(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_word *words)
{
	struct sl_buf text;

	sl_buf_init(&text, 4096);
	for (const struct sl_policy_word *w = words; w->word != NULL; w++)
		sl_buf_addf(&text, "%s%s", w == words ? "" : w[1].word == NULL ? " or " : ", ", w->word);
	WRONG(r, node, "%s: write %s instead of '" SL_SLICE_FMT "'", r->what, sl_buf_cstr(&text),
	    (int)SL_MIN(node->text.len, (size_t)80), node->text.ptr);
	sl_buf_fini(&text);
}

uint32_t
policy_read_word(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_word *words)
{
	if (!policy_is_scalar(r, node))
		return 0;
	for (const struct sl_policy_word *w = words; w->word != NULL; w++)
		if (sl_slice_eq(node->text, sl_slice_str(w->word)))
			return w->value;
	say_words(r, node, words);
	return 0;
}

uint32_t
policy_read_set(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_word *words)
{
	uint32_t set = 0;

	if (!policy_is_list(r, node, SL_POLICY_LIST_MAX))
		return 0;
	for (const struct conf_node *n = node->first; n != NULL; n = n->next)
		set |= 1u << policy_read_word(r, n, words);
	return set;
}

static uint32_t
read_number(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_setting *row)
{
	uint64_t n = 0;

	if (!policy_is_scalar(r, node))
		return row->min;
	if (value_count(node->text, &n) != 0 || n < row->min || n > row->max) {
		WRONG(r, node, "%s: write a number from %u to %u instead of '" SL_SLICE_FMT "'", r->what, row->min,
		    row->max, (int)SL_MIN(node->text.len, (size_t)80), node->text.ptr);
		return row->min;
	}
	return (uint32_t)n;
}

static uint32_t
read_size(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_setting *row)
{
	uint64_t bytes = 0;
	struct sl_buf bounds;

	if (!policy_is_scalar(r, node))
		return row->min;
	if (value_size(node->text, &bytes) == 0 && bytes >= row->min && bytes <= row->max)
		return (uint32_t)bytes;
	sl_buf_init(&bounds, 64);
	value_print_size(row->min, &bounds);
	sl_buf_add_str(&bounds, " to ");
	value_print_size(row->max, &bounds);
	WRONG(r, node, "%s: write a size from %s instead of '" SL_SLICE_FMT "'", r->what, sl_buf_cstr(&bounds),
	    (int)SL_MIN(node->text.len, (size_t)80), node->text.ptr);
	sl_buf_fini(&bounds);
	return row->min;
}

/* At most six decimals: so a printed probability reads as the same bits. */
static double
read_probability(struct policy_reader *r, const struct conf_node *node)
{
	const unsigned char *point;
	double p = 1;

	if (!policy_is_scalar(r, node))
		return p;
	if (sl_slice_eq(node->text, SL_SLICE_LIT("never")))
		return SL_THRESHOLD_NEVER;
	point = node->text.len == 0 ? NULL : memchr(node->text.ptr, '.', node->text.len);
	if (value_fraction(node->text, &p) != 0 || p < 0.01 || p > 1 ||
	    (point != NULL && node->text.ptr + node->text.len - point > 7)) {
		WRONG(r, node, "%s: write a probability from 0.01 to 1 with at most six decimals, or never (not '"
		    SL_SLICE_FMT "')", r->what, (int)SL_MIN(node->text.len, (size_t)80), node->text.ptr);
		return 1;
	}
	return p;
}

/* A weaker action must begin earlier than a stronger one, or it never happens; a copy is made beside all. */
static void
check_order(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_category *c)
{
	for (int weak = SL_ACTION_TAG; weak < SL_ACTION_COUNT; weak++)
		for (int strong = weak + 1; strong < SL_ACTION_COUNT; strong++)
			if (weak != SL_ACTION_COPY && strong != SL_ACTION_COPY && c->at[weak] <= 1 &&
			    c->at[weak] >= c->at[strong])
				WRONG(r, node, "%s: set %s below %s, or it never happens", r->what,
				    sl_action_word((enum sl_action)weak), sl_action_word((enum sl_action)strong));
}

static void
read_thresholds(struct policy_reader *r, const struct conf_node *node, struct sl_policy_category *out)
{
	enum sl_action action = SL_ACTION_DELIVER;

	sl_policy_category_clear(out);
	if (node->kind == CONF_SCALAR && sl_slice_eq(node->text, SL_SLICE_LIT("never")))
		return;
	if (node->kind != CONF_MAP) {
		WRONG(r, node, "%s: write from where on what is done, as in {tag: 0.8, refuse: 0.99}, or never", r->what);
		return;
	}
	for (const struct conf_node *n = node->first; n != NULL; n = n->next) {
		if (!sl_action_find(n->key, &action) || action == SL_ACTION_DELIVER)
			conf_errors_add(&r->errors, n->key_at, "%s: write tag, copy, quarantine, defer or refuse instead of '"
			    SL_SLICE_FMT "'", r->what, SL_SLICE_ARG(n->key));
		else
			out->at[action] = read_probability(r, n);
	}
	check_order(r, node, out);
}

/* ---- texts */

/* Characters that YAML folds, or that nobody sees. */
static bool
is_printable(struct sl_slice text)
{
	while (text.len > 0) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(text, &c);

		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
		    (c & 0xfffe) == 0xfffe)
			return false;
		text = sl_slice_from(text, n);
	}
	return true;
}

struct sl_slice
policy_read_text(struct policy_reader *r, const struct conf_node *node, size_t max)
{
	if (!policy_is_scalar(r, node))
		return sl_slice("", 0);
	if (!is_printable(node->text)) {
		WRONG(r, node, "%s: write one line of printable text", r->what);
		return sl_slice("", 0);
	}
	if (node->text.len > max) {
		WRONG(r, node, "%s: write at most %zu bytes (these are %zu)", r->what, max, node->text.len);
		return sl_slice("", 0);
	}
	return policy_copy(r, node, node->text);
}

struct sl_slice
policy_read_domain(struct policy_reader *r, const struct conf_node *node)
{
	char name[VALUE_DOMAIN_MAX + 3];
	const char *wrong;

	if (!policy_is_scalar(r, node))
		return sl_slice("", 0);
	wrong = value_domain(node->text, true, name);
	if (wrong == NULL && !sl_policy_domain_ok(sl_slice_str(name), true))
		wrong = "write a shorter domain";
	if (wrong != NULL) {
		WRONG(r, node, "%s: %s (not '" SL_SLICE_FMT "')", r->what, wrong,
		    (int)SL_MIN(node->text.len, (size_t)80), node->text.ptr);
		return sl_slice("", 0);
	}
	return policy_copy(r, node, sl_slice_str(name));
}

static int
by_text(const void *a, const void *b)
{
	const struct sl_slice *x = a, *y = b;
	int order = memcmp(x->ptr, y->ptr, SL_MIN(x->len, y->len));

	return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

void
policy_read_list(struct policy_reader *r, const struct conf_node *node, size_t max, policy_read_item *item,
    struct sl_policy_list *out)
{
	struct sl_slice *list;
	size_t n = 0, kept = 0;

	*out = (struct sl_policy_list){ NULL, 0 };
	if (!policy_is_list(r, node, max))
		return;
	list = policy_alloc(r, node, node->len, sizeof(*list));
	if (list == NULL)
		return;
	for (const struct conf_node *i = node->first; i != NULL; i = i->next)
		list[n++] = item(r, i);
	qsort(list, n, sizeof(*list), by_text);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !sl_slice_eq(list[kept - 1], list[i]))
			list[kept++] = list[i];
	*out = (struct sl_policy_list){ list, kept };
}

/* The domain of an address in A-labels and small letters; what cannot be so is left for the check. */
static struct sl_slice
normal_address(struct policy_reader *r, const struct conf_node *node)
{
	const unsigned char *at = node->text.len == 0 ? NULL : memrchr(node->text.ptr, '@', node->text.len);
	char domain[VALUE_DOMAIN_MAX + 3];
	char *text;

	if (at == NULL || value_domain(sl_slice_from(node->text, (size_t)(at + 1 - node->text.ptr)), false, domain) != NULL)
		return node->text;
	text = sl_arena_printf(&r->tree, SL_SLICE_FMT "%s", (int)(at + 1 - node->text.ptr), node->text.ptr, domain);
	return text == NULL ? node->text : sl_slice_str(text);
}

static struct sl_slice
read_address(struct policy_reader *r, const struct conf_node *node)
{
	static const struct sl_policy_setting address = { .type = SL_POLICY_ADDRESSES };
	struct sl_slice text;
	const char *wrong;

	if (!policy_is_scalar(r, node))
		return sl_slice("", 0);
	text = normal_address(r, node);
	wrong = sl_policy_text_wrong(&address, text);
	if (wrong == NULL)
		return policy_copy(r, node, text);
	WRONG(r, node, "%s: %s (not '" SL_SLICE_FMT "')", r->what, wrong, (int)SL_MIN(text.len, (size_t)80), text.ptr);
	return sl_slice("", 0);
}

static void
read_text_row(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_setting *row,
    struct sl_slice *out)
{
	struct sl_slice text = node->text;
	const char *wrong;

	*out = sl_slice("", 0);
	if (!policy_is_scalar(r, node))
		return;
	if (row->type == SL_POLICY_ADDRESS)
		text = normal_address(r, node);
	wrong = sl_policy_text_wrong(row, text);
	if (wrong != NULL)
		WRONG(r, node, "%s: %s (not '" SL_SLICE_FMT "')", r->what, wrong,
		    (int)SL_MIN(text.len, (size_t)80), text.ptr);
	else
		*out = policy_copy(r, node, text);
}

/* ---- settings */

static void
read_value(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_setting *row, void *at)
{
	r->what = row->path;
	switch (row->type) {
	case SL_POLICY_NUMBER:
		*(uint32_t *)at = read_number(r, node, row);
		return;
	case SL_POLICY_SIZE:
		*(uint32_t *)at = read_size(r, node, row);
		return;
	case SL_POLICY_WORD:
		*(uint32_t *)at = policy_read_word(r, node, row->words);
		return;
	case SL_POLICY_SET:
		*(uint32_t *)at = policy_read_set(r, node, row->words);
		return;
	case SL_POLICY_THRESHOLDS:
		read_thresholds(r, node, at);
		return;
	case SL_POLICY_LINE: case SL_POLICY_TEXT: case SL_POLICY_ADDRESS: case SL_POLICY_ZONE: case SL_POLICY_LANGUAGE:
		read_text_row(r, node, row, at);
		return;
	case SL_POLICY_DOMAINS:
		policy_read_list(r, node, row->max, policy_read_domain, at);
		return;
	case SL_POLICY_ADDRESSES:
		policy_read_list(r, node, row->max, read_address, at);
		return;
	case SL_POLICY_FILES:
		policy_read_files(r, node, at);
		return;
	case SL_POLICY_GROUPS:
		policy_read_groups(r, node, at);
		return;
	case SL_POLICY_PARTNERS:
		policy_read_partners(r, node, at);
		return;
	case SL_POLICY_TYPE_COUNT:
		break;
	}
	SL_UNREACHABLE("a setting of no type");
}

static bool
may_say(struct policy_reader *r, struct conf_mark at, const struct sl_policy_setting *row, enum sl_policy_by by)
{
	if (by <= row->nearest)
		return true;
	conf_errors_add(&r->errors, at, "remove '%s': it is not a %s's to say", row->path, sl_policy_by_word(by));
	return false;
}

/* The setting that is closest to a word nobody knows, if it is close. */
static void
unknown(struct policy_reader *r, const struct conf_node *node, const char *path)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const char *dot = strrchr(sl_policy_settings[i].path, '.');
		const char *last = strrchr(path, '.');

		if (dot != NULL && strcmp(dot + 1, last == NULL ? path : last + 1) == 0) {
			conf_errors_add(&r->errors, node->key_at, "there is no setting '%s': write %s", path,
			    sl_policy_settings[i].path);
			return;
		}
	}
	conf_errors_add(&r->errors, node->key_at, "remove '%s': there is no such setting", path);
}

static void
read_locks(struct policy_reader *r, const struct conf_node *node, enum sl_policy_by by, struct sl_policy_layer *layer)
{
	r->what = "locks";
	if (by == SL_BY_USER) {
		conf_errors_add(&r->errors, node->key_at, "remove 'locks': there is nobody below a user");
		return;
	}
	if (!policy_is_list(r, node, SL_POLICY_SETTINGS_MAX))
		return;
	for (const struct conf_node *n = node->first; n != NULL; n = n->next) {
		const struct sl_policy_setting *row = n->kind == CONF_SCALAR ? sl_policy_setting_find(n->text) : NULL;

		if (row == NULL)
			WRONG(r, n, "locks: write the names of settings, as in [spam, digest.days]");
		else
			layer->locks |= UINT64_C(1) << (row - sl_policy_settings);
	}
}

static bool
is_scope(struct sl_slice key)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const char *path = sl_policy_settings[i].path, *dot = strchr(path, '.');

		if (dot != NULL && sl_slice_eq(key, sl_slice(path, (size_t)(dot - path))))
			return true;
	}
	return false;
}

static void
read_row(struct policy_reader *r, const struct conf_node *node, const char *scope, enum sl_policy_by by,
    struct sl_policy_layer *layer)
{
	const char *path = sl_arena_printf(&r->tree, "%s%s" SL_SLICE_FMT, scope, scope[0] == '\0' ? "" : ".",
	    SL_SLICE_ARG(node->key));
	const struct sl_policy_setting *row = path == NULL ? NULL : sl_policy_setting_find(sl_slice_str(path));

	if (row == NULL)
		unknown(r, node, path == NULL ? "" : path);
	else if (may_say(r, node->key_at, row, by)) {
		read_value(r, node, row, sl_policy_value_at(&layer->values, row));
		layer->set |= UINT64_C(1) << (row - sl_policy_settings);
	}
}

static void
read_scope(struct policy_reader *r, const struct conf_node *node, enum sl_policy_by by, struct sl_policy_layer *layer)
{
	const char *scope = sl_arena_printf(&r->tree, SL_SLICE_FMT, SL_SLICE_ARG(node->key));

	r->what = scope;
	if (scope == NULL || !policy_is_map(r, node))
		return;
	for (const struct conf_node *n = node->first; n != NULL; n = n->next)
		read_row(r, n, scope, by, layer);
}

static void
read_layer(struct policy_reader *r, const struct conf_node *root, enum sl_policy_by by, struct sl_policy_layer *layer)
{
	r->what = "the policy";
	if (!policy_is_map(r, root))
		return;
	for (const struct conf_node *n = root->first; n != NULL; n = n->next) {
		if (sl_slice_eq(n->key, SL_SLICE_LIT("locks")))
			read_locks(r, n, by, layer);
		else if (is_scope(n->key))
			read_scope(r, n, by, layer);
		else
			read_row(r, n, "", by, layer);
	}
}

static void
reader_init(struct policy_reader *r, struct sl_arena *arena)
{
	*r = (struct policy_reader){ .arena = arena };
	conf_errors_init(&r->errors);
	sl_arena_init(&r->tree, CONF_ARENA_BYTES);
}

static void
reader_fini(struct policy_reader *r)
{
	conf_errors_fini(&r->errors);
	sl_arena_fini(&r->tree);
}

int
sl_policy_layer_read(const char *file, struct sl_slice text, enum sl_policy_by by, struct sl_arena *arena,
    struct sl_policy_layer *layer, struct sl_buf *errors)
{
	struct policy_reader *r = sl_xzalloc(sizeof(*r));
	const struct conf_node *root;
	int result = 0;

	memset(layer, 0, sizeof(*layer));
	reader_init(r, arena);
	root = conf_yaml_parse(text, &r->tree, &r->errors);
	if (root != NULL)
		read_layer(r, root, by, layer);
	if (r->errors.len > 0) {
		conf_errors_print(&r->errors, file, errors);
		result = SL_ERR_SYNTAX;
	}
	reader_fini(r);
	sl_free(r);
	return result;
}

/* ---- one setting */

/* On a command line a text needs no quotes: "[SPAM]" is one, not a list. */
static struct conf_node *
value_node(struct policy_reader *r, const struct sl_policy_setting *row, struct sl_slice value)
{
	bool is_text = row->type == SL_POLICY_LINE || row->type == SL_POLICY_TEXT || row->type == SL_POLICY_ADDRESS || row->type == SL_POLICY_ZONE ||
	    row->type == SL_POLICY_LANGUAGE;
	bool quoted = value.len > 1 && (value.ptr[0] == '"' || value.ptr[0] == '\'') &&
	    value.ptr[value.len - 1] == value.ptr[0];
	struct conf_node *node;

	if (!is_text || quoted)
		return conf_yaml_parse(value, &r->tree, &r->errors);
	node = conf_alloc(&r->tree, 1, sizeof(*node));
	*node = (struct conf_node){ .kind = CONF_SCALAR, .at = { 1, 1 }, .text = value };
	return node;
}

int
sl_policy_layer_set(struct sl_policy_layer *layer, struct sl_slice path, struct sl_slice value, enum sl_policy_by by,
    struct sl_arena *arena, struct sl_buf *errors)
{
	const struct sl_policy_setting *row = sl_policy_setting_find(path);
	struct policy_reader *r;
	struct sl_policy_layer new = *layer;
	const struct conf_node *node;
	int result = 0;

	if (row == NULL) {
		sl_buf_addf(errors, "there is no setting '" SL_SLICE_FMT "'\n", (int)SL_MIN(path.len, (size_t)80), path.ptr);
		return SL_ERR_SYNTAX;
	}
	r = sl_xzalloc(sizeof(*r));
	reader_init(r, arena);
	node = may_say(r, (struct conf_mark){ 1, 1 }, row, by) ? value_node(r, row, value) : NULL;
	if (node != NULL)
		read_value(r, node, row, sl_policy_value_at(&new.values, row));
	for (size_t i = 0; i < r->errors.len; i++)
		sl_buf_addf(errors, "%s\n", r->errors.list[i].text);
	if (r->errors.len > 0) {
		result = SL_ERR_SYNTAX;
	} else {
		new.set |= UINT64_C(1) << (row - sl_policy_settings);
		*layer = new;
	}
	reader_fini(r);
	sl_free(r);
	return result;
}

int
sl_policy_layer_unset(struct sl_policy_layer *layer, struct sl_slice path)
{
	const struct sl_policy_setting *row = sl_policy_setting_find(path);

	if (row == NULL)
		return SL_ERR_NOT_FOUND;
	layer->set &= ~(UINT64_C(1) << (row - sl_policy_settings));
	memset(sl_policy_value_at(&layer->values, row), 0, row->size);
	return 0;
}

/* ---- presets */

void
sl_policy_presets_read(struct sl_arena *arena, struct sl_policy_presets *presets)
{
	struct policy_reader *r = sl_xzalloc(sizeof(*r));

	memset(presets, 0, sizeof(*presets));
	reader_init(r, arena);
	for (int level = 0; level < SL_LEVEL_COUNT; level++)
		for (size_t i = 0; i < sl_policy_settings_len; i++) {
			const struct sl_policy_setting *row = &sl_policy_settings[i];
			const struct conf_node *node = conf_yaml_parse(sl_slice_str(row->preset[level]), &r->tree, &r->errors);

			SL_ASSERT(node != NULL);
			read_value(r, node, row, sl_policy_value_at(&presets->level[level], row));
			SL_ASSERT(r->errors.len == 0);
		}
	reader_fini(r);
	sl_free(r);
}
