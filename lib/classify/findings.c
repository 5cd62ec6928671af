/* findings.c - see attachment.h */

#include "classify/findings.h"

#define MAGIC		0x5da77ac4u
#define TOGETHER_MAX	9.0	/* log-odds of malware, all of it together */

/* Rows that stand for all findings of a weight. */
#define AMBIGUOUS	"*ambiguous"
#define LIMIT		"*limit"

const char sl_findings_later[] = "later";

/* finding, evidence, log-odds of malware, spam and phish, sentence. Shares of wanted and unwanted mail
 * that have a finding are in doc/model.md; log-odds of spam are half of what they say, or less. */
static const struct row {
	const char	*finding, *evidence;
	double		 malware, spam, phish;
	const char	*sentence;
} rows[] = {
	/* structure: how the message is written */
	{ AMBIGUOUS, "ambiguous", 2, 1.5, 0.5, "written so that programs see different messages" },
	{ LIMIT, "limit", 0, 0.7, 0.3, "larger or deeper than is read in full" },
	{ "html-words-split", "words_split", 0, 1.4, 1, "words split by characters that do not show" },
	{ "html-bidi-override", "bidi_text", 0, 1, 1, "text whose direction is turned over" },
	{ "html-tag-characters", "tag_characters", 0, 1.5, 1, "text in characters that do not show" },
	{ "text-hidden", "text_hidden", 0, 0, 0.2, "text that a reader does not see" },
	{ "beacon", "beacon", 0, 0.4, 0, "an image that nobody sees" },
	{ "html-script", "script", 0, 0.6, 0.6, "a page with a script" },
	{ "html-event-handler", "script", 0, 0.6, 0.6, "a page with a script" },
	{ "html-script-url", "script", 0, 0.6, 0.6, "a page with a script" },
	{ "html-data-url", "data_url", 0, 1, 1.5, "a link that holds a page" },
	{ "html-refresh", "refresh", 0, 1, 1, "a page that goes elsewhere by itself" },
	{ "html-base", "base", 0, 0.5, 0.5, "relative links that are made to point elsewhere" },
	{ "html-password", "password_asked", 0, 1, 2, "a page that asks for a password" },
	{ "charset-unknown", "charset_unknown", 0, 0.5, 0, "a charset that nobody knows" },
	{ "text-charset", "text_charset", 0, 0.7, 0.3, "text in another charset than is declared" },
	/* names and types */
	{ "name-hides-program", "name_hides_program", 5.5, 2, 0, "a program with the name of something harmless" },
	{ "type-hides-program", "type_hides_program", 4, 1.5, 0, "a program declared as something harmless" },
	{ "type-hides-name", "type_hides_name", 2, 1, 0, "the name of a program, declared as something harmless" },
	{ "double-extension", "double_extension", 5, 2, 0, "a harmless extension in front of one that runs" },
	{ "bidi-override", "bidi_override", 4, 2, 0, "a file name that is read backwards" },
	{ "padded-extension", "padded_extension", 4, 2, 0, "a file name with a long gap before its extension" },
	{ "clsid-extension", "clsid_extension", 4, 1, 0, "a file name whose extension Windows hides" },
	{ "dot-look-alike", "dot_look_alike", 2, 1, 0, "a file name with a false dot" },
	{ "polyglot", "polyglot", 2, 0.5, 0, "a file of two types at once" },
	{ "program", "program", 3.5, 1, 0, "a program, or a file that runs when clicked" },
	{ "installer", "installer", 3.5, 1, 0, "an installer package" },
	/* archives */
	{ "program-inside", "program_inside", 3, 1.5, 0, "an archive with a program in it" },
	{ "executable", "program_inside", 3, 1.5, 0, "an archive with a program in it" },
	{ "zip-overlap", "zip_overlap", 4, 0.5, 0, "an archive whose entries share bytes" },
	{ "zip-names-differ", "archive_ambiguous", 3, 0.5, 0, "an archive that programs read differently" },
	{ "zip-local-only", "archive_ambiguous", 3, 0.5, 0, "an archive that programs read differently" },
	{ "zip-central-only", "archive_ambiguous", 3, 0.5, 0, "an archive that programs read differently" },
	{ "zip-ends", "archive_ambiguous", 3, 0.5, 0, "an archive that programs read differently" },
	{ "archive-ambiguous", "archive_ambiguous", 3, 0.5, 0, "an archive that programs read differently" },
	{ "archive-unsafe-name", "archive_unsafe_name", 3, 0.5, 0, "an archive with names that lead out of its folder" },
	{ "archive-ratio", "archive_ratio", 2.5, 0, 0, "an archive that unpacks to very much more than it is" },
	{ "archive-encrypted", "encrypted", 1, 0.3, 0, "an archive or document behind a password" },
	{ "zip-encrypted", "encrypted", 1, 0.3, 0, "an archive or document behind a password" },
	{ "document-encrypted", "encrypted", 1, 0.3, 0, "an archive or document behind a password" },
	/* documents */
	{ "macro", "macros", 0.7, 0.2, 0, "a document with macros" },
	{ "macros", "macros", 0.7, 0.2, 0, "a document with macros" },
	{ "macro-autorun", "macro_autorun", 2, 0.5, 0, "a macro that starts by itself" },
	{ "macro-suspicious", "macro_suspicious", 3, 1, 0, "a macro that uses what malware uses" },
	{ "macro-xlm", "macro_xlm", 2, 0.5, 0, "Excel 4.0 macros" },
	{ "ole-executable", "ole_executable", 5, 1, 0, "a document with a program in it" },
	{ "ole-equation", "ole_equation", 5, 1, 0, "a document with an Equation Editor object" },
	{ "ole-link", "fetches", 1.5, 0.5, 0, "a document that fetches a part of itself from elsewhere" },
	{ "ooxml-template", "remote_template", 3, 1, 0, "a document whose template is fetched from elsewhere" },
	{ "ooxml-dde", "dde", 4, 1, 0, "a document with a field that starts a program" },
	{ "ooxml-activex", "activex", 1, 0.2, 0, "a document with an ActiveX control" },
	{ "rtf-objupdate", "rtf_objupdate", 3.5, 1, 0, "rich text with an object that opens by itself" },
	{ "rtf-obfuscated", "rtf_obfuscated", 3, 1, 0, "rich text written to be misread" },
	{ "pdf-launch", "pdf_launch", 4.5, 1, 0, "a PDF that starts a program" },
	{ "pdf-javascript", "pdf_javascript", 1, 0.5, 0, "a PDF with JavaScript" },
	{ "pdf-obfuscated", "pdf_obfuscated", 2.5, 1, 0, "a PDF with names written to be overlooked" },
	{ "pdf-submit-form", "pdf_submit_form", 0.5, 0.5, 0, "a PDF that sends a form to a server" },
	{ "lnk-command", "lnk_command", 5, 1.5, 0, "a shortcut that runs a command" },
	{ "onenote-file", "onenote_file", 3, 1, 0, "a notebook with a file in it" },
	/* what could not be seen to its end is never "clean" */
	{ "helper-died", "helper_died", 3, 0, 0, "a file that the helper died of" },
	{ "deep-memory", "deep_limit", 0.5, 0, 0, "a file that could not be seen to its end" },
	{ "deep-budget", "deep_limit", 0.5, 0, 0, "a file that could not be seen to its end" },
};

