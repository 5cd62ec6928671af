/* csv.c - see csv.h */

#include "store/csv.h"

void
sl_csv_init(struct sl_csv *csv, struct sl_slice text)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };

	*csv = (struct sl_csv){ .rest = text, .next_line = 1 };
	if (text.len >= sizeof(mark) && memcmp(text.ptr, mark, sizeof(mark)) == 0)
		csv->rest = sl_slice_from(text, sizeof(mark));
	sl_buf_init(&csv->text, SL_CSV_RECORD_MAX);
}

void
sl_csv_fini(struct sl_csv *csv)
{
	sl_buf_fini(&csv->text);
}

/* The first line shows it. */
static unsigned char
find_separator(struct sl_slice s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len && (quoted || s.ptr[i] != '\n'); i++) {
		if (s.ptr[i] == '"')
			quoted = !quoted;
		else if (!quoted && (s.ptr[i] == ',' || s.ptr[i] == ';' || s.ptr[i] == '\t'))
			return s.ptr[i];
	}
	return ',';
}

static bool
at_line_end(struct sl_slice s)
{
	return s.len == 0 || s.ptr[0] == '\n' || (s.ptr[0] == '\r' && (s.len == 1 || s.ptr[1] == '\n'));
}

/* Behind the opening quote; ends behind the closing one. */
static int
take_quoted(struct sl_csv *csv)
{
	for (size_t i = 0; i < csv->rest.len; i++) {
		unsigned char c = csv->rest.ptr[i];

		if (c == '"' && (i + 1 == csv->rest.len || csv->rest.ptr[i + 1] != '"')) {
			csv->rest = sl_slice_from(csv->rest, i + 1);
			return at_line_end(csv->rest) || csv->rest.ptr[0] == csv->separator ? 0 : SL_ERR_SYNTAX;
		}
		i += c == '"';		/* doubled: one */
		csv->next_line += c == '\n';
		sl_buf_add_byte(&csv->text, c);
	}
	return SL_ERR_SYNTAX;
}

static void
take_plain(struct sl_csv *csv)
{
	size_t i = 0;

	while (!at_line_end(sl_slice_from(csv->rest, i)) && csv->rest.ptr[i] != csv->separator)
		i++;
	sl_buf_add(&csv->text, csv->rest.ptr, i);
	csv->rest = sl_slice_from(csv->rest, i);
}

static int
take_field(struct sl_csv *csv)
{
	if (csv->rest.len == 0 || csv->rest.ptr[0] != '"') {
		take_plain(csv);
		return 0;
	}
	csv->rest = sl_slice_from(csv->rest, 1);
	return take_quoted(csv);
}

static void
take_line_end(struct sl_csv *csv)
{
	if (csv->rest.len > 0 && csv->rest.ptr[0] == '\r')
		csv->rest = sl_slice_from(csv->rest, 1);
	if (csv->rest.len > 0)
		csv->rest = sl_slice_from(csv->rest, 1);
	csv->next_line++;
}

int
sl_csv_next(struct sl_csv *csv)
{
	size_t ends[SL_CSV_FIELDS_MAX];
	int r;

	if (csv->separator == 0)
		csv->separator = find_separator(csv->rest);
	while (csv->rest.len > 0 && at_line_end(csv->rest))
		take_line_end(csv);
	csv->len = 0;
	csv->line = csv->next_line;
	sl_buf_reset(&csv->text);
	if (csv->rest.len == 0)
		return 0;
	for (;;) {
		if (csv->len == SL_CSV_FIELDS_MAX)
			return SL_ERR_TOO_LONG;
		if ((r = take_field(csv)) != 0)
			return r;
		if (csv->text.overflow)
			return SL_ERR_TOO_LONG;
		ends[csv->len++] = csv->text.len;
		if (at_line_end(csv->rest))
			break;
		csv->rest = sl_slice_from(csv->rest, 1);
	}
	take_line_end(csv);
	for (size_t i = 0; i < csv->len; i++)	/* now that the text moves no more */
		csv->fields[i] = sl_slice(csv->text.len > 0 ? csv->text.data + (i > 0 ? ends[i - 1] : 0) : NULL,
		    ends[i] - (i > 0 ? ends[i - 1] : 0));
	return SL_DONE;
}

int
sl_csv_column(const struct sl_csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->len; i++)
		if (sl_slice_ieq(sl_slice_trim(csv->fields[i]), sl_slice_str(name)))
			return (int)i;
	return -1;
}

void
sl_csv_field(struct sl_buf *out, struct sl_slice field, bool first)
{
	bool quotes = field.len > 0 && field.ptr[0] == 0xef;	/* lest it be taken for a byte order mark */

	for (size_t i = 0; i < field.len && !quotes; i++)
		quotes = strchr("\",;\t\r\n", field.ptr[i]) != NULL;	/* NUL too */
	if (!first)
		sl_buf_add_byte(out, ',');
	if (!quotes && field.len > 0) {
		sl_buf_add_slice(out, field);
		return;
	}
	sl_buf_add_byte(out, '"');
	for (size_t i = 0; i < field.len; i++) {
		if (field.ptr[i] == '"')
			sl_buf_add_byte(out, '"');
		sl_buf_add_byte(out, field.ptr[i]);
	}
	sl_buf_add_byte(out, '"');
}

void
sl_csv_end(struct sl_buf *out)
{
	sl_buf_add_str(out, "\r\n");
}
