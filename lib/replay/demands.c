/* demands.c - what a policy asks of a recorded message; see replay_i.h */

#include "replay_i.h"

#include <stdio.h>

static void
ask(struct asked *out, const struct sl_demand *demand)
{
	if (out->len < SL_DEMANDS_MAX)
		out->demands[out->len++] = *demand;
}

/* Something might ask for this, or might not. */
static void
doubt(struct asked *out, unsigned doubts, enum sl_action action, const char *word)
{
	if (action == SL_ACTION_DELIVER)
		return;
	out->doubts |= doubts;
	if (action > out->at_worst)
		out->worst_word = word;
	out->at_worst = SL_MAX(out->at_worst, action);
}

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

/* Do two policies say the same in all settings whose name begins so? */
static bool
sections_alike(const char *section, const struct sl_policy *a, const struct sl_policy *b)
{
	for (size_t i = 0; i < sl_policy_settings_len; i++) {
		const struct sl_policy_setting *row = &sl_policy_settings[i];

		if (strncmp(row->path, section, strlen(section)) == 0 &&
		    !sl_policy_value_eq(row, sl_policy_value(a, row), sl_policy_value(b, row)))
			return false;
	}
	return true;
}

/* ---- files ---- */

/* Do they look for the same, whatever they ask for? */
static bool
rules_alike(const struct sl_attachment_rule *a, const struct sl_attachment_rule *b)
{
	return sl_slice_eq(a->name, b->name) && a->families == b->families && a->larger_bytes == b->larger_bytes &&
	    a->encrypted == b->encrypted && a->macros == b->macros && a->inside == b->inside &&
	    lists_eq(&a->types, &b->types) && lists_eq(&a->names, &b->names);
}

static bool
was_run(const struct sl_attachment_rules *rules, const struct sl_attachment_rule *rule)
{
	for (size_t i = 0; i < rules->len; i++)
		if (rules_alike(&rules->items[i], rule))
			return true;
	return false;
}

static bool
has_fitted(const struct sl_record_class *class, struct sl_slice name)
{
	for (size_t i = 0; i < class->rules_len; i++)
		if (sl_slice_eq(class->rules[i], name))
			return true;
	return false;
}

/* Could it fit a file, if only the name did? */
static bool
could_fit(const struct sl_record *record, const struct sl_attachment_rule *rule)
{
	struct sl_attachment_rule nameless = *rule;
	struct sl_policy policy = { .attachments.rules = { &nameless, 1 } };
	struct sl_files files;

	nameless.names = (struct sl_policy_list){ NULL, 0 };
	sl_files_init(&files, &policy);
	for (size_t i = 0; i < record->facts.files_len; i++)
		sl_files_see(&files, &record->facts.files[i]);
	return sl_files_hit(&files, 0);
}

/* A rule about names: it fitted or did not when the message came, if it was there. */
static void
ask_by_name(const struct sl_record *record, const struct sl_record_class *class, const struct kept *now,
    const struct sl_attachment_rule *rule, struct asked *out)
{
	if (was_run(&now->policy.attachments.rules, rule)) {
		if (!has_fitted(class, rule->name))
			return;
		if (rule->action == SL_ACTION_COPY) {
			out->files.copy = true;
		} else if (rule->action > out->files.action) {
			out->files.action = rule->action;
			snprintf(out->files.reason, sizeof(out->files.reason),
			    "The recipient does not take such files (" SL_SLICE_FMT ")", SL_SLICE_ARG(rule->name));
		}
	} else if (could_fit(record, rule)) {
		doubt(out, SL_REPLAY_BIT(NAMES), rule->action, "attachment");
	}
}

static enum sl_action
strongest_of_files(const struct sl_policy *p)
{
	enum sl_action action = (enum sl_action)SL_MAX(SL_MAX(p->attachments.programs, p->attachments.macros),
	    SL_MAX(SL_MAX(p->attachments.encrypted, p->attachments.deceptive), p->attachments.unreadable));

	for (size_t i = 0; i < p->attachments.rules.len; i++)
		action = SL_MAX(action, p->attachments.rules.items[i].action);
	return action;
}

