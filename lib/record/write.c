/* write.c - a record's members; see record.h */

#include "record/record.h"

#include <stdio.h>

#include "attach/type.h"

static const char *const states[] = {
	[SL_EVIDENCE_PRESENT] = "present", [SL_EVIDENCE_ABSENT] = "absent", [SL_EVIDENCE_FAILED] = "failed",
};

static bool
is_nothing(double value)
{
	static const double zero = 0;

	return memcmp(&value, &zero, sizeof(value)) == 0;	/* -0 is something: its bits differ */
}

static void
add_word(const char *word, struct sl_buf *out)
{
	sl_buf_add_byte(out, '"');
	sl_buf_add_str(out, word);
	sl_buf_add_byte(out, '"');
}

static void
add_key(const char *before, const char *name, struct sl_buf *out)
{
	sl_buf_add_str(out, before);
	add_word(name, out);
	sl_buf_add_byte(out, ':');
}

/* A comma, unless it is the first within a bracket. */
static void
add_comma(struct sl_buf *out)
{
	if (out->len > 0 && out->data[out->len - 1] != '{' && out->data[out->len - 1] != '[')
		sl_buf_add_byte(out, ',');
}

static void
add_name(const char *name, struct sl_buf *out)
{
	add_comma(out);
	add_key("", name, out);
}

/* Nothing for an empty text. */
static void
add_text(const char *name, struct sl_slice text, struct sl_buf *out)
{
	if (text.len == 0)
		return;
	add_name(name, out);
	sl_buf_add_json(out, text);
}

static void
add_flag(const char *name, bool value, struct sl_buf *out)
{
	if (!value)
		return;
	add_name(name, out);
	sl_buf_add_str(out, "true");
}

static void
add_count(const char *name, uint64_t value, struct sl_buf *out)
{
	if (value == 0)
		return;
	add_name(name, out);
	sl_buf_addf(out, "%llu", (unsigned long long)value);
}

/* ---- the verdict ---- */

static void
add_categories(const char *name, const double values[SL_CATEGORY_COUNT], bool all, struct sl_buf *out)
{
	const char *comma = "";

	add_key(",", name, out);
	sl_buf_add_byte(out, '{');
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		if (!all && is_nothing(values[c]))
			continue;
		add_key(comma, sl_category_word((enum sl_category)c), out);
		sl_record_number(values[c], out);
		comma = ",";
	}
	sl_buf_add_str(out, "}");
}

static void
add_judged(const struct sl_verdict *verdict, struct sl_buf *out)
{
	const char *comma = "";

	sl_buf_add_str(out, ",\"judged\":[");
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		if (!sl_rule_judged(verdict, (enum sl_category)c))
			continue;
		sl_buf_add_str(out, comma);
		add_word(sl_category_word((enum sl_category)c), out);
		comma = ",";
	}
	sl_buf_add_str(out, "]");
}

/* A sentence may quote the message: only engines' names for things are kept. */
static bool
is_from_engine(const struct sl_evidence *e)
{
	return strcmp(e->name, "clamd") == 0 || strcmp(e->name, "icap") == 0;
}

static void
add_evidence(const struct sl_evidence *e, struct sl_buf *out)
{
	add_key("{", "name", out);
	add_word(e->name, out);
	add_key(",", "state", out);
	add_word(states[e->state], out);
	if (e->shadow)
		sl_buf_add_str(out, ",\"shadow\":true");
	if (!is_nothing(e->value)) {
		sl_buf_add_str(out, ",\"value\":");
		sl_record_number(e->value, out);
	}
	add_categories("log_odds", e->log_odds, false, out);
	if (memcmp(e->said, e->log_odds, sizeof(e->said)) != 0)
		add_categories("said", e->said, false, out);
	if (is_from_engine(e) && e->log_odds[SL_MALWARE] > 0) {
		sl_buf_add_str(out, ",\"found\":");
		sl_buf_add_json(out, sl_slice_str(e->sentence));
	}
	sl_buf_add_str(out, "}");
}

/* ---- facts ---- */

