/* part.c - the parts of a message: how each is read, and files; see content.h */

#include "content/content_i.h"

/* ---- files: ZIP archives as they pass */

static void
on_zip_entry(void *ctx, const struct sl_zip_entry *entry)
{
	struct part *part = ctx;

	if (part->content->sink->entry != NULL)
		part->content->sink->entry(part->content->ctx, &part->pub, entry);
}

static void
on_zip_finding(void *ctx, enum sl_zip_finding finding, struct sl_slice detail)
{
	struct part *part = ctx;

	content_found(part->content, sl_zip_finding_name(finding), sl_zip_finding_text(finding),
	    content_weight_of_zip(finding), part->pub.mime->path, detail);
}

static const struct sl_zip_sink zip_sink = { on_zip_entry, on_zip_finding };

static void
file_begin(struct part *part)
{
	const struct sl_content *content = part->content;

	if (content->sink->file != NULL)
		part->wanted = content->sink->file(content->ctx, &part->pub) &&
		    content->sink->bytes != NULL;
	if (content->settings.fingerprint != NULL && !content->settings.only_text_prints) {
		part->print = sl_xzalloc(sizeof(*part->print));
		sl_fingerprint_init_file(part->print, content->settings.fingerprint);
	}
}

static void
zip_feed(struct part *part, struct sl_slice bytes)
{
	if (part->zip == NULL) {
		size_t n = sl_zip_passes(bytes);

		part->zip_passed += n;
		if (n == bytes.len)
			return;
		bytes = sl_slice_from(bytes, n);
		part->zip = sl_zip_new(&zip_sink, part);
		sl_zip_pass(part->zip, part->zip_passed);
	}
	sl_zip_feed(part->zip, bytes);
}

static void
file_feed(struct part *part, struct sl_slice bytes)
{
	zip_feed(part, bytes);
	if (part->print != NULL)
		sl_fingerprint_feed(part->print, bytes);
	if (part->wanted)
		part->content->sink->bytes(part->content->ctx, &part->pub, bytes);
}

static void
file_end(struct part *part)
{
	struct sl_zip_summary *zip = &part->zip_summary;

	if (part->zip != NULL)
		sl_zip_finish(part->zip, zip);
	if (zip->is_zip) {
		part->pub.zip = zip;
		if (zip->has_macros)
			content_part_found(part, CONTENT_MACROS, SL_SLICE_LIT(""));
		if (zip->has_program)
			content_part_found(part, CONTENT_PROGRAM_INSIDE, SL_SLICE_LIT(""));
	}
	/* By its entries it is known better than by its first bytes. */
	if (zip->is_zip && part->pub.sniffed.type == SL_TYPE_ZIP && zip->type != SL_TYPE_UNKNOWN) {
		part->pub.sniffed.type = zip->type;
		part->pub.sniffed.family = sl_type_family(zip->type);
		part->pub.sniffed.flags |= zip->flags;
	}
	if (part->print != NULL) {
		sl_fingerprint_finish(part->print, &part->print_result);
		part->pub.fingerprint = &part->print_result;
	}
}

/* ---- which it is */

/* Does the declared type say that this is text, whatever it holds? */
static bool
declared_text(const struct sl_mime_part *mime)
{
	return sl_slice_istarts(mime->type, SL_SLICE_LIT("text/")) ||
	    sl_slice_ieq(mime->type, SL_SLICE_LIT("message/delivery-status")) ||
	    sl_slice_ieq(mime->type, SL_SLICE_LIT("message/disposition-notification"));
}

/* Is it known without its first bytes? A charset that is not declared may stand in them. */
static bool
known_at_once(const struct part *part)
{
	const struct sl_mime_part *mime = part->pub.mime;

	return part->charset != NULL && declared_text(mime);
}

static void
part_decide(struct part *part)
{
	const struct sl_mime_part *mime = part->pub.mime;
	struct sl_content_part *pub = &part->pub;
	bool text;

	part->decided = true;
	part->decided_at = part->sniff.at;
	pub->sniffed = sl_sniff_finish(&part->sniff);
	if (content_text_is_html(mime, &pub->sniffed))
		pub->role = SL_CONTENT_HTML;
	else if (declared_text(mime))
		pub->role = SL_CONTENT_TEXT;
	else if (pub->sniffed.family == SL_FAMILY_TEXT && pub->sniffed.text != SL_SNIFF_BINARY &&
	    sl_slice_istarts(mime->type, SL_SLICE_LIT("application/")))
		pub->role = SL_CONTENT_TEXT;
	else
		pub->role = SL_CONTENT_FILE;
	text = pub->role != SL_CONTENT_FILE;
	pub->is_attached = !declared_text(mime) ||
	    sl_slice_eq(mime->disposition, SL_SLICE_LIT("attachment"));
	if (text)
		content_text_begin(part);
	if (part->content->sink->begin != NULL)
		part->content->sink->begin(part->content->ctx, pub);
	if (!text)
		file_begin(part);
}

static void
part_deliver(struct part *part, struct sl_slice bytes)
{
	if (bytes.len == 0)
		return;
	if (part->pub.role == SL_CONTENT_FILE)
		file_feed(part, bytes);
	else
		content_text_feed(part, bytes);
}

