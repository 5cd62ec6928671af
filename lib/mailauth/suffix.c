/* suffix.c - see mailauth/suffix.h */

#include "mailauth/suffix.h"

#include <libpsl.h>

#define SUFFIX_MAGIC	0x5d5f1c01u

struct sl_suffix {
	unsigned	 magic;
	psl_ctx_t	*list;
};

struct sl_suffix *
sl_suffix_open(const char *path)
{
	psl_ctx_t *list = path != NULL ? psl_load_file(path) : psl_latest(NULL);
	struct sl_suffix *suffix;

	if (list == NULL)
		return NULL;
	suffix = sl_xzalloc(sizeof(*suffix));
	*suffix = (struct sl_suffix){ SUFFIX_MAGIC, list };
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
sl_suffix_organisation(void *ctx, struct sl_slice domain)
{
	const struct sl_suffix *suffix = ctx;
	char name[SL_DNS_NAME_MAX + 1];
	const char *found;

	SL_CHECK(suffix, SUFFIX_MAGIC);
	if (!sl_dns_name_copy(name, domain))
		return domain;
	found = psl_registrable_domain(suffix->list, name);
	return found == NULL ? domain : sl_slice_from(domain, domain.len - strlen(found));
}
