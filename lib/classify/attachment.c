/* attachment.c - see attachment.h */

#include "classify/attachment.h"

#define MAGIC		0x5da77ac4u
#define TOGETHER_MAX	9.0	/* log-odds of malware, all of it together */

const char sl_attachment_later[] = "later";

/* finding, evidence, log-odds of malware, of spam, sentence */
static const struct row {
	const char	*finding, *evidence;
	double		 malware, spam;
	const char	*sentence;
} rows[] = {
	/* names and types */
	{ "name-hides-program", "name_hides_program", 5.5, 2, "a program with the name of something harmless" },
	{ "type-hides-program", "type_hides_program", 4, 1.5, "a program declared as something harmless" },
	{ "type-hides-name", "type_hides_name", 2, 1, "the name of a program, declared as something harmless" },
	{ "double-extension", "double_extension", 5, 2, "a harmless extension in front of one that runs" },
	{ "bidi-override", "bidi_override", 4, 2, "a file name that is read backwards" },
	{ "padded-extension", "padded_extension", 4, 2, "a file name with a long gap before its extension" },
	{ "clsid-extension", "clsid_extension", 4, 1, "a file name whose extension Windows hides" },
	{ "dot-look-alike", "dot_look_alike", 2, 1, "a file name with a false dot" },
	{ "polyglot", "polyglot", 2, 0.5, "a file of two types at once" },
	{ "program", "program", 3.5, 1, "a program, or a file that runs when clicked" },
	{ "installer", "installer", 3.5, 1, "an installer package" },
	/* archives */
	{ "program-inside", "program_inside", 3, 1.5, "an archive with a program in it" },
	{ "executable", "program_inside", 3, 1.5, "an archive with a program in it" },
	{ "zip-overlap", "zip_overlap", 4, 0.5, "an archive whose entries share bytes" },
	{ "zip-names-differ", "archive_ambiguous", 3, 0.5, "an archive that programs read differently" },
	{ "zip-local-only", "archive_ambiguous", 3, 0.5, "an archive that programs read differently" },
	{ "zip-central-only", "archive_ambiguous", 3, 0.5, "an archive that programs read differently" },
	{ "zip-ends", "archive_ambiguous", 3, 0.5, "an archive that programs read differently" },
	{ "archive-ambiguous", "archive_ambiguous", 3, 0.5, "an archive that programs read differently" },
	{ "archive-unsafe-name", "archive_unsafe_name", 3, 0.5, "an archive with names that lead out of its folder" },
	{ "archive-ratio", "archive_ratio", 2.5, 0, "an archive that unpacks to very much more than it is" },
	{ "archive-encrypted", "encrypted", 1, 0.3, "an archive or document behind a password" },
	{ "zip-encrypted", "encrypted", 1, 0.3, "an archive or document behind a password" },
	{ "document-encrypted", "encrypted", 1, 0.3, "an archive or document behind a password" },
	/* documents */
	{ "macro", "macros", 0.7, 0.2, "a document with macros" },
	{ "macros", "macros", 0.7, 0.2, "a document with macros" },
	{ "macro-autorun", "macro_autorun", 2, 0.5, "a macro that starts by itself" },
	{ "macro-suspicious", "macro_suspicious", 3, 1, "a macro that uses what malware uses" },
	{ "macro-xlm", "macro_xlm", 2, 0.5, "Excel 4.0 macros" },
	{ "ole-executable", "ole_executable", 5, 1, "a document with a program in it" },
	{ "ole-equation", "ole_equation", 5, 1, "a document with an Equation Editor object" },
	{ "ole-link", "fetches", 1.5, 0.5, "a document that fetches a part of itself from elsewhere" },
	{ "ooxml-template", "remote_template", 3, 1, "a document whose template is fetched from elsewhere" },
	{ "ooxml-dde", "dde", 4, 1, "a document with a field that starts a program" },
	{ "ooxml-activex", "activex", 1, 0.2, "a document with an ActiveX control" },
	{ "rtf-objupdate", "rtf_objupdate", 3.5, 1, "rich text with an object that opens by itself" },
	{ "rtf-obfuscated", "rtf_obfuscated", 3, 1, "rich text written to be misread" },
	{ "pdf-launch", "pdf_launch", 4.5, 1, "a PDF that starts a program" },
	{ "pdf-javascript", "pdf_javascript", 1, 0.5, "a PDF with JavaScript" },
	{ "pdf-obfuscated", "pdf_obfuscated", 2.5, 1, "a PDF with names written to be overlooked" },
	{ "pdf-submit-form", "pdf_submit_form", 0.5, 0.5, "a PDF that sends a form to a server" },
	{ "lnk-command", "lnk_command", 5, 1.5, "a shortcut that runs a command" },
	{ "onenote-file", "onenote_file", 3, 1, "a notebook with a file in it" },
	/* what could not be seen to its end is never "clean" */
	{ "helper-died", "helper_died", 3, 0, "a file that the helper died of" },
	{ "deep-memory", "deep_limit", 0.5, 0, "a file that could not be seen to its end" },
	{ "deep-budget", "deep_limit", 0.5, 0, "a file that could not be seen to its end" },
};
_Static_assert(SL_COUNT(rows) <= 64, "rows are bits of a number");

struct attachment {
	unsigned	magic;
	bool		later;
	uint64_t	found;		/* bits of rows */
};

static void *
attachment_new_message(const void *model, struct sl_arena *arena)
{
	struct attachment *attachment = sl_arena_alloc(arena, sizeof(*attachment));

	if (attachment == NULL)
		return NULL;
	attachment->magic = MAGIC;
	attachment->later = model != NULL;
	return attachment;
}

void
sl_attachment_found(void *state, const char *name)
{
	struct attachment *attachment = state;

	SL_CHECK(attachment, MAGIC);
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (strcmp(rows[i].finding, name) == 0)
			attachment->found |= UINT64_C(1) << i;
}

static void
attachment_finding(void *state, const struct sl_content_finding *finding)
{
	sl_attachment_found(state, finding->name);
}

/* Has this evidence been given by a row before? */
static bool
is_given(const struct attachment *attachment, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if ((attachment->found & UINT64_C(1) << i) != 0 &&
		    strcmp(rows[i].evidence, rows[row].evidence) == 0)
			return true;
	return false;
}

void
sl_attachment_evidence(void *state, struct sl_verdict *verdict)
{
	struct attachment *attachment = state;
	double together = 0;

	SL_CHECK(attachment, MAGIC);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_evidence evidence = { .name = rows[i].evidence, .state = SL_EVIDENCE_PRESENT,
			.sentence = rows[i].sentence };

		if ((attachment->found & UINT64_C(1) << i) == 0 || is_given(attachment, i))
			continue;
		evidence.log_odds[SL_MALWARE] = SL_MIN(rows[i].malware, TOGETHER_MAX - together);
		evidence.log_odds[SL_SPAM] = together < TOGETHER_MAX ? rows[i].spam : 0;
		together += evidence.log_odds[SL_MALWARE];
		sl_verdict_add(verdict, &evidence);
	}
}

static void
attachment_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct attachment *attachment = state;

	if (!attachment->later)
		sl_attachment_evidence(state, verdict);
}

const struct sl_classifier sl_attachment_classifier = {
	.name = "attachment",
	.new_message = attachment_new_message,
	.finding = attachment_finding,
	.finish = attachment_finish,
};
