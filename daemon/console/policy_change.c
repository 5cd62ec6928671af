/* policy_change.c - see policy_change.h */

#include "policy_change.h"

#include <stdio.h>

#include "compile/chain.h"
#include "compile/compile.h"
#include "file.h"
#include "store/layers.h"

#define ARENA_MAX	((size_t)64 << 20)
#define ERRORS_MAX	4000
#define NEVER		SL_THRESHOLD_NEVER

/* ---- texts ---- */

int
policy_text_read(struct sl_slice text, enum sl_policy_by by, struct sl_arena *arena, char template[SL_NAME_MAX + 1],
    struct sl_policy_layer *layer, struct sl_buf *errors)
{
	struct sl_slice name, kept;
	const char *wrong;
	struct sl_buf rest;
	int r = SL_ERR_SYNTAX;

	memset(layer, 0, sizeof(*layer));
	template[0] = '\0';
	sl_buf_init(&rest, SL_LAYER_TEXT_MAX);
	wrong = sl_chain_template(text, &name, &rest);
	if (wrong == NULL && name.len > SL_NAME_MAX)
		wrong = "write a shorter name of a template";
	if (wrong != NULL) {
		sl_buf_addf(errors, "%s\n", wrong);
	} else {
		kept = sl_arena_copy(arena, sl_buf_slice(&rest));	/* values may point into it */
		for (size_t i = 0; i < name.len; i++)
			template[i] = (char)sl_ascii_lower(name.ptr[i]);
		template[name.len] = '\0';
		r = sl_slice_trim(kept).len == 0 ? 0 : sl_policy_layer_read("policy", kept, by, arena, layer, errors);
	}
	sl_buf_fini(&rest);
	return r;
}

void
policy_text_print(const char *template, const struct sl_policy_layer *layer, struct sl_buf *out)
{
	if (template[0] != '\0')
		sl_buf_addf(out, "template: %s\n", template);
	sl_policy_layer_print(layer, out);
}

/* Lines of problems as one sentence. */
static void
one_line(struct sl_buf *text)
{
	while (text->len > 0 && text->data[text->len - 1] == '\n')
		text->len--;
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == '\n')
			text->data[i] = ';';
}

int
policy_text_check(void *ctx, struct sl_slice text, struct sl_buf *canonical, struct sl_buf *error)
{
	enum sl_policy_by by = *(const enum sl_policy_by *)ctx;
	struct sl_policy_layer *layer = sl_xzalloc(sizeof(*layer));
	char template[SL_NAME_MAX + 1];
	struct sl_arena arena;
	int r;

	sl_arena_init(&arena, ARENA_MAX);
	r = policy_text_read(text, by, &arena, template, layer, error);
	if (r == 0)
		policy_text_print(template, layer, canonical);
	else
		one_line(error);
	sl_arena_fini(&arena);
	sl_free(layer);
	return r;
}

/* ---- one setting ---- */

struct editor {
	struct request		*request;
	struct policy_change	*change;
	struct sl_buf		 errors;
};

static int
wrong(struct editor *e, struct sl_slice what)
{
	one_line(&e->errors);
	return refuse(e->request, SL_ERR_SYNTAX, "%.*s%s%s", SL_SLICE_ARG(what), what.len > 0 ? ": " : "", sl_buf_cstr(&e->errors));
}

static enum sl_policy_by
by_of(const struct policy_change *change)
{
	return (enum sl_policy_by)change->node.level;
}

/* "spam.quarantine": which category's which action. */
static const struct sl_policy_setting *
threshold_find(struct sl_slice path, enum sl_action *action_out)
{
	const unsigned char *dot = path.len == 0 ? NULL : memrchr(path.ptr, '.', path.len);
	const struct sl_policy_setting *row;
	struct sl_slice word;

	if (dot == NULL)
		return NULL;
	row = sl_policy_setting_find(sl_slice(path.ptr, (size_t)(dot - path.ptr)));
	word = sl_slice_from(path, (size_t)(dot - path.ptr) + 1);
	for (int a = SL_ACTION_DELIVER + 1; a < SL_ACTION_COUNT; a++) {
		if (row != NULL && row->type == SL_POLICY_THRESHOLDS && sl_slice_eq(word, sl_slice_str(sl_action_word((enum sl_action)a)))) {
			*action_out = (enum sl_action)a;
			return row;
		}
	}
	return NULL;
}

