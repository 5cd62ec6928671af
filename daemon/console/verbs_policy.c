/* verbs_policy.c - policies and templates: shown, changed, tried out; see console.h */

#include <stdio.h>

#include "compile/compile.h"
#include "policy_change.h"
#include "store/layers.h"
#include "store/tree.h"
#include "store/walk.h"

#define TEXT_MAX	((size_t)4 << 20)

void
reply_text(struct request *request, const struct sl_buf *text)
{
	json_object_set_new(request->reply, "text", json_stringn(text->len > 0 ? (const char *)text->data : "", text->len));
}

/* ---- showing ---- */

/* Everything that comes of what all say at a node. */
struct shown {
	struct sl_compile		*compile;
	struct sl_policy_effective	*effective;
	struct sl_policy_source		 sources[SL_POLICY_SOURCES_MAX];
	const char			*names[SL_POLICY_SOURCES_MAX];
	size_t				 len;
};

static int
shown_init(struct request *request, struct shown *shown)
{
	const struct sl_compile_options options = { .store = request->store };
	int r;

	shown->compile = sl_compile_new(&options);
	shown->effective = sl_xzalloc(sizeof(*shown->effective));
	r = sl_compile_effective(shown->compile, request->target, shown->effective, shown->sources, shown->names, &shown->len);
	return r == 0 ? 0 : refuse(request, r, "%s", sl_compile_error(shown->compile));
}

static void
shown_fini(struct shown *shown)
{
	sl_compile_free(&shown->compile);
	sl_free(shown->effective);
}

static const char *
source_name(const struct shown *shown, int source)
{
	return source == SL_POLICY_NOBODY ? "default" : shown->names[source];
}

static int
show_rows(struct request *request, const struct shown *shown)
{
	const struct sl_policy_effective *e = shown->effective;
	struct sl_buf value;

	sl_buf_init(&value, TEXT_MAX);
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		json_t *row = new_row(request);

		sl_buf_reset(&value);
		sl_policy_value_print(&sl_policy_settings[i], &e->policy, &value);
		row_text(row, "setting", sl_slice_str(sl_policy_settings[i].path));
		row_text(row, "value", sl_buf_slice(&value));
		row_text(row, "from", sl_slice_str(source_name(shown, e->said[i])));
		json_object_set_new(row, "by_level", json_boolean((e->by_level >> i & 1) != 0));
		row_text(row, "locked_by", sl_slice_str(e->locked[i] == SL_POLICY_NOBODY ? "" : source_name(shown, e->locked[i])));
	}
	sl_buf_fini(&value);
	return 0;
}

/* What stands above any policy: the tenant's state. */
static void
show_state(struct request *request, struct sl_buf *out)
{
	struct sl_tenant_settings settings;
	struct sl_access_path path;

	if (sl_store_path(request->store, request->target, &path) != 0 || path.id[SL_LEVEL_TENANT] == 0 ||
	    sl_store_tenant_get(request->store, (struct sl_node){ SL_LEVEL_TENANT, path.id[SL_LEVEL_TENANT] }, &settings) != 0)
		return;
	if (settings.state != SL_TENANT_ON)
		sl_buf_addf(out, "the tenant is set to %s, whatever the policy says\n", sl_tenant_state_word(settings.state));
	if (settings.users == SL_TENANT_USERS_LISTED)
		sl_buf_add_str(out, "the tenant's users are listed: others are refused, whatever the policy says\n");
}

/* What the node says itself, as it would be written into a file. */
static int
show_own(struct request *request, struct sl_slice name, struct sl_buf *out)
{
	int r = sl_store_layer_get(request->store, request->target, name, SL_LAYER_ANY, out, NULL);

	return r == SL_ERR_NOT_FOUND && name.len == 0 ? 0 : r;
}

