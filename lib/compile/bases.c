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

static int
push_text(struct sl_compile *c, uint32_t chain, struct sl_node node, struct sl_slice text, uint32_t *chain_out)
{
	struct sl_buf errors;
	int r;

	sl_buf_init(&errors, 8192);
	r = sl_chains_push(c->chains, chain, (enum sl_policy_by)node.level, text, chain_out, &errors);
	if (r == SL_ERR_SYNTAX || r == SL_ERR_FULL) {
		compile_problem(c, node, r == SL_ERR_FULL ? SL_SLICE_LIT("the policies are too many, or too long") :
		    sl_buf_slice(&errors));
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

static int
push_own(struct sl_compile *c, uint32_t chain, struct sl_node node, int64_t partner, uint32_t *chain_out)
{
	struct sl_buf text;
	int r;

	*chain_out = chain;
	sl_buf_init(&text, SL_LAYER_TEXT_MAX);
	r = text_at(c, node, sl_slice("", 0), &text);
	if (r == 0)
		r = compile_push(c, chain, node, partner, sl_buf_slice(&text), chain_out);
	else if (r == SL_ERR_NOT_FOUND)
		r = 0;
	else
		compile_fail(c, r, "%s", sl_store_error(c->options.store));
	sl_buf_fini(&text);
	return r;
}

int
compile_base(struct sl_compile *c, int64_t partner, uint32_t *chain_out)
{
	int r;

	for (size_t i = 0; i < c->bases_len; i++) {
		if (c->bases[i].partner == partner) {
			*chain_out = c->bases[i].chain;
			return 0;
		}
	}
	if (partner == 0) {
		r = push_own(c, SL_CHAIN_EMPTY, SL_NODE_OPERATOR, 0, chain_out);
	} else {
		r = compile_base(c, 0, chain_out);	/* one deeper, no more */
		if (r == 0)
			r = push_own(c, *chain_out, (struct sl_node){ SL_LEVEL_PARTNER, partner }, partner, chain_out);
	}
	if (r != 0)
		return r;
	c->bases = sl_xrealloc(c->bases, (c->bases_len + 1) * sizeof(*c->bases));
	c->bases[c->bases_len++] = (struct base){ partner, *chain_out };
	return 0;
}
