/* say.c - see classify/say.h */

#include "classify/say.h"

#include "sl/buf.h"
#include "sl/utf8.h"

#include <math.h>

#define SENTENCE_MAX	400
#define VALUE_MAX	3.0	/* what is counted of it, as an estimate */

static void
fact_add(struct sl_buf *out, struct sl_slice fact)
{
	size_t shown = 0;

	for (size_t i = 0, n; i < fact.len && shown < SAY_FACT_MAX; i += n, shown += n) {
		uint32_t c;

		n = sl_utf8_decode(sl_slice_from(fact, i), &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
			sl_buf_add_byte(out, '?');
			n = 1;
		} else {
			sl_buf_add(out, fact.ptr + i, n);
		}
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
	for (const char *p = form; *p != '\0'; p++) {
		if (p[0] == '%' && (p[1] == '1' || p[1] == '2'))
			fact_add(&text, *++p == '1' ? fact1 : fact2);
		else
			sl_buf_add_byte(&text, (unsigned char)*p);
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
