/* bases.c - what operator and partners say, and templates; see compile_i.h */

#include "compile_i.h"

#include <stdarg.h>

#include "store/layers.h"

_Static_assert((int)SL_LEVEL_OPERATOR == SL_BY_OPERATOR && (int)SL_LEVEL_USER == SL_BY_USER, "levels speak in their order");

int
compile_fail(struct sl_compile *c, int result, const char *format, ...)
{
	va_list ap;

	sl_buf_reset(&c->error);
	va_start(ap, format);
	sl_buf_vaddf(&c->error, format, ap);
	va_end(ap);
	return result;
}

/* One line, whatever it is about. */
void
compile_problem(struct sl_compile *c, struct sl_node node, struct sl_slice what)
{
	struct sl_buf line;

	sl_buf_init(&line, 8192);
	if (sl_store_name(c->options.store, node, &line) != 0)
		sl_buf_addf(&line, "%s %lld", sl_level_word(node.level), (long long)node.id);
	sl_buf_add_str(&line, ": ");
	sl_buf_add_slice(&line, sl_slice(what.ptr, SL_MIN(what.len, (size_t)2000)));
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] == '\n')
			line.data[i] = i + 1 == line.len ? ' ' : ';';
	sl_buf_add_byte(&line, '\n');
	if (c->problems.len + line.len < 65536)
		sl_buf_add_slice(&c->problems, sl_buf_slice(&line));
	sl_buf_fini(&line);
}

bool
compile_instead(const struct sl_compile *c, struct sl_node node, struct sl_slice name, struct sl_slice *text)
{
	const struct sl_compile_instead *instead = c->options.instead;

	if (instead == NULL || instead->node.level != node.level || instead->node.id != node.id ||
	    !sl_slice_eq(instead->name, name))
		return false;
	*text = instead->text;
	return true;
}

/* The text at a node by name, into `out`; SL_ERR_NOT_FOUND without one. */
static int
text_at(struct sl_compile *c, struct sl_node node, struct sl_slice name, struct sl_buf *out)
{
	struct sl_slice text;

	if (!compile_instead(c, node, name, &text))
		return sl_store_layer_get(c->options.store, node, name, SL_LAYER_ANY, out, NULL);
	sl_buf_add_slice(out, text);
	return 0;
}

static int
template_text(struct sl_compile *c, int64_t partner, struct sl_slice name, struct sl_buf *out)
{
	int r = SL_ERR_NOT_FOUND;

	if (partner != 0)
		r = text_at(c, (struct sl_node){ SL_LEVEL_PARTNER, partner }, name, out);
	if (r == SL_ERR_NOT_FOUND)
		r = text_at(c, SL_NODE_OPERATOR, name, out);
	return r == SL_ERR_SYNTAX ? SL_ERR_NOT_FOUND : r;	/* no name a template can have */
}

static bool
not_understood(struct sl_compile *c, struct sl_node node, int r, const struct sl_buf *errors)
{
	if (r != SL_ERR_SYNTAX && r != SL_ERR_FULL)
		return false;
	compile_problem(c, node, r == SL_ERR_FULL ? SL_SLICE_LIT("the policies are too many, or too long") : sl_buf_slice(errors));
	return true;
}

static int
push_text(struct sl_compile *c, uint32_t chain, struct sl_node node, struct sl_slice text, uint32_t *chain_out)
{
	struct sl_buf errors;
	int r;

	sl_buf_init(&errors, 8192);
	r = sl_chains_push(c->chains, chain, (enum sl_policy_by)node.level, sl_slice("", 0), text, chain_out, &errors);
	if (not_understood(c, node, r, &errors)) {
		*chain_out = chain;
		r = 0;
	}
	sl_buf_fini(&errors);
	return r;
}

