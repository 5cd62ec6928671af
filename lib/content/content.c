/* content.c - see content.h */

#include "content/content_i.h"

#define CONTENT_MAGIC	0x5dc07e71u

const char *
sl_content_weight_name(enum sl_content_weight weight)
{
	static const char *const names[] = { "fact", "odd", "ambiguous", "deceptive", "limit" };

	return names[weight];
}

/* ---- findings */

void
content_found(struct sl_content *content, const char *name, const char *sentence,
    enum sl_content_weight weight, const char *path, struct sl_slice detail)
{
	struct sl_content_finding finding = { name, sentence, weight, path, detail };

	if (content->sink->finding == NULL || content->findings > SL_CONTENT_FINDINGS_MAX)
		return;
	if (content->findings++ == SL_CONTENT_FINDINGS_MAX)
		finding = (struct sl_content_finding){ "findings-limit", "more findings than are told",
		    SL_CONTENT_LIMIT, "", SL_SLICE_LIT("") };
	content->sink->finding(content->ctx, &finding);
}

void
content_part_found(struct part *part, enum content_finding finding, struct sl_slice detail)
{
	static const struct {
		const char		*name, *sentence;
		enum sl_content_weight	 weight;
	} rows[] = {
#define CONTENT_FINDING_ROW(id, name, weight, text) { name, text, SL_CONTENT_##weight },
		CONTENT_FINDINGS(CONTENT_FINDING_ROW)
#undef CONTENT_FINDING_ROW
	};

	if ((part->found & 1u << finding) != 0)
		return;
	part->found |= 1u << finding;
	content_found(part->content, rows[finding].name, rows[finding].sentence, rows[finding].weight,
	    part->pub.mime->path, detail);
}

bool
content_wants_links(const struct sl_content *content)
{
	return content->sink->link != NULL;
}

/* ---- what mime.h says of the message */

static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value,
    bool cut)
{
	struct sl_content *content = ctx;

	if (content->sink->field != NULL)
		content->sink->field(content->ctx, path, reading, name, value, cut);
}

static void
on_finding(void *ctx, enum sl_mime_finding_kind kind, const char *path, struct sl_slice detail)
{
	content_found(ctx, sl_mime_finding_name(kind), sl_mime_finding_text(kind),
	    content_weight_of_mime(kind), path, detail);
}

static const struct sl_mime_sink mime_sink = { on_field, content_part_begin, content_part_body, content_part_end, on_finding };

struct sl_content *
sl_content_new(const struct sl_content_settings *settings, const struct sl_content_sink *sink,
    void *ctx)
{
	struct sl_content *content = sl_xzalloc(sizeof(*content));

	content->magic = CONTENT_MAGIC;
	content->sink = sink;
	content->ctx = ctx;
	if (settings != NULL) {
		content->settings = *settings;
	} else {
		content->settings.mime = sl_mime_defaults;
		content->settings.mime.hash = false;
	}
	content->mime = sl_mime_new(&content->settings.mime, &mime_sink, content);
	return content;
}

void
sl_content_free(struct sl_content **content)
{
	if (*content == NULL)
		return;
	sl_mime_free(&(*content)->mime);	/* tells nobody of the parts that are open */
	while ((*content)->open != NULL)
		content_part_free((*content)->open);
	sl_link_finder_free(&(*content)->finder);
	sl_free((*content)->url);
	sl_free((*content)->plain_print);
	sl_free((*content)->html_print);
	SL_OBJ_FREE(content, CONTENT_MAGIC);
}

void
sl_content_feed(struct sl_content *content, const unsigned char *data, size_t len)
{
	SL_CHECK(content, CONTENT_MAGIC);
	content->fed_bytes += len;
	sl_mime_feed(content->mime, data, len);
}

void
sl_content_finish(struct sl_content *content)
{
	SL_CHECK(content, CONTENT_MAGIC);
	sl_mime_finish(content->mime);
	if (content->plain_print != NULL)
		sl_fingerprint_finish(&content->plain_print->print, &content->plain_result);
	if (content->html_print != NULL)
		sl_fingerprint_finish(&content->html_print->print, &content->html_result);
}

#define PRINT_LEAST	8	/* shingles: with fewer the other text of the message is the better one */

bool
sl_content_fingerprint(const struct sl_content *content, struct sl_fingerprint_result *out)
{
	const struct sl_fingerprint_result *html = &content->html_result;
	const struct sl_fingerprint_result *plain = &content->plain_result;

	SL_CHECK(content, CONTENT_MAGIC);
	*out = html->shingles >= PRINT_LEAST || html->shingles >= plain->shingles ? *html : *plain;
	return out->shingles > 0;
}