static int
policy_show(struct request *request)
{
	struct shown shown = { 0 };
	struct sl_buf text;
	int r = 0;

	sl_buf_init(&text, TEXT_MAX);
	if (arg_flag(request, "own")) {
		/* A text may hold an address that gets copies, and lists of words: its administrators' to read. */
		r = request_allowed(request, SL_VERB_POLICY_HISTORY);
		if (r == 0)
			r = show_own(request, sl_slice("", 0), &text);
	} else {
		r = shown_init(request, &shown);
		if (r == 0 && arg_flag(request, "diff"))
			sl_policy_diff(sl_compile_preset(shown.compile, shown.effective->policy.level), &shown.effective->policy, &text);
		else if (r == 0 && arg_flag(request, "as_rows"))
			r = show_rows(request, &shown);
		else if (r == 0)
			sl_policy_show(shown.effective, shown.sources, shown.names, true, &text);
		if (r == 0 && !arg_flag(request, "diff"))
			show_state(request, &text);
		shown_fini(&shown);
	}
	if (r == 0)
		reply_text(request, &text);
	sl_buf_fini(&text);
	return r;
}

/* ---- changing ---- */

static void
say_change(struct request *request, const struct policy_change *change, int64_t version)
{
	struct sl_buf name, diff;

	sl_buf_init(&name, 1024);
	sl_buf_init(&diff, TEXT_MAX);
	if (sl_store_name(request->store, change->node, &name) == 0)
		say(request, "%s%s%.*s: version %lld%s", sl_buf_cstr(&name), change->name.len > 0 ? ", template " : "",
		    SL_SLICE_ARG(change->name), (long long)version, sl_slice_eq(sl_buf_slice(&change->before),
		    sl_buf_slice(&change->after)) ? ", as before" : "");
	policy_change_diff(change, &diff);
	reply_text(request, &diff);
	json_object_set_new(request->reply, "version", json_integer(version));
	sl_buf_fini(&name);
	sl_buf_fini(&diff);
}

bool
policy_says_something(const struct request *request)
{
	return json_array_size(arg_list(request, "set")) > 0 || json_array_size(arg_list(request, "unset")) > 0 ||
	    json_array_size(arg_list(request, "lock")) > 0 || json_array_size(arg_list(request, "unlock")) > 0 ||
	    json_is_string(json_object_get(request->args, "file"));
}

static int
change_policy(struct request *request, struct sl_slice name)
{
	struct policy_change change;
	int64_t version;
	int r;

	if (!policy_says_something(request))
		return refuse(request, SL_ERR_SYNTAX, "say what to change: PATH=VALUE ..., as in spam.quarantine=0.9, or --file FILE");
	r = policy_change_make(request, request->target, name, &change);
	if (r == 0)
		r = policy_change_allowed(request, &change);
	if (r == 0)
		r = policy_change_store(request, &change, &version);
	if (r == 0)
		say_change(request, &change, version);
	policy_change_fini(&change);
	return r;
}

static int
policy_set(struct request *request)
{
	return change_policy(request, sl_slice("", 0));
}

/* ---- versions ---- */

static int
version_of(struct request *request, const char *name, int64_t missing, int64_t *out)
{
	struct sl_slice text = arg(request, name);
	uint64_t number;

	*out = missing;
	if (text.len == 0)
		return 0;
	if (sl_slice_to_u64(text, INT64_MAX, &number) != 0)
		return refuse(request, SL_ERR_SYNTAX, "a version is a number: see `sluicectl policy history`");
	*out = (int64_t)number;
	return 0;
}

static int
history_row(void *ctx, const struct sl_layer_version *version)
{
	json_t *row = new_row(ctx);

	if (row == NULL)
		return SL_DONE;
	row_number(row, "version", version->version);
	row_time(row, "time", version->at_us);
	row_text(row, "account", version->account);
	row_text(row, "note", version->note);
	return 0;
}

static int
newest_version(struct request *request, struct sl_slice name, int64_t *out)
{
	struct sl_buf text;
	int r;

	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	r = sl_store_layer_get(request->store, request->target, name, SL_LAYER_ANY, &text, out);
	if (r == SL_ERR_NOT_FOUND)
		*out = r = 0;
	sl_buf_fini(&text);
	return r;
}

