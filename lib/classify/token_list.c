/* token_list.c - see token_list_i.h */

#include "classify/token_list_i.h"

#include "classify/panel.h"

#define LIST_MAX	((TOKEN_LIST_BLOCKS + 1) * (TOKEN_BLOCK_FEATURES + TOKEN_GROUP_MAX))
#define ARENA_BYTES	65536
#define RULE_LEAST	40	/* underscores */
#define FOOTER_LINES	6	/* with the rule */

struct lister {
	struct token_list	*list;
	uint32_t		 len;
	bool			 all_fields;
	struct token_reader	 reader;
};

/* Each reading holds its own block until that is complete: readings may take turns. */
struct held {
	uint32_t	len;
	uint32_t	features[TOKEN_BLOCK_FEATURES + TOKEN_GROUP_MAX];
};

static void
on_features(void *ctx, void *user, bool in_header, enum sl_seen_place place, struct sl_slice word,
    const uint32_t *features, size_t len)
{
	struct held *held = user;

	memcpy(held->features + held->len, features, len * sizeof(*features));
	held->len += (uint32_t)len;
}

static void
on_copy(void *ctx, void *user, void *first)
{
}

static void
list_add(struct lister *lister, struct held *held)
{
	memcpy(lister->list->features + lister->len, held->features, held->len * sizeof(uint32_t));
	lister->len += held->len;
	held->len = 0;
}

static void
on_header(void *ctx, void *user)
{
	struct lister *lister = ctx;

	if (lister->list->blocks > 0)
		return;
	list_add(lister, user);
	lister->list->header_len = lister->len;
}

static void
on_block(void *ctx, void *user)
{
	struct lister *lister = ctx;

	if (lister->list->blocks == TOKEN_LIST_BLOCKS) {
		((struct held *)user)->len = 0;
		return;
	}
	list_add(lister, user);
	lister->list->ends[lister->list->blocks++] = lister->len;
}

static const struct token_events events = {
	.features = on_features,
	.copy = on_copy,
	.header = on_header,
	.block = on_block,
	.user_bytes = sizeof(struct held),
};

static void *
listen(const void *model, struct sl_arena *arena)
{
	struct lister *lister = (void *)(uintptr_t)model;

	return token_reader_init(&lister->reader, lister->all_fields, &events, lister, arena) ? lister : NULL;
}

static struct token_reader *
reader_of(void *state)
{
	return &((struct lister *)state)->reader;
}

TOKEN_READER_EVENTS(seen_events, reader_of);

static void
finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	token_reader_end(&((struct lister *)state)->reader);
}

static const struct sl_classifier listener = {
	.name = "token_list",
	.new_message = listen,
	.seen = &seen_events,
	.finish = finish,
};

/* Is it the rule that list managers put above their footer? */
static bool
is_rule(struct sl_slice line)
{
	size_t len = 0;

	while (len < line.len && line.ptr[len] == '_')
		len++;
	return len >= RULE_LEAST && sl_slice_trim(sl_slice_from(line, len)).len == 0;
}

/* Feed a body without the footers of mailing lists: a rule and the lines below it, up to an empty line or
 * a boundary. When a message is judged they are read like all else, or there would be a place to hide. */
static void
feed_without_footers(struct sl_panel *panel, struct sl_slice body)
{
	unsigned footer = 0;	/* lines of it that may still come */

	while (body.len > 0) {
		const unsigned char *lf = memchr(body.ptr, '\n', body.len);
		struct sl_slice line = sl_slice(body.ptr,
		    lf == NULL ? body.len : (size_t)(lf + 1 - body.ptr));

		if (is_rule(line))
			footer = FOOTER_LINES;
		else if (footer > 0 && (sl_slice_trim(line).len == 0 ||
		    sl_slice_istarts(line, SL_SLICE_LIT("--"))))
			footer = 0;
		if (footer == 0)
			sl_panel_feed(panel, line);
		else
			footer--;
		body = sl_slice_from(body, line.len);
	}
}

void
token_list_read(struct token_list *list, struct sl_slice message, bool all_fields, bool footers)
{
	const unsigned char *end = memmem(message.ptr, message.len, "\r\n\r\n", 4);
	size_t header = end == NULL || footers ? message.len : (size_t)(end + 4 - message.ptr);
	struct lister lister = { .list = list, .all_fields = all_fields };
	struct sl_verdict *verdict = sl_xzalloc(sizeof(*verdict));
	struct sl_panel *panel;
	struct sl_arena arena;

	*list = (struct token_list){ .features = sl_xmalloc(LIST_MAX * sizeof(uint32_t)) };
	sl_arena_init(&arena, 2 * (size_t)ARENA_BYTES);
	panel = sl_panel_new(NULL, &arena);
	SL_ASSERT(sl_panel_add(panel, &listener, &lister) != NULL);
	sl_panel_feed(panel, sl_slice(message.ptr, header));
	feed_without_footers(panel, sl_slice_from(message, header));
	sl_panel_finish(panel, verdict);
	sl_panel_free(&panel);
	sl_arena_fini(&arena);
	sl_free(verdict);
	list->features = sl_xrealloc(list->features, SL_MAX(lister.len, 1u) * sizeof(uint32_t));
}

void
token_list_fini(struct token_list *list)
{
	sl_free(list->features);
	list->features = NULL;
}