static void
add_identity(const struct sl_identity *id, struct sl_slice from, struct sl_buf *out)
{
	static const char *const authors[] = { [SL_AUTHOR_ONE] = "", [SL_AUTHOR_ABSENT] = "absent",
		[SL_AUTHOR_FIELDS] = "fields", [SL_AUTHOR_SEVERAL] = "several", [SL_AUTHOR_UNREADABLE] = "unreadable" };
	const unsigned char *at = from.len > 0 ? memrchr(from.ptr, '@', from.len) : NULL;

	add_name("identity", out);
	sl_buf_add_byte(out, '{');
	add_text("author", sl_slice_str(authors[id->author]), out);
	if (at == NULL || !sl_slice_eq(sl_slice_from(from, (size_t)(at - from.ptr) + 1), id->author_domain))
		add_text("domain", id->author_domain, out);
	if (id->dmarc != SL_DMARC_NONE)
		add_text("dmarc", sl_slice_str(sl_dmarc_result_name(id->dmarc)), out);
	if (id->disposition != SL_DMARC_POLICY_UNSET)
		add_text("disposition", sl_slice_str(sl_dmarc_policy_name(id->disposition)), out);
	if (id->spf != SL_SPF_NONE)
		add_text("spf", sl_slice_str(sl_spf_result_name(id->spf)), out);
	add_text("spf_domain", id->spf_domain, out);
	add_flag("spf_helo", id->spf_is_helo, out);
	for (size_t i = 0; i < id->signers_len; i++) {
		char domain[SL_DNS_NAME_MAX + 2];

		snprintf(domain, sizeof(domain), "%s" SL_SLICE_FMT, id->signers[i].passes ? "" : "?",
		    SL_SLICE_ARG(id->signers[i].domain));
		if (i == 0)
			add_name("signers", out);
		sl_buf_add_str(out, i == 0 ? "[" : ",");
		sl_buf_add_json(out, sl_slice_str(domain));
	}
	sl_buf_add_str(out, id->signers_len > 0 ? "]" : "");
	if (id->arc_passes)
		add_text("sealer", id->arc_sealer, out);
	sl_buf_add_byte(out, '}');
}

static void
add_file(const struct sl_file *f, struct sl_buf *out)
{
	add_comma(out);
	sl_buf_add_byte(out, '{');
	add_text("name", f->name, out);
	if (f->type != SL_TYPE_UNKNOWN)
		add_text("type", sl_slice_str(sl_type_mime(f->type)), out);
	add_flag("sure", f->type_is_sure, out);
	add_text("declared", f->declared, out);
	add_count("bytes", f->bytes, out);
	if (f->promise.told) {
		add_name("promise", out);
		sl_buf_add_byte(out, '{');
		if (f->promise.type != SL_TYPE_UNKNOWN)
			add_text("type", sl_slice_str(sl_type_mime(f->promise.type)), out);
		add_text("family", sl_slice_str(sl_family_name(f->promise.family)), out);
		add_flag("runs", f->promise.runs, out);
		sl_buf_add_byte(out, '}');
	}
	add_flag("inside", f->inside, out);
	add_flag("encrypted", f->encrypted, out);
	add_flag("macros", f->macros, out);
	add_flag("program", f->program, out);
	add_flag("deceptive", f->deceptive, out);
	add_flag("unreadable", f->unreadable, out);
	sl_buf_add_byte(out, '}');
}

static void
add_facts(const struct sl_record_facts *facts, struct sl_buf *out)
{
	add_name("facts", out);
	sl_buf_add_byte(out, '{');
	add_text("from", facts->from, out);
	if (facts->identity.known)
		add_identity(&facts->identity, facts->from, out);
	if (facts->malware != NULL) {
		add_name("malware", out);
		sl_buf_add_json(out, sl_slice_str(facts->malware));
	}
	if (facts->files_len > 0) {
		add_name("files", out);
		sl_buf_add_byte(out, '[');
		for (size_t i = 0; i < SL_MIN(facts->files_len, (size_t)SL_RECORD_FILES_MAX); i++)
			add_file(&facts->files[i], out);
		sl_buf_add_byte(out, ']');
	}
	add_flag("more_files", facts->more_files || facts->files_len > SL_RECORD_FILES_MAX, out);
	sl_buf_add_byte(out, '}');
}

/* ---- classes ---- */

static void
add_policy(const struct sl_policy_category policy[SL_CATEGORY_COUNT], struct sl_buf *out)
{
	add_name("policy", out);
	sl_buf_add_byte(out, '{');
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		bool any = false;

		for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++) {
			if (!(policy[c].at[a] <= 1))
				continue;
			if (!any) {
				add_name(sl_category_word((enum sl_category)c), out);
				sl_buf_add_byte(out, '{');
			}
			add_name(sl_action_word((enum sl_action)a), out);
			sl_record_number(policy[c].at[a], out);
			any = true;
		}
		sl_buf_add_str(out, any ? "}" : "");
	}
	sl_buf_add_byte(out, '}');
}

static void
add_list(enum sl_precedence row, const char *says, bool first, struct sl_buf *out)
{
	if (first)
		add_name("lists", out);
	sl_buf_addf(out, "%s{\"by\":\"%s\",\"says\":\"%s\"}", first ? "[" : ",",
	    sl_policy_by_word(sl_precedence_list(row)), says);
}

/* An allow list that counts is asked after all that deny. */
static void
add_lists(const struct sl_record_class *class, struct sl_buf *out)
{
	const char *comma = "";
	bool allowed = class->allowed_by < SL_PRECEDENCE_COUNT;
	bool denied = !allowed && sl_precedence_list(class->by) != SL_BY_COUNT;

	if (denied)
		add_list(class->by, "deny", true, out);
	if (allowed)
		add_list(class->allowed_by, "allow", true, out);
	sl_buf_add_str(out, denied || allowed ? "]" : "");
	if (class->excused == 0)
		return;
	add_name("excused", out);
	sl_buf_add_byte(out, '[');
	for (int i = 0; i < SL_CAUSE_COUNT; i++) {
		if ((class->excused >> i & 1) == 0)
			continue;
		sl_buf_add_str(out, comma);
		add_word(sl_cause_word((enum sl_cause)i), out);
		comma = ",";
	}
	sl_buf_add_byte(out, ']');
}

