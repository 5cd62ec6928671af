/* read.c - records read back; see record.h */

#include "record/record.h"

#include <jansson.h>
#include <math.h>

struct reader {
	struct sl_arena	*arena;
	int		 result;	/* the first thing that is wrong */
};

static void
wrong(struct reader *r, int result)
{
	if (r->result == 0)
		r->result = result;
}

/* Brackets open at once, at most; those within strings do not count. jansson goes as deep as they do. */
static size_t
depth_of(struct sl_slice line)
{
	size_t depth = 0, deepest = 0;
	bool quoted = false;

	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = line.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		deepest = SL_MAX(deepest, depth);
	}
	return deepest;
}

/* ---- values ---- */

static bool
is_name(struct sl_slice s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(sl_ascii_lower(s.ptr[i]) >= 'a' && sl_ascii_lower(s.ptr[i]) <= 'z') &&
		    !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '_')
			return false;
	return s.len > 0 && s.len <= max;
}

static struct sl_slice
text_of(const json_t *value)
{
	return json_is_string(value) ? sl_slice(json_string_value(value), json_string_length(value))
	    : sl_slice(NULL, 0);
}

/* A copy; "" where there is none, or no memory for it. */
static const char *
keep(struct reader *r, struct sl_slice s)
{
	struct sl_slice copy;

	if (s.len == 0)
		return "";
	copy = sl_arena_copy(r->arena, s);
	if (copy.ptr == NULL) {
		wrong(r, SL_ERR_FULL);
		return "";
	}
	return (const char *)copy.ptr;
}

static const char *
name_of(struct reader *r, const json_t *value, size_t max)
{
	struct sl_slice s = text_of(value);

	if (!is_name(s, max)) {
		wrong(r, SL_ERR_SYNTAX);
		return "";
	}
	return keep(r, s);
}

static double
number_of(struct reader *r, const json_t *value)
{
	struct sl_slice s = text_of(value);

	if (json_is_number(value))
		return json_number_value(value);
	if (sl_slice_eq(s, SL_SLICE_LIT("inf")))
		return INFINITY;
	if (sl_slice_eq(s, SL_SLICE_LIT("-inf")))
		return -INFINITY;
	if (!sl_slice_eq(s, SL_SLICE_LIT("nan")))
		wrong(r, SL_ERR_SYNTAX);
	return NAN;
}

/* Numbers by category. `all`: none may be missing. */
static void
categories_of(struct reader *r, const json_t *object, bool all, double out[SL_CATEGORY_COUNT])
{
	size_t found = 0;

	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		const json_t *value = json_object_get(object, sl_category_word((enum sl_category)c));

		out[c] = value != NULL ? number_of(r, value) : 0;
		found += value != NULL;
	}
	if (!json_is_object(object) || found != json_object_size(object) || (all && found != SL_CATEGORY_COUNT))
		wrong(r, SL_ERR_SYNTAX);
}

static enum sl_action
action_of(struct reader *r, const json_t *value)
{
	enum sl_action action = SL_ACTION_DELIVER;

	if (!sl_action_find(text_of(value), &action))
		wrong(r, SL_ERR_SYNTAX);
	return action;
}

static bool
flag_of(struct reader *r, const json_t *value)
{
	if (value != NULL && !json_is_boolean(value))
		wrong(r, SL_ERR_SYNTAX);
	return json_is_true(value);
}

/* ---- members ---- */

static enum sl_evidence_state
state_of(struct reader *r, const json_t *value)
{
	static const char *const words[] = {
		[SL_EVIDENCE_PRESENT] = "present", [SL_EVIDENCE_ABSENT] = "absent", [SL_EVIDENCE_FAILED] = "failed",
	};
	struct sl_slice s = text_of(value);

	for (size_t i = 0; i < SL_COUNT(words); i++)
		if (sl_slice_eq(s, sl_slice_str(words[i])))
			return (enum sl_evidence_state)i;
	wrong(r, SL_ERR_SYNTAX);
	return SL_EVIDENCE_ABSENT;
}

static void
read_evidence(struct reader *r, const json_t *object, struct sl_evidence *out)
{
	const json_t *value = json_object_get(object, "value"), *said = json_object_get(object, "said");

	*out = (struct sl_evidence){ .name = name_of(r, json_object_get(object, "name"), 63), .sentence = "",
		.state = state_of(r, json_object_get(object, "state")),
		.shadow = flag_of(r, json_object_get(object, "shadow")) };
	if (value != NULL)
		out->value = number_of(r, value);
	categories_of(r, json_object_get(object, "log_odds"), false, out->log_odds);
	if (said != NULL)
		categories_of(r, said, false, out->said);
	else
		memcpy(out->said, out->log_odds, sizeof(out->said));
}

