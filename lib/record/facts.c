/* facts.c - what policies look at, read back; see record.h */

#include "read_i.h"

#include "attach/type.h"

#define DOMAIN_MAX	SL_DNS_NAME_MAX
#define MAILBOX_MAX	1024

static bool
object(struct reader *r)
{
	if (sl_json_object(&r->json))
		return true;
	reader_wrong(r, SL_ERR_SYNTAX);
	return false;
}

/* ---- who sent it ---- */

static enum sl_author_status
read_author(struct reader *r)
{
	static const char *const words[] = { [SL_AUTHOR_ABSENT] = "absent", [SL_AUTHOR_FIELDS] = "fields",
		[SL_AUTHOR_SEVERAL] = "several", [SL_AUTHOR_UNREADABLE] = "unreadable" };
	struct sl_slice word = reader_text(r, 63);

	for (int i = SL_AUTHOR_ABSENT; i <= SL_AUTHOR_UNREADABLE; i++)
		if (reader_is(word, words[i]))
			return (enum sl_author_status)i;
	reader_wrong(r, SL_ERR_SYNTAX);
	return SL_AUTHOR_UNREADABLE;
}

static enum sl_dmarc_result
read_dmarc(struct reader *r)
{
	struct sl_slice word = reader_text(r, 63);

	for (int i = SL_DMARC_NONE; i <= SL_DMARC_PERMERROR; i++)
		if (reader_is(word, sl_dmarc_result_name((enum sl_dmarc_result)i)))
			return (enum sl_dmarc_result)i;
	reader_wrong(r, SL_ERR_SYNTAX);
	return SL_DMARC_NONE;
}

static enum sl_dmarc_policy
read_disposition(struct reader *r)
{
	struct sl_slice word = reader_text(r, 63);

	for (int i = SL_DMARC_POLICY_NONE; i <= SL_DMARC_POLICY_REJECT; i++)
		if (reader_is(word, sl_dmarc_policy_name((enum sl_dmarc_policy)i)))
			return (enum sl_dmarc_policy)i;
	reader_wrong(r, SL_ERR_SYNTAX);
	return SL_DMARC_POLICY_UNSET;
}

static enum sl_spf_result
read_spf(struct reader *r)
{
	struct sl_slice word = reader_text(r, 63);

	for (int i = SL_SPF_NONE; i <= SL_SPF_PERMERROR; i++)
		if (reader_is(word, sl_spf_result_name((enum sl_spf_result)i)))
			return (enum sl_spf_result)i;
	reader_wrong(r, SL_ERR_SYNTAX);
	return SL_SPF_NONE;
}

static void
read_signers(struct reader *r, struct sl_identity *id)
{
	if (!sl_json_array(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	while (sl_json_element(&r->json)) {
		struct sl_slice text = reader_text(r, DOMAIN_MAX + 1);
		bool unsure = text.len > 0 && text.ptr[0] == '?';

		if (id->signers_len == SL_IDENTITY_SIGNERS_MAX)
			reader_wrong(r, SL_ERR_SYNTAX);
		else
			id->signers[id->signers_len++] = (struct sl_identity_signer){ sl_slice_from(text, unsure), !unsure };
	}
}

static void
read_identity(struct reader *r, struct sl_identity *id)
{
	struct sl_slice name;

	if (!object(r))
		return;
	id->known = true;
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "author")) {
			id->author = read_author(r);
		} else if (reader_is(name, "domain")) {
			id->author_domain = reader_text(r, DOMAIN_MAX);
		} else if (reader_is(name, "dmarc")) {
			id->dmarc = read_dmarc(r);
		} else if (reader_is(name, "disposition")) {
			id->disposition = read_disposition(r);
		} else if (reader_is(name, "spf")) {
			id->spf = read_spf(r);
		} else if (reader_is(name, "spf_domain")) {
			id->spf_domain = reader_text(r, MAILBOX_MAX);
		} else if (reader_is(name, "spf_helo")) {
			id->spf_is_helo = reader_flag(r);
		} else if (reader_is(name, "signers")) {
			read_signers(r, id);
		} else if (reader_is(name, "sealer")) {
			id->arc_sealer = reader_text(r, DOMAIN_MAX);
			id->arc_passes = true;
		} else {
			sl_json_skip(&r->json);
		}
	}
}

/* ---- files ---- */