static void
add_demands(const struct sl_record_class *class, struct sl_buf *out)
{
	if (class->demands_len == 0)
		return;
	add_name("demands", out);
	for (size_t i = 0; i < class->demands_len; i++)
		sl_buf_addf(out, "%s{\"action\":\"%s\",\"word\":\"%s\"}", i > 0 ? "," : "[",
		    sl_action_word(class->demands[i].action), class->demands[i].word);
	sl_buf_add_byte(out, ']');
}

static void
add_hits(const struct sl_record_class *class, struct sl_buf *out)
{
	for (size_t i = 0; i < class->rules_len; i++) {
		if (i == 0)
			add_name("rules", out);
		sl_buf_add_str(out, i == 0 ? "[" : ",");
		sl_buf_add_json(out, class->rules[i]);
	}
	sl_buf_add_str(out, class->rules_len > 0 ? "]" : "");
	for (size_t i = 0; i < class->groups_len; i++) {
		if (i == 0)
			add_name("groups", out);
		sl_buf_add_str(out, i == 0 ? "[{\"name\":" : ",{\"name\":");
		sl_buf_add_json(out, class->groups[i].name);
		sl_buf_addf(out, ",\"hits\":%u}", class->groups[i].hits);
	}
	sl_buf_add_str(out, class->groups_len > 0 ? "]" : "");
}

static void
add_class(const struct sl_record_class *class, struct sl_buf *out)
{
	static const char *const modes[] = { [SL_MODE_FILTER] = "", [SL_MODE_MONITOR] = "monitor",
		[SL_MODE_PASS_THROUGH] = "pass-through" };

	add_comma(out);
	sl_buf_add_byte(out, '{');
	if (class->recipients != NULL) {
		add_name("rcpt", out);
		for (size_t i = 0; i < class->recipients_len; i++)
			sl_buf_addf(out, "%s%u", i > 0 ? "," : "[", class->recipients[i]);
		sl_buf_add_str(out, class->recipients_len > 0 ? "]" : "[]");
	}
	add_text("tenant", sl_slice_str(class->tenant), out);
	add_text("mode", sl_slice_str(modes[class->mode]), out);
	add_policy(class->policy, out);
	add_lists(class, out);
	add_demands(class, out);
	add_hits(class, out);
	add_text("verdict", sl_slice_str(class->word), out);
	add_text("action", sl_slice_str(sl_action_word(class->action)), out);
	if (class->by != SL_BY_POLICY)
		add_text("by", sl_slice_str(sl_precedence_name(class->by)), out);
	if (class->action != SL_ACTION_DELIVER || class->copy)
		add_text("cause", sl_slice_str(sl_cause_word(class->cause)), out);
	add_flag("copy", class->copy, out);
	add_text("outcome", sl_slice_str(class->outcome), out);
	sl_buf_add_byte(out, '}');
}

void
sl_record_class_decided(struct sl_record_class *class, const struct sl_decision *decision)
{
	class->word = decision->ruling.word;
	class->action = decision->ruling.action;
	class->copy = decision->ruling.copy;
	class->by = decision->by;
	class->allowed_by = decision->allowed_by;
	class->excused = decision->excused;
	class->cause = decision->cause;
}

void
sl_record_write(const struct sl_record_source *source, struct sl_buf *out)
{
	const struct sl_verdict *verdict = source->verdict;

	SL_ASSERT(source->classes_len > 0 && source->classes_len <= SL_RECORD_CLASSES_MAX);
	sl_buf_addf(out, ",\"record\":%d", SL_RECORD_FORMAT);
	add_categories("probability", verdict->probability, true, out);
	add_categories("prior", verdict->prior, true, out);
	add_judged(verdict, out);
	sl_buf_add_str(out, source->engine_failed ? ",\"engine_failed\":true" : "");
	for (size_t i = 0; i < source->versions_len; i++) {
		sl_buf_addf(out, "%s\"%s\":", i > 0 ? "," : ",\"versions\":{", source->versions[i].name);
		sl_buf_add_json(out, sl_slice_str(source->versions[i].id));
	}
	sl_buf_add_str(out, source->versions_len > 0 ? "}" : "");
	if (source->facts != NULL)
		add_facts(source->facts, out);
	add_name("classes", out);
	sl_buf_add_byte(out, '[');
	for (size_t i = 0; i < source->classes_len; i++)
		add_class(&source->classes[i], out);
	sl_buf_add_byte(out, ']');
	sl_buf_add_str(out, ",\"evidence\":[");
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		sl_buf_add_str(out, i > 0 ? "," : "");
		add_evidence(&verdict->evidence[i], out);
	}
	sl_buf_add_str(out, "]");
}
