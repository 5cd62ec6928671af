/*
 * trace_words.h - a transaction's record line in words: what happened at each step, and why
 */
#ifndef SLUICECTL_TRACE_WORDS_H
#define SLUICECTL_TRACE_WORDS_H

#include "commands.h"
#include "sl/buf.h"
#include "terminal.h"

/* Add lines of text about a record line. Text from the line is made printable. False: it is no record. */
bool	trace_words(struct sl_slice line, const struct colours *colours, struct sl_buf *out);

#endif
