/* inspect_collect.c - listens to a message and keeps what is told; see inspect.h */

#include "inspect.h"

#include "mime/mailbox.h"
#include "mime/word.h"

#define TEXT_MAX_BYTES	((size_t)64 << 20)

static struct text
text_of(struct sl_slice s)
{
	return (struct text){ sl_xmemdup(s.ptr == NULL ? "" : (const char *)s.ptr, s.len), s.len };
}

static void
text_free(struct text *text)
{
	sl_free(text->ptr);
}

/* Room for one more, zeroed. The room is doubled when it is full, which is at powers of two: a message may
 * have a million fields. */
#define MORE(array, len)								\
	((array) = ((len) & ((len) - 1)) != 0 ? (array) :				\
	    sl_xrealloc((array), SL_MAX((len) * 2, (size_t)1) * sizeof(*(array))),	\
	    memset(&(array)[len], 0, sizeof(*(array))), &(array)[(len)++])

static struct text
decoded(struct sl_slice value)
{
	struct sl_buf buf;
	struct text text;

	sl_buf_init(&buf, TEXT_MAX_BYTES);
	sl_word_decode(value, &buf);
	text = text_of(sl_slice_trim(sl_buf_slice(&buf)));
	sl_buf_fini(&buf);
	return text;
}

static void
on_author(void *ctx, const struct sl_mailbox *mailbox)
{
	struct inspect *inspect = ctx;
	struct inspect_author *author = MORE(inspect->from, inspect->from_len);

	author->name = text_of(mailbox->name);
	author->address = text_of(mailbox->address);
	author->valid = mailbox->valid;
}

static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value,
    bool cut)
{
	struct inspect *inspect = ctx;
	struct inspect_field *field;

	if (path[0] != '\0' || reading != 0)
		return;
	field = MORE(inspect->fields, inspect->fields_len);
	field->name = text_of(name);
	field->value = text_of(sl_slice_trim(value));
	field->decoded = decoded(value);
	if (sl_slice_ieq(name, SL_SLICE_LIT("From")))
		sl_mailbox_each(value, on_author, inspect);
}

/* ---- parts */

static size_t
index_of(const struct sl_content_part *part)
{
	return (size_t)(uintptr_t)part->user - 1;
}

static void
on_begin(void *ctx, struct sl_content_part *part)
{
	const struct sl_mime_part *mime = part->mime;
	struct inspect *inspect = ctx;
	struct inspect_part *kept = MORE(inspect->parts, inspect->parts_len);

	part->user = (void *)(uintptr_t)inspect->parts_len;
	kept->path = text_of(sl_slice_str(mime->path));
	kept->type = text_of(mime->type);
	kept->charset = text_of(mime->charset);
	kept->encoding = text_of(mime->encoding);
	kept->disposition = text_of(mime->disposition);
	kept->filename = text_of(mime->filename);
	while (kept->names_len < mime->names_count) {
		kept->names[kept->names_len] = text_of(mime->names[kept->names_len]);
		kept->names_len++;
	}
	kept->reading = mime->reading;
	kept->role = part->role;
	kept->attached = part->is_attached;
	sl_buf_init(&kept->bytes, TEXT_MAX_BYTES);
}

static void
add_text(struct inspect *inspect, struct sl_buf *out, size_t part, struct sl_slice utf8,
    enum sl_view_kind kind)
{
	bool goes_on = part == inspect->last_part && kind == inspect->last_kind;

	if (out->len > 0 && !goes_on && (part != inspect->last_part || out == &inspect->hidden) &&
	    out->data[out->len - 1] != '\n')
		sl_buf_add_byte(out, '\n');
	sl_buf_add_slice(out, utf8);
}

static void
on_text(void *ctx, struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct inspect *inspect = ctx;
	size_t i = index_of(part);

	if (part->mime->reading != 0 || kind == SL_VIEW_SCRIPT || kind == SL_VIEW_TITLE)
		return;
	add_text(inspect, sl_view_kind_hidden(kind) ? &inspect->hidden : &inspect->text, i, utf8, kind);
	inspect->last_kind = kind;
	inspect->last_part = i;
}

static bool
on_file(void *ctx, struct sl_content_part *part)
{
	struct inspect *inspect = ctx;

	return inspect->helper != NULL && sl_content_is_container(part);
}

static void
on_bytes(void *ctx, struct sl_content_part *part, struct sl_slice bytes)
{
	struct inspect *inspect = ctx;

	sl_buf_add_slice(&inspect->parts[index_of(part)].bytes, bytes);
}

static void
on_entry(void *ctx, struct sl_content_part *part, const struct sl_zip_entry *entry)
{
	struct inspect *inspect = ctx;
	struct inspect_part *kept = &inspect->parts[index_of(part)];
	struct inspect_entry *e = MORE(kept->entries, kept->entries_len);

	e->path = text_of(entry->name);
	e->bytes = entry->bytes;
	e->encrypted = entry->encrypted;
	e->directory = entry->directory;
}

