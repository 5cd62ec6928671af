/* answer.c - see answer.h */

#include "answer.h"

#include <stdio.h>

void
answer_vset(struct answer *answer, int code, const char *enhanced, const char *format, va_list ap)
{
	*answer = (struct answer){ .code = code };
	snprintf(answer->enhanced, sizeof(answer->enhanced), "%s", enhanced);
	vsnprintf(answer->text, sizeof(answer->text), format, ap);
}

void
answer_set(struct answer *answer, int code, const char *enhanced, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	answer_vset(answer, code, enhanced, format, ap);
	va_end(ap);
}