struct findings {
	unsigned	magic;
	bool		later;
	bool		found[SL_COUNT(rows)];
};

static void *
findings_new_message(const void *model, struct sl_arena *arena)
{
	struct findings *findings = sl_arena_alloc(arena, sizeof(*findings));

	if (findings == NULL)
		return NULL;
	findings->magic = MAGIC;
	findings->later = model != NULL;
	return findings;
}

void
sl_findings_add(void *state, const char *name)
{
	struct findings *findings = state;

	SL_CHECK(findings, MAGIC);
	for (size_t i = 0; i < SL_COUNT(rows); i++)
		if (strcmp(rows[i].finding, name) == 0)
			findings->found[i] = true;
}

static void
findings_finding(void *state, const struct sl_content_finding *finding)
{
	sl_findings_add(state, finding->name);
	if (finding->weight == SL_CONTENT_AMBIGUOUS)
		sl_findings_add(state, AMBIGUOUS);
	else if (finding->weight == SL_CONTENT_LIMIT)
		sl_findings_add(state, LIMIT);
}

/* Has this evidence been given by a row before? */
static bool
is_given(const struct findings *findings, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (findings->found[i] &&
		    strcmp(rows[i].evidence, rows[row].evidence) == 0)
			return true;
	return false;
}

void
sl_findings_evidence(void *state, struct sl_verdict *verdict)
{
	struct findings *findings = state;
	double together = 0;

	SL_CHECK(findings, MAGIC);
	for (size_t i = 0; i < SL_COUNT(rows); i++) {
		struct sl_evidence evidence = { .name = rows[i].evidence, .state = SL_EVIDENCE_PRESENT,
			.sentence = rows[i].sentence };

		if (!findings->found[i] || is_given(findings, i))
			continue;
		evidence.log_odds[SL_MALWARE] = SL_MIN(rows[i].malware, TOGETHER_MAX - together);
		evidence.log_odds[SL_SPAM] = together < TOGETHER_MAX ? rows[i].spam : 0;
		evidence.log_odds[SL_PHISH] = together < TOGETHER_MAX ? rows[i].phish : 0;
		together += evidence.log_odds[SL_MALWARE];
		sl_verdict_add(verdict, &evidence);
	}
}

static void
findings_finish(void *state, struct sl_arena *arena, struct sl_verdict *verdict)
{
	struct findings *findings = state;

	if (!findings->later)
		sl_findings_evidence(state, verdict);
}

const struct sl_classifier sl_findings_classifier = {
	.name = "findings",
	.new_message = findings_new_message,
	.finding = findings_finding,
	.finish = findings_finish,
};
