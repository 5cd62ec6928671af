/* bytegram_view.c - see bytegram_i.h */

#include "classify/bytegram_i.h"

void
bytegram_view_init(struct bytegram_view *view, bool all_headers)
{
	view->all_headers = all_headers;
	view->line_start = true;
	view->state = BYTEGRAM_NAME;
	view->len = view->name_len = 0;
}

static uint32_t
room(const struct bytegram_view *view)
{
	uint32_t limit = !view->all_headers ? BYTEGRAM_BYTES
	    : view->state == BYTEGRAM_BODY ? BYTEGRAM_BYTES_ALL : BYTEGRAM_HEADER_ALL;

	return limit > view->len ? limit - view->len : 0;
}

static void
take(struct bytegram_view *view, const unsigned char *bytes, size_t len)
{
	size_t n = SL_MIN(len, (size_t)room(view));

	memcpy(view->bytes + view->len, bytes, n);
	view->len += (uint32_t)n;
}

/* Does the field whose name has been read count? Of Message-ID only that it is there. */
static enum bytegram_state
field_state(struct bytegram_view *view)
{
	static const struct sl_slice kept[] = {
		SL_SLICE_LIT("From"), SL_SLICE_LIT("Reply-To"), SL_SLICE_LIT("Subject"),
		SL_SLICE_LIT("MIME-Version"), SL_SLICE_LIT("X-Mailer"), SL_SLICE_LIT("User-Agent"),
	};
	struct sl_slice name = sl_slice(view->name, view->name_len);

	if (view->all_headers || sl_slice_istarts(name, SL_SLICE_LIT("Content-")))
		return BYTEGRAM_TAKE;
	for (size_t i = 0; i < SL_COUNT(kept); i++)
		if (sl_slice_ieq(name, kept[i]))
			return BYTEGRAM_TAKE;
	if (sl_slice_ieq(name, SL_SLICE_LIT("Message-ID")))
		take(view, (const unsigned char *)"Message-ID:\n", 12);
	return BYTEGRAM_SKIP;
}

static void
name_end(struct bytegram_view *view)
{
	view->state = field_state(view);
	if (view->state == BYTEGRAM_TAKE)
		take(view, view->name, view->name_len);
}

/* A byte of the header, not CR. */
static void
header_byte(struct bytegram_view *view, unsigned char c)
{
	bool first = view->line_start;

	view->line_start = c == '\n';
	if (first && c == '\n') {		/* an empty line */
		take(view, &c, 1);
		view->state = BYTEGRAM_BODY;
		return;
	}
	if (first && c != ' ' && c != '\t') {	/* a new field; else the one above goes on */
		view->state = BYTEGRAM_NAME;
		view->name_len = 0;
	}
	if (view->state == BYTEGRAM_NAME && (c == ':' || c == '\n' || view->name_len == BYTEGRAM_NAME_MAX))
		name_end(view);
	if (view->state == BYTEGRAM_NAME)
		view->name[view->name_len++] = c;
	else if (view->state == BYTEGRAM_TAKE)
		take(view, &c, 1);
}

/* The body, run by run without its CRs. */
static void
body_feed(struct bytegram_view *view, struct sl_slice bytes)
{
	while (bytes.len > 0 && room(view) > 0) {
		const unsigned char *cr = memchr(bytes.ptr, '\r', bytes.len);
		size_t len = cr == NULL ? bytes.len : (size_t)(cr - bytes.ptr);

		take(view, bytes.ptr, len);
		bytes = sl_slice_from(bytes, cr == NULL ? len : len + 1);
	}
}

void
bytegram_view_feed(struct bytegram_view *view, struct sl_slice bytes)
{
	size_t i = 0;

	for (; i < bytes.len && view->state != BYTEGRAM_BODY; i++)
		if (bytes.ptr[i] != '\r')
			header_byte(view, bytes.ptr[i]);
	body_feed(view, sl_slice_from(bytes, i));
}

/* Four bytes, well mixed: the upper bits choose the row. */
static inline uint32_t
mix(uint32_t run)
{
	run *= 0x9e3779b1u;
	run ^= run >> 15;
	run *= 0x85ebca6bu;
	run ^= run >> 13;
	return run * 0xc2b2ae35u;
}

uint32_t
bytegram_view_rows(const struct bytegram_view *view, unsigned shift, uint32_t *rows_out, uint16_t *ends_out)
{
	uint64_t seen[(1u << BYTEGRAM_SEEN_BITS) / 64] = { 0 };
	uint32_t run = 0, len = 0;

	for (uint32_t i = 0; i < view->len; i++) {
		uint32_t row, slot;
		uint64_t bit;

		run = run << 8 | view->bytes[i];
		if (i < 3)
			continue;
		row = mix(run) >> shift;
		slot = row & ((1u << BYTEGRAM_SEEN_BITS) - 1);
		bit = UINT64_C(1) << (slot & 63);
		rows_out[len] = row;	/* without a branch: which are new cannot be foreseen */
		if (ends_out != NULL)
			ends_out[len] = (uint16_t)i;
		len += (seen[slot >> 6] & bit) == 0;
		seen[slot >> 6] |= bit;
	}
	return len;
}

/* ---- as a classifier that gives no evidence */

static void *
listen(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static void
on_raw(void *state, struct sl_slice bytes)
{
	bytegram_view_feed(state, bytes);
}

const struct sl_classifier bytegram_listener = {
	.name = "bytegram_listener",
	.new_message = listen,
	.raw = on_raw,
};