bool
sl_content_is_container(const struct sl_content_part *part)
{
	switch (part->sniffed.family) {
	case SL_FAMILY_ARCHIVE:
	case SL_FAMILY_DOCUMENT:
	case SL_FAMILY_DISK_IMAGE:
	case SL_FAMILY_SHORTCUT:
	case SL_FAMILY_MAIL:
		return true;
	case SL_FAMILY_IMAGE:
		return part->sniffed.type == SL_TYPE_PNG || part->sniffed.type == SL_TYPE_JPEG ||
		    part->sniffed.type == SL_TYPE_GIF;
	case SL_FAMILY_UNKNOWN:
	case SL_FAMILY_EXECUTABLE:
	case SL_FAMILY_SCRIPT:
	case SL_FAMILY_AUDIO:
	case SL_FAMILY_VIDEO:
	case SL_FAMILY_FONT:
	case SL_FAMILY_TEXT:
	case SL_FAMILY_HTML:
	case SL_FAMILY_CERTIFICATE:
	case SL_FAMILY_COUNT:
		break;
	}
	return (part->sniffed.flags & (SL_FLAG_HOLDS | SL_FLAG_MACROS)) != 0;
}

/* ---- what mime.h says */

void
content_part_begin(void *ctx, struct sl_mime_part *mime)
{
	struct sl_content *content = ctx;
	struct part *part = sl_xmalloc(sizeof(*part));

	memset(part, 0, offsetof(struct part, sniff));
	sl_sniff_init(&part->sniff);
	mime->user = part;
	part->content = content;
	part->pub.mime = mime;
	part->next = content->open;
	part->link = &content->open;
	if (part->next != NULL)
		part->next->link = &part->next;
	content->open = part;
	if (mime->is_multipart || mime->is_message) {
		part->pub.role = SL_CONTENT_MULTIPART;
		part->decided = true;
		if (content->sink->begin != NULL)
			content->sink->begin(content->ctx, &part->pub);
		return;
	}
	if (mime->charset.len > 0) {
		part->charset = sl_charset_find(mime->charset);
		if (part->charset == NULL && declared_text(mime))
			content_part_found(part, CONTENT_CHARSET_UNKNOWN, mime->charset);
	}
	if (known_at_once(part))
		part_decide(part);
}

void
content_part_body(void *ctx, struct sl_mime_part *mime, struct sl_slice bytes)
{
	struct part *part = mime->user;
	size_t held = part->sniff.len;

	if (part->pub.role == SL_CONTENT_MULTIPART && part->decided)
		return;		/* what stands before and after its parts: nobody is shown it */
	sl_sniff_feed(&part->sniff, bytes);
	if (part->decided) {
		part_deliver(part, bytes);
		return;
	}
	if (part->sniff.len < SL_SNIFF_HEAD)
		return;
	part_decide(part);
	part_deliver(part, sl_slice(part->sniff.head, part->sniff.len));
	part_deliver(part, sl_slice_from(bytes, part->sniff.len - held));
}

/* ---- the end: name, content and declared type beside each other */

static void
names_look(struct part *part)
{
	const struct sl_mime_part *mime = part->pub.mime;
	struct sl_content *content = part->content;
	unsigned findings = 0;

	for (size_t i = 0; i < mime->names_count; i++) {
		struct sl_name name;

		sl_name_read(mime->names[i], &name);
		findings |= name.findings;
		if (i == 0)
			part->pub.name = name;
	}
	for (int i = 0; i < SL_NAME_FINDING_COUNT; i++)
		if ((findings & 1u << i) != 0)
			content_found(content, sl_name_finding_name(i), sl_name_finding_text(i),
			    content_weight_of_name(i), mime->path, mime->filename);
	part->pub.agree = sl_agree_check(&part->pub.sniffed, &part->pub.name, mime->type);
	for (int i = 0; i < SL_AGREE_FINDING_COUNT; i++)
		if ((part->pub.agree & 1u << i) != 0)
			content_found(content, sl_agree_finding_name(i), sl_agree_finding_text(i),
			    content_weight_of_agree(i), mime->path,
			    sl_slice_str(sl_type_mime(part->pub.sniffed.type)));
	if (((part->pub.sniffed.flags | part->pub.name.flags) & SL_FLAG_RUNS) != 0)
		content_part_found(part, CONTENT_PROGRAM, mime->filename);
}

void
content_part_free(struct part *part)
{
	*part->link = part->next;
	if (part->next != NULL)
		part->next->link = part->link;
	sl_charset_decoder_free(&part->decoder);
	sl_view_free(&part->view);
	if (part->content->finder == NULL)
		part->content->finder = part->finder;
	else
		sl_link_finder_free(&part->finder);
	sl_zip_free(&part->zip);
	sl_free(part->print);
	sl_free(part->base);
	sl_free(part);
}

void
content_part_end(void *ctx, struct sl_mime_part *mime)
{
	struct sl_content *content = ctx;
	struct part *part = mime->user;

	if (!part->decided) {
		part_decide(part);
		part_deliver(part, sl_slice(part->sniff.head, part->sniff.len));
	}
	if (part->pub.role != SL_CONTENT_MULTIPART) {
		if (part->sniff.at > part->decided_at)
			part->pub.sniffed = sl_sniff_finish(&part->sniff);
		if (part->pub.role == SL_CONTENT_FILE)
			file_end(part);
		else
			content_text_end(part);
		names_look(part);
	}
	if (content->sink->end != NULL)
		content->sink->end(content->ctx, &part->pub);
	mime->user = NULL;
	content_part_free(part);
}
