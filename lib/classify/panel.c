/* panel.c - see panel.h */

#include "classify/panel.h"

#define PANEL_MAGIC	0x5d9a7e11u

struct seat {
	const struct sl_classifier	*classifier;
	void				*state;		/* NULL: it failed to begin */
};

struct sl_panel {
	unsigned		 magic;
	struct sl_arena		*arena;
	struct sl_content_sink	 sink;		/* what somebody listens to: the rest is not made */
	struct sl_content	*content;
	struct sl_seen		*seen;		/* NULL: nobody listens to it */
	struct seat		 seats[SL_PANEL_MAX];
	size_t			 len;
};

/* Tell every classifier that listens. */
#define TELL(panel, event, ...)								\
	for (struct seat *seat = (panel)->seats; seat < (panel)->seats + (panel)->len; seat++)	\
		if (seat->state != NULL && seat->classifier->event != NULL)		\
			seat->classifier->event(seat->state, __VA_ARGS__)

static void
on_field(void *ctx, const char *path, unsigned reading, struct sl_slice name, struct sl_slice value,
    bool cut)
{
	struct sl_panel *panel = ctx;

	if (path[0] != '\0' || reading != 0)
		return;
	TELL(panel, field, name, value);
	if (panel->seen != NULL)
		sl_seen_field(panel->seen, name, value);
}

static void
on_begin(void *ctx, struct sl_content_part *part)
{
	struct sl_panel *panel = ctx;

	TELL(panel, begin, part);
	if (panel->seen != NULL)
		sl_seen_begin(panel->seen, part);
}

static void
on_text(void *ctx, struct sl_content_part *part, struct sl_slice utf8, enum sl_view_kind kind)
{
	struct sl_panel *panel = ctx;

	TELL(panel, text, part, utf8, kind);
	if (panel->seen != NULL)
		sl_seen_text(panel->seen, part, utf8, kind);
}

static void
on_tag(void *ctx, struct sl_content_part *part, const struct sl_html_tag *tag)
{
	struct sl_panel *panel = ctx;

	TELL(panel, tag, part, tag);
	if (panel->seen != NULL)
		sl_seen_tag(panel->seen, part, tag);
}

static void
on_link(void *ctx, const struct sl_content_link *link)
{
	struct sl_panel *panel = ctx;

	TELL(panel, link, link);
}

static void
on_image(void *ctx, struct sl_content_part *part, const struct sl_view_image *image)
{
	struct sl_panel *panel = ctx;

	TELL(panel, image, part, image);
}

static void
on_form(void *ctx, struct sl_content_part *part, const struct sl_view_form *form)
{
	struct sl_panel *panel = ctx;

	TELL(panel, form, part, form);
}

/* Who wants the bytes stands in the part itself, a bit for each seat: files of several readings may be
 * open at the same time. */
static bool
on_file(void *ctx, struct sl_content_part *part)
{
	struct sl_panel *panel = ctx;
	uintptr_t wanted = 0;

	for (size_t i = 0; i < panel->len; i++) {
		struct seat *seat = &panel->seats[i];

		if (seat->state != NULL && seat->classifier->file != NULL &&
		    seat->classifier->file(seat->state, part))
			wanted |= (uintptr_t)1 << i;
	}
	part->user = (void *)wanted;
	return wanted != 0;
}

static void
on_bytes(void *ctx, struct sl_content_part *part, struct sl_slice bytes)
{
	struct sl_panel *panel = ctx;

	for (size_t i = 0; i < panel->len; i++)
		if (((uintptr_t)part->user & (uintptr_t)1 << i) != 0)
			panel->seats[i].classifier->bytes(panel->seats[i].state, part, bytes);
}

static void
on_entry(void *ctx, struct sl_content_part *part, const struct sl_zip_entry *entry)
{
	struct sl_panel *panel = ctx;

	TELL(panel, entry, part, entry);
}

static void
on_end(void *ctx, struct sl_content_part *part)
{
	struct sl_panel *panel = ctx;

	TELL(panel, end, part);
	if (panel->seen != NULL)
		sl_seen_part_end(panel->seen, part);
}

static void
on_finding(void *ctx, const struct sl_content_finding *finding)
{
	struct sl_panel *panel = ctx;

	TELL(panel, finding, finding);
}

