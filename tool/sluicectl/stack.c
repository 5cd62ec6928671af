/* stack.c - see stack.h */

#include "stack.h"

#include <stdio.h>

#include "classify/combine.h"
#include "classify/findings.h"
#include "classify/ngram.h"
#include "classify/panel.h"
#include "message.h"

#define MODEL_MAX_BYTES	((size_t)1 << 26)

struct stack {
	struct sl_buf		 model_bytes;
	struct sl_ngram_model	*model;
};

int
stack_open(const char *command, const struct stack_files *files, struct stack **stack_out)
{
	struct stack *stack = sl_xzalloc(sizeof(*stack));
	int r;

	sl_buf_init(&stack->model_bytes, MODEL_MAX_BYTES);
	*stack_out = stack;
	if (files->model == NULL)
		return 0;
	r = file_read(files->model, &stack->model_bytes);
	if (r == 0)
		r = sl_ngram_model_open(sl_buf_slice(&stack->model_bytes), &stack->model);
	if (r == 0)
		return 0;
	fprintf(stderr, "sluicectl %s: model %s: %s\n", command, files->model,
	    r == SL_ERR_SYNTAX ? "not a model, or damaged" : file_error(r));
	stack_close(stack_out);
	return 1;
}

void
stack_close(struct stack **stack)
{
	if (*stack == NULL)
		return;
	sl_ngram_model_close(&(*stack)->model);
	sl_buf_fini(&(*stack)->model_bytes);
	sl_free(*stack);
	*stack = NULL;
}

void
stack_judge(const struct stack *stack, struct sl_slice message, struct sl_arena *arena,
    struct sl_verdict *verdict)
{
	struct sl_panel *panel = sl_panel_new(NULL, arena);

	*verdict = (struct sl_verdict){ 0 };
	if (stack->model != NULL)
		sl_panel_add(panel, &sl_ngram_classifier, stack->model);
	sl_panel_add(panel, &sl_findings_classifier, NULL);
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, verdict);
	sl_combine(verdict);
	sl_panel_free(&panel);
}

const char *
stack_model_id(const struct stack *stack)
{
	return stack->model != NULL ? sl_ngram_model_id(stack->model) : "none";
}

/* ---- who said it */

/* By how a name begins; the first that fits. What none fits is a finding. */
static const struct {
	const char	*prefix, *classifier;
} owners[] = {
	{ "ngram", "n-grams" },
	{ "token", "tokens" },
	{ "link_", "links" },
	{ "list_", "lists of hosts" },
	{ "name_like", "impersonation" },
	{ "impersonat", "impersonation" },
	{ "first_contact", "impersonation" },
	{ "rep_", "reputation" },
	{ "reputation", "reputation" },
	{ "smtp_", "behaviour" },
	{ "campaign", "campaigns" },
	{ "bulk", "bulk" },
	{ "spf", "authentication" },
	{ "dkim", "authentication" },
	{ "dmarc", "authentication" },
	{ "arc_", "authentication" },
	{ "author", "authentication" },
	{ "dnslist", "DNS lists" },
	{ "clamd", "engines" },
	{ "rspamd", "engines" },
	{ "spamd", "engines" },
	{ "icap", "engines" },
	{ "rule_", "rules" },
};

const char *
stack_classifier_of(const char *evidence)
{
	for (const char *c = evidence; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			return "rules";
	for (size_t i = 0; i < SL_COUNT(owners); i++)
		if (strncmp(evidence, owners[i].prefix, strlen(owners[i].prefix)) == 0)
			return owners[i].classifier;
	return "findings";
}
