/*
 * message_fuzz.c - a message on its way through the window: cuts change neither the window nor what
 * is judged; the window decodes to what was judged but for our own fields; chunks all come back
 *
 * Input: a byte of settings, a byte of cutting, the text.
 */

#include "mailauth/authres.h"
#include "message.h"
#include "mime/fields.h"
#include "mime/strip.h"
#include "sl/buf.h"

#define LINE_MAX_BYTES	100
#define TEXT_MAX	8192
#define ID		"mx.example"

struct outcome {
	struct sl_buf	window, judged;
	uint64_t	wire_bytes;
	unsigned	received;
	int		result;
};

static void
keep(void *ctx, const unsigned char *data, size_t len)
{
	sl_buf_add(ctx, data, len);
}

/* Feed in pieces of `step` bytes, as if read into chunks; take from the window on the way if it may
 * flow. */
static void
pass(struct sl_chunk_pool *pool, struct sl_slice in, bool normalise, size_t step, size_t take,
    struct outcome *o)
{
	struct sl_chunk *chunk = sl_chunk_get(pool);
	const struct sl_piece *position = NULL;
	struct sl_chain taken = { 0 };
	struct sl_slice bytes;
	struct message m;
	size_t at = 0;

	*o = (struct outcome){ .result = SL_MORE };
	sl_buf_init(&o->window, 4 * TEXT_MAX);
	sl_buf_init(&o->judged, 4 * TEXT_MAX);
	message_init(&m, pool, normalise, LINE_MAX_BYTES, ID, keep, &o->judged);
	while (at < in.len && o->result == SL_MORE) {
		size_t n = SL_MIN(step, in.len - at), used;
		unsigned char *to = chunk->data + chunk->used_bytes;

		memcpy(to, in.ptr + at, n);
		chunk->used_bytes += (unsigned)n;
		o->result = message_feed(&m, chunk, to, n, &used);
		SL_ASSERT(used <= n && (used == n || o->result != SL_MORE));
		at += used;
		if (o->result >= 0 && message_held(&m) > take)
			message_take(&m, &taken, message_held(&m) - take);
	}
	SL_ASSERT(m.wire_bytes == at && m.complete == (o->result == SL_DONE));
	message_take(&m, &taken, message_held(&m));
	SL_ASSERT(message_held(&m) == 0);
	while (sl_chain_next(&taken, &position, &bytes))
		sl_buf_add_slice(&o->window, bytes);
	o->wire_bytes = m.wire_bytes;
	o->received = m.strip.received;
	SL_ASSERT(!o->window.overflow && !o->judged.overflow);
	sl_chain_clear(&taken);
	message_clear(&m);
	sl_chunk_unref(&chunk);
}

static bool
drop_ours(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	struct sl_authres authres;

	return sl_authres_is_forged(name, value, ID) ||
	    (cut && (sl_authres_begin(value, &authres) != 0 || authres.rest.len == 0));
}

static void
not_forged(void *ctx, struct sl_slice name, struct sl_slice value, bool cut)
{
	SL_ASSERT(cut || !sl_authres_is_forged(name, value, ID));
}

/* No reader of the window finds results in our name. */
static void
check_results(struct sl_slice decoded)
{
	static const struct sl_fields_sink sink = { .field = not_forged };
	struct sl_fields *fields = sl_fields_new(4 * TEXT_MAX, &sink, NULL);

	sl_fields_feed(fields, decoded.ptr, decoded.len);
	sl_fields_finish(fields);
	sl_fields_free(&fields);
}

/* What a next hop makes of the window is what was judged, without our own fields. */
static void
check_same(struct outcome *o)
{
	static const struct sl_slice own[] = { { (const unsigned char *)"x-sluice-", 9 } };
	const struct sl_strip_rules rules = { own, 1, SL_SLICE_LIT("authentication-results"), drop_ours };
	struct sl_buf decoded, filtered;
	struct sl_smtp_data d;
	struct sl_strip strip;
	size_t used = 0;

	sl_buf_init(&decoded, 4 * TEXT_MAX);
	sl_buf_init(&filtered, 4 * TEXT_MAX);
	sl_smtp_data_init(&d, false, 0, keep, &decoded);
	SL_ASSERT(sl_smtp_data_feed(&d, o->window.data, o->window.len, &used) == SL_DONE);
	SL_ASSERT(used == o->window.len);
	sl_strip_init(&strip, &rules, keep, &filtered);
	if (sl_strip_feed(&strip, o->judged.data, o->judged.len, &used) == SL_DONE)
		sl_buf_add(&filtered, o->judged.data + used, o->judged.len - used);
	else
		sl_strip_finish(&strip);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&decoded), sl_buf_slice(&filtered)));
	check_results(sl_buf_slice(&decoded));
	sl_strip_fini(&strip);
	sl_buf_fini(&decoded);
	sl_buf_fini(&filtered);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const size_t takes[] = { SIZE_MAX, 64, 0, 1000 };
	struct sl_chunk_pool *pool;
	struct outcome whole, other;
	struct sl_slice in;
	bool normalise;

	if (len < 2 || len > TEXT_MAX)
		return 0;
	normalise = data[0] & 1;
	in = sl_slice(data + 2, len - 2);
	pool = sl_chunk_pool_new(4);
	pass(pool, in, normalise, SL_MAX(in.len, (size_t)1), SIZE_MAX, &whole);
	pass(pool, in, normalise, 1u + data[1] % 40, SIZE_MAX, &other);
	SL_ASSERT(whole.result == other.result && whole.wire_bytes == other.wire_bytes);
	SL_ASSERT(whole.received == other.received);
	SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.judged), sl_buf_slice(&other.judged)));
	if (whole.result == SL_DONE) {
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.window), sl_buf_slice(&other.window)));
		check_same(&whole);
	}
	sl_buf_fini(&other.window);
	sl_buf_fini(&other.judged);
	pass(pool, in, normalise, 1u + data[1] % 40, takes[data[0] >> 1 & 3], &other);
	if (whole.result == SL_DONE)
		SL_ASSERT(sl_slice_eq(sl_buf_slice(&whole.window), sl_buf_slice(&other.window)));
	sl_buf_fini(&other.window);
	sl_buf_fini(&other.judged);
	sl_buf_fini(&whole.window);
	sl_buf_fini(&whole.judged);
	SL_ASSERT(sl_chunk_pool_in_use(pool) == 0);
	sl_chunk_pool_free(&pool);
	return 0;
}
