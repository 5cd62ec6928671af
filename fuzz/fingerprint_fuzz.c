/*
 * fingerprint_fuzz.c - fingerprints: every cutting agrees; a text is like itself, whatever its case and
 * blanks
 *
 * Input: a byte that chooses text or file, a byte of cutting, the input.
 */

#include "fingerprint/fingerprint.h"

static struct sl_fingerprint_key key;

static struct sl_fingerprint_result
print_of(struct sl_slice in, bool file, size_t step)
{
	struct sl_fingerprint f;
	struct sl_fingerprint_result r;

	if (file)
		sl_fingerprint_init_file(&f, &key);
	else
		sl_fingerprint_init_text(&f, &key);
	for (size_t at = 0; at < in.len; at += step)
		sl_fingerprint_feed(&f, sl_slice(in.ptr + at, SL_MIN(step, in.len - at)));
	sl_fingerprint_finish(&f, &r);
	SL_ASSERT(r.shingles <= in.len && r.shingles <= SL_FINGERPRINT_SEEN);
	return r;
}

/* The same with capitals, and with other blanks. */
static void
check_alike(struct sl_slice in, const struct sl_fingerprint_result *r)
{
	unsigned char *other = sl_xmemdup(in.ptr, in.len);
	struct sl_fingerprint_result again;

	for (size_t i = 0; i < in.len; i++) {
		if (other[i] >= 'a' && other[i] <= 'z')
			other[i] = (unsigned char)(other[i] - 'a' + 'A');
		else if (other[i] == ' ' || other[i] == '\n')
			other[i] = '\t';
		else if (other[i] >= '0' && other[i] <= '8')
			other[i]++;
	}
	again = print_of(sl_slice(other, in.len), false, in.len + 1);
	SL_ASSERT(memcmp(&again, r, sizeof(again)) == 0);
	sl_free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sl_fingerprint_result whole, cut;
	struct sl_slice in;
	bool file;

	if (len < 2)
		return 0;
	if (key.mix[0] == 0)
		sl_fingerprint_key_init(&key, (const unsigned char *)"fingerprint_fuzz");
	file = data[0] & 1;
	in = sl_slice(data + 2, len - 2);
	whole = print_of(in, file, in.len + 1);
	cut = print_of(in, file, 1u + data[1]);
	SL_ASSERT(memcmp(&whole, &cut, sizeof(whole)) == 0);
	SL_ASSERT(sl_fingerprint_distance(&whole, &cut) == 0);
	SL_ASSERT(sl_fingerprint_similarity(&whole, &cut) == (whole.shingles > 0 ? 1 : 0));
	if (!file)
		check_alike(in, &whole);
	return 0;
}
