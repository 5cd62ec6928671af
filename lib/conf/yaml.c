/* yaml.c - a settings file as a tree: see conf_i.h
 *
 * libfyaml turns the text into events; what YAML allows and settings do not is refused here, each
 * with its place. The bytes are looked at first, as the library takes a byte that is not UTF-8 for
 * the end of the text: half a file would be taken for a whole one. */

#include "conf_i.h"
#include "sl/utf8.h"

#include <libfyaml.h>

struct parse {
	struct sl_arena		*arena;
	struct conf_errors	*errors;
	struct conf_node	*open[CONF_YAML_DEPTH_MAX];	/* lists and maps, outermost first */
	size_t			 depth;
	struct conf_node	*root;
	struct sl_slice		 key;		/* read, its value is still to come */
	struct conf_mark	 key_at;
	bool			 key_read;
	size_t			 nodes;
	size_t			 documents;
	struct conf_mark	 last_at;	/* of the event before: empty values have no place */
	bool			 stopped;	/* nothing after this can be understood */
};

/* Positions of the first byte that has no place in settings, if any. */
static bool
bytes_ok(struct sl_slice text, struct conf_errors *errors)
{
	struct conf_mark at = { 1, 1 };
	bool indent = true;

	while (text.len > 0) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(text, &c);
		const char *wrong = NULL;

		if (n == 0)
			wrong = "save the file as UTF-8: this byte is not";
		else if (c == '\t' && indent)
			wrong = "indent with spaces, not with a tab";
		else if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			wrong = "remove this control character";
		if (wrong != NULL) {
			conf_errors_add(errors, at, "%s", wrong);
			return false;
		}
		indent = c == '\n' || (indent && c == ' ');
		at = c == '\n' ? (struct conf_mark){ at.line + 1, 1 }
			       : (struct conf_mark){ at.line, at.column + 1 };
		text = sl_slice_from(text, n);
	}
	return true;
}

static void
stop(struct parse *p, struct conf_mark at, const char *what)
{
	conf_errors_add(p->errors, at, "%s", what);
	p->stopped = true;
}

static struct conf_mark
event_at(const struct parse *p, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (mark == NULL || mark->line < 0)
		return p->last_at;
	return (struct conf_mark){ (unsigned)mark->line + 1, (unsigned)mark->column + 1 };
}

/* A map says a key once. */
static void
key_check(struct parse *p, const struct conf_node *map)
{
	if (map->len >= CONF_YAML_KEYS_MAX) {
		stop(p, p->key_at, "remove some of these: no map has that many settings");
		return;
	}
	for (const struct conf_node *n = map->first; n != NULL; n = n->next)
		if (sl_slice_eq(n->key, p->key)) {
			conf_errors_add(p->errors, p->key_at, "remove this '" SL_SLICE_FMT
			    "': it is already set on line %u", SL_SLICE_ARG(p->key), n->key_at.line);
			return;
		}
}

/* Hang a node into what is open. Returns it, or NULL when parsing has stopped. */
static struct conf_node *
node_add(struct parse *p, enum conf_kind kind, struct conf_mark at)
{
	struct conf_node *parent = p->depth == 0 ? NULL : p->open[p->depth - 1];
	struct conf_node *node;

	if (++p->nodes > CONF_YAML_NODES_MAX) {
		stop(p, at, "split this file: it has too many entries");
		return NULL;
	}
	node = conf_alloc(p->arena, 1, sizeof(*node));
	*node = (struct conf_node){ .kind = kind, .at = at };
	if (parent == NULL) {
		p->root = node;
		return node;
	}
	if (parent->kind == CONF_MAP) {
		node->key = p->key;
		node->key_at = p->key_at;
		p->key_read = false;
	}
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->len++;
	return p->stopped ? NULL : node;
}

static struct sl_slice
token_text(struct parse *p, struct fy_token *token)
{
	size_t len = 0;
	const char *text = token == NULL ? NULL : fy_token_get_text(token, &len);

	return text == NULL ? sl_slice("", 0) : sl_arena_copy(p->arena, sl_slice(text, len));
}