/* What holds at the node with what has been changed so far. */
static int
effective_category(struct editor *e, const struct sl_policy_setting *row, struct sl_policy *out)
{
	struct policy_change *change = e->change;
	struct sl_policy_effective *effective = sl_xzalloc(sizeof(*effective));
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	const char *names[SL_POLICY_SOURCES_MAX];
	struct sl_compile_instead instead = { .node = change->node, .name = sl_slice("", 0) };
	struct sl_compile_options options = { .store = e->request->store, .instead = &instead };
	struct sl_compile *compile = sl_compile_new(&options);
	struct sl_buf text;
	size_t len;
	int r;

	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	policy_text_print(change->new_template, &change->new, &text);
	instead.text = sl_buf_slice(&text);
	r = sl_compile_effective(compile, change->node, effective, sources, names, &len);
	if (r == 0)
		memcpy(sl_policy_value_at(out, row), sl_policy_value(&effective->policy, row), row->size);
	else
		refuse(e->request, r, "%s", sl_compile_error(compile));
	sl_compile_free(&compile);
	sl_buf_fini(&text);
	sl_free(effective);
	return r;
}

/* The category with this action at `value`, the others as they are. */
static int
set_threshold(struct editor *e, const struct sl_policy_setting *row, enum sl_action action, struct sl_slice path,
    struct sl_slice value)
{
	struct policy_change *change = e->change;
	struct sl_policy *policy = sl_xzalloc(sizeof(*policy));
	struct sl_policy_category *category = sl_policy_value_at(policy, row);
	bool never = sl_slice_eq(value, SL_SLICE_LIT("never"));
	struct sl_buf text;
	int r = 0;

	if ((change->new.set >> (row - sl_policy_settings) & 1) != 0)
		memcpy(category, sl_policy_value(&change->new.values, row), row->size);
	else
		r = effective_category(e, row, policy);
	sl_buf_init(&text, 1000);
	if (r == 0) {
		category->at[action] = NEVER;
		sl_policy_value_print(row, policy, &text);
		if (!never && text.len > 0 && text.data[text.len - 1] == '}')
			text.len--;
		else if (!never)
			sl_buf_reset(&text);
		if (!never)
			sl_buf_addf(&text, "%s%s: " SL_SLICE_FMT "}", text.len > 0 ? ", " : "{", sl_action_word(action),
			    SL_SLICE_ARG(value));
		r = sl_policy_layer_set(&change->new, sl_slice_str(row->path), sl_buf_slice(&text), by_of(change), &change->arena,
		    &e->errors);
		if (r != 0)
			r = wrong(e, path);
	}
	sl_buf_fini(&text);
	sl_free(policy);
	return r;
}

struct known {			/* templates there are */
	struct sl_slice	 wanted;
	bool		 found;
	struct sl_buf	 names;
};

static int
on_layer(void *ctx, const struct sl_layer_now *layer)
{
	struct known *known = ctx;

	if (layer->name.len == 0 || layer->text.len == 0)
		return 0;
	known->found |= sl_slice_eq(layer->name, known->wanted);
	sl_buf_addf(&known->names, "%s" SL_SLICE_FMT, known->names.len > 0 ? ", " : "", SL_SLICE_ARG(layer->name));
	return 0;
}

/* The template must be there: the partner's, or the operator's. */
static int
template_check(struct editor *e)
{
	struct policy_change *change = e->change;
	struct known known = { .wanted = sl_slice_str(change->new_template) };
	struct sl_access_path path;
	int r = sl_store_path(e->request->store, change->node, &path);

	if (known.wanted.len == 0 || strcmp(change->new_template, change->old_template) == 0)
		return r;
	if (change->name.len > 0)
		return refuse(e->request, SL_ERR_SYNTAX, "a template builds on no other: leave `template` out");
	sl_buf_init(&known.names, 1000);
	if (r == 0)
		r = sl_store_layers_at(e->request->store, SL_NODE_OPERATOR, on_layer, &known);
	if (r == 0 && path.id[SL_LEVEL_PARTNER] != 0)
		r = sl_store_layers_at(e->request->store, (struct sl_node){ SL_LEVEL_PARTNER, path.id[SL_LEVEL_PARTNER] }, on_layer,
		    &known);
	if (r == 0 && !known.found)
		r = refuse(e->request, SL_ERR_NOT_FOUND, "there is no template %s: %s%s", change->new_template,
		    known.names.len > 0 ? "there are " : "make one with `sluicectl template set`", sl_buf_cstr(&known.names));
	sl_buf_fini(&known.names);
	return r;
}

