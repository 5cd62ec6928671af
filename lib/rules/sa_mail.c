/* sa_mail.c - see sa_mail.h */

#include "rules/sa_mail.h"
#include "rules/sa_eval.h"

static const void *
function_find(const char *name)
{
	const struct sl_sa_eval *eval = sl_sa_eval_find(name);

	return eval == NULL || eval->function == NULL ? NULL : eval;
}

static double
function_call(void *ctx, const void *function, const char *const *arguments, size_t arguments_len)
{
	return ((const struct sl_sa_eval *)function)->function(ctx, arguments, arguments_len);
}

const struct sl_rules_functions sl_sa_functions = { function_find, function_call };

struct sl_sa_conf *
sl_sa_conf_of(const struct sl_rules *rules)
{
	struct sl_sa_conf *conf = sl_sa_conf_new();
	struct sl_slice rest = sl_rules_lines(rules);

	while (rest.len > 0) {
		const unsigned char *end = memchr(rest.ptr, '\n', rest.len);
		struct sl_slice line = sl_slice(rest.ptr, end == NULL ? rest.len : (size_t)(end - rest.ptr));
		const unsigned char *blank = line.len == 0 ? NULL : memchr(line.ptr, ' ', line.len);

		if (blank != NULL) {
			size_t at = (size_t)(blank - line.ptr);

			(void)sl_sa_conf_line(conf, sl_slice(line.ptr, at), sl_slice_from(line, at + 1));
		}
		rest = sl_slice_from(rest, SL_MIN(line.len + 1, rest.len));
	}
	return conf;
}

static void
show_unit(struct sl_rules_run *run, enum sl_rule_where where, const char *field, struct sl_slice unit, size_t piece)
{
	struct sl_rules_stream *stream;

	if (piece == 0) {
		sl_rules_unit(run, where, field, unit);
		return;
	}
	stream = sl_rules_begin(run, where, field);
	for (size_t i = 0; i < unit.len; i += piece)
		sl_rules_feed(stream, sl_slice(unit.ptr + i, SL_MIN(piece, unit.len - i)));
	sl_rules_end(&stream);
}

static void
show_parts(const struct sl_rules *rules, struct sl_rules_run *run, struct sl_sa_view *view, size_t piece)
{
	const char *field;

	for (size_t i = 0; (field = sl_rules_field(rules, SL_RULE_MIME_HEADER, i)) != NULL; i++)
		for (size_t part = 0; part < sl_sa_part_count(view); part++) {
			struct sl_slice value;

			if (sl_sa_part_header(view, part, field, &value))
				show_unit(run, SL_RULE_MIME_HEADER, field, value, piece);
			else
				sl_rules_absent(run, SL_RULE_MIME_HEADER, field);
		}
}

void
sl_sa_show_pieces(const struct sl_rules *rules, struct sl_rules_run *run, struct sl_sa_view *view, size_t piece)
{
	static const enum sl_rule_where kinds[] = { SL_RULE_BODY, SL_RULE_RAW_BODY, SL_RULE_LINK, SL_RULE_FULL };
	const char *field;
	struct sl_slice value;

	sl_rules_run_exact(run);
	for (size_t i = 0; (field = sl_rules_field(rules, SL_RULE_HEADER, i)) != NULL; i++)
		if (sl_sa_header(view, field, &value))
			show_unit(run, SL_RULE_HEADER, field, value, piece);
	show_parts(rules, run, view, piece);
	for (size_t k = 0; k < SL_COUNT(kinds); k++) {
		size_t len = sl_rules_listens(rules, kinds[k]) ? sl_sa_view_count(view, kinds[k]) : 0;

		for (size_t i = 0; i < len; i++)
			show_unit(run, kinds[k], NULL, sl_sa_view_unit(view, kinds[k], i), piece);
	}
}

void
sl_sa_show(const struct sl_rules *rules, struct sl_rules_run *run, struct sl_sa_view *view)
{
	sl_sa_show_pieces(rules, run, view, 0);
}
