/* counts.c - see counts.h */

#include "report/counts.h"

static bool
is_day(struct sl_slice text)
{
	if (text.len != SL_REPORT_DAY_BYTES)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (i == 4 || i == 7 ? text.ptr[i] != '-' : text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return true;
}

/* ---- the question ---- */

void
sl_report_pack_ask(const struct sl_report_ask *ask, struct sl_buf *out)
{
	sl_pack_u64(out, ask->number);
	sl_pack_bytes(out, ask->from_day);
	sl_pack_bytes(out, ask->to_day);
	sl_pack_u32(out, ask->all);
	sl_pack_u32(out, ask->by_tenant);
	sl_buf_add_slice(out, ask->tenants);
}

int
sl_report_unpack_ask(struct sl_slice payload, struct sl_report_ask *out)
{
	struct sl_unpack in = { .rest = payload };
	size_t tenants = 0;

	*out = (struct sl_report_ask){ .number = sl_unpack_u64(&in) };
	out->from_day = sl_unpack_bytes(&in);
	out->to_day = sl_unpack_bytes(&in);
	out->all = sl_unpack_u32(&in) != 0;
	out->by_tenant = sl_unpack_u32(&in) != 0;
	out->tenants = in.rest;
	while (!in.failed && in.rest.len > 0) {
		(void)sl_unpack_bytes(&in);
		tenants++;
	}
	return in.failed || tenants > SL_REPORT_TENANTS_MAX || !is_day(out->from_day) || !is_day(out->to_day) ? SL_ERR_SYNTAX : 0;
}

/* ---- the answer ---- */

void
sl_report_counts_init(struct sl_report_counts *counts)
{
	*counts = (struct sl_report_counts){ .result = SL_ERR_NOT_FOUND };
	sl_traffic_table_init(&counts->days, SL_TRAFFIC_BY_DAY);
	sl_traffic_table_init(&counts->causes, SL_TRAFFIC_BY_CAUSE);
	sl_traffic_table_init(&counts->tenants, SL_TRAFFIC_BY_TENANT);
}

void
sl_report_counts_fini(struct sl_report_counts *counts)
{
	sl_traffic_table_fini(&counts->days);
	sl_traffic_table_fini(&counts->causes);
	sl_traffic_table_fini(&counts->tenants);
}

void
sl_report_counts_add(struct sl_report_counts *counts, const struct sl_traffic_sum *sum, bool by_tenant)
{
	sl_traffic_table_add(&counts->days, sum);
	sl_traffic_table_add(&counts->causes, sum);
	if (by_tenant)
		sl_traffic_table_add(&counts->tenants, sum);
}

static void
pack_table(const struct sl_traffic_table *table, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)table->len);
	for (size_t i = 0; i < table->len; i++) {
		sl_pack_bytes(out, sl_slice_str(table->rows[i].key));
		for (size_t c = 0; c < SL_TRAFFIC_COLUMN_COUNT; c++)
			sl_pack_u64(out, table->rows[i].n[c]);
	}
}

static void
unpack_table(struct sl_unpack *in, struct sl_traffic_table *table)
{
	uint32_t len = sl_unpack_u32(in);

	for (uint32_t i = 0; i < len && !in->failed; i++) {
		struct sl_slice key = sl_unpack_bytes(in);
		uint64_t n[SL_TRAFFIC_COLUMN_COUNT];
		struct sl_traffic_row *row;

		for (size_t c = 0; c < SL_COUNT(n); c++)
			n[c] = sl_unpack_u64(in);
		if (in->failed || key.len == 0 || key.len >= sizeof(row->key) || memchr(key.ptr, '\0', key.len) != NULL) {
			in->failed = true;
			return;
		}
		row = sl_traffic_table_row(table, key);
		for (size_t c = 0; c < SL_COUNT(n); c++) {
			row->n[c] += n[c];
			table->total.n[c] += n[c];
		}
	}
}

void
sl_report_pack_counts(const struct sl_report_counts *counts, struct sl_buf *out)
{
	sl_pack_u64(out, counts->number);
	sl_pack_u32(out, (uint32_t)counts->result);
	pack_table(&counts->days, out);
	pack_table(&counts->causes, out);
	pack_table(&counts->tenants, out);
}

int
sl_report_unpack_counts(struct sl_slice payload, struct sl_report_counts *out)
{
	struct sl_unpack in = { .rest = payload };

	out->number = sl_unpack_u64(&in);
	out->result = (int)sl_unpack_u32(&in);
	unpack_table(&in, &out->days);
	unpack_table(&in, &out->causes);
	unpack_table(&in, &out->tenants);
	return in.failed || in.rest.len > 0 ? SL_ERR_SYNTAX : 0;
}
