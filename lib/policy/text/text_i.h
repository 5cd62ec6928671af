/*
 * text_i.h - inside lib/policy/text
 */
#ifndef SL_POLICY_TEXT_I_H
#define SL_POLICY_TEXT_I_H

#include "policy/text/policy_text.h"

/* The YAML tree and its problems are those of the settings: the same files for the same people. */
#include "conf/conf_i.h"

struct policy_reader {
	struct conf_errors	 errors;
	struct sl_arena		 tree;		/* nodes */
	struct sl_arena		*arena;		/* values */
	const char		*what;		/* for messages: the path of the setting, or of a rule's member */
};

#define WRONG(reader, node, ...) conf_errors_add(&(reader)->errors, (node)->at, __VA_ARGS__)

/* read.c */
void	*policy_alloc(struct policy_reader *r, const struct conf_node *node, size_t count, size_t size_bytes);
struct sl_slice policy_copy(struct policy_reader *r, const struct conf_node *node, struct sl_slice s);
/* A value, neither nothing nor a structure; else a problem is told. */
bool	policy_is_scalar(struct policy_reader *r, const struct conf_node *node);
bool	policy_is_list(struct policy_reader *r, const struct conf_node *node, size_t max);
bool	policy_is_map(struct policy_reader *r, const struct conf_node *node);
/* One of the words; a problem is told if it is none. */
uint32_t policy_read_word(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_word *words);
/* Any of the words: their bits. */
uint32_t policy_read_set(struct policy_reader *r, const struct conf_node *node, const struct sl_policy_word *words);
/* A text that can be shown, printed and read again: UTF-8 of one line. */
struct sl_slice policy_read_text(struct policy_reader *r, const struct conf_node *node, size_t max);
/* A domain, as lists keep it; empty if it is none, and a problem is told. */
struct sl_slice policy_read_domain(struct policy_reader *r, const struct conf_node *node);
/* A list of texts, sorted, none twice. `normal` makes a text what it is kept as, or tells a problem. */
typedef struct sl_slice policy_read_item(struct policy_reader *r, const struct conf_node *node);
void	policy_read_list(struct policy_reader *r, const struct conf_node *node, size_t max,
	    policy_read_item *item, struct sl_policy_list *out);

/* read_lists.c */
void	policy_read_files(struct policy_reader *r, const struct conf_node *node, struct sl_attachment_rules *out);
void	policy_read_groups(struct policy_reader *r, const struct conf_node *node, struct sl_content_groups *out);
void	policy_read_partners(struct policy_reader *r, const struct conf_node *node, struct sl_partner_domains *out);
extern const struct sl_policy_word policy_actions[], policy_families[], policy_numbers[], policy_insides[],
    policy_no_yes[];

/* print.c: an item of a list, as a flow map; a text in quotes; numbers. */
void	policy_print_file(const struct sl_attachment_rule *rule, struct sl_buf *out);
void	policy_print_group(const struct sl_content_group *group, struct sl_buf *out);
void	policy_print_partner(const struct sl_partner_domain *partner, struct sl_buf *out);
void	policy_print_text(struct sl_slice text, struct sl_buf *out);
void	policy_print_set(uint32_t set, const struct sl_policy_word *words, struct sl_buf *out);

#endif
