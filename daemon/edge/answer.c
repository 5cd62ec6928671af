/* answer.c - see answer.h */

#include "answer.h"

#include <stdio.h>

void
answer_set(struct answer *answer, int code, const char *enhanced, const char *format, ...)
{
	va_list ap;

	*answer = (struct answer){ .code = code };
	snprintf(answer->enhanced, sizeof(answer->enhanced), "%s", enhanced);
	va_start(ap, format);
	vsnprintf(answer->text, sizeof(answer->text), format, ap);
	va_end(ap);
}
