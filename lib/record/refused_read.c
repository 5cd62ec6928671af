/* refused_read.c - recipients that were not accepted read back; see record.h */

#include "read_i.h"

#define CODE_MAX	599

static void
read_one(struct reader *r, struct sl_record_refused *out)
{
	struct sl_slice name;

	*out = (struct sl_record_refused){ .mailbox = sl_slice("", 0), .tenant = "", .why = SL_RECORD_WHY_COUNT,
		.list = SL_BY_COUNT, .enhanced = "", .text = sl_slice("", 0) };
	if (!sl_json_object(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "rcpt"))
			out->mailbox = reader_text(r, SL_RECORD_REFUSED_TEXT_MAX);
		else if (reader_is(name, "tenant"))
			out->nobodys = *(out->tenant = reader_str(r, 255)) == '\0';
		else if (reader_is(name, "why"))
			out->why = sl_record_why_find(reader_text(r, 63));
		else if (reader_is(name, "code"))
			out->code = (int)reader_count(r, CODE_MAX);
		else if (reader_is(name, "status"))
			out->enhanced = reader_str(r, 15);
		else if (reader_is(name, "text"))
			out->text = reader_text(r, SL_RECORD_REFUSED_TEXT_MAX);
		else if (!reader_is(name, "list"))
			sl_json_skip(&r->json);
		else if (!sl_policy_by_find(reader_text(r, 63), &out->list))
			reader_wrong(r, SL_ERR_SYNTAX);
	}
}

void
read_refused(struct reader *r, struct sl_record *record)
{
	struct sl_record_refused *list = NULL;

	if (!sl_json_array(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	while (sl_json_element(&r->json)) {
		if (list == NULL)
			record->refused = list = reader_alloc(r, SL_RECORD_REFUSED_MAX * sizeof(*list));
		if (list == NULL || record->refused_len == SL_RECORD_REFUSED_MAX) {
			reader_wrong(r, SL_ERR_SYNTAX);
			sl_json_skip(&r->json);
			continue;
		}
		read_one(r, &list[record->refused_len++]);
	}
}
