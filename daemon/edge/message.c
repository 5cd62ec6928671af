/* message.c - see message.h */

#include "message.h"

#include "mailauth/authres.h"
#include "sl/buf.h"

/* What the edge writes itself, so nobody else's may pass. */
static const struct sl_slice own_fields[] = { { (const unsigned char *)"X-Sluice-", 9 } };

/* An Authentication-Results field: is it, or might it be read as, one of ours? Where only its front
 * is known and the name in it may go on, nobody can tell: it goes too (RFC 8601, 5). */
static bool
speaks_for_us(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	const struct message *m = ctx;
	struct sl_authres authres;

	if (sl_authres_is_forged(name, value, m->authserv_id))
		return true;
	return cut && (sl_authres_begin(value, &authres) != 0 || authres.rest.len == 0);
}

static void
to_head(void *ctx, const unsigned char *data, size_t len)
{
	struct message *m = ctx;

	sl_chain_add_copy(&m->head, m->pool, data, len);
	m->head_bytes += len;
}

static void
to_body(void *ctx, const unsigned char *data, size_t len)
{
	struct message *m = ctx;

	sl_chain_add_copy(&m->body, m->pool, data, len);
}

static void
stuff_to_head(void *ctx, const unsigned char *data, size_t len)
{
	struct message *m = ctx;

	sl_smtp_stuff_feed(&m->stuff, data, len, to_head, m);
}

/* Decoded bytes from the scanner. */
static void
on_decoded(void *ctx, const unsigned char *data, size_t len)
{
	struct message *m = ctx;
	size_t used = 0;

	if (m->sink != NULL)
		m->sink(m->ctx, data, len);
	if (!m->head_done)
		m->head_done = sl_strip_feed(&m->strip, data, len, &used) == SL_DONE;
	if (m->normalise && m->head_done)	/* else the wire's own bytes are the body */
		sl_smtp_stuff_feed(&m->stuff, data + used, len - used, to_body, m);
}

void
message_init(struct message *m, struct sl_chunk_pool *pool, bool normalise, size_t line_max_bytes,
    const char *authserv_id, message_sink *sink, void *ctx)
{
	const struct sl_strip_rules rules = {
		.prefixes = own_fields, .prefixes_len = SL_COUNT(own_fields),
		.watched = SL_SLICE_LIT("Authentication-Results"),
		.drop = authserv_id != NULL ? speaks_for_us : NULL,
	};

	*m = (struct message){ .pool = pool, .normalise = normalise, .authserv_id = authserv_id,
		.sink = sink, .ctx = ctx };
	m->head_match = 2;	/* the text begins at the start of a line */
	sl_smtp_data_init(&m->scanner, normalise, line_max_bytes, on_decoded, m);
	sl_strip_init(&m->strip, &rules, stuff_to_head, m);
}

void
message_clear(struct message *m)
{
	sl_chain_clear(&m->head);
	sl_chain_clear(&m->body);
	sl_strip_fini(&m->strip);
}

/* How far the header reaches into data: the offset past its empty line, or len. */
static size_t
head_end(struct message *m, const unsigned char *data, size_t len, bool *found_out)
{
	static const unsigned char wanted[] = "\r\n\r\n";

	*found_out = false;
	for (size_t i = 0; i < len; i++) {
		if (m->head_match == 0) {
			const unsigned char *cr = memchr(data + i, '\r', len - i);

			if (cr == NULL)
				return len;
			i = (size_t)(cr - data);
		}
		if (data[i] == wanted[m->head_match])
			m->head_match++;
		else
			m->head_match = data[i] == '\r' ? 1 : 0;
		if (m->head_match == 4) {
			*found_out = true;
			return i + 1;
		}
	}
	return len;
}

/* The end: what has not been given is, and the window closes with the terminator. */
static int
complete(struct message *m, bool terminator_is_in_body)
{
	if (!m->head_done)
		sl_strip_finish(&m->strip);
	if (!terminator_is_in_body)
		sl_chain_add_copy(m->head_done ? &m->body : &m->head, m->pool, ".\r\n", 3);
	m->complete = true;
	return SL_DONE;
}

static int
feed_head(struct message *m, const unsigned char *data, size_t len, size_t *used_out)
{
	bool found;
	size_t n = head_end(m, data, len, &found);
	int r = sl_smtp_data_feed(&m->scanner, data, n, used_out);

	if (r == SL_DONE)
		return complete(m, false);
	SL_ASSERT(r < 0 || found == m->head_done);	/* both readings of the header's end agree */
	return r;
}

static int
feed_body(struct message *m, struct sl_chunk *chunk, const unsigned char *data, size_t len,
    size_t *used_out)
{
	int r = sl_smtp_data_feed(&m->scanner, data, len, used_out);

	if (r < 0)
		return r;
	if (!m->normalise)
		sl_chain_add_ref(&m->body, chunk, data, *used_out);
	return r == SL_DONE ? complete(m, !m->normalise) : r;
}

int
message_feed(struct message *m, struct sl_chunk *chunk, const unsigned char *data, size_t len,
    size_t *used_out)
{
	size_t used = 0, n = 0;
	int r = SL_MORE;

	if (!m->head_done && !m->normalise) {
		r = feed_head(m, data, len, &n);
		used = n;
	}
	if (r == SL_MORE && used < len) {
		r = feed_body(m, chunk, data + used, len - used, &n);
		used += n;
	}
	m->wire_bytes += used;
	*used_out = used;
	return r;
}

size_t
message_held(const struct message *m)
{
	return m->head.len + m->body.len;
}

void
message_take(struct message *m, struct sl_chain *to, size_t len)
{
	size_t n = SL_MIN(len, m->head.len);

	sl_chain_move_front(to, &m->head, n);
	sl_chain_move_front(to, &m->body, SL_MIN(len - n, m->body.len));
}

/* Where the text of the Subject field begins in a header; SIZE_MAX if there is none. */
static size_t
subject_text(struct sl_slice head)
{
	size_t at = 0;

	while (at < head.len) {
		struct sl_slice rest = sl_slice_from(head, at);
		const unsigned char *lf = memchr(rest.ptr, '\n', rest.len);

		if (sl_slice_istarts(rest, SL_SLICE_LIT("Subject:")))
			return at + 8;
		if (lf == NULL)
			break;
		at += (size_t)(lf - rest.ptr) + 1;
	}
	return SIZE_MAX;
}

size_t
message_head_wire_bytes(const struct message *m)
{
	return m->head_bytes + (m->head_done ? 0 : 3);
}

bool
message_tag_subject(struct message *m, const char *tag)
{
	const struct sl_piece *position = NULL;
	struct sl_slice bytes;
	struct sl_buf copy;
	size_t at;

	if (m->head.len != message_head_wire_bytes(m))
		return false;		/* some of it has gone */
	sl_buf_init(&copy, m->head.len);
	while (sl_chain_next(&m->head, &position, &bytes))
		sl_buf_add_slice(&copy, bytes);
	at = subject_text(sl_buf_slice(&copy));
	if (at != SIZE_MAX) {
		sl_chain_clear(&m->head);
		sl_chain_add_copy(&m->head, m->pool, copy.data, at);
		sl_chain_add_copy(&m->head, m->pool, " ", 1);
		sl_chain_add_copy(&m->head, m->pool, tag, strlen(tag));
		sl_chain_add_copy(&m->head, m->pool, copy.data + at, copy.len - at);
	}
	sl_buf_fini(&copy);
	return true;
}
