/* write.c - a record's members; see record.h */

#include "record/record.h"

#include <math.h>

static const char *const states[] = {
	[SL_EVIDENCE_PRESENT] = "present", [SL_EVIDENCE_ABSENT] = "absent", [SL_EVIDENCE_FAILED] = "failed",
};

static bool
is_nothing(double value)
{
	static const double zero = 0;

	return memcmp(&value, &zero, sizeof(value)) == 0;	/* -0 is something: its bits differ */
}

void
sl_record_number(double value, struct sl_buf *out)
{
	double millionths = rint(value * 1e6);

	if (!isfinite(value))
		sl_buf_add_str(out, isnan(value) ? "\"nan\"" : value > 0 ? "\"inf\"" : "\"-inf\"");
	else if (value == 0)
		sl_buf_add_str(out, signbit(value) ? "-0.0" : "0");
	else if (fabs(millionths) < 1e15 && !(millionths / 1e6 < value) && !(millionths / 1e6 > value))
		sl_buf_addf(out, "%.15g", value);	/* a short decimal: its nearest double is this one */
	else
		sl_buf_addf(out, "%.17g", value);
}

static void
add_categories(const char *name, const double values[SL_CATEGORY_COUNT], bool all, struct sl_buf *out)
{
	const char *comma = "";

	sl_buf_addf(out, ",\"%s\":{", name);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		if (!all && is_nothing(values[c]))
			continue;
		sl_buf_addf(out, "%s\"%s\":", comma, sl_category_word((enum sl_category)c));
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
	sl_buf_addf(out, "{\"name\":\"%s\",\"state\":\"%s\"", e->name, states[e->state]);
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

		sl_buf_addf(out, "%s\"%s\":{", between, sl_category_word((enum sl_category)c));
		for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++) {
			if (!(policy[c].at[a] <= 1))
				continue;
			sl_buf_addf(out, "%s\"%s\":", comma, sl_action_word((enum sl_action)a));
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
