/* releases.c - see releases.h */

#include "report/releases.h"

#include <inttypes.h>
#include <stdio.h>

#include "digest/zone.h"
#include "sl/utf8.h"
#include "traffic/table.h"

/* ---- words ---- */

/* courier/queue.h has the numbers; its library is the courier's alone. */
static const char *const states[] = { "waiting", "trying", "final", "uncertain", "delivered", "failed", "cancelled" };
enum { DELIVERED = 4, CANCELLED = 6, TAKEN = 3 };

const char *
sl_release_state_word(uint32_t state)
{
	return state < SL_COUNT(states) ? states[state] : "?";
}

const char *
sl_release_rcpt_word(uint32_t state)
{
	static const char *const words[] = { "open", "in flight", "in doubt", "taken", "refused" };

	return state < SL_COUNT(words) ? words[state] : "?";
}

struct sl_slice
sl_release_kept_as(const struct sl_courier_entry *e)
{
	return e->release.category.len > 0 ? e->release.category : e->release.verdict;
}

bool
sl_release_telling(const struct sl_courier_entry *e, struct sl_courier_rcpt *out, size_t *count)
{
	struct sl_slice rest = e->rcpts;
	struct sl_courier_rcpt one;
	bool told = false;

	*count = 0;
	while (sl_courier_rcpt_next(&rest, &one)) {
		if (*count == 0 || (!told && one.state != TAKEN))
			*out = one;
		told |= one.state != TAKEN;
		++*count;
	}
	return *count > 0;
}

/* ---- CSV ---- */

void
sl_release_csv_head(bool later, struct sl_buf *out)
{
	sl_buf_add_str(out, "asked,by,note,id,trace,received,sender,recipient,kept_as,policy,reason,state,recipient_state,finished,code,"
	    "reply,replies_lost");
	sl_buf_add_str(out, later ? ",opened_later,reported_later,sender_allowed_later\r\n" : "\r\n");
}

static void
csv_time(int64_t at_us, struct sl_buf *out)
{
	struct sl_civil t;

	if (at_us <= 0)
		return;
	sl_civil_of(at_us / 1000000, &t);
	sl_buf_addf(out, "%04lld-%02u-%02u %02u:%02u:%02u", (long long)t.year, t.month, t.day, t.hour, t.minute, t.second);
}

void
sl_release_csv(const struct sl_courier_entry *e, const struct sl_release_later *later, struct sl_buf *out)
{
	struct sl_slice rest = e->rcpts;
	char id[SL_KEPT_ID_DIGITS + 1] = "";
	struct sl_courier_rcpt one;

	if (e->ref.len == SL_KEPT_ID_BYTES)
		sl_kept_id_write(e->ref.ptr, id);
	while (sl_courier_rcpt_next(&rest, &one)) {
		const struct sl_slice before[] = { e->release.by, e->release.note, sl_slice_str(id), e->release.trace };
		const struct sl_slice after[] = { e->sender, one.mailbox, sl_release_kept_as(e), e->release.policy,
			e->release.reason, sl_slice_str(sl_release_state_word(e->state)),
			sl_slice_str(sl_release_rcpt_word(one.state)) };

		csv_time(e->created_us, out);
		for (size_t i = 0; i < SL_COUNT(before); i++) {
			sl_buf_add_byte(out, ',');
			sl_traffic_csv(before[i], out);
		}
		sl_buf_add_byte(out, ',');
		csv_time(e->release.received_us, out);
		for (size_t i = 0; i < SL_COUNT(after); i++) {
			sl_buf_add_byte(out, ',');
			sl_traffic_csv(after[i], out);
		}
		sl_buf_add_byte(out, ',');
		csv_time(e->finished_us, out);
		sl_buf_addf(out, ",%" PRIu32 ",", one.code);
		sl_traffic_csv(one.reply, out);
		sl_buf_addf(out, ",%" PRIu32, e->uncertain);
		for (size_t i = 0; later != NULL && i < 3; i++) {
			sl_buf_add_byte(out, ',');
			csv_time(i == 0 ? later->opened_us : i == 1 ? later->reported_us : later->allowed_us, out);
		}
		sl_buf_add_str(out, "\r\n");
	}
}

