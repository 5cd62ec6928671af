/* brief.c - see brief.h */

#include "brief.h"

/* ---- writing ---- */

static void
put_number(struct sl_buf *out, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		sl_buf_add_byte(out, (unsigned char)(n | 0x80));
	sl_buf_add_byte(out, (unsigned char)n);
}

static void
put_text(struct sl_buf *out, struct sl_slice text)
{
	put_number(out, text.len);
	sl_buf_add_slice(out, text);
}

static void
put_lower(struct sl_buf *out, struct sl_slice text)
{
	put_number(out, text.len);
	for (size_t i = 0; i < text.len; i++)
		sl_buf_add_byte(out, sl_ascii_lower(text.ptr[i]));
}

static void
put_fate(struct sl_buf *out, const struct sl_traffic_fate *fate)
{
	put_text(out, fate->outcome);
	put_text(out, fate->action);
	put_text(out, fate->verdict);
}

void
brief_write(const struct brief *brief, struct sl_buf *out)
{
	struct sl_buf record;

	SL_ASSERT(brief->tenant > 0 && brief->fates_len <= BRIEF_FATES_MAX && brief->recipients_len <= BRIEF_RECIPIENTS_MAX);
	sl_buf_init(&record, BRIEF_RECORD_MAX);
	put_number(&record, (uint64_t)brief->tenant);
	put_fate(&record, &brief->whole);
	put_number(&record, brief->bytes);
	put_number(&record, brief->fates_len);
	for (size_t i = 0; i < brief->fates_len; i++)
		put_fate(&record, &brief->fates[i]);
	put_number(&record, brief->recipients_len);
	for (size_t i = 0; i < brief->recipients_len; i++) {
		SL_ASSERT(brief->recipients[i].fate <= brief->fates_len);
		put_number(&record, brief->recipients[i].fate);
		put_lower(&record, brief->recipients[i].address);
	}
	out->overflow |= record.overflow;
	put_text(out, sl_buf_slice(&record));
	sl_buf_fini(&record);
}

/* ---- reading ---- */

struct reading {
	struct sl_slice	rest;
	bool		wrong;
};

static uint64_t
take_number(struct reading *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < r->rest.len && i < 10; i++) {
		unsigned char c = r->rest.ptr[i];

		if (i == 9 && c > 1)
			break;
		n |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c < 0x80) {
			if (c == 0 && i > 0)
				break;		/* a number is written in one way */
			r->rest = sl_slice_from(r->rest, i + 1);
			return n;
		}
	}
	r->wrong = true;
	return 0;
}

static struct sl_slice
take_text(struct reading *r)
{
	uint64_t len = take_number(r);
	struct sl_slice text;

	if (r->wrong || len > r->rest.len) {
		r->wrong = true;
		return sl_slice("", 0);
	}
	text = sl_slice(r->rest.ptr, (size_t)len);
	r->rest = sl_slice_from(r->rest, (size_t)len);
	return text;
}

static void
take_fate(struct reading *r, struct sl_traffic_fate *out)
{
	out->outcome = take_text(r);
	out->action = take_text(r);
	out->verdict = take_text(r);
}

static size_t
take_count(struct reading *r, size_t most)
{
	uint64_t n = take_number(r);

	r->wrong |= n > most;
	return r->wrong ? 0 : (size_t)n;
}

static int
read_record(struct reading *r, struct brief *out)
{
	take_fate(r, &out->whole);
	out->bytes = take_number(r);
	out->fates_len = take_count(r, BRIEF_FATES_MAX);
	for (size_t i = 0; i < out->fates_len && !r->wrong; i++)
		take_fate(r, &out->fates[i]);
	out->recipients_len = take_count(r, BRIEF_RECIPIENTS_MAX);
	for (size_t i = 0; i < out->recipients_len && !r->wrong; i++) {
		out->recipients[i].fate = (unsigned)take_count(r, out->fates_len);
		out->recipients[i].address = take_text(r);
	}
	return r->wrong || r->rest.len > 0 ? SL_ERR_DAMAGED : SL_DONE;
}

int
brief_read(struct sl_slice *rest, int64_t tenant, struct brief *out)
{
	while (rest->len > 0) {
		struct reading all = { *rest, false }, record;

		record = (struct reading){ take_text(&all), false };
		*rest = all.rest;
		out->tenant = (int64_t)(take_number(&record) & INT64_MAX);
		if (all.wrong || record.wrong || out->tenant == 0) {
			*rest = sl_slice("", 0);
			return SL_ERR_DAMAGED;
		}
		if (tenant == 0 || out->tenant == tenant)
			return read_record(&record, out);
	}
	return 0;
}
