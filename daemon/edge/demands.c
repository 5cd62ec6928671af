/* demands.c - see demands.h */

#include "demands.h"

#include "classes.h"
#include "domain/idna.h"
#include "mime/mailbox.h"
#include "mime/word.h"

#define SUBJECT_MAX	2000	/* bytes of it that content groups see */

/* ---- words ---- */

static void
content_text(struct demands *d, struct sl_slice utf8)
{
	if (d->patterns)
		sl_buf_add_slice(&d->text, sl_slice(utf8.ptr, SL_MIN(utf8.len, SL_PATTERNS_TEXT - d->text.len)));
	for (size_t i = 0; i < d->classes->len; i++)
		if (d->classes->items[i]->content != NULL)
			sl_groups_text(d->classes->items[i]->content, utf8);
}

static void
look_for_patterns(struct demands *d)
{
	for (size_t i = 0; i < d->classes->len && d->text.len > 0; i++) {
		struct class *class = d->classes->items[i];

		if (class->content != NULL && class->policy->patterns != NULL)
			sl_patterns_look(class->policy->patterns, &class->patterns, sl_buf_slice(&d->text), class->content);
	}
	sl_buf_reset(&d->text);
}

static void
content_end(struct demands *d)
{
	for (size_t i = 0; i < d->classes->len; i++)
		if (d->classes->items[i]->content != NULL)
			sl_groups_text_end(d->classes->items[i]->content);
	look_for_patterns(d);
	d->part = NULL;
}

static void
on_text(void *state, const struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct demands *d = state;

	if (!d->content || kind != SL_VIEW_VISIBLE)
		return;
	if (d->part != NULL && d->part != part)
		content_end(d);
	d->part = part;
	content_text(d, utf8);
}

static void
on_subject(struct demands *d, struct sl_slice value)
{
	struct sl_buf text;

	sl_buf_init(&text, SUBJECT_MAX);
	sl_word_decode(value, &text);
	content_text(d, sl_buf_slice(&text));
	content_end(d);
	sl_buf_fini(&text);
}

/* ---- the author ---- */

/* His address, if it is read here as DMARC reads it. */
static void
on_mailbox(void *ctx, const struct sl_mailbox *mailbox)
{
	struct demands *d = ctx;
	char domain[SL_DNS_NAME_MAX + 1];

	if (mailbox->valid && sl_domain_ascii(mailbox->domain, domain) && strcmp(domain, d->author.domain) == 0)
		d->from = sl_arena_copy(d->arena, mailbox->address);
}

static void
on_from(struct demands *d, struct sl_slice value)
{
	d->from = sl_slice(NULL, 0);
	if (d->authors++ > 0)
		return;
	sl_author_parse(value, &d->author);
	if (d->author.status == SL_AUTHOR_ONE && d->author.mailboxes == 1)
		sl_mailbox_each(value, on_mailbox, d);
}

static void
on_field(void *state, struct sl_slice name, struct sl_slice value)
{
	struct demands *d = state;

	if (sl_slice_ieq(name, SL_SLICE_LIT("from")))
		on_from(d, value);
	else if (d->message_id[0] == '\0' && sl_slice_ieq(name, SL_SLICE_LIT("message-id")))
		sl_record_message_id(value, d->message_id);
	else if (d->content && sl_slice_ieq(name, SL_SLICE_LIT("subject")))
		on_subject(d, value);
}

/* ---- files ---- */

/* For the record. Most messages have no file, and take no memory for it. */
static struct sl_files_seen *
seen(struct demands *d)
{
	if (d->seen == NULL && (d->seen = sl_arena_alloc(d->arena, sizeof(*d->seen))) != NULL)
		sl_files_seen_init(d->seen);
	return d->seen;
}

static void
file_seen(struct demands *d, const struct sl_file *file)
{
	if (seen(d) != NULL)
		sl_files_seen_add(d->seen, file);
	for (size_t i = 0; i < d->classes->len; i++)
		if (d->classes->items[i]->files != NULL)
			sl_files_see(d->classes->items[i]->files, file);
}