/* ---- rows ---- */

void
sl_report_releases_init(struct sl_report_releases *r)
{
	*r = (struct sl_report_releases){ 0 };
	r->rows = sl_xzalloc(SL_REPORT_RELEASES_MAX * sizeof(*r->rows));
	sl_buf_init(&r->csv, SL_REPORT_CSV_MAX);
	sl_release_csv_head(true, &r->csv);
}

void
sl_report_releases_fini(struct sl_report_releases *r)
{
	sl_free(r->rows);
	sl_buf_fini(&r->csv);
	*r = (struct sl_report_releases){ 0 };
}

/* As much as there is room for, of whole characters. */
static void
cut(struct sl_slice text, char *out, size_t size)
{
	size_t len = SL_MIN(text.len, size - 1);

	while (len < text.len && len > 0 && (text.ptr[len] & 0xc0) == 0x80)
		len--;
	if (len > 0)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}

static void
count(struct sl_report_releases *r, struct sl_slice kept_as)
{
	char word[sizeof(r->causes[0].word)];
	size_t i = 0;

	cut(kept_as, word, sizeof(word));
	while (i < r->causes_len && strcmp(r->causes[i].word, word) != 0)
		i++;
	if (i == SL_COUNT(r->causes))
		i--;
	else if (i == r->causes_len)
		memcpy(r->causes[r->causes_len++].word, word, sizeof(word));
	r->causes[i].n++;
}

static void
add_csv(struct sl_report_releases *r, const struct sl_courier_entry *e, const struct sl_release_later *later)
{
	struct sl_buf lines;

	sl_buf_init(&lines, SL_REPORT_CSV_MAX);
	if (!r->cut)
		sl_release_csv(e, later, &lines);
	if (lines.overflow || r->csv.len + lines.len > SL_REPORT_CSV_MAX)
		r->cut = true;
	else
		sl_buf_add_slice(&r->csv, sl_buf_slice(&lines));
	sl_buf_fini(&lines);
}

void
sl_report_releases_add(struct sl_report_releases *r, const struct sl_courier_entry *e, const struct sl_release_later *known)
{
	const struct sl_release_later nothing = { 0 }, *later = known != NULL ? known : &nothing;
	struct sl_report_release *row;
	struct sl_courier_rcpt rcpt;

	if (e->ref.len != SL_KEPT_ID_BYTES)
		return;			/* it is another's mail */
	r->entries++;
	r->delivered += e->state == DELIVERED;
	r->failed += e->state > DELIVERED && e->state <= CANCELLED;
	r->open += e->state < DELIVERED;
	count(r, sl_release_kept_as(e));
	r->reported += later->reported_us != 0;
	r->allowed += later->allowed_us != 0;
	add_csv(r, e, later);
	if (r->len < SL_REPORT_RELEASES_MAX) {
		row = &r->rows[r->len++];
	} else {
		row = &r->rows[r->first];
		r->first = (r->first + 1) % SL_REPORT_RELEASES_MAX;
	}
	*row = (struct sl_report_release){ .asked_us = e->created_us, .uncertain = e->uncertain > 0, .later = *later };
	cut(e->release.by, row->by, sizeof(row->by));
	cut(e->sender, row->sender, sizeof(row->sender));
	cut(sl_release_kept_as(e), row->kept_as, sizeof(row->kept_as));
	cut(sl_slice_str(sl_release_state_word(e->state)), row->state, sizeof(row->state));
	if (sl_release_telling(e, &rcpt, &row->recipients)) {
		cut(rcpt.mailbox, row->recipient, sizeof(row->recipient));
		cut(rcpt.reply, row->reply, sizeof(row->reply));
	}
}

const struct sl_report_release *
sl_report_release_at(const struct sl_report_releases *r, size_t i)
{
	SL_ASSERT(i < r->len);
	return &r->rows[(r->first + r->len - 1 - i) % r->len];
}

uint64_t
sl_report_releases_of(const struct sl_report_releases *r, const char *kept_as)
{
	for (size_t i = 0; i < r->causes_len; i++)
		if (strcmp(r->causes[i].word, kept_as) == 0)
			return r->causes[i].n;
	return 0;
}
