/* trace_table.c - records as rows of a table, for who looks for one among many */

#include <jansson.h>
#include <stdio.h>

#include "record/record.h"
#include "trace_i.h"

static const struct { const char *title; int width; } columns[] = { { "time", 19 }, { "id", 13 }, { "outcome", 15 }, { "from", 30 }, { "to", 30 },
	{ "why", 0 } };

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* What it lacks of the column's width is blank; the last has none. */
static void
put(size_t column, const char *text)
{
	int width = columns[column].width;
	size_t n;

	if (width == 0) {
		(void)terminal_put(sl_slice_str(text), 200, false);
		putchar('\n');
		return;
	}
	n = terminal_put(sl_slice_str(text), (size_t)width, false);
	printf("%*s", n < (size_t)width ? width - (int)n + 2 : 2, "");
}

/* The first of those that it was for, accepted or not, and how many more. */
static void
add_to(const json_t *line, struct sl_buf *out)
{
	const json_t *accepted = json_object_get(line, "rcpt_to"), *refused = json_object_get(line, "refused");
	size_t all = json_array_size(accepted) + json_array_size(refused);
	const char *first = json_array_size(accepted) > 0 ? json_string_value(json_array_get(accepted, 0)) : text_of(json_array_get(refused, 0), "rcpt");

	sl_buf_add_str(out, first != NULL ? first : "");
	if (all > 1)
		sl_buf_addf(out, " +%zu", all - 1);
}

/* "550 5.1.1 There is no such recipient here" */
static void
add_answer(const json_t *of, struct sl_buf *out)
{
	json_int_t code = json_integer_value(json_object_get(of, "code"));

	if (code > 0)
		sl_buf_addf(out, "%lld ", (long long)code);
	sl_buf_addf(out, "%s%s%s", text_of(of, "status"), *text_of(of, "status") != '\0' ? " " : "", text_of(of, "text"));
}

static void
add_why(const json_t *line, struct sl_buf *out)
{
	const json_t *refused = json_array_get(json_object_get(line, "refused"), 0), *class = json_array_get(json_object_get(line, "classes"), 0);
	const char *outcome = text_of(line, "outcome"), *by = text_of(class, "by");

	if (json_array_size(json_object_get(line, "rcpt_to")) == 0 && refused != NULL)
		add_answer(refused, out);
	else if (strcmp(outcome, "delivered") == 0 || strcmp(outcome, "quarantined") == 0 || strcmp(outcome, "refused") == 0)
		sl_buf_addf(out, "%s%s%s", text_of(line, "verdict"), *by != '\0' ? ", by " : "", by);
	else
		add_answer(json_object_get(line, "reply"), out);
}

void
trace_table_row(struct sl_slice line, bool first)
{
	json_t *root = json_loadb((const char *)line.ptr, line.len, 0, NULL);
	struct sl_buf to, why;
	char time[20];

	for (size_t i = 0; first && i < SL_COUNT(columns); i++)
		put(i, columns[i].title);
	sl_buf_init(&to, 4096);
	sl_buf_init(&why, 4096);
	add_to(root, &to);
	add_why(root, &why);
	snprintf(time, sizeof(time), "%.19s", text_of(root, "time"));
	put(0, time);
	put(1, text_of(root, "id"));
	put(2, text_of(root, "outcome"));
	put(3, json_object_get(root, "mail_from") != NULL && *text_of(root, "mail_from") == '\0' ? "<>" : text_of(root, "mail_from"));
	put(4, sl_buf_cstr(&to));
	put(5, sl_buf_cstr(&why));
	sl_buf_fini(&to);
	sl_buf_fini(&why);
	json_decref(root);
}