static void
ask_files(const struct sl_record *record, const struct sl_record_class *class, const struct kept *now,
    const struct kept *then, struct asked *out)
{
	static const struct sl_demand copy = { .action = SL_ACTION_COPY, .word = "attachment", .enhanced = "" };
	const struct sl_attachment_rules *rules = &then->policy.attachments.rules;
	struct sl_demand demand;

	sl_files_init(&out->files, &then->seen);
	for (size_t i = 0; i < record->facts.files_len; i++)
		sl_files_see(&out->files, &record->facts.files[i]);
	for (size_t i = 0; then->has_names && i < rules->len; i++)
		if (!sl_files_rule_sees(&rules->items[i]))
			ask_by_name(record, class, now, &rules->items[i], out);
	if (record->facts.more_files && !sections_alike("attachments.", &now->policy, &then->policy))
		doubt(out, SL_REPLAY_BIT(FILES), strongest_of_files(&then->policy), "attachment");
	if (sl_files_demand(&out->files, &demand))
		ask(out, &demand);
	if (out->files.copy)
		ask(out, &copy);
}

/* ---- content ---- */

static bool
groups_alike(const struct sl_content_group *a, const struct sl_content_group *b)
{
	return sl_slice_eq(a->name, b->name) && a->numbers == b->numbers && lists_eq(&a->words, &b->words) &&
	    lists_eq(&a->patterns, &b->patterns);
}

static bool
was_looked_for(const struct sl_content_groups *groups, const struct sl_content_group *group)
{
	for (size_t i = 0; i < groups->len; i++)
		if (groups_alike(&groups->items[i], group))
			return true;
	return false;
}

static unsigned
hits_of(const struct sl_record_class *class, struct sl_slice name)
{
	for (size_t i = 0; i < class->groups_len; i++)
		if (sl_slice_eq(class->groups[i].name, name))
			return class->groups[i].hits;
	return 0;
}

static void
ask_content(const struct sl_record_class *class, const struct kept *now, const struct kept *then, struct asked *out)
{
	const struct sl_content_groups *all = &then->policy.content.groups;
	unsigned hits[SL_CONTENT_GROUPS_MAX] = { 0 };
	struct sl_demand demand;
	bool copy = false;

	if (all->len == 0)
		return;
	for (size_t i = 0; i < SL_MIN(all->len, (size_t)SL_CONTENT_GROUPS_MAX); i++) {
		if (then == now || was_looked_for(&now->policy.content.groups, &all->items[i]))
			hits[i] = hits_of(class, all->items[i].name);
		else
			doubt(out, SL_REPLAY_BIT(WORDS), all->items[i].action, "content");
	}
	if (sl_groups_demand_of(all, hits, out->content_reason, &demand, &copy))
		ask(out, &demand);
	if (copy)
		ask(out, &(struct sl_demand){ .action = SL_ACTION_COPY, .word = "content", .enhanced = "" });
}

/* ---- all of it ---- */

/* Without facts: as it was asked for then, which is as good if nothing of it is changed. */
static void
ask_as_recorded(const struct sl_record_class *class, const struct kept *now, const struct kept *then, struct asked *out)
{
	for (size_t i = 0; i < class->demands_len; i++)
		ask(out, &class->demands[i]);
	if (!sections_alike("authentication.", &now->policy, &then->policy) ||
	    !sections_alike("attachments.", &now->policy, &then->policy) ||
	    !sections_alike("content.", &now->policy, &then->policy))
		doubt(out, SL_REPLAY_BIT(FACTS), SL_ACTION_REFUSE, "unauthenticated");
}

void
asked_of(const struct sl_record *record, const struct sl_record_class *class, const struct kept *now,
    const struct kept *then, struct sl_arena *arena, struct asked *out)
{
	out->len = 0;
	out->doubts = 0;
	out->at_worst = SL_ACTION_DELIVER;
	if (!record->has_facts) {
		ask_as_recorded(class, now, then, out);
		return;
	}
	out->len = sl_identity_demands(&record->facts.identity, &then->policy, arena, out->demands);
	ask_files(record, class, now, then, out);
	ask_content(class, now, then, out);
}