static int
set_template(struct editor *e, struct sl_slice value)
{
	struct policy_change *change = e->change;

	if (value.len > 0 && !sl_slice_eq(value, SL_SLICE_LIT("none")) && (!sl_policy_name_ok(value) || value.len > SL_NAME_MAX))
		return refuse(e->request, SL_ERR_SYNTAX, "template: write its name, or `none`");
	if (sl_slice_eq(value, SL_SLICE_LIT("none")))
		value.len = 0;
	for (size_t i = 0; i < value.len; i++)
		change->new_template[i] = (char)sl_ascii_lower(value.ptr[i]);
	change->new_template[value.len] = '\0';
	return 0;
}

static int
set_one(struct editor *e, struct sl_slice path, struct sl_slice value)
{
	struct policy_change *change = e->change;
	const struct sl_policy_setting *row;
	enum sl_action action;

	if (sl_slice_eq(path, SL_SLICE_LIT("template")))
		return set_template(e, value);
	row = threshold_find(path, &action);
	if (row != NULL)
		return set_threshold(e, row, action, path, value);
	/* The layer keeps what the value points at. */
	value = sl_arena_copy(&change->arena, value);
	return sl_policy_layer_set(&change->new, path, value, by_of(change), &change->arena, &e->errors) == 0 ? 0 :
	    wrong(e, sl_policy_setting_find(path) == NULL ? sl_slice("", 0) : path);
}

static int
unset_one(struct editor *e, struct sl_slice path)
{
	const struct sl_policy_setting *row;
	enum sl_action action;

	if (sl_slice_eq(path, SL_SLICE_LIT("template")))
		return set_template(e, sl_slice("", 0));
	row = threshold_find(path, &action);
	if (row != NULL)
		return refuse(e->request, SL_ERR_SYNTAX, "a category is said whole: `unset %s`, or `set %.*s=never`", row->path,
		    SL_SLICE_ARG(path));
	if (sl_policy_layer_unset(&e->change->new, path) == 0)
		return 0;
	return refuse(e->request, SL_ERR_NOT_FOUND, "there is no setting '%.*s': see `sluicectl policy show`", SL_SLICE_ARG(path));
}

static int
lock_one(struct editor *e, struct sl_slice path, bool lock)
{
	const struct sl_policy_setting *row = sl_policy_setting_find(path);
	uint64_t bit;

	if (row == NULL)
		return refuse(e->request, SL_ERR_NOT_FOUND, "there is no setting '%.*s': see `sluicectl policy show`",
		    SL_SLICE_ARG(path));
	bit = UINT64_C(1) << (row - sl_policy_settings);
	e->change->new.locks = lock ? e->change->new.locks | bit : e->change->new.locks & ~bit;
	return 0;
}

/* ---- all of them ---- */

static bool
comes_first(struct sl_slice path)
{
	return sl_slice_eq(path, SL_SLICE_LIT("template")) || sl_slice_eq(path, SL_SLICE_LIT("level"));
}

static int
set_all(struct editor *e, const json_t *list)
{
	const json_t *one;
	size_t i;
	int r = 0;

	for (int pass = 0; pass < 2; pass++) {
		json_array_foreach(list, i, one) {
			struct sl_slice text = json_is_string(one) ? sl_slice(json_string_value(one), json_string_length(one)) :
			    sl_slice("", 0), path;
			const unsigned char *equals = text.len == 0 ? NULL : memchr(text.ptr, '=', text.len);

			if (equals == NULL)
				return refuse(e->request, SL_ERR_SYNTAX, "\"%.*s\": write PATH=VALUE, as in spam.quarantine=0.9 or "
				    "level=standard", SL_SLICE_ARG(text));
			path = sl_slice(text.ptr, (size_t)(equals - text.ptr));
			if (comes_first(path) != (pass == 0))
				continue;
			r = set_one(e, path, sl_slice_from(text, path.len + 1));
			if (r != 0)
				return r;
		}
	}
	return r;
}

static int
for_each(struct editor *e, const char *name, int (*one)(struct editor *e, struct sl_slice path))
{
	const json_t *list = arg_list(e->request, name), *item;
	size_t i;
	int r = 0;

	json_array_foreach(list, i, item) {
		r = one(e, json_is_string(item) ? sl_slice(json_string_value(item), json_string_length(item)) : sl_slice("", 0));
		if (r != 0)
			return r;
	}
	return r;
}

static int
lock_it(struct editor *e, struct sl_slice path)
{
	return lock_one(e, path, true);
}

static int
unlock_it(struct editor *e, struct sl_slice path)
{
	return lock_one(e, path, false);
}

