/* data.c - see smtp/data.h
 *
 * Two readers take turns. `step` takes one byte and knows every rule. `glide` passes over all
 * the bytes after which nothing is to be done: it looks at pairs of neighbours, 64 at a time,
 * and stops before the first byte that needs a `step`:
 *   LF not after CR, any byte but LF after CR, a dot after LF, NUL, and the byte that might be
 *   one too many for its line.
 * What it passes are lines that end in CRLF and do not begin with a dot, so the state after it
 * follows from the last byte alone.
 */

#include "smtp/data.h"
#include "smtp/data_i.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BLOCK	64	/* pairs in a block: those of data[base .. base + 64], 65 bytes */

enum data_state {		/* what the last bytes on the wire were: */
	DATA_LINE_START = 0,	/* CRLF, or nothing yet */
	DATA_TEXT,		/* anything else */
	DATA_CR,		/* CR, but not after a dot at a line start */
	DATA_DOT,		/* a dot at a line start; taken away */
	DATA_DOT_CR,		/* such a dot and CR; not given to the sink */
	DATA_END,		/* CRLF.CRLF; takes no more */
};

/* One bit per pair of neighbours. Bit k speaks of data[base + 1 + k] and the byte before it. */
struct masks {
	uint64_t	event;	/* needs a step */
	uint64_t	lf;	/* is LF */
};

/* A buffer being fed. */
struct text {
	struct sl_smtp_data	*d;
	const unsigned char	*data;
	size_t			 len;
	size_t			 pos;		/* bytes consumed */
	size_t			 run;		/* data[run..pos) is decoded and not given yet */
	ptrdiff_t		 line_from;	/* where the line's content began; may be in an
						 * earlier buffer (negative) */
	ptrdiff_t		 line_max;
	struct masks		 block;		/* the block at hand ... */
	size_t			 block_base;
	size_t			 block_pairs;	/* ... and how many of its pairs exist; 0: none */
};

void
sl_smtp_data_init(struct sl_smtp_data *d, bool normalise, size_t line_max_bytes,
    sl_smtp_data_sink *sink, void *ctx)
{
	enum sl_smtp_data_kernel kernel = SL_SMTP_DATA_KERNELS - 1;

	while (!sl_smtp_data_kernel_ok(kernel))
		kernel--;
	*d = (struct sl_smtp_data){ .state = DATA_LINE_START, .kernel = (unsigned char)kernel,
	    .normalise = normalise, .line_max_bytes = line_max_bytes, .sink = sink, .ctx = ctx };
}

/*
 * The kernels: masks of the 64 pairs in p[0..64].
 */

#define BYTES(c)	(UINT64_C(0x0101010101010101) * (c))

