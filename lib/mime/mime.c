/* mime.c - see mime/mime.h */

#include "mime_i.h"

const struct sl_mime_settings sl_mime_defaults = {
	.field_max_bytes = 65536,
	.depth_max = 64,
	.readings_max = 12,
	.hash = true,
};

const char *
sl_mime_finding_name(enum sl_mime_finding_kind kind)
{
	static const char *const names[] = {
#define FINDING_NAME(id, name, weight, text) name,
		SL_MIME_FINDINGS(FINDING_NAME)
#undef FINDING_NAME
	};

	return names[kind];
}

const char *
sl_mime_finding_text(enum sl_mime_finding_kind kind)
{
	static const char *const texts[] = {
#define FINDING_TEXT(id, name, weight, text) text,
		SL_MIME_FINDINGS(FINDING_TEXT)
#undef FINDING_TEXT
	};

	return texts[kind];
}

enum sl_mime_weight
sl_mime_finding_weight(enum sl_mime_finding_kind kind)
{
	static const enum sl_mime_weight weights[] = {
#define FINDING_WEIGHT(id, name, weight, text) SL_MIME_##weight,
		SL_MIME_FINDINGS(FINDING_WEIGHT)
#undef FINDING_WEIGHT
	};

	return weights[kind];
}

void
mime_finding(struct sl_mime *m, findings *found, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	if (found != NULL && (*found & FOUND(kind)) != 0)
		return;
	if (found != NULL)
		*found |= FOUND(kind);
	if (m->sink->finding != NULL)
		m->sink->finding(m->ctx, kind, path, sl_slice(detail.ptr, SL_MIN(detail.len, (size_t)200)));
}

void
mime_readings_limit(struct sl_mime *m, const char *path)
{
	if (!m->readings_found)
		mime_finding(m, NULL, SL_MIME_READINGS, path, sl_slice(NULL, 0));
	m->readings_found = true;
}

struct sl_mime *
sl_mime_new(const struct sl_mime_settings *settings, const struct sl_mime_sink *sink, void *ctx)
{
	struct sl_mime *m = sl_xzalloc(sizeof(*m));

	SL_ASSERT(settings->depth_max > 0 && settings->field_max_bytes >= SL_MIME_LINE_MAX);
	SL_ASSERT(settings->readings_max < LANES_MAX / 2);
	m->magic = MIME_MAGIC;
	m->settings = *settings;
	m->sink = sink;
	m->ctx = ctx;
	m->root = reader_new(m, 0, NULL);
	header_start(m->root, sl_xstrdup(""), true, false);
	return m;
}

void
sl_mime_free(struct sl_mime **mime)
{
	static const struct sl_mime_sink silent = { NULL };

	if (*mime == NULL)
		return;
	SL_CHECK(*mime, MIME_MAGIC);
	if ((*mime)->root != NULL) {		/* not finished: close what is open, and tell nobody */
		(*mime)->sink = &silent;
		sl_mime_finish(*mime);
	}
	SL_OBJ_FREE(mime, MIME_MAGIC);
}

/* Bare CRs are this message's line ends. CRLF stays one. */
static void
feed_cr(struct sl_mime *m, struct sl_slice in)
{
	unsigned char piece[1024];
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = in.ptr[i];

		if (!(c == '\n' && m->last_cr))
			piece[n++] = c == '\r' ? '\n' : c;
		m->last_cr = c == '\r';
		if (n == sizeof(piece)) {
			reader_feed(m->root, sl_slice(piece, n));
			n = 0;
		}
	}
	reader_feed(m->root, sl_slice(piece, n));
}

/* How does the first line end? */
static void
ends_settle(struct sl_mime *m, struct sl_slice in)
{
	for (size_t i = 0; i < in.len && m->ends == ENDS_UNKNOWN; i++) {
		if (in.ptr[i] == '\n') {
			m->ends = ENDS_LF;
		} else if (m->last_cr) {
			m->ends = ENDS_CR;
			mime_finding(m, NULL, SL_MIME_BARE_CR, "", sl_slice(NULL, 0));
		}
		m->last_cr = in.ptr[i] == '\r';
	}
}

void
sl_mime_feed(struct sl_mime *m, const unsigned char *data, size_t len)
{
	struct sl_slice in = sl_slice(data, len);

	SL_CHECK(m, MIME_MAGIC);
	SL_ASSERT(m->root != NULL);
	if (m->ends == ENDS_UNKNOWN) {
		bool held = m->last_cr;		/* a CR at the end of what came before was held */

		ends_settle(m, in);
		if (m->ends == ENDS_CR) {
			m->last_cr = false;
			if (held)
				feed_cr(m, SL_SLICE_LIT("\r"));
		} else {
			if (held)
				reader_feed(m->root, SL_SLICE_LIT("\r"));
			if (m->ends == ENDS_UNKNOWN && m->last_cr)
				in.len--;
		}
	}
	if (m->ends == ENDS_CR)
		feed_cr(m, in);
	else
		reader_feed(m->root, in);
}

void
sl_mime_finish(struct sl_mime *m)
{
	SL_CHECK(m, MIME_MAGIC);
	SL_ASSERT(m->root != NULL);
	if (m->ends == ENDS_UNKNOWN && m->last_cr)
		feed_cr(m, SL_SLICE_LIT("\r"));
	reader_finish(m->root);
	reader_free(&m->root);
}
