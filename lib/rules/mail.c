/* mail.c - sl_rules_classifier: a message as units for rules of our own; see scan.h and doc/rules.md */

#include "rules/scan_i.h"
#include "rules/paragraph.h"

#include "content/sample.h"
#include "mime/mailbox.h"
#include "mime/word.h"

#define MAIL_MAGIC	0x5d2a4a11u
#define FIELD_MAX	((size_t)16 * 1024)	/* bytes of a field's text that are looked at */
#define NAME_MAX_BYTES	80			/* longer names are no rule's */
#define PARTS_MAX	4			/* of text that are open at once: readings of one body */

struct mail;

struct text {		/* of one part */
	struct mail			*mail;
	const struct sl_content_part	*part;		/* NULL: free */
	struct sl_paragraph		 seen, hidden;
	struct sl_sample		 seen_sample, hidden_sample;
	enum sl_view_kind		 last;		/* of what is seen */
};

/* Of a part's text. Most mail is far shorter; what is longer is looked through here and there, and at its end. */
static const struct sl_sample_rules sample_rules = {
	.whole_bytes = (size_t)256 << 10,
	.stretch_bytes = (size_t)16 << 10,
	.skip_bytes = (size_t)112 << 10,
	.far_bytes = (size_t)384 << 10,
	.skip_far_bytes = (size_t)240 << 10,
	.tail_bytes = (size_t)16 << 10,
};

struct mail {
	unsigned		 magic;
	struct sl_rules_run	*run;
	struct sl_rules_stream	*full;		/* NULL: no rule looks at the message as it came */
	bool			 wants_text, wants_hidden, wants_links, wants_names;
	struct text		 texts[PARTS_MAX];
};

static void *
mail_new_message(const void *model, struct sl_arena *arena)
{
	const struct sl_rules *rules = model;
	struct mail *mail = sl_arena_alloc(arena, sizeof(*mail));

	if (mail == NULL)
		return NULL;
	mail->magic = MAIL_MAGIC;
	mail->run = sl_rules_run_new(rules, arena);
	if (mail->run == NULL)
		return NULL;
	mail->full = sl_rules_begin(mail->run, SL_RULE_FULL, NULL);
	mail->wants_text = sl_rules_listens(rules, SL_RULE_TEXT);
	mail->wants_hidden = sl_rules_listens(rules, SL_RULE_HIDDEN);
	mail->wants_links = sl_rules_listens(rules, SL_RULE_LINK);
	mail->wants_names = sl_rules_listens(rules, SL_RULE_ATTACHMENT);
	return mail;
}

struct sl_rules_run *
sl_rules_classifier_run(void *state)
{
	struct mail *mail = state;

	SL_CHECK(mail, MAIL_MAGIC);
	return mail->run;
}

static void
mail_raw(void *state, struct sl_slice bytes)
{
	sl_rules_feed(((struct mail *)state)->full, bytes);
}

/* ---- the header */

struct address {
	struct mail	*mail;
	const char	*addr, *name;	/* fields as rules name them; NULL: not looked at */
};

static void
on_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct address *address = ctx;

	if (address->addr != NULL)
		sl_rules_unit(address->mail->run, SL_RULE_HEADER, address->addr, mailbox->address);
	if (address->name != NULL && mailbox->name.len > 0)
		sl_rules_unit(address->mail->run, SL_RULE_HEADER, address->name, mailbox->name);
}

/* NAME with what is behind it, if a rule looks there. */
static const char *
wanted(const struct mail *mail, struct sl_slice name, const char *what, char out[NAME_MAX_BYTES + 8])
{
	memcpy(out, name.ptr, name.len);
	memcpy(out + name.len, what, strlen(what) + 1);
	return sl_rules_wants(mail->run, SL_RULE_HEADER, out) ? out : NULL;
}

static void
mail_field(void *state, struct sl_slice name, struct sl_slice value)
{
	struct mail *mail = state;
	char plain[NAME_MAX_BYTES + 8], raw[NAME_MAX_BYTES + 8], addr[NAME_MAX_BYTES + 8], shown[NAME_MAX_BYTES + 8];
	struct address address = { .mail = mail };

	if (name.len == 0 || name.len > NAME_MAX_BYTES || !sl_rules_wants_field(mail->run, name) ||
	    memchr(name.ptr, '\0', name.len) != NULL)
		return;
	value.len = SL_MIN(value.len, FIELD_MAX);
	if (wanted(mail, name, ":raw", raw) != NULL)
		sl_rules_unit(mail->run, SL_RULE_HEADER, raw, value);
	if (wanted(mail, name, "", plain) != NULL) {
		struct sl_buf text;

		sl_buf_init(&text, 4 * FIELD_MAX);
		sl_word_decode(value, &text);
		sl_rules_unit(mail->run, SL_RULE_HEADER, plain, sl_slice_trim(sl_buf_slice(&text)));
		sl_buf_fini(&text);
	}
	address.addr = wanted(mail, name, ":addr", addr);
	address.name = wanted(mail, name, ":name", shown);
	if (address.addr != NULL || address.name != NULL)
		sl_mailbox_each(value, on_mailbox, &address);
}

