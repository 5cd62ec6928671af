/* layer.c - what comes of what several levels say: see layer.h */

#include "policy/layer.h"

struct resolver {
	const struct sl_policy_presets	*presets;
	const struct sl_policy_source	*sources;
	struct sl_policy_effective	*out;
};

const char *
sl_policy_ignored_word(enum sl_policy_ignored_why why)
{
	static const char *const words[] = {
		[SL_IGNORED_LOCKED] = "it is locked", [SL_IGNORED_NOT_HIS] = "it cannot be set at this level",
		[SL_IGNORED_WIDENS] = "it may only be narrowed",
	};

	SL_ASSERT(why < SL_COUNT(words));
	return words[why];
}

static void
take(struct resolver *r, size_t row, const struct sl_policy *from, int source, bool by_level)
{
	const struct sl_policy_setting *setting = &sl_policy_settings[row];

	memcpy(sl_policy_value_at(&r->out->policy, setting), sl_policy_value(from, setting), setting->size);
	r->out->said[row] = source;
	r->out->by_level &= ~(UINT64_C(1) << row);
	r->out->by_level |= (uint64_t)by_level << row;
}

static void
ignore(struct resolver *r, size_t row, int source, int against, enum sl_policy_ignored_why why)
{
	struct sl_policy_effective *out = r->out;

	if (out->ignored_len == SL_COUNT(out->ignored))
		return;
	out->ignored[out->ignored_len].row = (int)row;
	out->ignored[out->ignored_len].source = source;
	out->ignored[out->ignored_len].against = against;
	out->ignored[out->ignored_len++].why = why;
}

/* May it be replaced by this value, after what those above have said? */
static bool
widens(const struct resolver *r, size_t row, const struct sl_policy *from)
{
	const struct sl_policy_setting *setting = &sl_policy_settings[row];

	return r->out->said[row] != SL_POLICY_NOBODY &&
	    !sl_policy_value_narrows(setting, sl_policy_value(&r->out->policy, setting),
	    sl_policy_value(from, setting));
}

static void
say(struct resolver *r, size_t row, int source)
{
	const struct sl_policy_source *s = &r->sources[source];

	if (r->out->locked[row] != SL_POLICY_NOBODY)
		ignore(r, row, source, r->out->locked[row], SL_IGNORED_LOCKED);
	else if (s->by > sl_policy_settings[row].nearest)
		ignore(r, row, source, SL_POLICY_NOBODY, SL_IGNORED_NOT_HIS);
	else if (widens(r, row, &s->layer->values))
		ignore(r, row, source, r->out->said[row], SL_IGNORED_WIDENS);
	else
		take(r, row, &s->layer->values, source, false);
}

/* A level was chosen: all that belongs to levels begins anew, but what is locked or would be widened by it. */
static void
choose_level(struct resolver *r, int source)
{
	const struct sl_policy *preset;

	if (r->out->said[SL_POLICY_SETTING_LEVEL] != source)
		return;		/* it was ignored */
	SL_ASSERT(r->out->policy.level < SL_LEVEL_COUNT);
	preset = &r->presets->level[r->out->policy.level];
	for (size_t row = SL_POLICY_SETTING_LEVEL + 1; row < sl_policy_settings_len; row++)
		if (sl_policy_setting_is_of_level(&sl_policy_settings[row]) &&
		    r->out->locked[row] == SL_POLICY_NOBODY && !widens(r, row, preset))
			take(r, row, preset, source, true);
}

static void
apply(struct resolver *r, int source)
{
	const struct sl_policy_layer *layer = r->sources[source].layer;

	if ((layer->set & UINT64_C(1) << SL_POLICY_SETTING_LEVEL) != 0) {
		say(r, SL_POLICY_SETTING_LEVEL, source);
		choose_level(r, source);
	}
	for (size_t row = SL_POLICY_SETTING_LEVEL + 1; row < sl_policy_settings_len; row++)
		if ((layer->set >> row & 1) != 0)
			say(r, row, source);
	for (size_t row = 0; row < sl_policy_settings_len; row++)
		if ((layer->locks >> row & 1) != 0 && r->out->locked[row] == SL_POLICY_NOBODY)
			r->out->locked[row] = source;
}

void
sl_policy_resolve(const struct sl_policy_presets *presets, const struct sl_policy_source *sources, size_t len,
    struct sl_policy_effective *out)
{
	struct resolver r = { presets, sources, out };

	SL_ASSERT(len <= SL_POLICY_SOURCES_MAX);
	out->policy = presets->level[SL_LEVEL_DEFAULT];
	out->by_level = 0;
	out->ignored_len = 0;
	for (int row = 0; row < SL_POLICY_SETTINGS_MAX; row++)
		out->said[row] = out->locked[row] = SL_POLICY_NOBODY;
	for (size_t i = 0; i < len; i++) {
		SL_ASSERT(i == 0 || sources[i].by >= sources[i - 1].by);
		apply(&r, (int)i);
	}
}
