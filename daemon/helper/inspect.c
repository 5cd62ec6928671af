/* inspect.c - see inspect.h */

#include "wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICKS		16		/* looks between two looks at the clock */
#define TEXT_MAX	(1u << 20)	/* of a page in an archive: searched for addresses ... */
#define LINKS_OF_A_TEXT	64		/* ... up to so many */

static uint64_t
cpu_us(void)
{
	struct timespec ts;

	SL_ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == 0);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void
inspection_init(struct inspection *in, const struct sl_deep_budget *limits, sl_deep_sink *sink,
    void *ctx)
{
	*in = (struct inspection){ .limits = *limits, .sink = sink, .ctx = ctx, .began_us = cpu_us() };
	in->limits.depth = SL_MIN(in->limits.depth, SL_DEEP_DEPTH_MAX);
	sl_buf_init(&in->path, 16384);
}

void
inspection_fini(struct inspection *in)
{
	in->used.cpu_ms = (uint32_t)((cpu_us() - in->began_us) / 1000);
	sl_buf_fini(&in->path);
}

/* ---- limits ---- */

/* Say that a limit was reached, past all limits, once. */
static void
over(struct inspection *in, const char *what)
{
	struct sl_deep_item item = { .kind = SL_DEEP_FINDING, .path = sl_buf_slice(&in->path) };

	if (in->over)
		return;
	in->over = in->incomplete = true;
	item.finding.id = SL_DEEP_BUDGET;
	item.finding.detail = sl_slice_str(what);
	in->sink(in->ctx, &item);
}

bool
inspection_over(struct inspection *in)
{
	if (!in->over && in->ticks++ % TICKS == 0 &&
	    cpu_us() - in->began_us > in->limits.cpu_ms * 1000ull)
		over(in, "time");
	return in->over;
}

bool
inspection_spend(struct inspection *in, size_t bytes)
{
	if (inspection_over(in))
		return false;
	if (bytes > in->limits.bytes_out - in->used.bytes_out) {
		in->used.bytes_out = in->limits.bytes_out;
		over(in, "bytes");
		return false;
	}
	in->used.bytes_out += bytes;
	return true;
}

/* Room for one more item? */
static bool
spend_item(struct inspection *in)
{
	if (in->over)
		return false;
	if (in->used.items >= in->limits.items) {
		over(in, "items");
		return false;
	}
	in->used.items++;
	return true;
}

/* ---- results ---- */

void
found(struct inspection *in, enum sl_deep_finding id, const char *format, ...)
{
	struct sl_deep_item item = { .kind = SL_DEEP_FINDING, .path = sl_buf_slice(&in->path) };
	char detail[SL_DEEP_DETAIL_MAX + 1];
	va_list ap;
	int n;

	if (id == SL_DEEP_BUDGET || id == SL_DEEP_MEMORY)
		in->incomplete = true;
	if (in->said[id] >= FINDINGS_OF_A_KIND || !spend_item(in))
		return;
	in->said[id]++;
	va_start(ap, format);
	n = vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	item.finding.id = id;
	item.finding.detail = sl_slice(detail, n < 0 ? 0 : SL_MIN((size_t)n, sizeof(detail) - 1));
	in->sink(in->ctx, &item);
}

void *
inspect_alloc(struct inspection *in, size_t size)
{
	void *memory = malloc(SL_MAX(size, (size_t)1));

	if (memory == NULL)
		found(in, SL_DEEP_MEMORY, "%zu bytes", size);
	return memory;
}

void
found_link(struct inspection *in, enum sl_deep_source from, struct sl_slice url)
{
	struct sl_deep_item item = { .kind = SL_DEEP_LINK, .path = sl_buf_slice(&in->path) };
	uint64_t hash;

	url = sl_slice_trim(url);
	if (url.len == 0 || in->links >= LINKS_OF_AN_OBJECT)
		return;
	hash = sl_hash(url.ptr, url.len);
	for (unsigned i = 0; i < in->links; i++)
		if (in->link_hashes[i] == hash)
			return;
	if (!spend_item(in))
		return;
	in->link_hashes[in->links++] = hash;
	item.link.from = from;
	item.link.url = url;
	in->sink(in->ctx, &item);
}

/* ---- objects ---- */

/* A ZIP that ends here, behind something else (a program that unpacks itself, a picture). */
static void
look_for_hidden_zip(struct inspection *in, struct sl_slice bytes)
{
	size_t from = bytes.len > 65557 ? bytes.len - 65557 : 0;
	const unsigned char *end;

	if (bytes.ptr == NULL || bytes.len < 22 + 46)
		return;
	end = memmem(bytes.ptr + from, bytes.len - from, "PK\005\006", 4);
	if (end == NULL || memmem(bytes.ptr, bytes.len, "PK\001\002", 4) == NULL ||
	    memmem(bytes.ptr, bytes.len, "PK\003\004", 4) == NULL)
		return;
	found(in, SL_DEEP_POLYGLOT, "a ZIP archive ends here");
	archive_inspect(in, bytes, SNIFFED_ZIP);
}

