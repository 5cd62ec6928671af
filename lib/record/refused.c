/* refused.c - what was refused before there was a message, and why: words, and writing them; see record.h */

#include "record/record.h"

static const char *const early_words[] = {
#define EARLY_WORD(name, word) word,
	SL_RECORD_EARLY(EARLY_WORD)
#undef EARLY_WORD
};

static const struct { const char *word, *text; } whys[] = {
#define WHY_ROW(name, word, text) { word, text },
	SL_RECORD_WHYS(WHY_ROW)
#undef WHY_ROW
};

const char *
sl_record_early_word(enum sl_record_early early)
{
	SL_ASSERT(early < SL_RECORD_EARLY_COUNT);
	return early_words[early];
}

bool
sl_record_is_early(struct sl_slice outcome)
{
	for (size_t i = 0; i < SL_COUNT(early_words); i++)
		if (sl_slice_eq(outcome, sl_slice_str(early_words[i])))
			return true;
	return false;
}

const char *
sl_record_why_word(enum sl_record_why why)
{
	SL_ASSERT(why < SL_RECORD_WHY_COUNT);
	return whys[why].word;
}

const char *
sl_record_why_text(enum sl_record_why why)
{
	SL_ASSERT(why < SL_RECORD_WHY_COUNT);
	return whys[why].text;
}

enum sl_record_why
sl_record_why_find(struct sl_slice word)
{
	size_t i = 0;

	while (i < SL_COUNT(whys) && !sl_slice_eq(word, sl_slice_str(whys[i].word)))
		i++;
	return (enum sl_record_why)i;
}

/* ---- writing ---- */

static void
add_text(const char *name, struct sl_slice text, struct sl_buf *out)
{
	if (text.len == 0)
		return;
	sl_buf_addf(out, ",\"%s\":", name);
	sl_buf_add_json(out, text);
}

static void
add_refused(const struct sl_record_refused *r, struct sl_buf *out)
{
	sl_buf_addf(out, "{\"why\":\"%s\"", r->why < SL_RECORD_WHY_COUNT ? sl_record_why_word(r->why) : "other");
	add_text("rcpt", r->mailbox, out);
	add_text("tenant", sl_slice_str(r->tenant), out);
	if (r->nobodys)
		sl_buf_add_str(out, ",\"tenant\":\"\"");
	if (r->code > 0)
		sl_buf_addf(out, ",\"code\":%d", r->code);
	add_text("status", sl_slice_str(r->enhanced), out);
	add_text("text", r->text, out);
	if (r->list < SL_BY_COUNT)
		add_text("list", sl_slice_str(sl_policy_by_word(r->list)), out);
	sl_buf_add_byte(out, '}');
}

void
sl_record_write_refused(const struct sl_record_refused *refused, size_t len, uint64_t more, struct sl_buf *out)
{
	size_t told = SL_MIN(len, (size_t)SL_RECORD_REFUSED_MAX);

	for (size_t i = 0; i < told; i++) {
		sl_buf_add_str(out, i > 0 ? "," : ",\"refused\":[");
		add_refused(&refused[i], out);
	}
	if (told > 0)
		sl_buf_add_byte(out, ']');
	if (more + (len - told) > 0)
		sl_buf_addf(out, ",\"refused_more\":%llu", (unsigned long long)(more + (len - told)));
}
