/*
 * macro.c - what the text of a macro does: starts by itself, uses what malware uses; see ovba.h
 *
 * Words are looked for in the text as it is, and in a copy in which lines that go on are joined and
 * strings that are put together ("po" & "wer" + "shell") are whole. Memory: that copy.
 */

#include "ovba.h"
#include "wide.h"

static const char *const starts[] = { "auto_open", "autoopen", "autoexec", "autoclose", "auto_close",
	"autonew", "autoexit", "document_open", "documentopen", "document_close", "document_new",
	"document_beforeclose", "documentbeforesave", "workbook_open", "workbook_activate",
	"workbook_beforeclose", "workbook_close", "workbook_deactivate", "worksheet_activate",
	"presentation_open", "slideshowbegin", "auto_ppt", "inkpicture1_painted", "_gotfocus", "_lostfocus",
	"_mousemove", "_mouseenter", "_beforenavigate", "_documentcomplete", "_layout", "_resize",
	"_onconnecting", "_painting", "document_contentcontrolonenter" };

static const char *const suspects[] = { "shell", "shellexecute", "wscript.shell", "shell.application",
	"createobject", "getobject", "callbyname", "powershell", "cmd.exe", "cmd /c", "mshta", "rundll32",
	"regsvr32", "certutil", "bitsadmin", "schtasks", "winmgmts", "win32_process", "wscript", "cscript",
	"urldownloadtofile", "msxml2", "xmlhttp", "winhttp", "internetexplorer.application", "adodb.stream",
	"savetofile", "scripting.filesystemobject", "createtextfile", "virtualalloc", "virtualprotect",
	"createthread", "rtlmovememory", "createremotethread", "enumsystemlocales", "ntallocatevirtualmemory",
	"executeexcel4macro", "strreverse", "frombase64string", "environ", "vbhide", "showwindow",
	"application.run", "vbproject", "accessvbom", "disableunsafelocations", "taskkill", "regwrite",
	"wmic", "iex", "-encodedcommand", "invoke-expression", "downloadstring", "downloadfile", "macscript",
	"popen", "system lib", "lib \"kernel32", "lib \"urlmon", "lib \"ntdll", "lib \"user32",
	"lib \"shell32" };

static bool
is_letter(unsigned char c)
{
	return (c >= '0' && c <= '9') || (sl_ascii_lower(c) >= 'a' && sl_ascii_lower(c) <= 'z') || c == '_';
}

/* Is the word there, and not only within another? A word that begins with '_' may have any name in
 * front. */
static bool
has_word(struct sl_slice text, const char *word)
{
	size_t len = strlen(word);

	while (text.len >= len) {
		const unsigned char *at = find_word(text, word);
		size_t i;

		if (at == NULL)
			return false;
		i = (size_t)(at - text.ptr);
		if ((i == 0 || !is_letter(word[0] == '_' ? ' ' : text.ptr[i - 1]) || !is_letter((unsigned char)word[0])) &&
		    (i + len == text.len || !is_letter(text.ptr[i + len])))
			return true;
		text = sl_slice_from(text, i + 1);
	}
	return false;
}

/* The length of a joint of strings at `s` (`" & "`, with lines that go on), 0 if there is none. */
static size_t
joint(struct sl_slice s)
{
	size_t i = 1;
	bool joined = false;

	if (s.len < 3 || s.ptr[0] != '"')
		return 0;
	for (; i < s.len && i < 200; i++) {
		if (s.ptr[i] == '&' || s.ptr[i] == '+')
			joined = true;
		else if (s.ptr[i] == '"')
			return joined ? i + 1 : 0;
		else if (strchr(" \t\r\n_", s.ptr[i]) == NULL)
			return 0;
	}
	return 0;
}

static void
whole_strings(struct sl_slice source, struct sl_buf *out)
{
	while (source.len > 0) {
		size_t n = joint(source), plain = 1;

		if (n == 0) {
			const unsigned char *quote = source.len > 1
			    ? memchr(source.ptr + 1, '"', source.len - 1) : NULL;

			plain = quote == NULL ? source.len : (size_t)(quote - source.ptr);
			sl_buf_add(out, source.ptr, plain);
		}
		source = sl_slice_from(source, n == 0 ? plain : n);
	}
}

static void
scan_words(struct inspection *in, struct sl_slice text)
{
	for (size_t i = 0; i < SL_COUNT(starts) && !inspection_over(in); i++)
		if (has_word(text, starts[i])) {
			found(in, SL_DEEP_MACRO_AUTORUN, "%s", starts[i]);
			break;
		}
	for (size_t i = 0; i < SL_COUNT(suspects) && !inspection_over(in); i++)
		if (has_word(text, suspects[i]))
			found(in, SL_DEEP_MACRO_SUSPICIOUS, "%s", suspects[i]);
}

void
macro_scan(struct inspection *in, struct sl_slice source)
{
	struct sl_buf whole;

	sl_buf_init(&whole, OVBA_SOURCE_MAX);
	whole_strings(source, &whole);
	scan_words(in, sl_buf_slice(&whole));
	find_urls(in, SL_DEEP_FROM_OFFICE_MACRO, sl_buf_slice(&whole));
	sl_buf_fini(&whole);
}