/* The library's mark is behind the quotation mark; an editor's user looks for the mark itself. */
static bool
is_quoted(struct fy_token *token)
{
	enum fy_scalar_style style = token == NULL ? FYSS_PLAIN : fy_scalar_token_get_style(token);

	return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

static bool
plain_null(struct fy_token *token, struct sl_slice text)
{
	if (token == NULL)
		return true;
	return fy_scalar_token_get_style(token) == FYSS_PLAIN && (text.len == 0 ||
	    sl_slice_eq(text, SL_SLICE_LIT("~")) || sl_slice_eq(text, SL_SLICE_LIT("null")));
}

/* Anchors and tags are no part of settings; said once for each, and the value is taken. */
static void
refuse_extras(struct parse *p, struct conf_mark at, const struct fy_token *anchor,
    const struct fy_token *tag)
{
	if (anchor != NULL)
		conf_errors_add(p->errors, at, "remove the anchor (&name): write the value out "
		    "where it is needed");
	if (tag != NULL)
		conf_errors_add(p->errors, at, "remove the tag (!name): settings know their types");
}

static bool
wants_key(const struct parse *p)
{
	return p->depth > 0 && p->open[p->depth - 1]->kind == CONF_MAP && !p->key_read;
}

static void
on_scalar(struct parse *p, struct fy_event *event, struct conf_mark at)
{
	struct fy_token *token = event->scalar.value;
	struct sl_slice text = token_text(p, token);
	struct conf_node *node;

	at.column -= is_quoted(token) && at.column > 1;
	refuse_extras(p, at, event->scalar.anchor, event->scalar.tag);
	if (wants_key(p)) {
		p->key = text;
		p->key_at = at;
		p->key_read = true;
		key_check(p, p->open[p->depth - 1]);
		return;
	}
	node = node_add(p, CONF_SCALAR, at);
	if (node != NULL) {
		node->text = text;
		node->null = plain_null(token, text);
	}
}

static void
on_open(struct parse *p, enum conf_kind kind, struct conf_mark at, const struct fy_token *anchor,
    const struct fy_token *tag)
{
	struct conf_node *node;

	refuse_extras(p, at, anchor, tag);
	if (wants_key(p)) {
		stop(p, at, "write a word as key: lists and maps cannot be keys");
		return;
	}
	if (p->depth == CONF_YAML_DEPTH_MAX) {
		stop(p, at, "nest less deeply: no setting lies that deep");
		return;
	}
	node = node_add(p, kind, at);
	if (node != NULL)
		p->open[p->depth++] = node;
}

static void
on_event(struct parse *p, struct fy_event *event)
{
	struct conf_mark at = event_at(p, event);

	p->last_at = at;
	switch (event->type) {
	case FYET_DOCUMENT_START:
		if (p->documents++ > 0)
			stop(p, at, "remove this second document (---): settings are one");
		break;
	case FYET_SCALAR:
		on_scalar(p, event, at);
		break;
	case FYET_SEQUENCE_START:
		on_open(p, CONF_LIST, at, event->sequence_start.anchor, event->sequence_start.tag);
		break;
	case FYET_MAPPING_START:
		on_open(p, CONF_MAP, at, event->mapping_start.anchor, event->mapping_start.tag);
		break;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		p->depth--;
		break;
	case FYET_ALIAS:
		at.column -= at.column > 1;	/* the mark is at the name, behind the star */
		stop(p, at, "write the value out: aliases (*name) are not followed");
		break;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		break;
	}
}

/* What the library says in its own terms, and what its reader should do. */
static const char *
explain(const char *message)
{
	static const struct { const char *part, *advice; } rows[] = {
		{ "multiline plain key", "check the indentation: entries of one map start in one "
		    "column" },
		{ "nested block mapping", "quote the value: it contains ': '" },
		{ "without a closing bracket", "close this list with ]" },
		{ "without closing quote", "close the quotation mark that opens here" },
		{ "missing comma in flow mapping", "close this map with } or separate its entries "
		    "with a comma" },
		{ "cannot start with", "quote the value: this character has a meaning of its own" },
		{ "expected node content", "write a value here" },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (strstr(message, rows[i].part) != NULL)
			return rows[i].advice;
	return "correct the YAML";
}

static void
library_errors(struct parse *p, struct fy_diag *diag)
{
	struct fy_diag_error *e;
	void *iterator = NULL;
	size_t before = p->errors->len;

	while ((e = fy_diag_errors_iterate(diag, &iterator)) != NULL) {
		struct conf_mark at = { (unsigned)SL_MAX(e->line, 1), (unsigned)SL_MAX(e->column, 1) };

		at.column -= strstr(e->msg, "closing quote") != NULL && at.column > 1;
		conf_errors_add(p->errors, at, "%s (%s)", explain(e->msg), e->msg);
	}
	if (p->errors->len == before)
		conf_errors_add(p->errors, p->last_at, "correct the YAML from here on");
	p->stopped = true;
}

static void
parse_events(struct parse *p, struct fy_diag *diag, struct sl_slice text)
{
	struct fy_parse_cfg config = { .diag = diag, .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG |
	    FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE | FYPCF_DISABLE_MMAP_OPT };
	struct fy_parser *parser = fy_parser_create(&config);
	struct fy_event *event;

	SL_ASSERT(parser != NULL);
	SL_ASSERT(fy_parser_set_string(parser, (const char *)text.ptr, text.len) == 0);
	while (!p->stopped && (event = fy_parser_parse(parser)) != NULL) {
		on_event(p, event);
		fy_parser_event_free(parser, event);
	}
	if (!p->stopped && (fy_parser_get_stream_error(parser) || p->depth > 0))
		library_errors(p, diag);
	fy_parser_destroy(parser);
}

struct conf_node *
conf_yaml_parse(struct sl_slice text, struct sl_arena *arena, struct conf_errors *errors)
{
	struct parse p = { .arena = arena, .errors = errors, .last_at = { 1, 1 } };
	struct fy_diag_cfg config;
	struct fy_diag *diag;

	if (text.len > CONF_YAML_BYTES_MAX) {
		stop(&p, p.last_at, "split this file: it is longer than 32 MiB");
		return NULL;
	}
	if (!bytes_ok(text, errors))
		return NULL;
	fy_diag_cfg_default(&config);
	config.fp = NULL;
	config.level = FYET_ERROR;
	config.colorize = false;
	diag = fy_diag_create(&config);
	SL_ASSERT(diag != NULL);
	fy_diag_set_collect_errors(diag, true);
	if (text.len > 0)
		parse_events(&p, diag, text);
	fy_diag_destroy(diag);
	if (p.stopped)
		return NULL;
	if (p.root == NULL)
		p.root = node_add(&p, CONF_MAP, p.last_at);
	return p.root;
}
