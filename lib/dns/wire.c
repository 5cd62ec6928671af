/* wire.c - see dns/wire.h */

#include "dns/wire.h"

#define HEADER_LEN	12
#define WIRE_NAME_MAX	255
#define CLASS_IN	1
#define TYPE_NS		2
#define TYPE_SOA	6
#define TYPE_OPT	41
#define LINKS_MAX	(SL_DNS_CHAIN_MAX + 6)	/* CNAMEs remembered: some lie beside the chain */
#define FLAG_QR		0x8000u
#define FLAG_OPCODE	0x7800u
#define FLAG_TC		0x0200u
#define FLAG_RD		0x0100u
#define RCODE		0x000fu

enum rcode { NOERROR = 0, FORMERR = 1, NXDOMAIN = 3, NOTIMP = 4 };

/* A name in a message: where its labels begin. */
struct reader {
	const unsigned char	*message;
	size_t			 len;
};

/* A name without pointers, lower case, as it would be written. */
struct wire_name {
	unsigned char	bytes[WIRE_NAME_MAX];
	size_t		len;		/* the final zero included */
};

struct record {			/* one of a message */
	size_t		owner;		/* where its name begins */
	unsigned	type;
	unsigned	class;
	uint32_t	ttl_s;
	size_t		data;
	size_t		data_len;
};

struct link {			/* a CNAME of the answer */
	size_t		owner;
	size_t		target;
	uint32_t	ttl_s;
};

/* ---- writing ---- */

static unsigned char *
put_u16(unsigned char *at, unsigned n)
{
	at[0] = (unsigned char)(n >> 8);
	at[1] = (unsigned char)n;
	return at + 2;
}

/* Write a name as labels; it is sl_dns_name_ok. */
static unsigned char *
put_name(unsigned char *at, struct sl_slice name)
{
	unsigned char *count = at++;

	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.') {
			*count = (unsigned char)(at - count - 1);
			count = at++;
		} else {
			*at++ = name.ptr[i];
		}
	}
	*count = (unsigned char)(at - count - 1);
	*at++ = 0;
	return at;
}

size_t
sl_dns_question_write(unsigned char out[SL_DNS_QUESTION_MAX], uint16_t id, enum sl_dns_type type,
    struct sl_slice name, uint16_t payload)
{
	unsigned char *at = out;

	SL_ASSERT(sl_dns_name_ok(name));
	at = put_u16(at, id);
	at = put_u16(at, FLAG_RD);
	at = put_u16(at, 1);
	at = put_u16(at, 0);
	at = put_u16(at, 0);
	at = put_u16(at, payload > 0);
	at = put_name(at, name);
	at = put_u16(at, (unsigned)type);
	at = put_u16(at, CLASS_IN);
	if (payload > 0) {	/* OPT: root, type, size, no flags, no options (RFC 6891, 6.1.2) */
		*at++ = 0;
		at = put_u16(at, TYPE_OPT);
		at = put_u16(at, payload);
		at = put_u16(at, 0);
		at = put_u16(at, 0);
		at = put_u16(at, 0);
	}
	return (size_t)(at - out);
}

/* ---- reading: numbers and names ---- */

static unsigned
get_u16(const struct reader *r, size_t at)
{
	return (unsigned)r->message[at] << 8 | r->message[at + 1];
}

static uint32_t
get_u32(const struct reader *r, size_t at)
{
	return (uint32_t)get_u16(r, at) << 16 | get_u16(r, at + 2);
}

/* Move *at behind the name there, without following a pointer. */
static bool
name_skip(const struct reader *r, size_t *at)
{
	size_t i = *at, n = 0;

	for (;;) {
		unsigned c;

		if (i >= r->len)
			return false;
		c = r->message[i];
		if (c >= 0xc0) {
			*at = i + 2;
			return i + 2 <= r->len;
		}
		n += c + 1;
		if (c > SL_DNS_LABEL_MAX || n > WIRE_NAME_MAX)
			return false;
		i += c + 1;
		if (c == 0) {
			*at = i;
			return true;
		}
	}
}

/* Read the name at `at`, in lower case. A pointer leads to an earlier place than the piece of
 * name it stands in, so it cannot loop. */