/* Two versions compared as policies; as lines where one is not understood any more. */
static int
diff_versions(struct request *request, struct sl_slice name, int64_t from, int64_t to, struct sl_buf *out)
{
	struct policy_change change = { .node = request->target, .name = name };
	enum sl_policy_by by = (enum sl_policy_by)request->target.level;
	struct sl_buf errors;
	int r;

	sl_buf_init(&change.before, SL_LAYER_TEXT_MAX);
	sl_buf_init(&change.after, SL_LAYER_TEXT_MAX);
	sl_arena_init(&change.arena, (size_t)64 << 20);
	sl_buf_init(&errors, 4000);
	r = sl_store_layer_get(request->store, request->target, name, from, &change.before, NULL);
	if (r == 0)
		r = sl_store_layer_get(request->store, request->target, name, to, &change.after, NULL);
	if (r == 0 && policy_text_read(sl_buf_slice(&change.before), by, &change.arena, change.old_template, &change.old,
	    &errors) == 0 && policy_text_read(sl_buf_slice(&change.after), by, &change.arena, change.new_template, &change.new,
	    &errors) == 0)
		policy_change_diff(&change, out);
	else if (r == 0)
		sl_layer_diff(sl_buf_slice(&change.before), sl_buf_slice(&change.after), out);
	sl_buf_fini(&errors);
	policy_change_fini(&change);
	return r;
}

/* All versions; or, with `diff`, what is between two: by default the last and the one before it. */
static int
policy_history(struct request *request)
{
	struct sl_slice name = arg(request, "name");
	int64_t newest, from, to;
	struct sl_buf text;
	int r;

	if (!arg_flag(request, "diff")) {
		r = sl_store_layer_history(request->store, request->target, name, history_row, request);
		return SL_MIN(r, 0);
	}
	if ((r = newest_version(request, name, &newest)) != 0 || (r = version_of(request, "to", newest, &to)) != 0 ||
	    (r = version_of(request, "from", SL_MAX(to - 1, (int64_t)0), &from)) != 0)
		return r;
	sl_buf_init(&text, TEXT_MAX);
	r = diff_versions(request, name, from, to, &text);
	if (r == 0) {
		say(request, "version %lld to %lld%s", (long long)from, (long long)to, text.len == 0 ? ": no difference" : "");
		reply_text(request, &text);
	}
	sl_buf_fini(&text);
	return r;
}

/* The version before the last, or one that is named. What it brings back is asked about as if it were new. */
static int
policy_take_back(struct request *request)
{
	struct sl_slice name = arg(request, "name");
	enum sl_policy_by by = (enum sl_policy_by)request->target.level;
	struct policy_change change = { .node = request->target, .name = name };
	struct sl_buf errors;
	int64_t newest, version, made;
	int r;

	if ((r = newest_version(request, name, &newest)) != 0)
		return r;
	if (newest == 0)
		return refuse(request, SL_ERR_NOT_FOUND, "there is nothing to take back: nothing was ever set there");
	if ((r = version_of(request, "version", newest - 1, &version)) != 0)
		return r;
	sl_buf_init(&change.before, SL_LAYER_TEXT_MAX);
	sl_buf_init(&change.after, SL_LAYER_TEXT_MAX);
	sl_arena_init(&change.arena, (size_t)64 << 20);
	sl_buf_init(&errors, 4000);
	r = sl_store_layer_get(request->store, request->target, name, newest, &change.before, NULL);
	if (r == 0)
		r = sl_store_layer_get(request->store, request->target, name, version, &change.after, NULL);
	if (r == 0)
		(void)policy_text_read(sl_buf_slice(&change.before), by, &change.arena, change.old_template, &change.old, &errors);
	if (r == 0 && policy_text_read(sl_buf_slice(&change.after), by, &change.arena, change.new_template, &change.new,
	    &errors) != 0)
		r = refuse(request, SL_ERR_SYNTAX, "version %lld is not understood any more", (long long)version);
	if (r == 0)
		r = policy_change_allowed(request, &change);
	if (r == 0)
		r = sl_store_layer_take_back(request->store, &request->actor, request->target, name, version, &made);
	if (r == 0)
		say_change(request, &change, made);
	sl_buf_fini(&errors);
	policy_change_fini(&change);
	return r;
}

/* ---- templates ---- */

static int
template_row(void *ctx, const struct sl_layer_now *layer)
{
	json_t *row;

	if (layer->name.len == 0 || layer->text.len == 0)
		return 0;
	row = new_row(ctx);
	if (row == NULL)
		return SL_DONE;
	row_text(row, "template", layer->name);
	row_number(row, "version", layer->version);
	return 0;
}