static void
read_verdict(struct reader *r, const json_t *line, struct sl_verdict *verdict)
{
	const json_t *list = json_object_get(line, "evidence"), *item;
	size_t i;

	categories_of(r, json_object_get(line, "probability"), true, verdict->probability);
	categories_of(r, json_object_get(line, "prior"), true, verdict->prior);
	if (!json_is_array(list) || json_array_size(list) > SL_EVIDENCE_MAX) {
		wrong(r, SL_ERR_SYNTAX);
		return;
	}
	verdict->evidence_len = json_array_size(list);
	json_array_foreach(list, i, item)
		read_evidence(r, item, &verdict->evidence[i]);
}

static void
read_policy(struct reader *r, const json_t *object, struct sl_policy_category policy[SL_CATEGORY_COUNT])
{
	if (!json_is_object(object))
		wrong(r, SL_ERR_SYNTAX);
	for (int c = 0; c < SL_CATEGORY_COUNT; c++) {
		const json_t *category = json_object_get(object, sl_category_word((enum sl_category)c));

		policy[c].at[SL_ACTION_DELIVER] = 0;
		for (int a = SL_ACTION_TAG; a < SL_ACTION_COUNT; a++) {
			const json_t *at = json_object_get(category, sl_action_word((enum sl_action)a));

			policy[c].at[a] = at != NULL ? number_of(r, at) : SL_THRESHOLD_NEVER;
			if (!(policy[c].at[a] <= 1) && at != NULL)
				wrong(r, SL_ERR_SYNTAX);
		}
	}
}

static void
read_demands(struct reader *r, const json_t *list, struct sl_record *record)
{
	const json_t *item;
	size_t i;

	if (list != NULL && (!json_is_array(list) || json_array_size(list) > SL_DEMANDS_MAX)) {
		wrong(r, SL_ERR_SYNTAX);
		return;
	}
	json_array_foreach(list, i, item)
		record->demands[record->demands_len++] = (struct sl_demand){
			.action = action_of(r, json_object_get(item, "action")),
			.word = name_of(r, json_object_get(item, "word"), 63), .enhanced = "", .reason = "" };
}

static void
read_versions(struct reader *r, json_t *object, struct sl_record *record)
{
	const char *name;
	json_t *id;

	if (object != NULL && (!json_is_object(object) || json_object_size(object) > SL_RECORD_VERSIONS_MAX)) {
		wrong(r, SL_ERR_SYNTAX);
		return;
	}
	json_object_foreach(object, name, id) {
		struct sl_slice text = text_of(id);

		if (!is_name(sl_slice_str(name), 31) || text.len == 0 || text.len > 64)
			wrong(r, SL_ERR_SYNTAX);
		for (size_t i = 0; i < text.len; i++)
			if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
				wrong(r, SL_ERR_SYNTAX);
		record->versions[record->versions_len++] = (struct sl_record_version){
			keep(r, sl_slice_str(name)), keep(r, text) };
	}
}

static void
read_line(struct reader *r, json_t *line, struct sl_record *record)
{
	const json_t *format = json_object_get(line, "record");

	if (!json_is_object(line)) {
		wrong(r, SL_ERR_SYNTAX);
	} else if (format == NULL) {
		wrong(r, SL_ERR_NOT_FOUND);
	} else if (!json_is_integer(format) || json_integer_value(format) != SL_RECORD_FORMAT) {
		wrong(r, SL_ERR_VERSION);
	}
	if (r->result != 0)
		return;
	record->id = keep(r, text_of(json_object_get(line, "id")));
	record->tenant = keep(r, text_of(json_object_get(line, "tenant")));
	record->time = keep(r, text_of(json_object_get(line, "time")));
	record->word = name_of(r, json_object_get(line, "verdict"), 63);
	record->action = action_of(r, json_object_get(line, "action"));
	record->engine_failed = flag_of(r, json_object_get(line, "engine_failed"));
	read_verdict(r, line, &record->verdict);
	read_policy(r, json_object_get(line, "policy"), record->policy);
	read_demands(r, json_object_get(line, "demands"), record);
	read_versions(r, json_object_get(line, "versions"), record);
}

int
sl_record_read(struct sl_slice line, struct sl_arena *arena, struct sl_record *record)
{
	struct reader r = { .arena = arena };
	json_error_t error;
	json_t *object;

	*record = (struct sl_record){ .word = "", .id = "", .tenant = "", .time = "" };
	if (line.len > SL_RECORD_LINE_MAX || depth_of(line) > SL_RECORD_DEPTH_MAX)
		return SL_ERR_TOO_LONG;
	object = json_loadb((const char *)line.ptr, line.len, JSON_REJECT_DUPLICATES, &error);
	if (object == NULL)
		return SL_ERR_SYNTAX;
	read_line(&r, object, record);
	json_decref(object);
	return r.result;
}
