/* table.c - see table.h */

#include "traffic/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/policy.h"

static const char *const bys[] = {
#define BY_WORD(name, word) word,
	SL_TRAFFIC_BYS(BY_WORD)
#undef BY_WORD
};

static const struct { const char *name, *title; int width; } columns[] = {
#define COLUMN_ROW(id, name, title, width) { name, title, width },
	SL_TRAFFIC_COLUMNS(COLUMN_ROW)
#undef COLUMN_ROW
};

const char *
sl_traffic_by_word(enum sl_traffic_by by)
{
	SL_ASSERT(by < SL_TRAFFIC_BY_COUNT);
	return bys[by];
}

bool
sl_traffic_by_find(struct sl_slice word, enum sl_traffic_by *by_out)
{
	for (size_t i = 0; i <= SL_TRAFFIC_BY_CAUSE; i++) {
		if (sl_slice_eq(word, sl_slice_str(bys[i]))) {
			*by_out = (enum sl_traffic_by)i;
			return true;
		}
	}
	return false;
}

const char *
sl_traffic_column_name(enum sl_traffic_column column)
{
	SL_ASSERT(column < SL_TRAFFIC_COLUMN_COUNT);
	return columns[column].name;
}

/* ---- rows ---- */

void
sl_traffic_table_init(struct sl_traffic_table *table, enum sl_traffic_by by)
{
	*table = (struct sl_traffic_table){ .by = by, .total.key = "in all" };
}

void
sl_traffic_table_fini(struct sl_traffic_table *table)
{
	sl_free(table->rows);
	sl_free(table->places);
	*table = (struct sl_traffic_table){ 0 };
}

/* The place of a key, or the free one where it would be. */
static uint32_t *
place_of(const struct sl_traffic_table *table, struct sl_slice key)
{
	size_t at = (size_t)sl_hash(key.ptr, key.len) & (table->places_size - 1);

	while (table->places[at] != 0 && !sl_slice_eq(sl_slice_str(table->rows[table->places[at] - 1].key), key))
		at = (at + 1) & (table->places_size - 1);
	return &table->places[at];
}

static void
places_make(struct sl_traffic_table *table, size_t size)
{
	sl_free(table->places);
	table->places = sl_xzalloc(size * sizeof(*table->places));
	table->places_size = size;
	for (size_t i = 0; i < table->len; i++)
		*place_of(table, sl_slice_str(table->rows[i].key)) = (uint32_t)i + 1;
}

struct sl_traffic_row *
sl_traffic_table_row(struct sl_traffic_table *table, struct sl_slice key)
{
	uint32_t *place;

	if (key.len == 0)
		key = SL_SLICE_LIT("-");
	key.len = SL_MIN(key.len, sizeof(table->rows->key) - 1);
	if (table->len * 2 >= table->places_size)
		places_make(table, SL_MAX(table->places_size * 2, (size_t)64));
	place = place_of(table, key);
	if (*place == 0) {
		if (table->len == table->size) {
			table->size = table->size * 2 + 32;
			table->rows = sl_xrealloc(table->rows, table->size * sizeof(*table->rows));
		}
		table->rows[table->len] = (struct sl_traffic_row){ 0 };
		memcpy(table->rows[table->len].key, key.ptr, key.len);
		*place = (uint32_t)++table->len;
	}
	return &table->rows[*place - 1];
}

static bool
is_outcome(const struct sl_traffic_sum *sum, const char *outcome)
{
	return sl_slice_eq(sum->outcome, sl_slice_str(outcome));
}

void
sl_traffic_columns_add(uint64_t n[SL_TRAFFIC_COLUMN_COUNT], const struct sl_traffic_sum *sum)
{
	if (sum->early) {
		n[SL_TRAFFIC_EARLY] += sum->messages;
		return;
	}
	n[SL_TRAFFIC_MESSAGES] += sum->messages;
	n[SL_TRAFFIC_RECIPIENTS] += sum->recipients;
	n[SL_TRAFFIC_BYTES] += sum->bytes;
	if (sum->reached)
		n[SL_TRAFFIC_DELIVERED] += sum->messages;
	else
		n[SL_TRAFFIC_BYTES_KEPT] += sum->bytes;
	if (is_outcome(sum, "quarantined")) {
		n[SL_TRAFFIC_QUARANTINED] += sum->messages;
		n[SL_TRAFFIC_BYTES_QUARANTINED] += sum->bytes;
	} else if (is_outcome(sum, "refused") || is_outcome(sum, "hop-refused") || is_outcome(sum, "malformed")) {
		n[SL_TRAFFIC_REFUSED] += sum->messages;
		n[SL_TRAFFIC_BYTES_REFUSED] += sum->bytes;
	} else if (is_outcome(sum, "deferred")) {
		n[SL_TRAFFIC_DEFERRED] += sum->messages;
	}
}

const char *
sl_traffic_cause(const struct sl_traffic_sum *sum)
{
	static const struct { const char *verdict, *cause; } others[] = { { "forged", "authentication" },
		{ "unauthenticated", "authentication" }, { "denied", "denied" }, { "unchecked", "unchecked" } };
	enum sl_cause cause;

	if (is_outcome(sum, "malformed"))
		return "malformed";
	if (sum->action.len == 0 || sl_slice_eq(sum->action, SL_SLICE_LIT("deliver")) || is_outcome(sum, "hop-refused"))
		return "-";
	if (sl_cause_find(sum->verdict, &cause))
		return sl_cause_word(cause);
	for (size_t i = 0; i < SL_COUNT(others); i++)
		if (sl_slice_eq(sum->verdict, sl_slice_str(others[i].verdict)))
			return others[i].cause;
	return "-";
}

