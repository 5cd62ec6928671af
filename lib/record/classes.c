/* classes.c - a record's classes of recipients read back; see record.h */

#include "read_i.h"

#include "policy/setting.h"

void
class_init(struct sl_record_class *class)
{
	*class = (struct sl_record_class){ .tenant = "", .word = "", .outcome = "", .by = SL_BY_POLICY,
		.allowed_by = SL_PRECEDENCE_COUNT };
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		sl_policy_category_clear(&class->policy[c]);
}

/* Enters an object that must be one. */
static bool
object(struct reader *r)
{
	if (sl_json_object(&r->json))
		return true;
	reader_wrong(r, SL_ERR_SYNTAX);
	return false;
}

static bool
array(struct reader *r)
{
	if (sl_json_array(&r->json))
		return true;
	reader_wrong(r, SL_ERR_SYNTAX);
	return false;
}

/* Room in the arena for one more of an array that doubles; NULL: it is full, or has `max`. */
static void *
one_more(struct reader *r, void **items, size_t len, size_t max, size_t size_bytes)
{
	if (len == max || (len > 0 && *items == NULL)) {	/* too many, or the same member a second time */
		reader_wrong(r, SL_ERR_SYNTAX);
		return NULL;
	}
	if ((len & (len - 1)) == 0) {		/* 0, 1, 2, 4, ... */
		void *more = reader_alloc(r, SL_MAX(2 * len, (size_t)1) * size_bytes);

		if (more == NULL)
			return NULL;
		if (len > 0)
			memcpy(more, *items, len * size_bytes);
		*items = more;
	}
	return (unsigned char *)*items + len * size_bytes;
}

static int
category_of(struct sl_slice name)
{
	for (int c = 0; c < SL_CATEGORY_COUNT; c++)
		if (reader_is(name, sl_category_word((enum sl_category)c)))
			return c;
	return SL_CATEGORY_COUNT;
}

static void
read_thresholds(struct reader *r, struct sl_policy_category *category)
{
	enum sl_action action;
	struct sl_slice name;

	if (!object(r))
		return;
	while (sl_json_member(&r->json, &name)) {
		if (!sl_action_find(name, &action) || action == SL_ACTION_DELIVER) {
			sl_json_skip(&r->json);
			continue;
		}
		category->at[action] = reader_double(r);
		if (!(category->at[action] <= 1))
			reader_wrong(r, SL_ERR_SYNTAX);
	}
}

void
read_policy(struct reader *r, struct sl_policy_category policy[SL_CATEGORY_COUNT])
{
	struct sl_slice name;

	if (!object(r))
		return;
	while (sl_json_member(&r->json, &name)) {
		int c = category_of(name);

		if (c < SL_CATEGORY_COUNT)
			read_thresholds(r, &policy[c]);
		else
			sl_json_skip(&r->json);
	}
}

static void
read_demand(struct reader *r, struct sl_demand *demand)
{
	unsigned seen = 0;
	struct sl_slice name;

	*demand = (struct sl_demand){ .word = "", .enhanced = "", .reason = "" };
	if (!object(r))
		return;
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "action")) {
			demand->action = reader_action(r);
			seen |= 1;
		} else if (reader_is(name, "word")) {
			demand->word = reader_word(r, 63);
			seen |= 2;
		} else {
			sl_json_skip(&r->json);
		}
	}
	if (seen != 3)
		reader_wrong(r, SL_ERR_SYNTAX);
}

void
read_demands(struct reader *r, struct sl_record_class *class)
{
	void *items = NULL;

	if (!array(r))
		return;
	while (sl_json_element(&r->json)) {
		struct sl_demand *demand = one_more(r, &items, class->demands_len, SL_DEMANDS_MAX, sizeof(*demand));

		class->demands = items;
		if (demand == NULL) {
			sl_json_skip(&r->json);
			continue;
		}
		read_demand(r, demand);
		class->demands_len++;
	}
}

static void
read_places(struct reader *r, struct sl_record_class *class)
{
	static const unsigned none;
	void *items = NULL;

	class->recipients = &none;	/* not all of them */
	if (!array(r))
		return;
	while (sl_json_element(&r->json)) {
		unsigned *place = one_more(r, &items, class->recipients_len, SL_RECORD_RECIPIENTS_MAX, sizeof(*place));

		if (place == NULL) {
			sl_json_skip(&r->json);
			continue;
		}
		*place = (unsigned)reader_count(r, SL_RECORD_RECIPIENTS_MAX - 1);
		class->recipients = items;
		class->recipients_len++;
	}
}

/* ---- lists ---- */

static void
read_list(struct reader *r, struct sl_record_class *class)
{
	enum sl_policy_by by = SL_BY_COUNT;
	bool allow = false;
	struct sl_slice name;

	if (!object(r))
		return;
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "by")) {
			if (!sl_policy_by_find(reader_text(r, 63), &by))
				reader_wrong(r, SL_ERR_SYNTAX);
		} else if (reader_is(name, "says")) {
			allow = reader_is(reader_text(r, 63), "allow");
		} else {
			sl_json_skip(&r->json);
		}
	}
	for (int i = SL_BY_OPERATOR_ALLOW; allow && i <= SL_BY_USER_ALLOW; i++)
		if (sl_precedence_list((enum sl_precedence)i) == by)
			class->allowed_by = (enum sl_precedence)i;
}