static bool
name_read(const struct reader *r, size_t at, struct wire_name *out)
{
	size_t piece = at;

	out->len = 0;
	for (;;) {
		unsigned c;

		if (at >= r->len)
			return false;
		c = r->message[at];
		if (c >= 0xc0) {
			if (at + 2 > r->len)
				return false;
			at = get_u16(r, at) & 0x3fffu;
			if (at >= piece)
				return false;
			piece = at;
			continue;
		}
		if (c > SL_DNS_LABEL_MAX || at + 1 + c > r->len || out->len + 1 + c > WIRE_NAME_MAX)
			return false;
		out->bytes[out->len++] = (unsigned char)c;
		for (size_t i = 1; i <= c; i++)
			out->bytes[out->len++] = sl_ascii_lower(r->message[at + i]);
		if (c == 0)
			return true;
		at += 1 + c;
	}
}

static bool
name_eq(const struct wire_name *a, const struct wire_name *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Write as text, `out` having room for SL_DNS_NAME_MAX. False: there is no text for it. */
static bool
name_text(const struct wire_name *name, unsigned char *out, size_t *len_out)
{
	size_t len = 0;

	for (size_t at = 0; name->bytes[at] != 0;) {
		size_t end = at + 1 + name->bytes[at];

		if (len > 0)
			out[len++] = '.';
		while (++at < end) {
			unsigned char c = name->bytes[at];

			if (c <= ' ' || c > '~' || c == '.' || c == '\\')
				return false;
			out[len++] = c;
		}
	}
	*len_out = len;
	return true;
}

/* Take the record at *at. */
static bool
record_next(const struct reader *r, size_t *at, struct record *out)
{
	size_t i = *at;

	out->owner = i;
	if (!name_skip(r, &i) || r->len - i < 10)
		return false;
	out->type = get_u16(r, i);
	out->class = get_u16(r, i + 2);
	out->ttl_s = get_u32(r, i + 4);
	if (out->ttl_s > INT32_MAX)	/* RFC 2181, 8 */
		out->ttl_s = 0;
	out->data_len = get_u16(r, i + 8);
	out->data = i + 10;
	if (r->len - out->data < out->data_len)
		return false;
	*at = out->data + out->data_len;
	return true;
}

/* The name in a record's data, `skip` bytes into it; it has to fill what is left. */
static bool
record_name(const struct reader *r, const struct record *record, size_t skip, struct wire_name *out)
{
	size_t at = record->data + skip, end = record->data + record->data_len;

	return record->data_len > skip && name_skip(r, &at) && at == end &&
	    name_read(r, record->data + skip, out);
}

/* ---- reading: the whole ---- */

struct walk {			/* what is learnt of a reply before its records are taken */
	struct reader	 r;
	size_t		 answers;	/* where they begin */
	unsigned	 answers_len;
	unsigned	 rcode;
	bool		 has_opt;
	bool		 has_soa;
	bool		 has_ns;
	uint32_t	 soa_ttl_s;
	size_t		 links_len;
	struct link	 links[LINKS_MAX];
};

/* Is there one question, and is it ours? Moves *at behind it. */
static bool
question_is_ours(const struct reader *r, size_t *at, enum sl_dns_type type, struct sl_slice name)
{
	unsigned char asked_bytes[SL_DNS_NAME_MAX + 2];
	struct wire_name asked, here;
	size_t start = *at;

	if (get_u16(r, 4) != 1 || !name_skip(r, at) || r->len - *at < 4 ||
	    !name_read(r, start, &here) || get_u16(r, *at) != (unsigned)type || get_u16(r, *at + 2) != CLASS_IN)
		return false;
	*at += 4;
	asked.len = (size_t)(put_name(asked_bytes, name) - asked_bytes);
	for (size_t i = 0; i < asked.len; i++)
		asked.bytes[i] = sl_ascii_lower(asked_bytes[i]);
	return name_eq(&asked, &here);
}

/* The time for which there is nothing there (RFC 2308, 5). */
static bool
soa_read(struct walk *w, const struct record *record)
{
	size_t at = record->data, end = record->data + record->data_len;

	if (!name_skip(&w->r, &at) || !name_skip(&w->r, &at) || at > end || end - at != 20)
		return false;
	w->has_soa = true;
	w->soa_ttl_s = SL_MIN(record->ttl_s, get_u32(&w->r, at + 16));
	if (w->soa_ttl_s > INT32_MAX)
		w->soa_ttl_s = 0;
	return true;
}

static bool
link_add(struct walk *w, const struct record *record)
{
	size_t at = record->data, end = at + record->data_len;

	if (w->links_len == LINKS_MAX || !name_skip(&w->r, &at) || at != end)
		return false;
	w->links[w->links_len++] = (struct link){ record->owner, record->data, record->ttl_s };
	return true;
}

/* Walk over every record that the header promises. False: it is broken. */
static bool
walk_records(struct walk *w, size_t at)
{
	unsigned counts[3] = { get_u16(&w->r, 6), get_u16(&w->r, 8), get_u16(&w->r, 10) };
	struct record record;

	w->answers = at;
	w->answers_len = counts[0];
	for (unsigned section = 0; section < 3; section++) {
		for (unsigned i = 0; i < counts[section]; i++) {
			if (!record_next(&w->r, &at, &record))
				return false;
			if (section == 2 && record.type == TYPE_OPT) {
				w->has_opt = true;
				w->rcode |= (get_u32(&w->r, record.data - 6) >> 24) << 4;
			}
			if (record.class != CLASS_IN)
				continue;
			if (section == 0 && record.type == SL_DNS_CNAME && !link_add(w, &record))
				return false;
			w->has_ns |= section == 1 && record.type == TYPE_NS;
			if (section == 1 && record.type == TYPE_SOA && !soa_read(w, &record))
				return false;
		}
	}
	return true;
}

/* Follow the CNAMEs from `name`, which becomes the last one. */
static bool
follow(const struct walk *w, struct wire_name *name, uint32_t *ttl_s)
{
	struct wire_name owners[LINKS_MAX];
	bool used[LINKS_MAX] = { false };
	unsigned hops = 0;

	for (size_t i = 0; i < w->links_len; i++)
		if (!name_read(&w->r, w->links[i].owner, &owners[i]))
			return false;
	for (size_t i = 0; i < w->links_len; i++) {
		if (!name_eq(&owners[i], name))
			continue;
		if (used[i] || ++hops > SL_DNS_CHAIN_MAX ||
		    !name_read(&w->r, w->links[i].target, name))
			return false;
		used[i] = true;		/* to come here again is to go round */
		*ttl_s = SL_MIN(*ttl_s, w->links[i].ttl_s);
		i = SIZE_MAX;		/* from the first */
	}
	return true;
}

/* Join the strings of a TXT record. */
static bool
take_strings(struct sl_dns_reply *reply, const unsigned char *at, size_t len)
{
	while (len > 0) {
		size_t n = at[0];

		if (n >= len)
			return false;
		memcpy(reply->data + reply->data_len, at + 1, n);
		reply->data_len += n;
		at += n + 1;
		len -= n + 1;
	}
	return true;
}

/* Append what a record of the type asked says. SL_DONE: it is kept; SL_MORE: it is dropped;
 * SL_ERR_SYNTAX. There is room: strings take less than they did in the message, and
 * SL_DNS_RECORDS_MAX names less than half of it. */
static int
take_data(struct sl_dns_reply *reply, const struct reader *r, const struct record *record,
    enum sl_dns_type type)
{
	size_t wanted = type == SL_DNS_A ? 4 : 16, skip = type == SL_DNS_MX ? 2 : 0, len;
	const unsigned char *data = r->message + record->data;
	unsigned char *out = reply->data + reply->data_len;
	struct wire_name name;

	switch (type) {
	case SL_DNS_A:
	case SL_DNS_AAAA:
		if (record->data_len != wanted)
			return SL_ERR_SYNTAX;
		memcpy(out, data, wanted);
		reply->data_len += wanted;
		return SL_DONE;
	case SL_DNS_TXT:
		return take_strings(reply, data, record->data_len) ? SL_DONE : SL_ERR_SYNTAX;
	case SL_DNS_MX:
	case SL_DNS_PTR:
	case SL_DNS_CNAME:
		if (!record_name(r, record, skip, &name))
			return SL_ERR_SYNTAX;
		if (!name_text(&name, out, &len) || (len == 0 && type != SL_DNS_MX))
			return SL_MORE;
		reply->data_len += len;
		return SL_DONE;
	}
	SL_UNREACHABLE("no such type");
}

/* Take the records of `owner`. False: one of them is broken. */
static bool
take_records(struct sl_dns_reply *reply, const struct walk *w, const struct wire_name *owner,
    enum sl_dns_type type)
{
	size_t at = w->answers, known = SIZE_MAX;
	struct wire_name name;
	struct record record;

	for (unsigned i = 0; i < w->answers_len; i++) {
		struct sl_dns_record *out = &reply->records[reply->answer.count];
		size_t start = reply->data_len, place;
		int r;

		SL_ASSERT(record_next(&w->r, &at, &record));
		if (record.type != (unsigned)type || record.class != CLASS_IN)
			continue;
		place = record.owner;
		if (w->r.message[place] >= 0xc0)	/* most point at the question */
			place = get_u16(&w->r, place) & 0x3fffu;
		if (place != known) {
			if (!name_read(&w->r, record.owner, &name))
				return false;
			if (!name_eq(&name, owner))
				continue;
			known = place;
		}
		reply->ttl_s = SL_MIN(reply->ttl_s, record.ttl_s);
		if (reply->answer.count == SL_DNS_RECORDS_MAX) {
			reply->dropped++;
			continue;
		}
		r = take_data(reply, &w->r, &record, type);
		if (r < 0)
			return false;
		if (r == SL_MORE)
			continue;
		*out = (struct sl_dns_record){ 0 };
		out->data = sl_slice(reply->data + start, reply->data_len - start);
		if (type == SL_DNS_MX)
			out->preference = get_u16(&w->r, record.data);
		reply->answer.count++;
	}
	return true;
}

/* A reply that is ours and whole: what does it say? */
static enum sl_dns_reply_kind
conclude(struct sl_dns_reply *reply, const struct walk *w, enum sl_dns_type type,
    struct sl_slice asked)
{
	struct wire_name name;

	name.len = (size_t)(put_name(name.bytes, asked) - name.bytes);
	for (size_t i = 0; i < name.len; i++)
		name.bytes[i] = sl_ascii_lower(name.bytes[i]);	/* counts are below 'A' */
	reply->ttl_s = INT32_MAX;
	if ((type != SL_DNS_CNAME && !follow(w, &name, &reply->ttl_s)) ||
	    !take_records(reply, w, &name, type))
		return SL_DNS_REPLY_FAILED;
	if (reply->answer.count > 0) {
		if (w->rcode != NOERROR)
			return SL_DNS_REPLY_FAILED;	/* records of a name that is not there */
		reply->answer.status = SL_DNS_FOUND;
		return SL_DNS_REPLY_GOOD;
	}
	if (w->rcode == NOERROR && w->has_ns && !w->has_soa && w->links_len == 0)
		return SL_DNS_REPLY_FAILED;	/* a referral: this server looks nothing up for us */
	reply->answer.status = w->rcode == NXDOMAIN ? SL_DNS_NXDOMAIN : SL_DNS_NODATA;
	reply->ttl_s = SL_MIN(reply->ttl_s, w->has_soa ? w->soa_ttl_s : 0);
	return SL_DNS_REPLY_GOOD;
}

static void
know_nothing(struct sl_dns_reply *reply)
{
	reply->answer = (struct sl_dns_answer){ SL_DNS_TEMPERROR, reply->records, 0 };
}

enum sl_dns_reply_kind
sl_dns_reply_read(struct sl_dns_reply *reply, const unsigned char *message, size_t len, uint16_t id,
    enum sl_dns_type type, struct sl_slice name)
{
	struct walk w = { .r = { message, len } };
	enum sl_dns_reply_kind kind;
	size_t at = HEADER_LEN;
	unsigned flags;

	know_nothing(reply);
	reply->ttl_s = 0;
	reply->dropped = reply->data_len = 0;
	if (len < HEADER_LEN || len > SL_DNS_MESSAGE_MAX || get_u16(&w.r, 0) != id)
		return SL_DNS_REPLY_FOREIGN;
	flags = get_u16(&w.r, 2);
	if ((flags & (FLAG_QR | FLAG_OPCODE)) != FLAG_QR)
		return SL_DNS_REPLY_FOREIGN;
	w.rcode = flags & RCODE;
	if (get_u16(&w.r, 4) == 0 && (w.rcode == FORMERR || w.rcode == NOTIMP))
		return SL_DNS_REPLY_NO_EDNS;	/* it could not even read the question */
	if (get_u16(&w.r, 4) == 0 && w.rcode != NOERROR && w.rcode != NXDOMAIN)
		return SL_DNS_REPLY_FAILED;
	if (!question_is_ours(&w.r, &at, type, name))
		return SL_DNS_REPLY_FOREIGN;
	if ((flags & FLAG_TC) != 0)
		return SL_DNS_REPLY_CUT;
	if (!walk_records(&w, at))
		return SL_DNS_REPLY_FAILED;
	if ((w.rcode == FORMERR || w.rcode == NOTIMP) && !w.has_opt)
		return SL_DNS_REPLY_NO_EDNS;
	if (w.rcode != NOERROR && w.rcode != NXDOMAIN)
		return SL_DNS_REPLY_FAILED;
	kind = conclude(reply, &w, type, name);
	if (kind != SL_DNS_REPLY_GOOD)
		know_nothing(reply);
	return kind;
}