static uint64_t
load_le64(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* The top bit of each byte that equals c, and no other bit. No carry passes between bytes. */
static uint64_t
bytes_equal(uint64_t w, unsigned char c)
{
	uint64_t x = w ^ BYTES(c);

	return ~(((x & BYTES(0x7f)) + BYTES(0x7f)) | x) & BYTES(0x80);
}

/* The top bits of eight bytes as eight bits, the first byte's lowest. */
static uint64_t
bytes_gather(uint64_t tops)
{
	return ((tops >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static struct masks
masks_portable(const unsigned char *p)
{
	struct masks m = { 0, 0 };

	for (unsigned k = 0; k < BLOCK; k += 8) {
		uint64_t before = load_le64(p + k), byte = load_le64(p + k + 1);
		uint64_t lf = bytes_equal(byte, '\n');
		uint64_t event = (bytes_equal(before, '\r') ^ lf) | bytes_equal(byte, '\0') |
		    (bytes_equal(before, '\n') & bytes_equal(byte, '.'));

		m.event |= bytes_gather(event) << k;
		m.lf |= bytes_gather(lf) << k;
	}
	return m;
}

#if defined(__x86_64__)

static inline __attribute__((always_inline)) struct masks
masks_sse2(const unsigned char *p)
{
	const __m128i cr = _mm_set1_epi8('\r'), nl = _mm_set1_epi8('\n'), dot = _mm_set1_epi8('.');
	struct masks m = { 0, 0 };

	for (unsigned k = 0; k < BLOCK; k += 16) {
		__m128i before = _mm_loadu_si128((const __m128i *)(const void *)(p + k));
		__m128i byte = _mm_loadu_si128((const __m128i *)(const void *)(p + k + 1));
		__m128i lf = _mm_cmpeq_epi8(byte, nl);
		__m128i unpaired = _mm_xor_si128(_mm_cmpeq_epi8(before, cr), lf);
		__m128i nul = _mm_cmpeq_epi8(byte, _mm_setzero_si128());
		__m128i dots = _mm_and_si128(_mm_cmpeq_epi8(before, nl), _mm_cmpeq_epi8(byte, dot));
		__m128i event = _mm_or_si128(_mm_or_si128(unpaired, nul), dots);

		m.event |= (uint64_t)(unsigned)_mm_movemask_epi8(event) << k;
		m.lf |= (uint64_t)(unsigned)_mm_movemask_epi8(lf) << k;
	}
	return m;
}

#define TARGET_AVX2	__attribute__((target("avx2,bmi")))

static inline __attribute__((always_inline)) TARGET_AVX2 struct masks
masks_avx2(const unsigned char *p)
{
	const __m256i cr = _mm256_set1_epi8('\r'), nl = _mm256_set1_epi8('\n');
	const __m256i dot = _mm256_set1_epi8('.');
	struct masks m = { 0, 0 };

	for (unsigned k = 0; k < BLOCK; k += 32) {
		__m256i before = _mm256_loadu_si256((const __m256i *)(const void *)(p + k));
		__m256i byte = _mm256_loadu_si256((const __m256i *)(const void *)(p + k + 1));
		__m256i lf = _mm256_cmpeq_epi8(byte, nl);
		__m256i unpaired = _mm256_xor_si256(_mm256_cmpeq_epi8(before, cr), lf);
		__m256i nul = _mm256_cmpeq_epi8(byte, _mm256_setzero_si256());
		__m256i dots = _mm256_and_si256(_mm256_cmpeq_epi8(before, nl),
		    _mm256_cmpeq_epi8(byte, dot));
		__m256i event = _mm256_or_si256(_mm256_or_si256(unpaired, nul), dots);

		m.event |= (uint64_t)(unsigned)_mm256_movemask_epi8(event) << k;
		m.lf |= (uint64_t)(unsigned)_mm256_movemask_epi8(lf) << k;
	}
	return m;
}

#endif

/* The index of the first LF of a block, or of the byte after the block. */
static inline __attribute__((always_inline)) ptrdiff_t
block_line_end(size_t base, uint64_t lf)
{
	return (ptrdiff_t)base + 1 + (lf != 0 ? __builtin_ctzll(lf) : BLOCK);
}

/* Where the content of the line begins that stands at the end of a block. */
static inline __attribute__((always_inline)) ptrdiff_t
block_line_from(size_t base, uint64_t lf, ptrdiff_t line_from)
{
	return lf != 0 ? (ptrdiff_t)base + 2 + (63 - __builtin_clzll(lf)) : line_from;
}

/* For each kernel the walk over whole blocks without an event, and the masks of one block. A
 * macro, since a function for one CPU is not inlined into a function for all. */
#define KERNEL(name, target)								\
target static struct masks								\
block_##name(const unsigned char *p)							\
{											\
	return masks_##name(p);								\
}											\
											\
target static void									\
walk_##name(struct text *t)								\
{											\
	size_t base = t->pos - 1;							\
	ptrdiff_t line_from = t->line_from;						\
											\
	while (t->len - base > BLOCK) {							\
		struct masks m = masks_##name(t->data + base);				\
											\
		if (m.event != 0 || line_from + t->line_max < block_line_end(base, m.lf)) \
			break;								\
		line_from = block_line_from(base, m.lf, line_from);			\
		base += BLOCK;								\
	}										\
	t->pos = base + 1;								\
	t->line_from = line_from;							\
}

KERNEL(portable, )
#if defined(__x86_64__)
KERNEL(sse2, )
KERNEL(avx2, TARGET_AVX2)
#endif

static const struct kernel {
	struct masks	(*block)(const unsigned char *p);
	void		(*walk)(struct text *t);
} kernels[SL_SMTP_DATA_KERNELS] = {
	[SL_SMTP_DATA_PORTABLE] = { block_portable, walk_portable },
#if defined(__x86_64__)
	[SL_SMTP_DATA_SSE2] = { block_sse2, walk_sse2 },
	[SL_SMTP_DATA_AVX2] = { block_avx2, walk_avx2 },
#endif
};

bool
sl_smtp_data_kernel_ok(enum sl_smtp_data_kernel kernel)
{
#if defined(__x86_64__)
	if (kernel == SL_SMTP_DATA_AVX2)
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#endif
	return kernels[kernel].block != NULL;
}

/*
 * The glide over what needs no step.
 */

static uint64_t
low_bits(size_t n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* Look at the block from data[pos - 1] on, which may be cut short by the buffer's end. */
static void
block_load(struct text *t)
{
	const struct kernel *kernel = &kernels[t->d->kernel];
	unsigned char cut[BLOCK + 1] = { 0 };
	size_t base = t->pos - 1, pairs = SL_MIN(t->len - t->pos, (size_t)BLOCK);
	ptrdiff_t over = t->line_from + t->line_max;	/* the first byte that may not be content */

	if (pairs < BLOCK) {
		memcpy(cut, t->data + base, pairs + 1);
		t->block = kernel->block(cut);
	} else {
		t->block = kernel->block(t->data + base);
	}
	t->block.lf &= low_bits(pairs);
	/* Steps for all that follows: bytes that are dropped may let the line go on. */
	if (over < block_line_end(base, t->block.lf))
		t->block.event |= ~low_bits(over > (ptrdiff_t)base ? (size_t)over - base - 1 : 0);
	t->block.event &= low_bits(pairs);
	t->block_base = base;
	t->block_pairs = pairs;
}

/* Pass over what is left of the block at hand, to its first event. Returns whether it had none. */
static bool
block_pass(struct text *t)
{
	size_t passed = t->pos - 1 - t->block_base, stop;
	uint64_t event, lf;

	if (passed >= t->block_pairs)
		return true;
	event = t->block.event & ~low_bits(passed);
	stop = event != 0 ? (size_t)__builtin_ctzll(event) : t->block_pairs;
	lf = t->block.lf & ~low_bits(passed) & low_bits(stop);
	t->line_from = block_line_from(t->block_base, lf, t->line_from);
	t->pos = t->block_base + 1 + stop;
	return event == 0;
}

/* Go to the next byte that needs a step. At least one byte of the buffer has been stepped over,
 * and the state is none that holds something back. */
static void
glide(struct text *t)
{
	size_t from = t->pos;

	while (block_pass(t) && t->pos < t->len) {
		kernels[t->d->kernel].walk(t);
		if (t->pos < t->len)
			block_load(t);
	}
	if (t->pos > from)
		t->d->state = t->data[t->pos - 1] == '\n' ? DATA_LINE_START :
		    t->data[t->pos - 1] == '\r' ? DATA_CR : DATA_TEXT;
}

/*
 * The step over one byte.
 */

/* Give what is decoded to the sink; what comes next begins at `run`. */
static void
give(struct text *t, size_t run)
{
	if (t->pos > t->run && t->d->sink != NULL)
		t->d->sink(t->d->ctx, t->data + t->run, t->pos - t->run);
	t->run = run;
}

/* Normalise: end the line here, adding to the sink's bytes, and drop the next `drop` bytes. */
static void
end_line(struct text *t, const char *add, size_t drop)
{
	give(t, t->pos + drop);
	if (t->d->sink != NULL)
		t->d->sink(t->d->ctx, (const unsigned char *)add, strlen(add));
	t->pos += drop;
	t->line_from = (ptrdiff_t)t->pos;
	t->d->state = DATA_TEXT;
}

/* A byte that is not the LF of a CRLF, and no dot at a line start; the byte before is no CR. */
static int
step_text(struct text *t)
{
	unsigned char c = t->data[t->pos];

	if (c == '\n') {
		if (!t->d->normalise)
			return SL_ERR_BARE_LF;
		end_line(t, "\r\n", 1);
		return SL_MORE;
	}
	if (c == '\0') {
		if (!t->d->normalise)
			return SL_ERR_NUL;
		give(t, t->pos + 1);
		t->line_from++;
	} else if (c != '\r' && (ptrdiff_t)t->pos - t->line_from >= t->line_max) {
		return SL_ERR_TOO_LONG;
	}
	t->pos++;
	t->d->state = c == '\r' ? DATA_CR : DATA_TEXT;
	return SL_MORE;
}

static int
step_line_start(struct text *t)
{
	if (t->data[t->pos] != '.')
		return step_text(t);
	give(t, t->pos + 1);
	t->pos++;
	t->line_from = (ptrdiff_t)t->pos;
	t->d->state = DATA_DOT;
	return SL_MORE;
}

static int
step_after_dot(struct text *t)
{
	if (t->data[t->pos] != '\r')
		return step_text(t);
	t->pos++;
	t->run = t->pos;	/* held back: nothing but the dot was before it */
	t->d->state = DATA_DOT_CR;
	return SL_MORE;
}

static int
step_after_cr(struct text *t)
{
	bool dot = t->d->state == DATA_DOT_CR;

	if (t->data[t->pos] != '\n') {
		if (!t->d->normalise)
			return SL_ERR_BARE_CR;
		end_line(t, dot ? "\r\n" : "\n", 0);
		return step_text(t);
	}
	t->pos++;
	t->d->state = dot ? DATA_END : DATA_LINE_START;
	if (dot)
		t->run = t->pos;
	t->line_from = (ptrdiff_t)t->pos;
	return dot ? SL_DONE : SL_MORE;
}

static int
step(struct text *t)
{
	switch ((enum data_state)t->d->state) {
	case DATA_LINE_START:
		return step_line_start(t);
	case DATA_TEXT:
		return step_text(t);
	case DATA_DOT:
		return step_after_dot(t);
	case DATA_CR:
	case DATA_DOT_CR:
		return step_after_cr(t);
	case DATA_END:
		break;
	}
	SL_UNREACHABLE("text after its end");
}

int
sl_smtp_data_feed(struct sl_smtp_data *d, const unsigned char *data, size_t len, size_t *used_out)
{
	struct text t = { .d = d, .data = data, .len = len };
	int r = SL_MORE;

	SL_ASSERT(!d->failed && d->state != DATA_END);
	t.line_from = -(ptrdiff_t)d->line_bytes;
	t.line_max = PTRDIFF_MAX / 2;
	if (d->line_max_bytes != 0 && d->line_max_bytes < PTRDIFF_MAX / 2)
		t.line_max = (ptrdiff_t)d->line_max_bytes;
	while (t.pos < len && (r = step(&t)) == SL_MORE) {
		/* A glide takes it that no line which begins in a block is too long in it. */
		if (d->state <= DATA_CR && t.line_max >= BLOCK)
			glide(&t);
	}
	give(&t, t.pos);
	d->line_bytes = (size_t)((ptrdiff_t)t.pos - t.line_from);
	d->failed = r < 0;
	*used_out = t.pos;
	return r;
}

int
sl_smtp_data_skip(struct sl_smtp_data *d, const unsigned char *data, size_t len, size_t *used_out)
{
	const unsigned char *cr;
	size_t pos = 0;

	SL_ASSERT(d->state != DATA_END);
	d->failed = true;
	while (pos < len && d->state != DATA_END) {
		unsigned char c = data[pos++];

		if (c == '\r') {
			d->state = d->state == DATA_DOT ? DATA_DOT_CR : DATA_CR;
		} else if (c == '\n' && d->state == DATA_DOT_CR) {
			d->state = DATA_END;
		} else if (c == '\n' && d->state == DATA_CR) {
			d->state = DATA_LINE_START;
		} else if (c == '.' && d->state == DATA_LINE_START) {
			d->state = DATA_DOT;
		} else {
			d->state = DATA_TEXT;
			cr = memchr(data + pos, '\r', len - pos);
			pos = cr != NULL ? (size_t)(cr - data) : len;
		}
	}
	*used_out = pos;
	return d->state == DATA_END ? SL_DONE : SL_MORE;
}

size_t
sl_smtp_data_unsettled(const struct sl_smtp_data *d)
{
	return d->state == DATA_DOT_CR ? 2 : d->state == DATA_CR || d->state == DATA_DOT ? 1 : 0;
}

/*
 * Adding the dots.
 */

enum stuff_state {		/* the last byte was: */
	STUFF_LINE_START = 0,	/* LF, or there was none */
	STUFF_TEXT,
	STUFF_CR,
};

void
sl_smtp_stuff_feed(struct sl_smtp_stuff *s, const unsigned char *data, size_t len,
    sl_smtp_stuff_sink *sink, void *ctx)
{
	size_t run = 0, pos = 0;
	const unsigned char *dot;

	if (len == 0)
		return;
	while ((dot = memchr(data + pos, '.', len - pos)) != NULL) {
		pos = (size_t)(dot - data);
		if (pos == 0 ? s->state == STUFF_LINE_START : dot[-1] == '\n') {
			sink(ctx, data + run, pos + 1 - run);	/* with the dot, that comes again */
			run = pos;
		}
		pos++;
	}
	sink(ctx, data + run, len - run);
	s->state = data[len - 1] == '\n' ? STUFF_LINE_START :
	    data[len - 1] == '\r' ? STUFF_CR : STUFF_TEXT;
}

void
sl_smtp_stuff_finish(struct sl_smtp_stuff *s, sl_smtp_stuff_sink *sink, void *ctx)
{
	static const char end[] = "\r\n.\r\n";
	size_t have = s->state == STUFF_LINE_START ? 2 : s->state == STUFF_CR ? 1 : 0;

	sink(ctx, (const unsigned char *)end + have, sizeof(end) - 1 - have);
}
