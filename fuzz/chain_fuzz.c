/*
 * chain_fuzz.c - what levels say: the same texts are the same chain, a longer one begins as a shorter one does, and a
 * template is taken out of a text without moving a line
 *
 * The input is cut at zero bytes: a layer each, said by the next level.
 */

#include "compile/chain.h"

static size_t
lines_of(struct sl_slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

static void
take_template(struct sl_slice text)
{
	struct sl_slice name, again;
	struct sl_buf rest, second;

	sl_buf_init(&rest, 65536);
	sl_buf_init(&second, 65536);
	if (sl_chain_template(text, &name, &rest) == NULL) {
		SL_ASSERT(rest.len == text.len && lines_of(sl_buf_slice(&rest)) == lines_of(text));
		SL_ASSERT(sl_chain_template(sl_buf_slice(&rest), &again, &second) == NULL && again.len == 0);
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&rest), sl_buf_slice(&second)));
	}
	sl_buf_fini(&rest);
	sl_buf_fini(&second);
}

/* The chain of all layers; those that are refused leave it as it is. */
static uint32_t
push_all(struct sl_chains *chains, struct sl_slice input)
{
	uint32_t chain = SL_CHAIN_EMPTY, next;
	struct sl_buf errors;
	int r;

	for (int by = 0; input.len > 0; by = SL_MIN(by + 1, (int)SL_BY_USER)) {
		const unsigned char *zero = memchr(input.ptr, '\0', input.len);
		size_t len = zero == NULL ? input.len : (size_t)(zero - input.ptr);

		sl_buf_init(&errors, 4096);
		r = sl_chains_push(chains, chain, (enum sl_policy_by)by, sl_slice("", 0), sl_slice(input.ptr, len), &next, &errors);
		SL_ASSERT(r == 0 || r == SL_ERR_SYNTAX || r == SL_ERR_FULL);
		SL_ASSERT((r == SL_ERR_SYNTAX) == (errors.len > 0));
		if (r == 0)
			chain = next;
		sl_buf_fini(&errors);
		input = sl_slice_from(input, SL_MIN(len + 1, input.len));
	}
	return chain;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_slice input = sl_slice(data, len);
	struct sl_policy_effective *effective = sl_xzalloc(sizeof(*effective));
	struct sl_policy_source sources[SL_POLICY_SOURCES_MAX];
	struct sl_chains *chains = sl_chains_new();
	uint32_t chain = push_all(chains, input);
	size_t chains_len = sl_chains_len(chains), sources_len;

	SL_ASSERT(push_all(chains, input) == chain && sl_chains_len(chains) == chains_len);
	sl_chains_resolve(chains, chain, effective, sources, &sources_len);
	for (size_t i = 1; i < sources_len; i++)
		SL_ASSERT(sources[i].by >= sources[i - 1].by);
	take_template(input);
	sl_chains_free(&chains);
	sl_free(effective);
	return 0;
}
