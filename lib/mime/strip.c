/* strip.c - see strip.h */

#include "mime/strip.h"

enum strip_state {
	STRIP_LINE_START = 0,	/* the next byte opens a line */
	STRIP_NAME,		/* in the front of a line; its bytes are held */
	STRIP_LINE,		/* decided: pass or drop up to the line's end */
	STRIP_EMPTY_CR,		/* a CR that opened a line (held) */
	STRIP_WATCHED,		/* in a line of a watched field, which is held */
	STRIP_WATCHED_START,	/* the next byte opens a line: its fold, or the next field */
	STRIP_DONE,
};

void
sl_strip_init(struct sl_strip *strip, const struct sl_strip_rules *rules, sl_strip_sink *sink, void *ctx)
{
	*strip = (struct sl_strip){ .rules = *rules, .sink = sink, .ctx = ctx };
	sl_buf_init(&strip->field, SL_STRIP_FIELD_MAX);
}

void
sl_strip_fini(struct sl_strip *strip)
{
	sl_buf_fini(&strip->field);
}

static void
give(struct sl_strip *strip, const unsigned char *data, size_t len)
{
	if (len > 0 && !strip->dropping)
		strip->sink(strip->ctx, data, len);
}

static void
give_held(struct sl_strip *strip)
{
	give(strip, strip->held, strip->held_len);
	strip->held_len = 0;
}

/* Is it the watched name, with nothing but white space before a colon, the line's end or the bound? */
static bool
is_watched(const struct sl_strip *strip, struct sl_slice front)
{
	struct sl_slice name = strip->rules.watched;

	if (strip->rules.drop == NULL || name.len == 0 || !sl_slice_istarts(front, name))
		return false;
	front = sl_slice_trim(sl_slice_from(front, name.len));
	return front.len == 0 || front.ptr[0] == ':';
}

/* A watched field has ended, or is as long as what is held of one: its owner decides. */
static void
decide_watched(struct sl_strip *strip, bool cut)
{
	struct sl_slice field = sl_buf_slice(&strip->field), name, value;
	const unsigned char *colon = memchr(field.ptr, ':', field.len);
	size_t name_len = colon == NULL ? field.len : (size_t)(colon - field.ptr);

	name = sl_slice_trim(sl_slice(field.ptr, name_len));
	value = sl_slice_from(field, SL_MIN(name_len + 1, field.len));
	strip->dropping = strip->rules.drop(strip->ctx, name, value, cut || colon == NULL);
	if (strip->dropping)
		strip->dropped++;
	give(strip, field.ptr, field.len);
	sl_buf_reset(&strip->field);
}

/* Hold more of a watched field, up to the line's end or the bound. */
static size_t
watched_bytes(struct sl_strip *strip, const unsigned char *data, size_t len)
{
	size_t room = SL_STRIP_FIELD_MAX - strip->field.len;
	const unsigned char *lf;
	size_t n;

	if (room == 0) {
		decide_watched(strip, true);
		strip->state = STRIP_LINE;
		return 0;
	}
	lf = memchr(data, '\n', SL_MIN(len, room));
	n = lf == NULL ? SL_MIN(len, room) : (size_t)(lf - data) + 1;
	sl_buf_add(&strip->field, data, n);
	strip->state = lf != NULL ? STRIP_WATCHED_START : STRIP_WATCHED;
	return n;
}

/* The held front of a line is enough to know the field's name: keep it or drop it? */
static void
decide(struct sl_strip *strip)
{
	struct sl_slice front = sl_slice(strip->held, strip->held_len);
	struct sl_slice received = SL_SLICE_LIT("received");

	strip->dropping = false;
	if (is_watched(strip, front)) {
		sl_buf_add_slice(&strip->field, front);
		strip->held_len = 0;
		strip->state = STRIP_WATCHED;
		return;
	}
	for (size_t i = 0; i < strip->rules.prefixes_len; i++)
		if (sl_slice_istarts(front, strip->rules.prefixes[i]))
			strip->dropping = true;
	if (strip->dropping)
		strip->dropped++;
	if (sl_slice_istarts(front, received)) {
		front = sl_slice_trim(sl_slice_from(front, received.len));
		strip->received += front.len > 0 && front.ptr[0] == ':';
	}
	give_held(strip);
	strip->state = STRIP_LINE;
}

/* Pass or drop the rest of a line. */
static size_t
line_rest(struct sl_strip *strip, const unsigned char *data, size_t len)
{
	const unsigned char *lf = memchr(data, '\n', len);
	size_t n = lf == NULL ? len : (size_t)(lf - data) + 1;

	give(strip, data, n);
	if (lf != NULL)
		strip->state = STRIP_LINE_START;
	return n;
}

/* Hold one byte of a line's front; decide at the colon, the line's end or when it is full. */
static void
name_byte(struct sl_strip *strip, unsigned char c)
{
	strip->held[strip->held_len++] = c;
	if (c == ':' || c == '\n' || strip->held_len == SL_STRIP_NAME_MAX) {
		decide(strip);
		if (c == '\n')
			strip->state = strip->state == STRIP_WATCHED ? STRIP_WATCHED_START
			    : STRIP_LINE_START;
	}
}

int
sl_strip_feed(struct sl_strip *strip, const unsigned char *data, size_t len, size_t *used_out)
{
	size_t i = 0;

	SL_ASSERT(strip->state != STRIP_DONE);
	while (i < len && strip->state != STRIP_DONE) {
		unsigned char c = data[i];

		switch ((enum strip_state)strip->state) {
		case STRIP_LINE_START:
			if (c == ' ' || c == '\t') {	/* folded: goes with its field */
				strip->state = STRIP_LINE;
				break;
			}
			strip->state = c == '\r' ? STRIP_EMPTY_CR : STRIP_NAME;
			strip->held_len = 0;
			if (c == '\r')
				strip->held[strip->held_len++] = data[i++];
			break;
		case STRIP_NAME:
			name_byte(strip, c);
			i++;
			break;
		case STRIP_EMPTY_CR:
			if (c != '\n') {		/* a CR inside a field's name: not our line rule */
				strip->state = STRIP_NAME;
				break;
			}
			strip->held[strip->held_len++] = data[i++];
			strip->dropping = false;
			give_held(strip);
			strip->state = STRIP_DONE;
			break;
		case STRIP_LINE:
			i += line_rest(strip, data + i, len - i);
			break;
		case STRIP_WATCHED:
			i += watched_bytes(strip, data + i, len - i);
			break;
		case STRIP_WATCHED_START:
			if (c == ' ' || c == '\t') {
				strip->state = STRIP_WATCHED;
				break;
			}
			decide_watched(strip, false);
			strip->state = STRIP_LINE_START;
			break;
		case STRIP_DONE:
			SL_UNREACHABLE("the loop ends at STRIP_DONE");
		}
	}
	*used_out = i;
	return strip->state == STRIP_DONE ? SL_DONE : SL_MORE;
}

void
sl_strip_finish(struct sl_strip *strip)
{
	if (strip->state == STRIP_NAME || strip->state == STRIP_EMPTY_CR)
		decide(strip);
	if (strip->field.len > 0)
		decide_watched(strip, false);
	strip->state = STRIP_DONE;
}
