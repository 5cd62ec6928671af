/* line.c - what is looked for in a line; see traffic_i.h */

#include "traffic_i.h"

#include <stdio.h>
#include <time.h>

#define DEPTH_MAX	16
#define TERM_MAX	1024

/* ---- reading ---- */

/* Brackets open at once; those within strings do not count. jansson goes as deep as they do. */
static bool
is_deep(struct sl_slice text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len && depth <= DEPTH_MAX; i++) {
		unsigned char c = text.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return depth > DEPTH_MAX;
}

static struct sl_slice
text_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_string(value) ? sl_slice(json_string_value(value), json_string_length(value)) : sl_slice("", 0);
}

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

int
line_read(struct sl_slice text, struct line *out)
{
	json_error_t error;
	json_t *root;
	json_int_t bytes;

	*out = (struct line){ 0 };
	if (text.len > LINE_MAX_BYTES || is_deep(text))
		return SL_ERR_TOO_LONG;
	root = json_loadb((const char *)text.ptr, text.len, 0, &error);
	out->id = text_of(root, "id");
	if (!json_is_object(root) || out->id.len == 0 || !time_of(text_of(root, "time"), &out->at_us)) {
		json_decref(root);
		return SL_ERR_SYNTAX;
	}
	out->root = root;
	day_of(out->at_us, out->day);
	out->session = text_of(root, "session");
	out->tenant = text_of(root, "tenant");
	out->sender = text_of(root, "mail_from");
	out->client = text_of(root, "client");
	out->message_id = text_of(root, "message_id");
	out->outcome = text_of(root, "outcome");
	out->action = text_of(root, "action");
	out->verdict = text_of(root, "verdict");
	out->recipients = json_object_get(root, "rcpt_to");
	bytes = json_integer_value(json_object_get(root, "bytes"));
	out->bytes = bytes > 0 ? (uint64_t)bytes : 0;
	return 0;
}

void
line_fini(struct line *line)
{
	json_decref(line->root);
	line->root = NULL;
}

struct sl_slice
line_recipient(const struct line *line, size_t i)
{
	const json_t *value = i < RECIPIENTS_MAX ? json_array_get(line->recipients, i) : NULL;

	return json_is_string(value) ? sl_slice(json_string_value(value), json_string_length(value)) : sl_slice(NULL, 0);
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
sl_traffic_message_id(struct sl_slice id, char out[SL_TRAFFIC_MESSAGE_ID_LEN + 1])
{
	static const unsigned char key[16] = "sluice msgid v1";	/* a name, no secret: who knows the id may ask for it */

	id = sl_slice_trim(id);
	if (id.len >= 2 && id.ptr[0] == '<' && id.ptr[id.len - 1] == '>')
		id = sl_slice(id.ptr + 1, id.len - 2);
	snprintf(out, SL_TRAFFIC_MESSAGE_ID_LEN + 1, "%016llx",
	    (unsigned long long)sl_siphash(key, id.len > 0 ? id.ptr : (const unsigned char *)"", id.len));
}

void
query_message_id(struct sl_slice asked, char out[SL_TRAFFIC_MESSAGE_ID_LEN + 1])
{
	bool is_hash = asked.len == SL_TRAFFIC_MESSAGE_ID_LEN;

	for (size_t i = 0; i < asked.len && is_hash; i++)
		is_hash = strchr("0123456789abcdef", asked.ptr[i]) != NULL && asked.ptr[i] != '\0';
	if (!is_hash) {
		sl_traffic_message_id(asked, out);
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
	return false;
}

bool
line_matches(const struct line *line, const struct sl_traffic_query *q)
{
	char message_id[SL_TRAFFIC_MESSAGE_ID_LEN + 1];

	if (line->at_us < q->since_us || (q->until_us > 0 && line->at_us > q->until_us))
		return false;
	if (q->id.len > 0 && !sl_slice_ieq(q->id, line->id) && !sl_slice_ieq(q->id, line->session))
		return false;
	if (q->tenant.len > 0 && !sl_slice_ieq(q->tenant, line->tenant))
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
