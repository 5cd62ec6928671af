/* stack.c - see stack.h */

#include "stack.h"

#include <stdio.h>

#include "classify/findings.h"
#include "classify/own.h"
#include "message.h"
#include "rules.h"

#define MODEL_MAX_BYTES	((size_t)1 << 28)

struct stack {
	struct sl_buf	 bytes, own_bytes;
	struct sl_suffix *suffix;
	struct sl_fold	*fold;
	struct sl_stack	*models;	/* NULL: none */
	struct sl_own	*own;		/* NULL: none */
	const char	*tenant;	/* borrowed */
	struct sl_buf	 rules_bytes;
	struct sl_rules	*rules;		/* NULL: none */
};

bool
stack_files_sound(const char *command, const struct stack_files *files)
{
	if ((files->own == NULL) == (files->tenant == NULL))
		return true;
	fprintf(stderr, "sluicectl %s: --own and --tenant go together\n", command);
	return false;
}

static int
models_open(const char *command, const char *path, struct stack *stack)
{
	struct sl_stack_around around;
	struct sl_buf why;
	int r;

	stack->suffix = sl_suffix_open(NULL);
	stack->fold = sl_fold_preload();
	around = (struct sl_stack_around){ .suffix = stack->suffix, .fold = stack->fold };
	sl_buf_init(&why, 1024);
	r = file_read(path, &stack->bytes);
	if (r == 0)
		r = sl_stack_open(sl_buf_slice(&stack->bytes), &around, &stack->models, &why);
	if (r != 0)
		fprintf(stderr, "sluicectl %s: model %s: %s%s\n", command, path, sl_buf_cstr(&why),
		    r == SL_ERR_SYNTAX ? "not a model, or damaged" : file_error(r));
	sl_buf_fini(&why);
	return r;
}

static int
own_open(const char *command, const char *path, struct stack *stack)
{
	int r = file_read(path, &stack->own_bytes);

	if (r == 0)
		r = sl_own_open(sl_buf_slice(&stack->own_bytes), &stack->own);
	if (r != 0)
		fprintf(stderr, "sluicectl %s: %s: %s\n", command, path,
		    r == SL_ERR_SYNTAX ? "not what tenants know, or damaged" : file_error(r));
	return r;
}

int
stack_open(const char *command, const struct stack_files *files, struct stack **stack_out)
{
	struct stack *stack = sl_xzalloc(sizeof(*stack));
	int r = 0;

	sl_buf_init(&stack->bytes, MODEL_MAX_BYTES);
	sl_buf_init(&stack->own_bytes, SL_OWN_SIZE_MAX + 1);
	sl_buf_init(&stack->rules_bytes, RULES_MAX_BYTES);
	stack->tenant = files->tenant;
	*stack_out = stack;
	if (files->rules != NULL && !rules_load_own(command, files->rules, &stack->rules_bytes, &stack->rules))
		r = 1;
	if (r == 0 && files->model != NULL)
		r = models_open(command, files->model, stack);
	if (r == 0 && files->own != NULL)
		r = own_open(command, files->own, stack);
	if (r != 0)
		stack_close(stack_out);
	return r == 0 ? 0 : 1;
}

void
stack_close(struct stack **stack)
{
	if (*stack == NULL)
		return;
	sl_stack_close(&(*stack)->models);
	sl_own_close(&(*stack)->own);
	sl_rules_close(&(*stack)->rules);
	sl_buf_fini(&(*stack)->rules_bytes);
	sl_suffix_free(&(*stack)->suffix);
	sl_fold_free(&(*stack)->fold);
	sl_buf_fini(&(*stack)->bytes);
	sl_buf_fini(&(*stack)->own_bytes);
	sl_free(*stack);
	*stack = NULL;
}

void
stack_judge(const struct stack *stack, struct sl_slice message, struct sl_arena *arena,
    struct sl_verdict *verdict)
{
	const struct sl_content_settings settings = { .mime = sl_mime_defaults, .suffix = stack->suffix };
	struct sl_panel *panel = sl_panel_new(&settings, arena);
	void *own = NULL;

	*verdict = (struct sl_verdict){ 0 };
	if (stack->models != NULL)
		sl_stack_listen(stack->models, panel);
	if (stack->rules != NULL)
		sl_panel_add(panel, &sl_rules_classifier, stack->rules);
	sl_panel_add(panel, &sl_findings_classifier, NULL);
	if (stack->own != NULL) {
		const struct sl_envelope_event envelope = { .tenant = sl_slice_str(stack->tenant) };

		own = sl_panel_add(panel, &sl_own_classifier, stack->own);
		sl_panel_envelope(panel, &envelope);
	}
	sl_panel_feed(panel, message);
	sl_panel_finish(panel, verdict);
	sl_combine(stack_combiner(stack), verdict);
	if (own != NULL) {
		sl_own_evidence(own, verdict->logit[SL_SPAM], arena, verdict);
		sl_combine(stack_combiner(stack), verdict);
	}
	sl_panel_free(&panel);
}

const char *
stack_model_id(const struct stack *stack)
{
	return stack != NULL && stack->models != NULL ? sl_stack_id(stack->models) : "none";
}

const struct sl_combiner *
stack_combiner(const struct stack *stack)
{
	return stack->models != NULL ? sl_stack_combiner(stack->models) : NULL;
}

/* ---- who said it */

/* By how a name begins; the first that fits. What none fits is a finding. */
static const struct {
	const char	*prefix, *classifier;
} owners[] = {
	{ "ngram", "n-grams" },
	{ "bytegram", "byte n-grams" },
	{ "token", "tokens" },
	{ "own", "own mail" },
	{ "link_", "links" },
	{ "host_", "links" },
	{ "name_hides", "findings" },
	{ "name_", "impersonation" },
	{ "struct_", "structure" },
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
};

const char *
stack_classifier_of(const struct stack *stack, const char *evidence)
{
	if (stack != NULL && stack->rules != NULL && sl_rules_has(stack->rules, evidence))
		return "rules";
	for (size_t i = 0; i < SL_COUNT(owners); i++)
		if (strncmp(evidence, owners[i].prefix, strlen(owners[i].prefix)) == 0)
			return owners[i].classifier;
	return "findings";
}
