/* suffix.c - see domain/suffix.h */

#include "domain/suffix.h"
#include "domain/idna.h"

#include <libpsl.h>
#include <stdio.h>

#define SUFFIX_MAGIC	0x5d5f1c01u

struct sl_suffix {
	unsigned	 magic;
	psl_ctx_t	*list;
};

static struct sl_suffix *
suffix_new(psl_ctx_t *list)
{
	struct sl_suffix *suffix;

	if (list == NULL)
		return NULL;
	if (psl_suffix_count(list) == 0) {
		psl_free(list);
		return NULL;
	}
	suffix = sl_xzalloc(sizeof(*suffix));
	*suffix = (struct sl_suffix){ SUFFIX_MAGIC, list };
	return suffix;
}

struct sl_suffix *
sl_suffix_open(const char *path)
{
	return suffix_new(path != NULL ? psl_load_file(path) : psl_latest(NULL));
}

struct sl_suffix *
sl_suffix_read(struct sl_slice text)
{
	struct sl_suffix *suffix;
	FILE *file;

	if (text.len == 0)
		return NULL;
	file = fmemopen((void *)(uintptr_t)text.ptr, text.len, "r");	/* of memory; never written to */
	if (file == NULL)
		return NULL;
	suffix = suffix_new(psl_load_fp(file));
	fclose(file);
	return suffix;
}

void
sl_suffix_free(struct sl_suffix **suffix)
{
	if (*suffix != NULL)
		psl_free((*suffix)->list);
	SL_OBJ_FREE(suffix, SUFFIX_MAGIC);
}

struct sl_slice
sl_suffix_registrable(const struct sl_suffix *suffix, struct sl_slice domain)
{
	char name[SL_DNS_NAME_MAX + 1];
	const char *found;

	SL_CHECK(suffix, SUFFIX_MAGIC);
	if (!sl_domain_ascii(domain, name))
		return sl_slice(NULL, 0);
	found = psl_registrable_domain(suffix->list, name);
	if (found == NULL)
		return sl_slice(NULL, 0);
	/* Labels of both forms correspond. */
	if (domain.ptr[domain.len - 1] == '.')
		domain.len--;
	return sl_dns_name_labels(domain) != sl_dns_name_labels(sl_slice_str(name)) ? sl_slice(NULL, 0) :
	    sl_dns_name_tail(domain, sl_dns_name_labels(sl_slice_str(found)));
}

bool
sl_suffix_has_tld(const struct sl_suffix *suffix, struct sl_slice tld)
{
	/* "*.ck" alone, of which there are some, makes a suffix of what is below. */
	static const char below[] = "a.";
	char name[sizeof(below) + SL_DNS_LABEL_MAX];

	SL_CHECK(suffix, SUFFIX_MAGIC);
	if (tld.len == 0 || tld.len > SL_DNS_LABEL_MAX)
		return false;
	memcpy(name, below, sizeof(below) - 1);
	for (size_t i = 0; i < tld.len; i++) {
		if (tld.ptr[i] == '.' || tld.ptr[i] == '\0' || tld.ptr[i] >= 0x80)
			return false;
		name[sizeof(below) - 1 + i] = (char)sl_ascii_lower(tld.ptr[i]);
	}
	name[sizeof(below) - 1 + tld.len] = '\0';
	return psl_is_public_suffix2(suffix->list, name + sizeof(below) - 1,
	    PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0 ||
	    psl_is_public_suffix2(suffix->list, name, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

struct sl_slice
sl_suffix_organisation(void *ctx, struct sl_slice domain)
{
	struct sl_slice found = sl_suffix_registrable(ctx, domain);

	return found.len > 0 ? found : domain;
}
