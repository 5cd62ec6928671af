/* sa_view.c - see sa_view.h */

#include "rules/sa_i.h"
#include "rules/sa_html.h"

#define VIEW_MAGIC	0x5a71e3u

struct sl_sa_view *
sl_sa_view_new(const struct sl_sa_conf *conf, size_t limit)
{
	struct sl_sa_view *view = sl_xzalloc(sizeof(*view));

	SL_ASSERT(conf != NULL);
	view->magic = VIEW_MAGIC;
	view->conf = conf;
	sl_buf_init(&view->message, limit == 0 ? SL_SA_LIMIT : limit);
	sl_arena_init(&view->arena, SIZE_MAX / 2);
	return view;
}

static void
node_fini(struct sa_node *node)
{
	sl_free(node->fields.at);
	if (node->html != NULL)
		sa_html_fini(node->html);
}

void
sl_sa_view_free(struct sl_sa_view **view_pp)
{
	struct sl_sa_view *view = *view_pp;

	if (view == NULL)
		return;
	SL_CHECK(view, VIEW_MAGIC);
	for (size_t i = 0; i < view->parts_len; i++)
		node_fini(view->parts[i]);
	sl_free(view->parts);
	sa_list_fini(&view->body);
	sa_list_fini(&view->raw_body);
	sa_list_fini(&view->uris);
	for (size_t i = 0; i < view->cache_len; i++)
		sa_list_fini(&view->cache[i]->values);
	sl_free(view->cache);
	for (size_t i = 0; i < SL_COUNT(view->relays); i++)
		sl_free(view->relays[i].at);
	for (size_t i = 0; i < view->uri_rows_len; i++) {
		sa_list_fini(&view->uri_rows[i].cleaned);
		sa_list_fini(&view->uri_rows[i].hosts);
		sa_list_fini(&view->uri_rows[i].domains);
		sa_list_fini(&view->uri_rows[i].anchors);
	}
	sl_free(view->uri_rows);
	sa_set_fini(&view->uri_index);
	sl_buf_fini(&view->message);
	sl_arena_fini(&view->arena);
	SL_OBJ_FREE(view_pp, VIEW_MAGIC);
}

void
sl_sa_view_feed(struct sl_sa_view *view, const unsigned char *data, size_t len)
{
	SL_CHECK(view, VIEW_MAGIC);
	SL_ASSERT(!view->is_finished);
	if (len > view->message.max_bytes - view->message.len) {
		view->message.overflow = true;
		len = view->message.max_bytes - view->message.len;
	}
	sl_buf_add(&view->message, data, len);
}

void
sl_sa_view_finish(struct sl_sa_view *view)
{
	SL_CHECK(view, VIEW_MAGIC);
	SL_ASSERT(!view->is_finished);
	view->is_finished = true;
	sa_message_parse(view);
}

bool
sl_sa_view_cut(const struct sl_sa_view *view)
{
	SL_CHECK(view, VIEW_MAGIC);
	return view->message.overflow;
}

static const struct sa_list *
units(struct sl_sa_view *view, enum sl_rule_where where)
{
	SL_CHECK(view, VIEW_MAGIC);
	SL_ASSERT(view->is_finished);
	if (where == SL_RULE_BODY) {
		sa_body(view);
		return &view->body;
	}
	if (where == SL_RULE_RAW_BODY) {
		sa_raw_body(view);
		return &view->raw_body;
	}
	if (where == SL_RULE_LINK) {
		sa_uris(view);
		return &view->uris;
	}
	return NULL;
}

size_t
sl_sa_view_count(struct sl_sa_view *view, enum sl_rule_where where)
{
	const struct sa_list *list = units(view, where);

	return list != NULL ? list->len : where == SL_RULE_FULL;
}

struct sl_slice
sl_sa_view_unit(struct sl_sa_view *view, enum sl_rule_where where, size_t i)
{
	const struct sa_list *list = units(view, where);

	if (list == NULL) {
		SL_ASSERT(where == SL_RULE_FULL && i == 0);
		return view->pristine;
	}
	SL_ASSERT(i < list->len);
	return list->at[i];
}

void
sl_sa_view_tell(struct sl_sa_view *view, enum sl_rule_where where, sl_sa_unit_sink *sink, void *ctx)
{
	size_t len = sl_sa_view_count(view, where);

	for (size_t i = 0; i < len; i++)
		sink(ctx, where, sl_sa_view_unit(view, where, i));
}

/* ---- memory of a message ---- */

void *
sa_alloc(struct sl_sa_view *view, size_t size)
{
	void *p = sl_arena_alloc(&view->arena, SL_MAX(size, (size_t)1));

	SL_ASSERT(p != NULL);	/* the arena has no cap of its own: what is kept is bounded */
	return p;
}

struct sl_slice
sa_keep(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *p = sa_alloc(view, s.len + 1);

	if (s.len > 0)
		memcpy(p, s.ptr, s.len);
	return sl_slice(p, s.len);
}

struct sl_slice
sa_keep_buf(struct sl_sa_view *view, struct sl_buf *buf)
{
	struct sl_slice s = sa_keep(view, sl_buf_slice(buf));

	sl_buf_fini(buf);
	return s;
}

struct sl_slice
sa_lower(struct sl_sa_view *view, struct sl_slice s)
{
	unsigned char *p = sa_alloc(view, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = sl_ascii_lower(s.ptr[i]);
	return sl_slice(p, s.len);
}

struct sl_slice
sa_cat(struct sl_sa_view *view, const struct sl_slice *parts, size_t len)
{
	size_t total = 0, at = 0;
	unsigned char *p;

	for (size_t i = 0; i < len; i++)
		total += parts[i].len;
	p = sa_alloc(view, total + 1);
	for (size_t i = 0; i < len; i++) {
		if (parts[i].len > 0)
			memcpy(p + at, parts[i].ptr, parts[i].len);
		at += parts[i].len;
	}
	return sl_slice(p, total);
}
