/* line.c - what is looked for in a line; see traffic_i.h */

#include "traffic_i.h"

#include <stdio.h>
#include <time.h>

#include "scan.h"
#include "sl/utf8.h"

#define TERM_MAX	1024

/* ---- reading ---- */

static bool
number(const char *text, size_t len, int low, int high, int *out)
{
	uint64_t n;

	if (sl_slice_to_u64(sl_slice(text, len), (uint64_t)high, &n) != 0 || (int)n < low)
		return false;
	*out = (int)n;
	return true;
}

/* 2026-11-26T15:16:49.426Z */
static bool
time_of(struct sl_slice s, int64_t *at_us)
{
	const char *t = (const char *)s.ptr;
	struct tm tm = { 0 };
	int ms;

	if (s.len != 24 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || t[16] != ':' || t[19] != '.' ||
	    t[23] != 'Z' || !number(t, 4, 1970, 9999, &tm.tm_year) || !number(t + 5, 2, 1, 12, &tm.tm_mon) ||
	    !number(t + 8, 2, 1, 31, &tm.tm_mday) || !number(t + 11, 2, 0, 23, &tm.tm_hour) ||
	    !number(t + 14, 2, 0, 59, &tm.tm_min) || !number(t + 17, 2, 0, 60, &tm.tm_sec) || !number(t + 20, 3, 0, 999, &ms))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*at_us = (int64_t)timegm(&tm) * 1000000 + ms * 1000;
	return true;
}

/* The text of a value; "" where it is none. */
static int
text_of(struct line *line, struct sl_slice value, struct sl_slice *out)
{
	size_t len;
	int r;

	*out = sl_slice("", 0);
	if (value.ptr[0] != '"')
		return 0;
	if (memchr(value.ptr, '\\', value.len) == NULL) {
		*out = sl_slice(value.ptr + 1, value.len - 2);
		return 0;
	}
	if (line->decoded == NULL)	/* no text is longer than it was escaped */
		line->decoded = sl_xmalloc(line->text_len);
	r = scan_text(value, line->decoded + line->decoded_len, &len);
	if (r == 0)
		*out = sl_slice(line->decoded + line->decoded_len, len);
	line->decoded_len += r == 0 ? len : 0;
	return r;
}

static int
recipients_of(struct line *line, struct sl_slice list)
{
	struct scan scan = { list, false };
	struct sl_slice value;
	size_t room = 0;
	int r;

	if (list.ptr[0] != '[' || line->recipients != NULL)	/* a second list is none of ours */
		return 0;
	while ((r = scan_element(&scan, &value)) == SL_DONE) {
		if (value.ptr[0] != '"' || line->recipients_len == RECIPIENTS_MAX)
			continue;
		if (line->recipients_len == room) {
			room = room * 2 + 4;
			line->recipients = sl_xrealloc(line->recipients, room * sizeof(*line->recipients));
		}
		r = text_of(line, value, &line->recipients[line->recipients_len++]);
		if (r != 0)
			break;
	}
	return r;
}

static int
refused_one(struct line *line, struct sl_slice object, struct line_refused *out)
{
	struct scan scan = { object, false };
	struct sl_slice name, value;
	int r;

	*out = (struct line_refused){ sl_slice("", 0), sl_slice("", 0) };
	while ((r = scan_member(&scan, &name, &value)) == SL_DONE) {
		if (sl_slice_eq(name, SL_SLICE_LIT("rcpt")))
			r = text_of(line, value, &out->mailbox);
		else if (sl_slice_eq(name, SL_SLICE_LIT("tenant")))
			r = text_of(line, value, &out->tenant);
		else
			continue;
		if (r != 0)
			return r;
	}
	return r;
}

static int
refused_of(struct line *line, struct sl_slice list)
{
	struct scan scan = { list, false };
	struct sl_slice value;
	int r;

	if (list.ptr[0] != '[' || line->refused_len > 0)
		return 0;
	while ((r = scan_element(&scan, &value)) == SL_DONE && line->refused_len < SL_RECORD_REFUSED_MAX)
		if ((r = refused_one(line, value, &line->refused[line->refused_len++])) != 0)
			return r;
	return SL_MIN(r, 0);
}

static int
count_elements(struct sl_slice list, size_t *count)
{
	struct scan scan = { list, false };
	struct sl_slice value;
	int r;

	*count = 0;
	while ((r = scan_element(&scan, &value)) == SL_DONE)
		(*count)++;
	return r;
}