/* ---- what a helper says of a file */

static void
helper_entry(struct inspect_part *part, const struct sl_deep_item *item)
{
	struct inspect_entry *e = MORE(part->entries, part->entries_len);

	e->path = text_of(item->path);
	e->type = text_of(item->entry.type);
	e->bytes = item->entry.size_bytes;
	e->encrypted = (item->entry.flags & SL_DEEP_ENCRYPTED) != 0;
	e->directory = (item->entry.flags & SL_DEEP_DIRECTORY) != 0;
	e->has_hash = (item->entry.flags & SL_DEEP_HASHED) != 0;
	memcpy(e->sha256, item->entry.sha256, sizeof(e->sha256));
}

/* Findings of the inspection itself are limits; the others are facts for a policy. */
static void
helper_finding(struct inspect *inspect, const struct sl_deep_item *item)
{
	struct inspect_finding *kept = MORE(inspect->findings, inspect->findings_len);
	enum sl_deep_finding id = item->finding.id;
	struct sl_buf detail;

	sl_buf_init(&detail, SL_DEEP_PATH_MAX + SL_DEEP_DETAIL_MAX + 4);
	sl_buf_add_slice(&detail, item->path);
	if (item->path.len > 0 && item->finding.detail.len > 0)
		sl_buf_add_str(&detail, ": ");
	sl_buf_add_slice(&detail, item->finding.detail);
	kept->name = sl_deep_finding_name(id);
	kept->sentence = sl_deep_finding_sentence(id);
	kept->weight = id <= SL_DEEP_HELPER_MISSING ? SL_CONTENT_LIMIT : SL_CONTENT_FACT;
	kept->path = text_of(sl_slice_str(inspect->parts[inspect->asking].path.ptr));
	kept->detail = text_of(sl_buf_slice(&detail));
	sl_buf_fini(&detail);
}

static void
helper_link(struct inspect *inspect, const struct sl_deep_item *item)
{
	struct inspect_link *kept = MORE(inspect->links, inspect->links_len);
	struct sl_url *url = sl_xmalloc(sizeof(*url));
	bool good = sl_url_parse(sl_slice_trim(item->link.url), NULL, url) == 0;
	struct sl_slice none = SL_SLICE_LIT("");

	kept->raw = text_of(item->link.url);
	kept->written = text_of(item->link.url);
	kept->url = text_of(good ? sl_url_href(url) : none);
	kept->host = text_of(good ? sl_url_host(url) : none);
	kept->domain = text_of(good && inspect->suffix != NULL
	    ? sl_url_registrable(url, inspect->suffix) : none);
	kept->anchor = text_of(none);
	kept->element = sl_deep_source_name(item->link.from);
	kept->part = inspect->asking;
	sl_free(url);
}

static void
on_helper_item(void *ctx, const struct sl_deep_item *item)
{
	struct inspect *inspect = ctx;

	switch (item->kind) {
	case SL_DEEP_ENTRY:
		helper_entry(&inspect->parts[inspect->asking], item);
		return;
	case SL_DEEP_FINDING:
		helper_finding(inspect, item);
		return;
	case SL_DEEP_LINK:
		helper_link(inspect, item);
		return;
	case SL_DEEP_KIND_COUNT:
		break;
	}
	SL_UNREACHABLE("no such item");
}

static void
look_into(struct inspect *inspect, const struct sl_content_part *part)
{
	struct inspect_part *kept = &inspect->parts[index_of(part)];
	struct sl_deep_job job = {
		.budget = inspect->budget,
		.name = part->mime->filename,
		.declared = part->mime->type,
		.sniffed = sl_slice_str(sl_type_mime(part->sniffed.type)),
	};

	/* What it sees replaces what was listed as the archive passed. */
	for (size_t i = 0; i < kept->entries_len; i++) {
		text_free(&kept->entries[i].path);
		text_free(&kept->entries[i].type);
	}
	kept->entries_len = 0;
	inspect->asking = index_of(part);
	if (kept->bytes.overflow)
		on_helper_item(inspect, &(struct sl_deep_item){ .kind = SL_DEEP_FINDING,
		    .finding = { .id = SL_DEEP_BUDGET, .detail = SL_SLICE_LIT("the file is too large") } });
	else if (sl_helper_inspect(inspect->helper, sl_buf_slice(&kept->bytes), &job, on_helper_item,
	    inspect) != SL_DONE)
		kept->not_all_seen = true;
	inspect->budget = job.budget;
}