/* A type of another version is unknown. */
static enum sl_type
read_type(struct reader *r)
{
	struct sl_slice mime = reader_text(r, 255);

	for (int t = 0; t < SL_TYPE_COUNT; t++)
		if (reader_is(mime, sl_type_mime((enum sl_type)t)))
			return (enum sl_type)t;
	return SL_TYPE_UNKNOWN;
}

static void
read_promise(struct reader *r, struct sl_file *f)
{
	struct sl_slice name, word;

	if (!object(r))
		return;
	f->promise.told = true;
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "type")) {
			f->promise.type = read_type(r);
		} else if (reader_is(name, "family")) {
			word = reader_text(r, 63);
			for (int i = 0; i < SL_FAMILY_COUNT; i++)
				if (reader_is(word, sl_family_name((enum sl_family)i)))
					f->promise.family = (enum sl_family)i;
		} else if (reader_is(name, "runs")) {
			f->promise.runs = reader_flag(r);
		} else {
			sl_json_skip(&r->json);
		}
	}
}

static void
read_file(struct reader *r, struct sl_file *f)
{
	struct sl_slice name;

	*f = (struct sl_file){ .name = { (const unsigned char *)"", 0 }, .declared = { (const unsigned char *)"", 0 } };
	if (!object(r))
		return;
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "name"))
			f->name = reader_text(r, 255);
		else if (reader_is(name, "type"))
			f->type = read_type(r);
		else if (reader_is(name, "promise"))
			read_promise(r, f);
		else if (reader_is(name, "declared"))
			f->declared = reader_text(r, 255);
		else if (reader_is(name, "bytes"))
			f->bytes = reader_count(r, INT64_MAX);
		else if (reader_is(name, "sure"))
			f->type_is_sure = reader_flag(r);
		else if (reader_is(name, "inside"))
			f->inside = reader_flag(r);
		else if (reader_is(name, "encrypted"))
			f->encrypted = reader_flag(r);
		else if (reader_is(name, "macros"))
			f->macros = reader_flag(r);
		else if (reader_is(name, "program"))
			f->program = reader_flag(r);
		else if (reader_is(name, "deceptive"))
			f->deceptive = reader_flag(r);
		else if (reader_is(name, "unreadable"))
			f->unreadable = reader_flag(r);
		else
			sl_json_skip(&r->json);
	}
}

static void
read_files(struct reader *r, struct sl_record_facts *facts)
{
	struct sl_file *files;

	if (facts->files_len > 0) {		/* the same member a second time */
		reader_wrong(r, SL_ERR_SYNTAX);
		sl_json_skip(&r->json);
		return;
	}
	if (!sl_json_array(&r->json)) {
		reader_wrong(r, SL_ERR_SYNTAX);
		return;
	}
	files = reader_alloc(r, SL_RECORD_FILES_MAX * sizeof(*files));
	facts->files = files;
	while (sl_json_element(&r->json)) {
		if (files == NULL || facts->files_len == SL_RECORD_FILES_MAX) {
			reader_wrong(r, SL_ERR_SYNTAX);
			sl_json_skip(&r->json);
			continue;
		}
		read_file(r, &files[facts->files_len++]);
	}
}

void
read_facts(struct reader *r, struct sl_record *record)
{
	struct sl_record_facts *facts = &record->facts;
	struct sl_identity *id = &facts->identity;
	const unsigned char *at;
	struct sl_slice name;

	if (!object(r))
		return;
	record->has_facts = true;
	facts->from = sl_slice("", 0);
	while (sl_json_member(&r->json, &name)) {
		if (reader_is(name, "from"))
			facts->from = reader_text(r, MAILBOX_MAX);
		else if (reader_is(name, "identity"))
			read_identity(r, id);
		else if (reader_is(name, "malware"))
			facts->malware = reader_str(r, MAILBOX_MAX);
		else if (reader_is(name, "files"))
			read_files(r, facts);
		else if (reader_is(name, "more_files"))
			facts->more_files = reader_flag(r);
		else
			sl_json_skip(&r->json);
	}
	at = facts->from.len > 0 ? memrchr(facts->from.ptr, '@', facts->from.len) : NULL;
	if (id->known && id->author == SL_AUTHOR_ONE && id->author_domain.len == 0 && at != NULL)
		id->author_domain = sl_slice_from(facts->from, (size_t)(at - facts->from.ptr) + 1);
}