static int
class_of(struct line *line, struct sl_slice object, struct line_class *out)
{
	struct scan scan = { object, false };
	struct sl_slice name, value;
	int r;

	*out = (struct line_class){ sl_slice("", 0), sl_slice("", 0), sl_slice("", 0), 0, sl_slice("", 0) };
	while ((r = scan_member(&scan, &name, &value)) == SL_DONE) {
		if (sl_slice_eq(name, SL_SLICE_LIT("outcome")))
			r = text_of(line, value, &out->outcome);
		else if (sl_slice_eq(name, SL_SLICE_LIT("action")))
			r = text_of(line, value, &out->action);
		else if (sl_slice_eq(name, SL_SLICE_LIT("verdict")))
			r = text_of(line, value, &out->verdict);
		else if (sl_slice_eq(name, SL_SLICE_LIT("rcpt")) && value.ptr[0] == '[')
			r = count_elements(out->places = value, &out->recipients);
		else
			continue;
		if (r != 0)
			return r;
	}
	return r;
}

/* One class alone fared as the line says. */
static int
classes_of(struct line *line, struct sl_slice list)
{
	struct scan scan = { list, false };
	struct sl_slice value;
	size_t count = 0;
	int r;

	if (list.ptr[0] != '[' || line->classes != NULL)
		return 0;
	r = count_elements(list, &count);
	if (r != 0)
		return r;
	if (count < 2 || count > CLASSES_MAX)
		return 0;
	line->classes = sl_xzalloc(count * sizeof(*line->classes));
	while ((r = scan_element(&scan, &value)) == SL_DONE)
		if ((r = class_of(line, value, &line->classes[line->classes_len++])) != 0)
			break;
	return r;
}

static int
member_of(struct line *line, struct sl_slice name, struct sl_slice value, struct sl_slice *when)
{
	const struct { const char *name; struct sl_slice *out; } texts[] = {
		{ "time", when }, { "id", &line->id }, { "session", &line->session }, { "tenant", &line->tenant },
		{ "mail_from", &line->sender }, { "client", &line->client }, { "message_id", &line->message_id },
		{ "outcome", &line->outcome }, { "action", &line->action }, { "verdict", &line->verdict },
	};

	for (size_t i = 0; i < SL_COUNT(texts); i++)
		if (sl_slice_eq(name, sl_slice_str(texts[i].name)))
			return text_of(line, value, texts[i].out);
	if (sl_slice_eq(name, SL_SLICE_LIT("rcpt_to")))
		return recipients_of(line, value);
	if (sl_slice_eq(name, SL_SLICE_LIT("classes")))
		return classes_of(line, value);
	if (sl_slice_eq(name, SL_SLICE_LIT("refused")))
		return refused_of(line, value);
	if (sl_slice_eq(name, SL_SLICE_LIT("left_out")) && sl_slice_to_u64(value, UINT32_MAX, &line->left_out) != 0)
		line->left_out = 0;
	if (sl_slice_eq(name, SL_SLICE_LIT("bytes")) && sl_slice_to_u64(value, INT64_MAX, &line->bytes) != 0)
		line->bytes = 0;
	return 0;
}

static int
members_of(struct line *line, struct sl_slice text, struct sl_slice *when)
{
	struct scan scan = { text, false };
	struct sl_slice name, value;
	int r;

	while ((r = scan_member(&scan, &name, &value)) == SL_DONE)
		if ((r = member_of(line, name, value, when)) != 0)
			break;
	return r;
}

/* Most lines are ASCII: looked at eight bytes at a time. */
static bool
is_utf8(struct sl_slice s)
{
	uint64_t eight, all = 0;
	size_t i = 0;

	for (; i + sizeof(eight) <= s.len; i += sizeof(eight)) {
		memcpy(&eight, s.ptr + i, sizeof(eight));
		all |= eight;
	}
	for (; i < s.len; i++)
		all |= s.ptr[i];
	return (all & 0x8080808080808080) == 0 || sl_utf8_valid(s);
}

int
line_read(struct sl_slice text, struct line *out)
{
	struct sl_slice none = { (const unsigned char *)"", 0 }, when = none;
	int r;

	*out = (struct line){ .id = none, .session = none, .tenant = none, .sender = none, .client = none, .message_id = none,
		.outcome = none, .action = none, .verdict = none, .text_len = text.len };
	if (text.len > LINE_MAX_BYTES)
		return SL_ERR_TOO_LONG;
	r = is_utf8(text) ? members_of(out, text, &when) : SL_ERR_SYNTAX;
	if (r == 0 && (out->id.len == 0 || !time_of(when, &out->at_us)))
		r = SL_ERR_SYNTAX;
	if (r == 0)
		day_of(out->at_us, out->day);
	else
		line_fini(out);
	return r;
}