/* ---- text */

static void
on_seen(void *ctx, struct sl_slice paragraph)
{
	sl_rules_unit(((struct text *)ctx)->mail->run, SL_RULE_TEXT, NULL, paragraph);
}

static void
on_hidden(void *ctx, struct sl_slice paragraph)
{
	sl_rules_unit(((struct text *)ctx)->mail->run, SL_RULE_HIDDEN, NULL, paragraph);
}

static struct text *
text_of(struct mail *mail, const struct sl_content_part *part)
{
	for (size_t i = 0; i < PARTS_MAX; i++)
		if (mail->texts[i].part == part)
			return &mail->texts[i];
	return NULL;
}

/* What of it is looked at goes to the paragraphs. */
static void
sample_feed(struct sl_sample *sample, struct sl_paragraph *paragraph, struct sl_slice utf8)
{
	struct sl_slice piece;
	bool gap;

	while (sl_sample_next(sample, &utf8, &piece, &gap)) {
		if (gap)
			sl_paragraph_end(paragraph);
		sl_paragraph_feed(paragraph, piece);
	}
}

static void
sample_end(struct sl_sample *sample, struct sl_paragraph *paragraph)
{
	struct sl_slice pieces[2];

	sl_paragraph_end(paragraph);
	sl_sample_tail(sample, pieces);
	sl_paragraph_feed(paragraph, pieces[0]);
	sl_paragraph_feed(paragraph, pieces[1]);
	sl_paragraph_end(paragraph);
}

/* Text of a part; the first opens it. */
static void
mail_text(void *state, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct mail *mail = state;
	struct text *text = text_of(mail, part);
	bool hidden = sl_view_kind_hidden(kind);

	if (!(hidden ? mail->wants_hidden : mail->wants_text) || kind == SL_VIEW_TITLE)
		return;
	if (text == NULL) {
		text = text_of(mail, NULL);
		if (text == NULL)
			return;
		*text = (struct text){ .mail = mail, .part = part, .last = kind };
		sl_paragraph_init(&text->seen, on_seen, text);
		sl_paragraph_init(&text->hidden, on_hidden, text);
		sl_sample_init(&text->seen_sample, &sample_rules);
		sl_sample_init(&text->hidden_sample, &sample_rules);
	}
	if (hidden) {
		sample_feed(&text->hidden_sample, &text->hidden, utf8);
		return;
	}
	if (text->last != kind)		/* an image's text is no part of the word before it */
		sl_paragraph_feed(&text->seen, SL_SLICE_LIT(" "));
	text->last = kind;
	sample_feed(&text->seen_sample, &text->seen, utf8);
}

static void
text_close(struct text *text, bool tell)
{
	if (tell) {
		sample_end(&text->seen_sample, &text->seen);
		sample_end(&text->hidden_sample, &text->hidden);
	}
	sl_sample_fini(&text->seen_sample);
	sl_sample_fini(&text->hidden_sample);
	sl_paragraph_fini(&text->seen);
	sl_paragraph_fini(&text->hidden);
	text->part = NULL;
}

/* ---- links and files */

static void
mail_link(void *state, const struct sl_content_link *link)
{
	struct mail *mail = state;

	if (!mail->wants_links)
		return;
	sl_rules_unit(mail->run, SL_RULE_LINK, NULL, link->raw);
	if (link->href.len > 0 && !sl_slice_eq(link->href, link->raw))
		sl_rules_unit(mail->run, SL_RULE_LINK, NULL, link->href);
}

static void
mail_entry(void *state, const struct sl_content_part *part, const struct sl_zip_entry *entry)
{
	struct mail *mail = state;

	if (mail->wants_names && !entry->directory)
		sl_rules_unit(mail->run, SL_RULE_ATTACHMENT, NULL, entry->name);
}

static void
mail_end(void *state, const struct sl_content_part *part)
{
	struct mail *mail = state;
	struct text *text = text_of(mail, part);

	if (text != NULL)
		text_close(text, true);
	for (size_t i = 0; mail->wants_names && i < part->mime->names_count; i++)
		sl_rules_unit(mail->run, SL_RULE_ATTACHMENT, NULL, part->mime->names[i]);
}

static void
mail_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct mail *mail = state;

	sl_rules_end(&mail->full);
	sl_rules_evaluate(mail->run, NULL);
	sl_rules_evidence(mail->run, arena, verdict);
}

static void
mail_free(void *state)
{
	struct mail *mail = state;

	SL_CHECK(mail, MAIL_MAGIC);
	sl_rules_end(&mail->full);
	for (size_t i = 0; i < PARTS_MAX; i++)
		if (mail->texts[i].part != NULL)
			text_close(&mail->texts[i], false);
}

const struct sl_classifier sl_rules_classifier = {
	.name = "rules",
	.new_message = mail_new_message,
	.raw = mail_raw,
	.field = mail_field,
	.text = mail_text,
	.link = mail_link,
	.entry = mail_entry,
	.end = mail_end,
	.finish = mail_finish,
	.free = mail_free,
};