/* Behind `chain`, what the template says. */
static int
push_template(struct sl_compile *c, uint32_t chain, struct sl_node node, int64_t partner, struct sl_slice name,
    uint32_t *chain_out)
{
	struct sl_buf text, rest;
	struct sl_slice inner;
	int r;

	*chain_out = chain;
	if (name.len == 0)
		return 0;
	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	sl_buf_init(&rest, SL_LAYER_TEXT_MAX);
	r = template_text(c, partner, name, &text);
	if (r == SL_ERR_NOT_FOUND || (r == 0 && sl_chain_template(sl_buf_slice(&text), &inner, &rest) != NULL)) {
		sl_buf_reset(&c->scratch);
		sl_buf_addf(&c->scratch, "there is no template " SL_SLICE_FMT, SL_SLICE_ARG(name));
		compile_problem(c, node, sl_buf_slice(&c->scratch));
		r = 0;
	} else if (r == 0) {
		r = push_text(c, chain, node, sl_buf_slice(&rest), chain_out);
	}
	sl_buf_fini(&text);
	sl_buf_fini(&rest);
	return r;
}

int
compile_push(struct sl_compile *c, uint32_t chain, struct sl_node node, int64_t partner, struct sl_slice text,
    uint32_t *chain_out)
{
	struct sl_slice name;
	const char *wrong;
	struct sl_buf rest;
	int r = 0;

	*chain_out = chain;
	sl_buf_init(&rest, SL_LAYER_TEXT_MAX);
	wrong = sl_chain_template(text, &name, &rest);
	if (wrong != NULL) {
		compile_problem(c, node, sl_slice_str(wrong));
	} else {
		r = push_template(c, chain, node, partner, name, &chain);
		/* A text without a template is what it was: the same layer as elsewhere. */
		if (r == 0)
			r = push_text(c, chain, node, name.len == 0 ? text : sl_buf_slice(&rest), chain_out);
	}
	sl_buf_fini(&rest);
	return r;
}

/* ---- for a snapshot: who says what, with templates by name ---- */

/* A text as its template's name, in lower case as templates are kept, and what stands beside it. False: a problem was told. */
static bool
text_split(struct sl_compile *c, struct sl_node node, struct sl_slice text, struct said_text *out)
{
	struct sl_slice name;
	const char *wrong;

	sl_buf_reset(&out->rest);
	wrong = sl_chain_template(text, &name, &out->rest);
	if (wrong != NULL) {
		compile_problem(c, node, sl_slice_str(wrong));
		return false;
	}
	SL_ASSERT(name.len <= SL_POLICY_NAME_MAX);
	for (size_t i = 0; i < name.len; i++)
		out->name[i] = (char)sl_ascii_lower(name.ptr[i]);
	out->template = sl_slice(out->name, name.len);
	/* A text without a template is what it was: the same layer as elsewhere. */
	out->text = name.len == 0 ? text : sl_buf_slice(&out->rest);
	return true;
}

/* Tell if a template is not there. It may come: then it is heard. */
static int
template_check(struct sl_compile *c, struct sl_node node, int64_t partner, struct sl_slice name)
{
	struct sl_buf text;
	int r;

	if (name.len == 0)
		return 0;
	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	r = template_text(c, partner, name, &text);
	if (r == SL_ERR_NOT_FOUND) {
		sl_buf_reset(&c->scratch);
		sl_buf_addf(&c->scratch, "there is no template " SL_SLICE_FMT, SL_SLICE_ARG(name));
		compile_problem(c, node, sl_buf_slice(&c->scratch));
		r = 0;
	}
	sl_buf_fini(&text);
	return r;
}

int
compile_link(struct sl_compile *c, uint32_t chain, struct sl_node node, int64_t partner, struct sl_slice text,
    uint32_t *chain_out)
{
	struct said_text said;
	struct sl_buf errors;
	int r = 0;

	*chain_out = chain;
	sl_buf_init(&said.rest, SL_LAYER_TEXT_MAX);
	sl_buf_init(&errors, 8192);
	if (text_split(c, node, text, &said)) {
		r = sl_chains_push(c->chains, chain, (enum sl_policy_by)node.level, said.template, said.text, chain_out, &errors);
		if (not_understood(c, node, r, &errors))	/* its template is heard nevertheless */
			r = sl_chains_push(c->chains, chain, (enum sl_policy_by)node.level, said.template, sl_slice("", 0), chain_out,
			    &errors);
		if (r == 0)
			r = template_check(c, node, partner, said.template);
	}
	if (r == SL_ERR_FULL) {
		*chain_out = chain;
		r = 0;
	}
	sl_buf_fini(&errors);
	sl_buf_fini(&said.rest);
	return r;
}