void
line_fini(struct line *line)
{
	sl_free(line->decoded);
	sl_free(line->recipients);
	line->decoded = NULL;
	line->recipients = NULL;
	line->recipients_len = 0;
	sl_free(line->classes);
	line->classes = NULL;
	line->classes_len = 0;
}

struct sl_slice
line_recipient(const struct line *line, size_t i)
{
	return i < line->recipients_len ? line->recipients[i] : sl_slice(NULL, 0);
}

/* ---- terms ---- */

int64_t
term_hash(const unsigned char key[16], enum term kind, struct sl_slice value)
{
	unsigned char text[TERM_MAX + 1];
	size_t len = SL_MIN(value.len, (size_t)TERM_MAX);
	uint64_t hash;

	text[0] = (unsigned char)kind;
	for (size_t i = 0; i < len; i++)
		text[i + 1] = sl_ascii_lower(value.ptr[i]);
	hash = sl_siphash(key, text, len + 1);
	return hash != 0 ? (int64_t)hash : 1;
}

struct sl_slice
domain_part(struct sl_slice address)
{
	const unsigned char *at = address.len > 0 ? memrchr(address.ptr, '@', address.len) : NULL;

	return at != NULL ? sl_slice_from(address, (size_t)(at - address.ptr) + 1) : address;
}

void
query_message_id(struct sl_slice asked, char out[SL_RECORD_MESSAGE_ID_LEN + 1])
{
	bool is_hash = asked.len == SL_RECORD_MESSAGE_ID_LEN;

	for (size_t i = 0; i < asked.len && is_hash; i++)
		is_hash = strchr("0123456789abcdef", asked.ptr[i]) != NULL && asked.ptr[i] != '\0';
	if (!is_hash) {
		sl_record_message_id(asked, out);
		return;
	}
	memcpy(out, asked.ptr, asked.len);
	out[asked.len] = '\0';
}

/* ---- does it match? ---- */

/* An address, a domain, or "<>". */
static bool
address_matches(struct sl_slice asked, struct sl_slice address)
{
	if (sl_slice_eq(asked, SL_SLICE_LIT("<>")))
		return address.len == 0;
	if (memchr(asked.ptr, '@', asked.len) == NULL)
		return address.len > 0 && sl_slice_ieq(asked, domain_part(address));
	return sl_slice_ieq(asked, address) ||
	    (asked.ptr[0] == '@' && sl_slice_ieq(sl_slice_from(asked, 1), domain_part(address)));
}

static bool
recipient_matches(const struct line *line, struct sl_slice asked)
{
	struct sl_slice recipient;

	for (size_t i = 0; (recipient = line_recipient(line, i)).ptr != NULL; i++)
		if (address_matches(asked, recipient))
			return true;
	for (size_t i = 0; i < line->refused_len; i++)
		if (line->refused[i].mailbox.len > 0 && address_matches(asked, line->refused[i].mailbox))
			return true;
	return false;
}

static bool
tenant_matches(const struct line *line, struct sl_slice asked)
{
	if (sl_slice_ieq(asked, line->tenant))
		return true;
	for (size_t i = 0; i < line->refused_len; i++)
		if (sl_slice_ieq(asked, line->refused[i].tenant))
			return true;
	return false;
}

bool
line_matches(const struct line *line, const struct sl_traffic_query *q)
{
	char message_id[SL_RECORD_MESSAGE_ID_LEN + 1];

	if (line->at_us < q->since_us || (q->until_us > 0 && line->at_us > q->until_us))
		return false;
	if (q->id.len > 0 && !sl_slice_ieq(q->id, line->id) && !sl_slice_ieq(q->id, line->session))
		return false;
	if (q->tenant.len > 0 && !tenant_matches(line, q->tenant))
		return false;
	if (q->client.len > 0 && !sl_slice_ieq(q->client, line->client))
		return false;
	if (q->sender.len > 0 && !address_matches(q->sender, line->sender))
		return false;
	if (q->recipient.len > 0 && !recipient_matches(line, q->recipient))
		return false;
	if (q->message_id.len == 0)
		return true;
	query_message_id(q->message_id, message_id);
	return sl_slice_eq(sl_slice_str(message_id), line->message_id);
}