static void
read_lists(struct reader *r, struct sl_record_class *class)
{
	if (!array(r))
		return;
	while (sl_json_element(&r->json))
		read_list(r, class);
}

static enum sl_cause
read_cause(struct reader *r)
{
	enum sl_cause cause = SL_CAUSE_BULK;

	if (!sl_cause_find(reader_text(r, 63), &cause))
		reader_wrong(r, SL_ERR_SYNTAX);
	return cause;
}

static void
read_excused(struct reader *r, struct sl_record_class *class)
{
	if (!array(r))
		return;
	while (sl_json_element(&r->json))
		class->excused |= 1u << read_cause(r);
}

/* ---- what fitted ---- */

static void
read_rules(struct reader *r, struct sl_record_class *class)
{
	void *items = NULL;

	if (!array(r))
		return;
	while (sl_json_element(&r->json)) {
		struct sl_slice *rule = one_more(r, &items, class->rules_len, SL_ATTACHMENT_RULES_MAX, sizeof(*rule));

		class->rules = items;
		if (rule == NULL) {
			sl_json_skip(&r->json);
			continue;
		}
		*rule = reader_text(r, SL_POLICY_NAME_MAX);
		class->rules_len++;
	}
}

static void
read_group(struct reader *r, struct sl_record_group *group)
{
	struct sl_slice name;

	*group = (struct sl_record_group){ .name = { (const unsigned char *)"", 0 } };
	if (!object(r))
		return;
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "name"))
			group->name = reader_text(r, SL_POLICY_NAME_MAX);
		else if (reader_is(name, "hits"))
			group->hits = (unsigned)reader_count(r, UINT32_MAX);
		else
			sl_json_skip(&r->json);
	}
}

static void
read_groups(struct reader *r, struct sl_record_class *class)
{
	void *items = NULL;

	if (!array(r))
		return;
	while (sl_json_element(&r->json)) {
		struct sl_record_group *group = one_more(r, &items, class->groups_len, SL_CONTENT_GROUPS_MAX,
		    sizeof(*group));

		class->groups = items;
		if (group == NULL) {
			sl_json_skip(&r->json);
			continue;
		}
		read_group(r, group);
		class->groups_len++;
	}
}

/* ---- a class ---- */

static enum sl_mode
read_mode(struct reader *r)
{
	struct sl_slice word = reader_text(r, 63);

	if (reader_is(word, "monitor"))
		return SL_MODE_MONITOR;
	if (reader_is(word, "pass-through"))
		return SL_MODE_PASS_THROUGH;
	if (!reader_is(word, "filter"))
		reader_wrong(r, SL_ERR_SYNTAX);
	return SL_MODE_FILTER;
}

static void
read_by(struct reader *r, struct sl_record_class *class)
{
	if (!sl_precedence_find(reader_text(r, 63), &class->by))
		reader_wrong(r, SL_ERR_SYNTAX);
}

static void
read_class(struct reader *r, struct sl_record_class *class)
{
	enum { POLICY = 1, WORD = 2, ACTION = 4 };
	unsigned seen = 0;
	struct sl_slice name;

	class_init(class);
	if (!object(r))
		return;
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "policy")) {
			read_policy(r, class->policy);
			seen |= POLICY;
		} else if (reader_is(name, "verdict")) {
			class->word = reader_word(r, 63);
			seen |= WORD;
		} else if (reader_is(name, "action")) {
			class->action = reader_action(r);
			seen |= ACTION;
		} else if (reader_is(name, "rcpt")) {
			read_places(r, class);
		} else if (reader_is(name, "tenant")) {
			class->tenant = reader_str(r, 255);
		} else if (reader_is(name, "mode")) {
			class->mode = read_mode(r);
		} else if (reader_is(name, "lists")) {
			read_lists(r, class);
		} else if (reader_is(name, "excused")) {
			read_excused(r, class);
		} else if (reader_is(name, "demands")) {
			read_demands(r, class);
		} else if (reader_is(name, "rules")) {
			read_rules(r, class);
		} else if (reader_is(name, "groups")) {
			read_groups(r, class);
		} else if (reader_is(name, "by")) {
			read_by(r, class);
		} else if (reader_is(name, "cause")) {
			class->cause = read_cause(r);
		} else if (reader_is(name, "copy")) {
			class->copy = reader_flag(r);
		} else if (reader_is(name, "outcome")) {
			class->outcome = reader_str(r, 63);
		} else {
			sl_json_skip(&r->json);
		}
	}
	if (seen != (POLICY | WORD | ACTION))
		reader_wrong(r, SL_ERR_SYNTAX);
}

void
read_classes(struct reader *r, struct sl_record *record)
{
	void *items = NULL;

	if (!array(r))
		return;
	while (sl_json_element(&r->json)) {
		struct sl_record_class *class = one_more(r, &items, record->classes_len, SL_RECORD_CLASSES_MAX,
		    sizeof(*class));

		record->classes = items;
		if (class == NULL) {
			sl_json_skip(&r->json);
			continue;
		}
		read_class(r, class);
		record->classes_len++;
	}
}