static int
read_file(struct editor *e)
{
	struct policy_change *change = e->change;
	const json_t *file = json_object_get(e->request->args, "file");

	if (!json_is_string(file))
		return 0;
	return policy_text_read(arg(e->request, "file"), by_of(change), &change->arena, change->new_template, &change->new,
	    &e->errors) == 0 ? 0 : wrong(e, sl_slice("", 0));
}

/* What is there now. What another version wrote and this one does not read can only be replaced whole. */
static int
read_before(struct editor *e)
{
	struct policy_change *change = e->change;
	int r = sl_store_layer_get(e->request->store, change->node, change->name, SL_LAYER_ANY, &change->before, NULL);

	if (r == SL_ERR_NOT_FOUND)
		r = 0;
	if (r != 0)
		return r;
	r = policy_text_read(sl_buf_slice(&change->before), by_of(change), &change->arena, change->old_template, &change->old,
	    &e->errors);
	if (r != 0 && !json_is_string(json_object_get(e->request->args, "file")))
		return refuse(e->request, r, "the policy that is there is not understood: replace it whole, with --file");
	sl_buf_reset(&e->errors);
	change->new = change->old;
	strcpy(change->new_template, change->old_template);
	return 0;
}

int
policy_change_make(struct request *request, struct sl_node node, struct sl_slice name, struct policy_change *change)
{
	struct editor e = { .request = request, .change = change };
	int r;

	*change = (struct policy_change){ .node = node, .name = name };
	sl_buf_init(&change->before, SL_LAYER_TEXT_MAX);
	sl_buf_init(&change->after, SL_LAYER_TEXT_MAX);
	sl_arena_init(&change->arena, ARENA_MAX);
	sl_buf_init(&e.errors, ERRORS_MAX);
	if ((r = read_before(&e)) == 0 && (r = read_file(&e)) == 0 && (r = set_all(&e, arg_list(request, "set"))) == 0 &&
	    (r = for_each(&e, "unset", unset_one)) == 0 && (r = for_each(&e, "lock", lock_it)) == 0 &&
	    (r = for_each(&e, "unlock", unlock_it)) == 0 && (r = template_check(&e)) == 0)
		policy_text_print(change->new_template, &change->new, &change->after);
	if (r == 0 && change->after.overflow)
		r = refuse(request, SL_ERR_TOO_LONG, "the policy is longer than %zu bytes", SL_LAYER_TEXT_MAX);
	sl_buf_fini(&e.errors);
	return r;
}

void
policy_change_fini(struct policy_change *change)
{
	sl_buf_fini(&change->before);
	sl_buf_fini(&change->after);
	sl_arena_fini(&change->arena);
}

int
policy_change_store(struct request *request, struct policy_change *change, int64_t *version)
{
	enum sl_policy_by by = by_of(change);

	return sl_store_layer_set(request->store, &request->actor, change->node, change->name, sl_buf_slice(&change->after),
	    SL_LAYER_ANY, policy_text_check, &by, version);
}

void
policy_change_diff(const struct policy_change *change, struct sl_buf *out)
{
	if (strcmp(change->old_template, change->new_template) != 0)
		sl_buf_addf(out, "template: %s -> %s\n", change->old_template[0] != '\0' ? change->old_template : "(none)",
		    change->new_template[0] != '\0' ? change->new_template : "(none)");
	sl_policy_layer_diff(&change->old, &change->new, out);
}

/* Rows that say something else, or nothing any more, or something now. */
static uint64_t
changed_rows(const struct policy_change *change)
{
	uint64_t rows = change->old.set ^ change->new.set;

	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];

		if ((change->old.set & change->new.set) >> i & 1 && !sl_policy_value_eq(row, sl_policy_value(&change->old.values, row),
		    sl_policy_value(&change->new.values, row)))
			rows |= UINT64_C(1) << i;
	}
	return rows;
}

int
policy_change_allowed(struct request *request, const struct policy_change *change)
{
	const struct sl_policy_setting *row = sl_policy_setting_find(SL_SLICE_LIT("copy_to"));
	const struct sl_slice *before = sl_policy_value(&change->old.values, row), *after = sl_policy_value(&change->new.values, row);
	int r = change->name.len > 0 ? 0 : file_refuses_rows(request, change->node, changed_rows(change));

	if (r != 0)
		return r;
	if (after->len == 0 || sl_slice_eq(*before, *after))
		return 0;
	if (change->node.level < SL_LEVEL_TENANT)
		return refuse(request, SL_ERR_REFUSED, "copy_to: copies of mail are a tenant's to ask for: set it there");
	return request_allowed(request, SL_VERB_POLICY_COPY);
}
