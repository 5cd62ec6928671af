/* terminal.c - see terminal.h */

#include "terminal.h"

#include "sl/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct colours
colours_for_stdout(void)
{
	const char *no_color = getenv("NO_COLOR");

	if (!isatty(STDOUT_FILENO) || (no_color != NULL && no_color[0] != '\0'))
		return (struct colours){ "", "", "", "" };
	return (struct colours){ "\033[32m", "\033[31m", "\033[1m", "\033[0m" };
}

static bool
is_visible(uint32_t c)
{
	return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && !(c >= 0x200b && c <= 0x200f) &&
	    !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

size_t
terminal_put(struct sl_slice text, size_t most, bool lines)
{
	size_t shown = 0;

	while (text.len > 0 && shown < most) {
		uint32_t c = 0;
		size_t n = sl_utf8_decode(text, &c);

		if (n > 0 && is_visible(c))
			fwrite(text.ptr, 1, n, stdout);
		else if (n > 0 && c == '\n' && lines)
			fputs("\n  ", stdout);
		else if (n > 0 && (c == '\n' || c == '\t'))
			putchar(' ');
		else if (n == 0 || c != '\r')
			putchar('?');
		text = sl_slice_from(text, SL_MAX(n, (size_t)1));
		shown++;
	}
	if (text.len > 0)
		fputs(" ...", stdout);
	return shown;
}

size_t
terminal_put_str(const char *text)
{
	return terminal_put(sl_slice_str(text), SIZE_MAX, false);
}
