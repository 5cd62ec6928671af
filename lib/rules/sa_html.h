/*
 * sa_html.h - HTML as SpamAssassin renders it (HTML.pm on HTML::Parser); inside sa_*.c
 *
 * Not how a browser reads it (that is html/view.h): tags are told by another grammar, and text is made of them
 * by other rules, which body rules and HTML eval functions were written against.
 */
#ifndef SL_RULES_SA_HTML_H
#define SL_RULES_SA_HTML_H

#include "rules/sa_i.h"

struct sa_html_uri {
	struct sl_slice	 uri;
	unsigned	 types;
	struct sa_list	 anchors;
};

struct sa_html_inside {
	struct sl_slice	tag;
	long		count;
};

struct sa_style;
struct sa_html {
	struct sl_sa_view	*view;
	bool			 wide;		/* text holds characters that are not Latin-1, or was decoded */
	struct sl_buf		 text;		/* rendered, UTF-8 */
	/* the last piece of text */
	bool			 has_piece, piece_white, piece_invisible;
	size_t			 piece_start;
	/* tags */
	struct sa_html_inside	*inside;
	size_t			 inside_len, inside_size;
	struct sa_set		 inside_index;
	struct sa_style		*styles;
	size_t			 styles_len, styles_size;
	size_t			*style_counts;
	long			 basefont;
	/* results */
	bool			 form_action_mailto, font_low_contrast, font_invalid_color, font_face_bad, embeds;
	bool			 uri_truncated;
	size_t			 elements, elements_seen, tags, tags_seen, closed_extra, obfuscation;
	double			 image_area;
	long			 min_size, max_size;
	size_t			 length;		/* characters of the page */
	size_t			 html_length, non_space_len;	/* characters of the text */
	double			 ratio;
	struct sa_list		 comments, titles, anchors;
	struct sl_buf		 title, anchor;	/* being collected */
	bool			 title_open, anchor_open;
	struct sl_slice		 charsets;
	struct sl_slice		 base_href;
	struct sl_slice		 anchor_last;
	struct sa_html_uri	*uris;
	size_t			 uris_len, uris_size;
	struct sa_set		 uri_index;
};

struct sa_attribute {
	struct sl_slice	name;		/* lower case */
	struct sl_slice	value;
};

/* Parse and render. `wide`: the page was decoded to characters (else it is ASCII). */
struct sa_html *sa_html_new(struct sl_sa_view *view, struct sl_slice page, bool wide, size_t bytes);
void	sa_html_fini(struct sa_html *html);
long	sa_html_inside(const struct sa_html *html, const char *tag);	/* -1: never seen */

/* sa_token.c: calls these in order. */
void	sa_html_parse(struct sa_html *html, struct sl_slice page);
void	sa_html_tag(struct sa_html *html, struct sl_slice tag, struct sa_attribute *attributes, size_t len, bool start);
void	sa_html_text(struct sa_html *html, struct sl_slice text);
void	sa_html_comment(struct sa_html *html, struct sl_slice text);
void	sa_html_declaration(struct sa_html *html, struct sl_slice text);

/* sa_style.c */
void	sa_style_init(struct sa_html *html);
void	sa_style_tag(struct sa_html *html, struct sl_slice tag, const struct sa_attribute *attributes, size_t len,
	    bool start);
bool	sa_style_invisible(struct sa_html *html);	/* and notes why */
const struct sa_attribute *sa_attribute_find(const struct sa_attribute *attributes, size_t len, const char *name);

#endif
