/*
 * settings_doc.h - the reference of all settings, written from the table
 */
#ifndef SL_SETTINGS_DOC_H
#define SL_SETTINGS_DOC_H

#include "sl/buf.h"

void	sl_settings_doc_markdown(struct sl_buf *out);	/* doc/settings.md */
void	sl_settings_doc_man(struct sl_buf *out);	/* doc/man/sluice.yaml.5, for mdoc(7) */
/* A settings file that works, every further setting in it as a comment with its default. */
void	sl_settings_doc_example(struct sl_buf *out);
/* A plain table for the terminal. */
void	sl_settings_doc_text(struct sl_buf *out);

#endif
