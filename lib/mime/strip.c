/* strip.c - see strip.h */

#include "mime/strip.h"

enum strip_state {
	STRIP_LINE_START = 0,	/* the next byte opens a line */
	STRIP_NAME,		/* in the front of a line; its bytes are held */
	STRIP_LINE,		/* decided: pass or drop up to the line's end */
	STRIP_EMPTY_CR,		/* a CR that opened a line (held) */
	STRIP_DONE,
};

void
sl_strip_init(struct sl_strip *strip, const struct sl_slice *prefixes, size_t prefixes_len,
    sl_strip_sink *sink, void *ctx)
{
	*strip = (struct sl_strip){ .prefixes = prefixes, .prefixes_len = prefixes_len,
		.sink = sink, .ctx = ctx };
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

/* The held front of a line is enough to know the field's name: keep it or drop it? */
static void
decide(struct sl_strip *strip)
{
	struct sl_slice front = sl_slice(strip->held, strip->held_len);
	struct sl_slice received = SL_SLICE_LIT("received");

	strip->dropping = false;
	for (size_t i = 0; i < strip->prefixes_len; i++)
		if (sl_slice_istarts(front, strip->prefixes[i]))
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
			strip->state = STRIP_LINE_START;
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
	strip->state = STRIP_DONE;
}