/* A page or a message in an archive: where it leads, by its bare bytes. */
static void
text_inspect(struct inspection *in, struct sl_slice bytes)
{
	struct sl_slice url;
	size_t at = 0;

	bytes.len = SL_MIN(bytes.len, (size_t)TEXT_MAX);
	while (in->links < LINKS_OF_A_TEXT && next_url(bytes, &at, &url) && !inspection_over(in))
		if (sl_slice_istarts(url, SL_SLICE_LIT("http")))
			found_link(in, SL_DEEP_FROM_ATTACHED_TEXT, url);
}

static void
inspect(struct inspection *in, struct sl_slice bytes, enum sniffed type)
{
	switch (sniffed_way(type)) {
	case WAY_ARCHIVE:
		archive_inspect(in, bytes, type);
		return;		/* if a ZIP ends in it, that is what was read, or an entry */
	case WAY_OLE:
		ole_inspect(in, bytes);
		break;
	case WAY_RTF:
		rtf_inspect(in, bytes);
		break;
	case WAY_PDF:
		pdf_inspect(in, bytes);
		break;
	case WAY_IMAGE:
		image_inspect(in, bytes, type);
		break;
	case WAY_LNK:
		lnk_inspect(in, bytes);
		break;
	case WAY_ONENOTE:
		onenote_inspect(in, bytes);
		break;
	case WAY_TNEF:
		tnef_inspect(in, bytes);
		break;
	case WAY_URL_FILE:
		url_file_inspect(in, bytes);
		break;
	case WAY_PROGRAM:
		found(in, SL_DEEP_EXECUTABLE, "%s", sniffed_name(type));
		break;
	case WAY_TEXT:
		if (in->depth > 1)
			text_inspect(in, bytes);
		break;
	case WAY_UNREADABLE:
		found(in, SL_DEEP_ARCHIVE_UNSUPPORTED, "%s", sniffed_name(type));
		break;
	case WAY_NONE:
		break;
	}
	if (type != SNIFFED_OLE)	/* its documents may hold others, which are listed */
		look_for_hidden_zip(in, bytes);
}

void
inspection_run(struct inspection *in, struct sl_slice bytes, struct sl_slice name)
{
	enum sniffed type = helper_sniff(bytes);

	in->name = name;
	in->depth = in->used.depth = 1;
	if (name_is_program(name) && sniffed_way(type) != WAY_PROGRAM)
		found(in, SL_DEEP_EXECUTABLE, "by its name");
	inspect(in, bytes, type);
}

/* ---- objects inside ---- */

/* What is said about an object starts anew for the one inside it. */
struct around {
	unsigned char	said[SL_DEEP_FINDING_COUNT];
	unsigned	links;
};

static void
inspect_deeper(struct inspection *in, struct sl_slice bytes, enum sniffed type)
{
	struct around around;

	if (in->depth >= in->limits.depth) {
		if (sniffed_way(type) != WAY_NONE)
			found(in, SL_DEEP_BUDGET, "depth");
		return;
	}
	memcpy(around.said, in->said, sizeof(around.said));
	around.links = in->links;
	memset(in->said, 0, sizeof(in->said));
	in->links = 0;
	in->depth++;
	in->used.depth = SL_MAX(in->used.depth, in->depth);
	inspect(in, bytes, type);
	in->depth--;
	memcpy(in->said, around.said, sizeof(in->said));
	in->links = SL_MIN(around.links, in->links);	/* hashes beyond were written over */
}

struct sl_slice
object_name(const struct inspection *in)
{
	struct sl_slice path = in->path.len > 0 ? sl_buf_slice(&in->path) : in->name;
	size_t from = path.len;

	while (from > 0 && path.ptr[from - 1] != '/')
		from--;
	return sl_slice_from(path, from);
}

void
inner_begin(struct inner *inner, struct inspection *in, struct sl_slice name)
{
	*inner = (struct inner){ .in = in, .path_len = in->path.len, .keep = true };
	if (in->path.len > 0)
		sl_buf_add_str(&in->path, "!/");
	sl_deep_clean_text(name.len > 0 ? name : SL_SLICE_LIT("?"), SL_DEEP_PATH_MAX, &in->path);
	if (name_is_program(name))
		inner->flags |= SL_DEEP_IS_PROGRAM;
	inner->hash = EVP_MD_CTX_new();
	SL_ASSERT(inner->hash != NULL && EVP_DigestInit_ex(inner->hash, EVP_sha256(), NULL) == 1);
}