void
sl_traffic_table_add(struct sl_traffic_table *table, const struct sl_traffic_sum *sum)
{
	struct sl_slice key = sl_slice("", 0);

	switch (table->by) {
	case SL_TRAFFIC_BY_DAY:
		key = sl_slice_str(sum->day);
		break;
	case SL_TRAFFIC_BY_TENANT:
		key = sum->tenant;
		break;
	case SL_TRAFFIC_BY_VERDICT:
		key = sum->verdict;
		break;
	case SL_TRAFFIC_BY_CAUSE:
		key = sl_slice_str(sl_traffic_cause(sum));
		break;
	case SL_TRAFFIC_BY_DOMAIN:
	case SL_TRAFFIC_BY_USER:
		key = sum->name;
		break;
	case SL_TRAFFIC_BY_COUNT:
		SL_UNREACHABLE("no key");
	}
	sl_traffic_columns_add(table->total.n, sum);
	if (sum->early && table->by == SL_TRAFFIC_BY_CAUSE)
		return;		/* nothing of a policy's for messages */
	sl_traffic_columns_add(sl_traffic_table_row(table, key)->n, sum);
}

static int
by_column(const void *a, const void *b, void *ctx)
{
	const struct sl_traffic_row *x = a, *y = b;
	enum sl_traffic_column column = *(const enum sl_traffic_column *)ctx;

	if (x->n[column] != y->n[column])
		return x->n[column] > y->n[column] ? -1 : 1;
	return strcmp(x->key, y->key);
}

void
sl_traffic_table_sort(struct sl_traffic_table *table, enum sl_traffic_column column)
{
	if (table->len == 0)
		return;
	qsort_r(table->rows, table->len, sizeof(*table->rows), by_column, &column);
	places_make(table, table->places_size);
}

/* ---- shown ---- */

void
sl_traffic_csv(struct sl_slice text, struct sl_buf *out)
{
	bool formula = text.len > 1 && memchr("=+-@\t", text.ptr[0], 5) != NULL, quoted = formula;

	for (size_t i = 0; i < text.len && !quoted; i++)
		quoted = text.ptr[i] < ' ' || text.ptr[i] == '"' || text.ptr[i] == ',';
	if (!quoted) {
		sl_buf_add_slice(out, text);
		return;
	}
	sl_buf_add_str(out, formula ? "\"'" : "\"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			sl_buf_add_byte(out, '"');
		sl_buf_add_byte(out, text.ptr[i] < ' ' ? ' ' : text.ptr[i]);
	}
	sl_buf_add_byte(out, '"');
}

static void
print_row(const struct sl_traffic_table *table, const struct sl_traffic_row *row, enum sl_traffic_form form, struct sl_buf *out)
{
	if (form == SL_TRAFFIC_JSON) {
		sl_buf_addf(out, "\n{\"%s\":", bys[table->by]);
		sl_buf_add_json(out, sl_slice_str(row->key));
	} else if (form == SL_TRAFFIC_CSV) {
		sl_traffic_csv(sl_slice_str(row->key), out);
	} else {
		sl_buf_addf(out, "%-24s", row->key);
	}
	for (size_t c = 0; c < SL_COUNT(columns); c++) {
		if (form == SL_TRAFFIC_JSON)
			sl_buf_addf(out, ",\"%s\":%llu", columns[c].name, (unsigned long long)row->n[c]);
		else if (form == SL_TRAFFIC_CSV)
			sl_buf_addf(out, ",%llu", (unsigned long long)row->n[c]);
		else if (columns[c].title != NULL)
			sl_buf_addf(out, " %*llu", columns[c].width, (unsigned long long)row->n[c]);
	}
	sl_buf_add_str(out, form == SL_TRAFFIC_JSON ? "}" : form == SL_TRAFFIC_CSV ? "\r\n" : "\n");
}

static void
print_head(const struct sl_traffic_table *table, enum sl_traffic_form form, struct sl_buf *out)
{
	sl_buf_addf(out, form == SL_TRAFFIC_CSV ? "%s" : "%-24s", bys[table->by]);
	for (size_t c = 0; c < SL_COUNT(columns); c++) {
		if (form == SL_TRAFFIC_CSV)
			sl_buf_addf(out, ",%s", columns[c].name);
		else if (columns[c].title != NULL)
			sl_buf_addf(out, " %*s", columns[c].width, columns[c].title);
	}
	sl_buf_add_str(out, form == SL_TRAFFIC_CSV ? "\r\n" : "\n");
}

void
sl_traffic_table_print(const struct sl_traffic_table *table, enum sl_traffic_form form, struct sl_buf *out)
{
	if (form == SL_TRAFFIC_JSON)
		sl_buf_add_byte(out, '[');
	else
		print_head(table, form, out);
	for (size_t i = 0; i < table->len; i++) {
		if (form == SL_TRAFFIC_JSON && i > 0)
			sl_buf_add_byte(out, ',');
		print_row(table, &table->rows[i], form, out);
	}
	if (form == SL_TRAFFIC_JSON)
		sl_buf_add_str(out, "]\n");
	else if (form == SL_TRAFFIC_TEXT)
		print_row(table, &table->total, form, out);
}