static int
template_show(struct request *request)
{
	struct sl_slice name = arg(request, "name");
	struct sl_buf text;
	int r;

	if (name.len == 0) {
		r = sl_store_layers_at(request->store, request->target, template_row, request);
		return SL_MIN(r, 0);
	}
	sl_buf_init(&text, TEXT_MAX);
	r = show_own(request, name, &text);
	if (r == 0)
		reply_text(request, &text);
	else if (r == SL_ERR_NOT_FOUND)
		r = refuse(request, r, "there is no template %.*s there", SL_SLICE_ARG(name));
	sl_buf_fini(&text);
	return r;
}

static int
template_set(struct request *request)
{
	struct sl_slice name = arg(request, "name");
	enum sl_policy_by by = (enum sl_policy_by)request->target.level;
	int64_t version;
	int r;

	if (name.len == 0)
		return refuse(request, SL_ERR_SYNTAX, "name the template");
	if (!arg_flag(request, "remove"))
		return change_policy(request, name);
	r = newest_version(request, name, &version);
	if (r == 0 && version == 0)
		return refuse(request, SL_ERR_NOT_FOUND, "there is no template %.*s there", SL_SLICE_ARG(name));
	if (r == 0)
		r = sl_store_layer_set(request->store, &request->actor, request->target, name, sl_slice("", 0), SL_LAYER_ANY,
		    policy_text_check, &by, &version);
	if (r == 0)
		say(request, "template %.*s is removed: who built on it no longer does", SL_SLICE_ARG(name));
	return r;
}

/* ---- a new tenant ---- */

/* Say of each category: keep what is found probable as `standard` would, or keep nothing. */
static void
say_quarantine(const struct sl_policy_presets *presets, enum sl_policy_level level, bool keep, struct sl_policy_layer *layer)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];
		const struct sl_policy_category *is, *standard;
		struct sl_policy_category *say;

		if (row->type != SL_POLICY_THRESHOLDS)
			continue;
		is = sl_policy_value(&presets->level[level], row);
		standard = sl_policy_value(&presets->level[SL_LEVEL_STANDARD], row);
		if (keep ? is->at[SL_ACTION_QUARANTINE] <= 1 || standard->at[SL_ACTION_QUARANTINE] > 1 :
		    is->at[SL_ACTION_QUARANTINE] > 1)
			continue;
		say = sl_policy_value_at(&layer->values, row);
		*say = *is;
		say->at[SL_ACTION_QUARANTINE] = keep ? standard->at[SL_ACTION_QUARANTINE] : SL_THRESHOLD_NEVER;
		if (!keep && say->at[SL_ACTION_TAG] > 1)
			say->at[SL_ACTION_TAG] = is->at[SL_ACTION_QUARANTINE];	/* marked instead */
		layer->set |= UINT64_C(1) << i;
	}
}

static int
level_of(struct request *request, struct sl_slice word, enum sl_policy_level *out)
{
	const struct sl_policy_word *w = sl_policy_settings[SL_POLICY_SETTING_LEVEL].words;

	for (; w->word != NULL; w++) {
		if (sl_slice_eq(word, sl_slice_str(w->word))) {
			*out = (enum sl_policy_level)w->value;
			return 0;
		}
	}
	return refuse(request, SL_ERR_SYNTAX, "--level is perimeter, standard or maximum");
}

