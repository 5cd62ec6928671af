/* job.c - jobs as payloads, and the note in a snapshot; see job.h */

#include "job.h"

#include <stdio.h>

#define TEXT_MAX	2000	/* of an error */
#define PROBLEMS_MAX	65536

static void
pack_numbers(const int64_t *numbers, size_t len, struct sl_buf *out)
{
	SL_ASSERT(len <= JOB_TENANTS_MAX);
	sl_pack_u32(out, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		sl_pack_u64(out, (uint64_t)numbers[i]);
}

static void
pack_parts(const struct job *job, struct sl_buf *out)
{
	SL_ASSERT(job->parts_len <= JOB_PARTS_MAX && job->gone_len <= JOB_PARTS_MAX);
	sl_pack_u32(out, (uint32_t)job->parts_len);
	for (size_t i = 0; i < job->parts_len; i++) {
		sl_pack_u64(out, (uint64_t)job->parts[i].tenant);
		sl_pack_u32(out, job->parts[i].what);
		sl_pack_u64(out, (uint64_t)job->parts[i].id);
	}
	sl_pack_u32(out, (uint32_t)job->gone_len);
	for (size_t i = 0; i < job->gone_len; i++) {
		sl_pack_u64(out, (uint64_t)job->gone[i].tenant);
		sl_pack_bytes(out, job->gone[i].address);
	}
}

void
job_pack(const struct job *job, struct sl_buf *out)
{
	SL_ASSERT(job->kind < JOB_KIND_COUNT);
	sl_pack_u32(out, (uint32_t)job->kind);
	pack_numbers(job->tenants, job->tenants_len, out);
	pack_numbers(job->partly, job->partly_len, out);
	pack_parts(job, out);
	pack_numbers(job->partners, job->partners_len, out);
	pack_numbers(job->speakers, job->speakers_len, out);
	sl_pack_u32(out, (uint32_t)job->node.level);
	sl_pack_u64(out, (uint64_t)job->node.id);
	sl_pack_bytes(out, job->name);
	sl_pack_bytes(out, job->text);
}

static int64_t *
unpack_numbers(struct sl_unpack *in, size_t *len_out)
{
	uint32_t len = sl_unpack_u32(in);
	int64_t *numbers;

	*len_out = 0;
	if (len > JOB_TENANTS_MAX || len > in->rest.len / 8) {
		in->failed = true;
		return NULL;
	}
	numbers = sl_xzalloc(SL_MAX(len, 1u) * sizeof(*numbers));
	for (uint32_t i = 0; i < len; i++)
		numbers[i] = (int64_t)sl_unpack_u64(in);
	*len_out = len;
	return numbers;
}

static void
unpack_parts(struct sl_unpack *in, struct job *job)
{
	uint32_t len = sl_unpack_u32(in);
	struct sl_compile_part *parts;
	struct sl_compile_gone *gone;

	in->failed |= len > JOB_PARTS_MAX;
	len = in->failed ? 0 : len;
	job->parts = parts = sl_xzalloc(SL_MAX(len, 1u) * sizeof(*parts));
	for (; job->parts_len < len && !in->failed; job->parts_len++) {
		parts[job->parts_len].tenant = (int64_t)sl_unpack_u64(in);
		parts[job->parts_len].what = sl_unpack_u32(in);
		parts[job->parts_len].id = (int64_t)sl_unpack_u64(in);
		in->failed |= parts[job->parts_len].what >= SL_COMPILE_WHATS;
	}
	len = sl_unpack_u32(in);
	in->failed |= len > JOB_PARTS_MAX;
	len = in->failed ? 0 : len;
	job->gone = gone = sl_xzalloc(SL_MAX(len, 1u) * sizeof(*gone));
	for (; job->gone_len < len && !in->failed; job->gone_len++) {
		gone[job->gone_len].tenant = (int64_t)sl_unpack_u64(in);
		gone[job->gone_len].address = sl_unpack_bytes(in);
	}
}

int
job_unpack(struct sl_slice payload, struct job *job)
{
	struct sl_unpack in = { .rest = payload };
	uint32_t kind = sl_unpack_u32(&in), level;

	*job = (struct job){ .kind = (enum job_kind)kind };
	job->tenants = unpack_numbers(&in, &job->tenants_len);
	job->partly = unpack_numbers(&in, &job->partly_len);
	unpack_parts(&in, job);
	job->partners = unpack_numbers(&in, &job->partners_len);
	job->speakers = unpack_numbers(&in, &job->speakers_len);
	level = sl_unpack_u32(&in);
	job->node = (struct sl_node){ (enum sl_level)level, (int64_t)sl_unpack_u64(&in) };
	job->name = sl_unpack_bytes(&in);
	job->text = sl_unpack_bytes(&in);
	if (!in.failed && in.rest.len == 0 && kind < JOB_KIND_COUNT && level < SL_LEVELS_COUNT)
		return 0;
	job_fini(job);
	return SL_ERR_SYNTAX;
}

void
job_fini(struct job *job)
{
	sl_free((void *)(uintptr_t)job->tenants);
	sl_free((void *)(uintptr_t)job->partly);
	sl_free((void *)(uintptr_t)job->parts);
	sl_free((void *)(uintptr_t)job->gone);
	sl_free((void *)(uintptr_t)job->partners);
	sl_free((void *)(uintptr_t)job->speakers);
	job->tenants = job->partly = job->partners = job->speakers = NULL;
	job->parts = NULL;
	job->gone = NULL;
}

#define COUNTS(X) X(tenants) X(domains) X(users) X(entries) X(policies) X(long_values) X(expiring) X(bytes)

void
job_done_pack(const struct job_done *done, struct sl_buf *out)
{
	sl_pack_u32(out, (uint32_t)done->result);
	sl_pack_bytes(out, sl_slice(done->error.ptr, SL_MIN(done->error.len, (size_t)TEXT_MAX)));
	sl_pack_bytes(out, sl_slice(done->problems.ptr, SL_MIN(done->problems.len, (size_t)PROBLEMS_MAX)));
	sl_pack_u64(out, (uint64_t)done->change);
	sl_pack_u64(out, done->cpu_us);
#define PACK(name) sl_pack_u64(out, done->counts.name);
	COUNTS(PACK)
#undef PACK
	sl_pack_bytes(out, sl_slice_str(done->id));
}

int
job_done_unpack(struct sl_slice payload, struct job_done *done)
{
	struct sl_unpack in = { .rest = payload };
	struct sl_slice id;

	*done = (struct job_done){ .result = (int)sl_unpack_u32(&in) };
	done->error = sl_unpack_bytes(&in);
	done->problems = sl_unpack_bytes(&in);
	done->change = (int64_t)sl_unpack_u64(&in);
	done->cpu_us = sl_unpack_u64(&in);
#define UNPACK(name) done->counts.name = sl_unpack_u64(&in);
	COUNTS(UNPACK)
#undef UNPACK
	id = sl_unpack_bytes(&in);
	if (in.failed || in.rest.len > 0 || id.len >= sizeof(done->id) || done->result > 0)
		return SL_ERR_SYNTAX;
	memcpy(done->id, id.len > 0 ? id.ptr : (const unsigned char *)"", id.len);
	return 0;
}

/* ---- notes ---- */

void
job_note_print(const struct job_note *note, struct sl_buf *out)
{
	sl_buf_addf(out, "%d %lld %lld ", JOB_VERSION, (long long)note->change, (long long)note->audit);
	for (size_t i = 0; i < sizeof(note->hash); i++)
		sl_buf_addf(out, "%02x", note->hash[i]);
}

static bool
next_number(struct sl_slice *text, uint64_t *out)
{
	const unsigned char *space = text->len == 0 ? NULL : memchr(text->ptr, ' ', text->len);
	size_t len = space == NULL ? text->len : (size_t)(space - text->ptr);
	struct sl_slice word = sl_slice(text->ptr, len);

	*text = sl_slice_from(*text, SL_MIN(len + 1, text->len));
	return sl_slice_to_u64(word, INT64_MAX, out) == 0;
}

static int
digit_of(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
job_note_read(struct sl_slice text, struct job_note *note)
{
	uint64_t version, change, audit;

	if (!next_number(&text, &version) || version != JOB_VERSION || !next_number(&text, &change) ||
	    !next_number(&text, &audit) || text.len != 2 * sizeof(note->hash))
		return false;
	note->change = (int64_t)change;
	note->audit = (int64_t)audit;
	for (size_t i = 0; i < sizeof(note->hash); i++) {
		int high = digit_of(text.ptr[2 * i]), low = digit_of(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		note->hash[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