static void
on_end(void *ctx, struct sl_content_part *part)
{
	struct inspect *inspect = ctx;
	struct inspect_part *kept = &inspect->parts[index_of(part)];

	kept->ended = true;
	kept->size_bytes = part->mime->size_bytes;
	memcpy(kept->sha256, part->mime->sha256, sizeof(kept->sha256));
	kept->sniffed = part->sniffed.type;
	kept->shown_name = text_of(sl_slice_str(part->name.display));
	if (part->role == SL_CONTENT_FILE && on_file(inspect, part) && part->mime->size_bytes > 0)
		look_into(inspect, part);
	sl_buf_fini(&kept->bytes);
}

/* ---- links, findings */

static void
on_link(void *ctx, const struct sl_content_link *link)
{
	struct inspect *inspect = ctx;
	struct inspect_link *kept = MORE(inspect->links, inspect->links_len);

	kept->raw = text_of(link->raw);
	kept->written = text_of(link->written);
	kept->url = text_of(link->href);
	kept->host = text_of(link->host);
	kept->domain = text_of(link->domain);
	kept->anchor = text_of(sl_slice_trim(link->anchor));
	kept->element = link->in_text ? "text" : sl_view_element_name(link->element);
	kept->part = index_of(link->part);
	kept->in_text = link->in_text;
	kept->hidden = (link->flags & SL_VIEW_HIDDEN) != 0;
}

static void
on_finding(void *ctx, const struct sl_content_finding *finding)
{
	struct inspect *inspect = ctx;
	struct inspect_finding *kept = MORE(inspect->findings, inspect->findings_len);

	kept->name = finding->name;
	kept->sentence = finding->sentence;
	kept->weight = finding->weight;
	kept->path = text_of(sl_slice_str(finding->path));
	kept->detail = text_of(finding->detail);
}

static const struct sl_content_sink sink = {
	.field = on_field,
	.begin = on_begin,
	.text = on_text,
	.link = on_link,
	.file = on_file,
	.bytes = on_bytes,
	.entry = on_entry,
	.end = on_end,
	.finding = on_finding,
};

void
inspect_message(struct inspect *inspect, struct sl_slice message, size_t chunk,
    const struct sl_suffix *suffix, struct sl_helper *helper)
{
	struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = suffix };
	static const unsigned char secret[16];	/* the same everywhere: to compare by hand */
	struct sl_fingerprint_key *key = sl_xmalloc(sizeof(*key));
	struct sl_content *content;

	*inspect = (struct inspect){ .last_part = SIZE_MAX, .bytes = message.len, .suffix = suffix,
		.helper = helper, .budget = sl_deep_budget_default };
	sl_buf_init(&inspect->text, TEXT_MAX_BYTES);
	sl_buf_init(&inspect->hidden, TEXT_MAX_BYTES);
	sl_fingerprint_key_init(key, secret);
	settings.mime.hash = true;
	settings.fingerprint = key;
	content = sl_content_new(&settings, &sink, inspect);
	for (size_t i = 0, n; i < message.len; i += n) {
		n = SL_MIN(chunk, message.len - i);
		sl_content_feed(content, message.ptr + i, n);
	}
	sl_content_finish(content);
	inspect->has_fingerprint = sl_content_fingerprint(content, &inspect->fingerprint);
	sl_content_free(&content);
	sl_free(key);
}

void
inspect_free(struct inspect *inspect)
{
	for (size_t i = 0; i < inspect->fields_len; i++) {
		text_free(&inspect->fields[i].name);
		text_free(&inspect->fields[i].value);
		text_free(&inspect->fields[i].decoded);
	}
	for (size_t i = 0; i < inspect->from_len; i++) {
		text_free(&inspect->from[i].name);
		text_free(&inspect->from[i].address);
	}
	for (size_t i = 0; i < inspect->parts_len; i++) {
		struct inspect_part *part = &inspect->parts[i];

		for (struct text *t = &part->path; t <= &part->filename; t++)
			text_free(t);
		for (size_t k = 0; k < part->names_len; k++)
			text_free(&part->names[k]);
		text_free(&part->shown_name);
		for (size_t k = 0; k < part->entries_len; k++) {
			text_free(&part->entries[k].path);
			text_free(&part->entries[k].type);
		}
		sl_free(part->entries);
		sl_buf_fini(&part->bytes);
	}
	for (size_t i = 0; i < inspect->links_len; i++)
		for (struct text *t = &inspect->links[i].raw; t <= &inspect->links[i].anchor; t++)
			text_free(t);
	for (size_t i = 0; i < inspect->findings_len; i++) {
		text_free(&inspect->findings[i].path);
		text_free(&inspect->findings[i].detail);
	}
	sl_free(inspect->fields);
	sl_free(inspect->from);
	sl_free(inspect->parts);
	sl_free(inspect->links);
	sl_free(inspect->findings);
	sl_buf_fini(&inspect->text);
	sl_buf_fini(&inspect->hidden);
}
