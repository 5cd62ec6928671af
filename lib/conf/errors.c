/* errors.c - the problems found in a settings file, by position: see conf_i.h */

#include "conf_i.h"

#include <stdio.h>
#include <stdlib.h>

void
conf_errors_init(struct conf_errors *errors)
{
	errors->len = errors->dropped = 0;
}

void
conf_errors_fini(struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->len; i++)
		sl_free(errors->list[i].text);
	errors->len = 0;
}

void
conf_errors_add(struct conf_errors *errors, struct conf_mark at, const char *format, ...)
{
	va_list ap;
	struct sl_buf text;

	if (errors->len == CONF_ERRORS_MAX) {
		errors->dropped++;
		return;
	}
	sl_buf_init(&text, 4096);
	va_start(ap, format);
	sl_buf_vaddf(&text, format, ap);
	va_end(ap);
	/* What was written is quoted in messages: no control bytes, so that a line stays a line. */
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			text.data[i] = '?';
	errors->list[errors->len++] = (struct conf_error){ at, sl_xstrdup(sl_buf_cstr(&text)) };
	sl_buf_fini(&text);
}

static int
by_position(const void *a, const void *b)
{
	const struct conf_error *x = a, *y = b;

	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.column != y->at.column)
		return x->at.column < y->at.column ? -1 : 1;
	return strcmp(x->text, y->text);
}

void
conf_errors_print(struct conf_errors *errors, const char *file, struct sl_buf *out)
{
	qsort(errors->list, errors->len, sizeof(errors->list[0]), by_position);
	for (size_t i = 0; i < errors->len; i++)
		sl_buf_addf(out, "%s:%u:%u: %s\n", file, errors->list[i].at.line,
		    errors->list[i].at.column, errors->list[i].text);
	if (errors->dropped > 0)
		sl_buf_addf(out, "%s:%u:%u: and %zu more problems\n", file,
		    errors->list[errors->len - 1].at.line,
		    errors->list[errors->len - 1].at.column, errors->dropped);
}