/* What comes when a classifier with that member listens. */
static const struct sl_content_sink all = {
	.field = on_field,
	.begin = on_begin,
	.text = on_text,
	.tag = on_tag,
	.link = on_link,
	.image = on_image,
	.form = on_form,
	.file = on_file,
	.bytes = on_bytes,
	.entry = on_entry,
	.end = on_end,
	.finding = on_finding,
};

struct sl_panel *
sl_panel_new(const struct sl_content_settings *settings, struct sl_arena *arena)
{
	struct sl_panel *panel = sl_xzalloc(sizeof(*panel));

	panel->magic = PANEL_MAGIC;
	panel->arena = arena;
	panel->content = sl_content_new(settings, &panel->sink, panel);
	return panel;
}

void
sl_panel_free(struct sl_panel **panel)
{
	if (*panel == NULL)
		return;
	SL_CHECK(*panel, PANEL_MAGIC);
	sl_content_free(&(*panel)->content);
	sl_seen_free(&(*panel)->seen);
	for (struct seat *seat = (*panel)->seats; seat < (*panel)->seats + (*panel)->len; seat++)
		if (seat->state != NULL && seat->classifier->free != NULL)
			seat->classifier->free(seat->state);
	SL_OBJ_FREE(panel, PANEL_MAGIC);
}

static void
listen_to(struct sl_content_sink *sink, const struct sl_classifier *classifier)
{
#define LISTEN(event)	sink->event = classifier->event != NULL ? all.event : sink->event
	LISTEN(field);
	LISTEN(begin);
	LISTEN(text);
	LISTEN(tag);
	LISTEN(link);
	LISTEN(image);
	LISTEN(form);
	LISTEN(file);
	LISTEN(bytes);
	LISTEN(entry);
	LISTEN(finding);
#undef LISTEN
	sink->end = all.end;
	if (classifier->seen != NULL) {
		sink->field = all.field;
		sink->begin = all.begin;
		sink->text = all.text;
		sink->tag = all.tag;
	}
}

void *
sl_panel_add(struct sl_panel *panel, const struct sl_classifier *classifier, const void *model)
{
	struct seat *seat;

	SL_CHECK(panel, PANEL_MAGIC);
	SL_ASSERT(panel->len < SL_PANEL_MAX);
	SL_ASSERT((classifier->file == NULL) == (classifier->bytes == NULL));
	seat = &panel->seats[panel->len++];
	seat->classifier = classifier;
	listen_to(&panel->sink, classifier);
	seat->state = classifier->new_message(model, panel->arena);
	if (classifier->seen != NULL && seat->state != NULL) {
		if (panel->seen == NULL)
			panel->seen = sl_seen_new();
		sl_seen_listen(panel->seen, classifier->seen, seat->state);
	}
	return seat->state;
}

void
sl_panel_connection(struct sl_panel *panel, const struct sl_connection_event *event)
{
	TELL(panel, connection, event);
}

void
sl_panel_envelope(struct sl_panel *panel, const struct sl_envelope_event *event)
{
	TELL(panel, envelope, event);
}

void
sl_panel_feed(struct sl_panel *panel, struct sl_slice bytes)
{
	SL_CHECK(panel, PANEL_MAGIC);
	TELL(panel, raw, bytes);
	sl_content_feed(panel->content, bytes.ptr, bytes.len);
}

void
sl_panel_finish(struct sl_panel *panel, struct sl_verdict *verdict)
{
	SL_CHECK(panel, PANEL_MAGIC);
	sl_content_finish(panel->content);
	if (panel->seen != NULL)
		sl_seen_finish(panel->seen);
	for (struct seat *seat = panel->seats; seat < panel->seats + panel->len; seat++) {
		if (seat->state == NULL)
			sl_verdict_add(verdict, &(struct sl_evidence){ .name = seat->classifier->name,
			    .state = SL_EVIDENCE_FAILED, .sentence = "no memory was left for it" });
		else if (seat->classifier->finish != NULL)
			seat->classifier->finish(seat->state, panel->arena, verdict);
	}
}

bool
sl_panel_fingerprint(const struct sl_panel *panel, struct sl_fingerprint_result *out)
{
	SL_CHECK(panel, PANEL_MAGIC);
	return sl_content_fingerprint(panel->content, out);
}
