/* say.c - see classify/say.h */

#include "classify/say.h"

#include "sl/buf.h"
#include "sl/utf8.h"

#include <math.h>

#define SENTENCE_MAX	400
#define VALUE_MAX	3.0	/* what is counted of it, as an estimate */

/* Length of what can be shown as it is at the front: printable ASCII, at most `max`. */
static size_t
plain_run(struct sl_slice s, size_t max)
{
	size_t n = 0;

	while (n < s.len && n < max && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f)
		n++;
	return n;
}

static void
fact_add(struct sl_buf *out, struct sl_slice fact)
{
	size_t shown = 0;

	for (size_t n; shown < fact.len && shown < SAY_FACT_MAX; shown += n) {
		uint32_t c;

		n = plain_run(sl_slice_from(fact, shown), SAY_FACT_MAX - shown);
		if (n == 0) {
			n = sl_utf8_decode(sl_slice_from(fact, shown), &c);
			if (n == 0 || c < 0xa0) {	/* no UTF-8, or a control */
				sl_buf_add_byte(out, '?');
				n = 1;
				continue;
			}
		}
		sl_buf_add(out, fact.ptr + shown, n);
	}
	if (shown < fact.len)
		sl_buf_add_str(out, "...");
}

static const char *
sentence_make(struct sl_arena *arena, const char *form, struct sl_slice fact1, struct sl_slice fact2)
{
	struct sl_buf text;
	const char *made;

	if (strchr(form, '%') == NULL)
		return form;
	sl_buf_init(&text, SENTENCE_MAX);
	for (const char *p = form, *end; *p != '\0'; p = end) {
		end = strchrnul(p, '%');
		sl_buf_add(&text, p, (size_t)(end - p));
		if (*end == '%') {
			fact_add(&text, end[1] == '1' ? fact1 : fact2);
			end += 2;
		}
	}
	made = (const char *)sl_arena_copy(arena, sl_buf_slice(&text)).ptr;
	sl_buf_fini(&text);
	return made != NULL ? made : "no memory was left to say why";
}

void
say(struct sl_arena *arena, struct sl_verdict *verdict, const struct say_row *row, double value,
    struct sl_slice fact1, struct sl_slice fact2)
{
	struct sl_evidence e = { .name = row->name, .state = SL_EVIDENCE_PRESENT, .value = value };
	double counted = fmin(value, VALUE_MAX);

	e.log_odds[SL_SPAM] = row->spam * counted;
	e.log_odds[SL_PHISH] = row->phish * counted;
	e.log_odds[SL_BULK] = row->bulk * counted;
	e.sentence = sentence_make(arena, row->sentence, fact1, fact2);
	sl_verdict_add(verdict, &e);
}

struct sl_slice
say_keep(struct sl_arena *arena, struct sl_slice s)
{
	if (s.len > SAY_FACT_MAX) {
		s.len = SAY_FACT_MAX;
		while (s.len > 0 && (s.ptr[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	return s.len == 0 ? sl_slice(NULL, 0) : sl_arena_copy(arena, s);
}
