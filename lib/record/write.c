/* write.c - a record's members; see record.h */

#include "record/record.h"

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

static void
add_policy(const struct sl_policy_category policy[SL_CATEGORY_COUNT], struct sl_buf *out)
{
	const char *between = "";

	sl_buf_add_str(out, ",\"policy\":{");
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		const char *comma = "";

		add_key(between, sl_category_word((enum sl_category)c), out);
		sl_buf_add_str(out, "{");
		for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++) {
			if (!(policy[c].at[a] <= 1))
				continue;
			add_key(comma, sl_action_word((enum sl_action)a), out);
			sl_record_number(policy[c].at[a], out);
			comma = ",";
		}
		sl_buf_add_str(out, "}");
		between = ",";
	}
	sl_buf_add_str(out, "}");
}

void
sl_record_write(const struct sl_record_source *source, struct sl_buf *out)
{
	const struct sl_verdict *verdict = source->verdict;

	sl_buf_addf(out, ",\"record\":%d", SL_RECORD_FORMAT);
	add_categories("probability", verdict->probability, true, out);
	add_categories("prior", verdict->prior, true, out);
	sl_buf_add_str(out, ",\"evidence\":[");
	for (size_t i = 0; i < verdict->evidence_len; i++) {
		sl_buf_add_str(out, i > 0 ? "," : "");
		add_evidence(&verdict->evidence[i], out);
	}
	sl_buf_add_str(out, "]");
	add_policy(source->policy, out);
	for (size_t i = 0; i < source->demands_len; i++)
		sl_buf_addf(out, "%s{\"action\":\"%s\",\"word\":\"%s\"}", i > 0 ? "," : ",\"demands\":[",
		    sl_action_word(source->demands[i].action), source->demands[i].word);
	sl_buf_add_str(out, source->demands_len > 0 ? "]" : "");
	sl_buf_add_str(out, source->engine_failed ? ",\"engine_failed\":true" : "");
	for (size_t i = 0; i < source->versions_len; i++) {
		sl_buf_addf(out, "%s\"%s\":", i > 0 ? "," : ",\"versions\":{", source->versions[i].name);
		sl_buf_add_json(out, sl_slice_str(source->versions[i].id));
	}
	sl_buf_add_str(out, source->versions_len > 0 ? "}" : "");
}
