/*
 * terminal.h - what people look at: colours, and texts from outside
 */
#ifndef SLUICECTL_TERMINAL_H
#define SLUICECTL_TERMINAL_H

#include "sl/base.h"

/* Escape sequences, or "" when standard output is no terminal or NO_COLOR is set. */
struct colours {
	const char	*good, *bad, *bold, *plain;
};
struct colours colours_for_stdout(void);

/* Write a text that comes from mail, or from anywhere, so that nothing in it steers the terminal or turns its
 * lines around: no control characters, none that change direction or have no width. Line ends are blanks, or
 * with `lines` new lines that stand in by two. More than `most` characters are cut, with dots. Returns how many were
 * written. */
size_t	terminal_put(struct sl_slice text, size_t most, bool lines);
size_t	terminal_put_str(const char *text);	/* all of it */

#endif