int
policy_begin_with(struct request *request, struct sl_node tenant, struct sl_slice level_word, struct sl_slice quarantine)
{
	enum sl_policy_level level = SL_LEVEL_STANDARD;
	enum sl_policy_by by = SL_BY_TENANT;
	struct sl_policy_presets *presets;
	struct sl_policy_layer *layer;
	struct sl_arena arena;
	struct sl_buf text;
	bool keep = sl_slice_eq(quarantine, SL_SLICE_LIT("yes"));
	int64_t version;
	int r;

	if (quarantine.len > 0 && !keep && !sl_slice_eq(quarantine, SL_SLICE_LIT("no")))
		return refuse(request, SL_ERR_SYNTAX, "--quarantine is yes or no");
	r = level_word.len > 0 ? level_of(request, level_word, &level) : 0;
	if (r != 0)
		return r;
	presets = sl_xzalloc(sizeof(*presets));
	layer = sl_xzalloc(sizeof(*layer));
	sl_arena_init(&arena, (size_t)1 << 20);
	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	sl_policy_presets_read(&arena, presets);
	layer->values.level = level;
	layer->set = UINT64_C(1) << SL_POLICY_SETTING_LEVEL;
	if (quarantine.len > 0)
		say_quarantine(presets, level, keep, layer);
	sl_policy_layer_print(layer, &text);
	r = sl_store_layer_set(request->store, &request->actor, tenant, sl_slice("", 0), sl_buf_slice(&text), SL_LAYER_ANY,
	    policy_text_check, &by, &version);
	sl_buf_fini(&text);
	sl_arena_fini(&arena);
	sl_free(layer);
	sl_free(presets);
	return r;
}

/* ---- a tenant that is imported: a file can be made up, and copies are mail ---- */

struct copies {
	struct sl_node	*nodes;		/* whose layer asks for copies */
	size_t		 len;
};

static int
on_imported(void *ctx, const struct sl_layer_row *row)
{
	struct copies *copies = ctx;

	/* Any mention: whoever finds none in it changes nothing. */
	if (row->text.len > 0 && memmem(row->text.ptr, row->text.len, "copy_to", strlen("copy_to")) != NULL) {
		copies->nodes = sl_xrealloc(copies->nodes, (copies->len + 1) * sizeof(*copies->nodes));
		copies->nodes[copies->len++] = row->node;
	}
	return 0;
}

static int
without_copies(struct request *request, struct sl_node node)
{
	enum sl_policy_by by = (enum sl_policy_by)node.level;
	struct policy_change change = { .node = node };
	struct sl_buf errors;
	int64_t version;
	int r;

	sl_buf_init(&change.before, SL_LAYER_TEXT_MAX);
	sl_buf_init(&change.after, SL_LAYER_TEXT_MAX);
	sl_arena_init(&change.arena, (size_t)64 << 20);
	sl_buf_init(&errors, 4000);
	r = sl_store_layer_get(request->store, node, change.name, SL_LAYER_ANY, &change.before, NULL);
	/* One that is not understood says nothing: so let it. */
	if (r == 0 && policy_text_read(sl_buf_slice(&change.before), by, &change.arena, change.old_template, &change.old, &errors) == 0) {
		r = sl_policy_layer_unset(&change.old, SL_SLICE_LIT("copy_to"));
		if (change.old_template[0] != '\0')
			sl_buf_addf(&change.after, "template: %s\n", change.old_template);
		sl_policy_layer_print(&change.old, &change.after);
	}
	if (r == 0)
		r = policy_change_store(request, &change, &version);
	sl_buf_fini(&errors);
	policy_change_fini(&change);
	return r;
}

int
policy_without_copies(struct request *request, struct sl_node tenant)
{
	static const struct sl_walk walk = { .layer = on_imported };
	struct sl_node target = request->target;
	struct copies copies = { 0 };
	int r;

	request->target = tenant;
	r = request_allowed(request, SL_VERB_POLICY_COPY);
	request->target = target;
	if (r != SL_ERR_REFUSED)
		return r;
	sl_buf_reset(&request->error);
	r = sl_store_walk(request->store, &walk, &copies, tenant, NULL);
	for (size_t i = 0; i < copies.len && r == 0; i++)
		r = without_copies(request, copies.nodes[i]);
	sl_free(copies.nodes);
	return r;
}

const struct handler handlers_policy[] = {
	{ SL_VERB_POLICY_SHOW, at_node, policy_show },
	{ SL_VERB_POLICY_SET, at_node, policy_set },
	{ SL_VERB_POLICY_HISTORY, at_node, policy_history },
	{ SL_VERB_POLICY_TAKE_BACK, at_node, policy_take_back },
	{ SL_VERB_POLICY_SIMULATE, at_node, policy_simulate },
	{ SL_VERB_TEMPLATE_SHOW, at_node, template_show },
	{ SL_VERB_TEMPLATE_SET, at_node, template_set },
};
const size_t handlers_policy_len = SL_COUNT(handlers_policy);
