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
	sl_pack_u32(out, (uint32_t)ask->of);
	sl_pack_u32(out, ask->by_domain);
	sl_pack_u32(out, ask->by_user);
	sl_pack_bytes(out, ask->members);
	sl_pack_bytes(out, ask->aliases);
	sl_buf_add_slice(out, ask->tenants);
}

/* How many there are, each packed; SIZE_MAX: they are cut. */
static size_t
count_packed(struct sl_slice list)
{
	struct sl_unpack in = { .rest = list };
	size_t n = 0;

	for (; in.rest.len > 0 && !in.failed; n++)
		(void)sl_unpack_bytes(&in);
	return in.failed ? SIZE_MAX : n;
}

int
sl_report_unpack_ask(struct sl_slice payload, struct sl_report_ask *out)
{
	struct sl_unpack in = { .rest = payload };
	size_t tenants, aliases;
	uint32_t of;

	*out = (struct sl_report_ask){ .number = sl_unpack_u64(&in) };
	out->from_day = sl_unpack_bytes(&in);
	out->to_day = sl_unpack_bytes(&in);
	out->all = sl_unpack_u32(&in) != 0;
	out->by_tenant = sl_unpack_u32(&in) != 0;
	of = sl_unpack_u32(&in);
	out->of = (enum sl_report_of)SL_MIN(of, (uint32_t)SL_REPORT_OF_COUNT);
	out->by_domain = sl_unpack_u32(&in) != 0;
	out->by_user = sl_unpack_u32(&in) != 0;
	out->members = sl_unpack_bytes(&in);
	out->aliases = sl_unpack_bytes(&in);
	out->tenants = in.rest;
	tenants = count_packed(out->tenants);
	aliases = count_packed(out->aliases);
	if (in.failed || tenants > SL_REPORT_TENANTS_MAX || aliases > SL_REPORT_MEMBERS_MAX || aliases % 2 != 0 ||
	    count_packed(out->members) > SL_REPORT_MEMBERS_MAX || of >= SL_REPORT_OF_COUNT || !is_day(out->from_day) || !is_day(out->to_day))
		return SL_ERR_SYNTAX;
	return 0;
}

/* ---- the answer ---- */

void
sl_report_counts_init(struct sl_report_counts *counts)
{
	*counts = (struct sl_report_counts){ .result = SL_ERR_NOT_FOUND };
	sl_traffic_table_init(&counts->days, SL_TRAFFIC_BY_DAY);
	sl_traffic_table_init(&counts->causes, SL_TRAFFIC_BY_CAUSE);
	sl_traffic_table_init(&counts->tenants, SL_TRAFFIC_BY_TENANT);
	sl_traffic_table_init(&counts->domains, SL_TRAFFIC_BY_DOMAIN);
	sl_traffic_table_init(&counts->users, SL_TRAFFIC_BY_USER);
}

void
sl_report_counts_fini(struct sl_report_counts *counts)
{
	sl_traffic_table_fini(&counts->days);
	sl_traffic_table_fini(&counts->causes);
	sl_traffic_table_fini(&counts->tenants);
	sl_traffic_table_fini(&counts->domains);
	sl_traffic_table_fini(&counts->users);
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
	pack_table(&counts->domains, out);
	pack_table(&counts->users, out);
	sl_pack_u64(out, counts->more_domains);
	sl_pack_u64(out, counts->more_users);
	sl_pack_u32(out, counts->cut);
	sl_pack_bytes(out, sl_slice_str(counts->since_day));
}

int
sl_report_unpack_counts(struct sl_slice payload, struct sl_report_counts *out)
{
	struct sl_unpack in = { .rest = payload };
	struct sl_slice since;

	out->number = sl_unpack_u64(&in);
	out->result = (int)sl_unpack_u32(&in);
	unpack_table(&in, &out->days);
	unpack_table(&in, &out->causes);
	unpack_table(&in, &out->tenants);
	unpack_table(&in, &out->domains);
	unpack_table(&in, &out->users);
	out->more_domains = sl_unpack_u64(&in);
	out->more_users = sl_unpack_u64(&in);
	out->cut = sl_unpack_u32(&in) != 0;
	since = sl_unpack_bytes(&in);
	if (in.failed || in.rest.len > 0 || (since.len > 0 && !is_day(since)))
		return SL_ERR_SYNTAX;
	memcpy(out->since_day, since.len > 0 ? since.ptr : (const unsigned char *)"", since.len);
	out->since_day[since.len] = '\0';
	return 0;
}