struct speaking {
	struct sl_compile	*compile;
	struct sl_node		 node;
	bool			 instead;	/* what is tried out came */
};

/* One layer of the operator or a partner: of his own ("") or a template, which builds on none. What is not understood says
 * nothing; a template that is not understood is there nevertheless, and hides the operator's. */
static int
speak(struct speaking *s, struct sl_slice name, struct sl_slice text)
{
	static const struct sl_policy_layer nothing;
	struct sl_compile *c = s->compile;
	const struct sl_policy_layer *layer = &nothing;
	struct said_text said = { .template = { (const unsigned char *)"", 0 } };
	struct sl_buf errors;
	int r = 0;

	if (name.len > 0 && !sl_policy_name_ok(name))
		return 0;		/* nobody can build on it */
	sl_buf_init(&said.rest, SL_LAYER_TEXT_MAX);
	sl_buf_init(&errors, 8192);
	if (text_split(c, s->node, text, &said)) {
		r = sl_chains_layer(c->chains, said.text, &layer, &errors);
		if (not_understood(c, s->node, r, &errors)) {
			layer = &nothing;
			r = 0;
		}
	}
	if (name.len > 0)
		said.template.len = 0;
	if (r == 0)
		r = template_check(c, s->node, s->node.level == SL_LEVEL_PARTNER ? s->node.id : 0, said.template);
	if (r == 0) {
		r = sl_snapshot_writer_source(c->options.writer, (uint32_t)s->node.id, name, said.template, layer);
		if (r != 0)
			compile_fail(c, r, "a policy cannot be written: %s", sl_strerror(r));
	}
	sl_buf_fini(&errors);
	sl_buf_fini(&said.rest);
	return r;
}

static int
on_layer(void *ctx, const struct sl_layer_now *layer)
{
	struct speaking *s = ctx;
	struct sl_slice text = layer->text;

	s->instead |= compile_instead(s->compile, s->node, layer->name, &text);
	return speak(s, layer->name, text);
}

int
sl_compile_speaker(struct sl_compile *c, struct sl_node node)
{
	const struct sl_compile_instead *instead = c->options.instead;
	struct speaking s = { .compile = c, .node = node };
	int r;

	SL_CHECK(c, COMPILE_MAGIC);
	SL_ASSERT((node.level == SL_LEVEL_OPERATOR && node.id == 0) || node.level == SL_LEVEL_PARTNER);
	if (node.id > UINT32_MAX)
		return compile_fail(c, SL_ERR_FULL, "the numbers of partners are used up");
	r = compile_presets(c);
	if (r == 0)
		r = sl_snapshot_writer_speaker(c->options.writer, (uint32_t)node.id);
	if (r == 0)
		r = sl_store_layers_at(c->options.store, node, on_layer, &s);
	if (r == SL_ERR_NOT_FOUND)
		return 0;			/* the partner is gone */
	/* What is tried out may be the first that is said. */
	if (r == 0 && instead != NULL && !s.instead && instead->node.level == node.level && instead->node.id == node.id)
		r = speak(&s, instead->name, instead->text);
	if (r < 0 && c->error.len == 0)
		compile_fail(c, r, "%s", sl_store_error(c->options.store));
	return r;
}

int
compile_presets(struct sl_compile *c)
{
	int r;

	if (c->presets_written)
		return 0;
	c->presets_written = true;
	r = sl_snapshot_writer_presets(c->options.writer, sl_chains_presets(c->chains));
	return r == 0 ? 0 : compile_fail(c, r, "levels cannot be written: %s", sl_strerror(r));
}