/* Keep `len` more bytes. False: they cannot be kept. */
static bool
keep_bytes(struct inner *inner, const void *data, size_t len)
{
	if (inner->len + len > INNER_MAX) {
		found(inner->in, SL_DEEP_BUDGET, "larger than %u MiB", INNER_MAX >> 20);
		return false;
	}
	if (inner->len + len > inner->size) {
		size_t size = SL_MAX(SL_MAX(inner->size * 2, inner->len + len), (size_t)INNER_HEAD);
		void *more = realloc(inner->data, size);

		if (more == NULL) {
			found(inner->in, SL_DEEP_MEMORY, "%zu bytes", size);
			return false;
		}
		inner->data = more;
		inner->size = size;
	}
	memcpy(inner->data + inner->len, data, len);
	inner->len += len;
	return true;
}

static void
keep_nothing(struct inner *inner)
{
	free(inner->data);
	inner->data = NULL;
	inner->len = inner->size = 0;
	inner->keep = false;
}

/* The first bytes are there: is this worth keeping? What nobody knows may be an ISO image, whose
 * mark comes late, or a program with an archive behind it. */
static void
decide(struct inner *inner)
{
	inner->type = helper_sniff(sl_slice(inner->data, inner->len));
	if (inner->type == SNIFFED_UNKNOWN && inner->len < 0x8006 + 8)
		return;
	inner->decided = true;
	if (sniffed_way(inner->type) == WAY_NONE && inner->type != SNIFFED_UNKNOWN && inner->part == NULL)
		inner->keep = false;	/* the bytes so far stay until the end: no harm */
}

bool
inner_feed(struct inner *inner, const void *data, size_t len)
{
	if (len == 0)
		return !inspection_over(inner->in);
	if (!inspection_spend(inner->in, len)) {
		inner->flags |= SL_DEEP_CUT;
		return false;
	}
	inner->total += len;
	SL_ASSERT(EVP_DigestUpdate(inner->hash, data, len) == 1);
	if (inner->keep && !keep_bytes(inner, data, len))
		keep_nothing(inner);
	if (inner->keep && !inner->decided && inner->len >= INNER_HEAD)
		decide(inner);
	return true;
}

static void
list(struct inner *inner, uint64_t size_bytes, uint64_t packed_bytes)
{
	struct inspection *in = inner->in;
	struct sl_deep_item item = { .kind = SL_DEEP_ENTRY, .path = sl_buf_slice(&in->path) };
	unsigned len = 0;

	if (!spend_item(in))
		return;
	if ((inner->flags & (SL_DEEP_CUT | SL_DEEP_ENCRYPTED | SL_DEEP_DIRECTORY)) == 0) {
		inner->flags |= SL_DEEP_HASHED;
		SL_ASSERT(EVP_DigestFinal_ex(inner->hash, item.entry.sha256, &len) == 1);
	}
	if (sniffed_way(inner->type) == WAY_PROGRAM || inner->type == SNIFFED_LNK)
		inner->flags |= SL_DEEP_IS_PROGRAM;
	item.entry.type = sl_slice_str(inner->total > 0 || (inner->flags & SL_DEEP_HASHED) != 0
	    ? sniffed_name(inner->type) : "");
	item.entry.size_bytes = SL_MAX(inner->total, size_bytes);
	item.entry.packed_bytes = packed_bytes;
	item.entry.flags = inner->flags;
	in->sink(in->ctx, &item);
}

void
inner_end(struct inner *inner, uint64_t size_bytes, uint64_t packed_bytes)
{
	struct inspection *in = inner->in;

	if (!inner->decided)
		inner->type = helper_sniff(sl_slice(inner->data, inner->len));
	if (!inner->unlisted || inner->type != SNIFFED_XML)
		list(inner, size_bytes, packed_bytes);
	if (inner->part != NULL && inner->keep && inner->len > 0 && !in->over)
		inner->part(in, sl_slice(inner->data, inner->len));
	if ((inner->flags & SL_DEEP_IS_PROGRAM) != 0 && sniffed_way(inner->type) != WAY_PROGRAM)
		found(in, SL_DEEP_EXECUTABLE, "by its name");
	if (inner->keep && inner->len > 0 && !in->over)
		inspect_deeper(in, sl_slice(inner->data, inner->len), inner->type);
	EVP_MD_CTX_free(inner->hash);
	free(inner->data);
	in->path.len = inner->path_len;
	*inner = (struct inner){ 0 };
}

void
inner_bytes(struct inspection *in, struct sl_slice name, struct sl_slice bytes)
{
	struct inner inner;

	inner_begin(&inner, in, name);
	inner.keep = false;
	inner.total = bytes.len;
	inner.decided = true;
	inner.type = helper_sniff(bytes);
	SL_ASSERT(EVP_DigestUpdate(inner.hash, bytes.ptr, bytes.len) == 1);
	list(&inner, bytes.len, 0);
	if ((inner.flags & SL_DEEP_IS_PROGRAM) != 0 && sniffed_way(inner.type) != WAY_PROGRAM)
		found(in, SL_DEEP_EXECUTABLE, "by its name");
	if (bytes.len > 0 && !in->over)
		inspect_deeper(in, bytes, inner.type);
	EVP_MD_CTX_free(inner.hash);
	in->path.len = inner.path_len;
}