static void
on_entry(void *state, const struct sl_content_part *part, const struct sl_zip_entry *entry)
{
	struct sl_file file;

	sl_file_of_zip_entry(entry, &file);
	file_seen(state, &file);
}

static void
on_end(void *state, const struct sl_content_part *part)
{
	struct demands *d = state;

	if (d->part == part)
		content_end(d);
	if (part->role != SL_CONTENT_FILE && !part->is_attached)
		return;		/* a text is no file */
	if (seen(d) != NULL)
		sl_files_seen_part(d->seen, part);
	for (size_t i = 0; i < d->classes->len; i++)
		if (d->classes->items[i]->files != NULL)
			sl_files_see_part(d->classes->items[i]->files, part);
}

void
demands_deep(struct demands *d, const struct sl_deep_item *item, struct sl_slice name)
{
	struct sl_file file;

	if (sl_file_of_deep(item, name, &file))		/* also where no policy minds: for the record */
		file_seen(d, &file);
}

/* ---- beginning and end ---- */

static void *
begin_message(const void *model, struct sl_arena *arena)
{
	return (void *)(uintptr_t)model;
}

static const struct sl_classifier listener = {
	.name = "demands",
	.new_message = begin_message,
	.field = on_field,
	.text = on_text,
	.entry = on_entry,
	.end = on_end,
};

/* A policy that lets every file pass need not be shown any. */
static bool
minds_files(const struct sl_policy *p)
{
	return p->attachments.rules.len > 0 || p->attachments.programs != SL_ACTION_DELIVER ||
	    p->attachments.macros != SL_ACTION_DELIVER || p->attachments.encrypted != SL_ACTION_DELIVER ||
	    p->attachments.deceptive != SL_ACTION_DELIVER || p->attachments.unreadable != SL_ACTION_DELIVER;
}

static int
class_begin(struct demands *d, struct class *class)
{
	if (minds_files(&class->policy->values)) {
		class->files = sl_arena_alloc(d->arena, sizeof(*class->files));
		if (class->files == NULL)
			return SL_ERR_FULL;
		sl_files_init(class->files, &class->policy->values);
		d->files = true;
	}
	if (class->policy->groups != NULL) {
		class->content = sl_groups_run_new(class->policy->groups, d->arena);
		if (class->content == NULL)
			return SL_ERR_FULL;
		d->content = true;
		d->patterns |= class->policy->patterns != NULL;
	}
	return 0;
}

int
demands_begin(struct demands *d, struct classes *classes, struct sl_panel *panel, struct sl_arena *arena)
{
	int r = 0;

	*d = (struct demands){ .classes = classes, .arena = arena };
	sl_buf_init(&d->text, SL_PATTERNS_TEXT);
	for (size_t i = 0; i < classes->len && r == 0; i++)
		if (classes->items[i]->recipients > 0)
			r = class_begin(d, classes->items[i]);
	if (r == 0 && sl_panel_add(panel, &listener, d) == NULL)
		r = SL_ERR_FULL;
	return r;
}

static void
ask(struct class *class, const struct sl_demand *demand)
{
	if (class->demands_len < SL_DEMANDS_MAX)
		class->demands[class->demands_len++] = *demand;
}

static void
class_finish(struct class *class)
{
	static const struct sl_demand copy = { .action = SL_ACTION_COPY, .word = "attachment" };
	struct sl_demand demand;
	bool wants_copy = false;

	if (class->files != NULL) {
		if (sl_files_demand(class->files, &demand))
			ask(class, &demand);
		if (class->files->copy)
			ask(class, &copy);
	}
	if (class->content == NULL)
		return;
	if (sl_groups_demand(class->content, class->content_reason, &demand, &wants_copy))
		ask(class, &demand);
	if (wants_copy)
		ask(class, &(struct sl_demand){ .action = SL_ACTION_COPY, .word = "content" });
}

void
demands_abort(struct demands *d)
{
	if (d->arena != NULL)
		sl_buf_fini(&d->text);
}

void
demands_finish(struct demands *d)
{
	if (d->part != NULL)
		content_end(d);
	for (size_t i = 0; i < d->classes->len; i++)
		class_finish(d->classes->items[i]);
}
