/*
 * sa_re.h - the regular expressions of sa_*.c: SA_RE_ENUM(name, PCRE2 flags, pattern)
 *
 * Included more than once, for the enum and for the table. Where SpamAssassin's own behaviour is a
 * regular expression with backtracking, so is ours. All are matched with a limit.
 */
#ifndef SA_RE_PIECES
#define SA_RE_PIECES
#define SA_V4_BYTE	"(?:1\\d\\d|2[0-4]\\d|25[0-5]|[1-9]\\d|\\d)"
#define SA_V4		SA_V4_BYTE "\\." SA_V4_BYTE "\\." SA_V4_BYTE "\\." SA_V4_BYTE
#define SA_HEX		"[0-9A-Fa-f]{1,4}"
/* An address as a Received field may hold it: IPv4, or IPv6 with or without its prefix. */
#define SA_IP									\
	"(?:\\b(?<!:)" SA_V4 "\\b|"						\
	"(?:(?i:ipv6:)|(?<![a-fA-F0-9:]))(?:"					\
	"(?:[0-9A-Fa-f]{0,4}:){2,6}" SA_V4 "|"					\
	"(?:" SA_HEX ":){7}" SA_HEX "|"						\
	"(?:" SA_HEX "(?::" SA_HEX "){0,6})?::(?:" SA_HEX "(?::" SA_HEX "){0,6})?"	\
	")(?![a-fA-F0-9:]))"
#define SA_LOCALHOST								\
	"(?:localhost(?:\\.localdomain)?|\\b(?<!:)127\\.0\\.0\\.1\\b|"		\
	"(?:(?i:ipv6:)|(?<![a-fA-F0-9:]))(?:(?:::|(?:0{1,4}:)+:?)(?i:ffff:)127\\.0\\.0\\.1|"	\
	"(?:0{1,4}:){0,7}:?(?::0{1,4}){0,6}:?0{0,3}1)(?![a-fA-F0-9:]))"
#define SA_QUOTED	"\"(?:|(?:[^\"\\\\]++|\\\\.)*+)\""
#define SA_COMMENT	"\\((?:|(?:[^()\\\\]++|\\\\.)*+)\\)"
#define SA_MAILBOX								\
	"(?:" SA_QUOTED "|[^@\\s<>()\\[\\],:;]+)@(?:[^\"\\s<>()\\[\\],:;]+|\\[[\\d:.]+\\])"
#define SA_WORD		"=\\?[A-Za-z0-9*_-]+\\?[bqBQ]\\?[^?]*\\?="
#define SA_ANY_IP_EDGE(ip)	"(?<!\\.)\\b(" ip ")\\b(?!\\.)"
#endif

/* Content-Type and Content-Disposition */
SA_RE_ENUM(BOUNDARY, PCRE2_CASELESS, "\\bboundary\\s*=\\s*(\"[^\"]+|[^\\s\";]+(?=[\\s;]|$))")
SA_RE_ENUM(CHARSET, PCRE2_CASELESS, "\\bcharset\\s*=\\s*[\"']?(.*?)[\"']?(?:;|$)")
SA_RE_ENUM(FILE_NAME, PCRE2_CASELESS, "\\b(?:file)?name\\s*=\\s*[\"']?(.*?)[\"']?(?:;|$)")
SA_RE_ENUM(FILE_NAME_0, PCRE2_CASELESS, "\\b(?:file)?name\\*0\\s*=")
SA_RE_ENUM(FILE_NAME_N, PCRE2_CASELESS, "\\b(?:file)?name\\*(\\d+)\\s*=\\s*[\"']?(.*?)[\"']?(?:;|$)")
SA_RE_ENUM(TYPE_ONLY, PCRE2_DOTALL, "^[^/]+(?:/[^/\\s]*)?")
SA_RE_ENUM(TYPE_TEXT, 0, "^text\\b(?!/(?:x-vcard|calendar|html)$)")
SA_RE_ENUM(DISPOSITION_NAME, PCRE2_CASELESS, "name=\\s*\"?([^\";]+)\"?")

/* header fields */
SA_RE_ENUM(UNDECODED_NAME, PCRE2_CASELESS,
    "^(?:Received|(?:Resent-)?(?:Message-ID|Date)|MIME-Version|References|In-Reply-To|List-.*)\\z")
SA_RE_ENUM(WORD_GAP, 0, SA_WORD "(\\s+)(?=" SA_WORD ")")
SA_RE_ENUM(WORD, PCRE2_ANCHORED, "=\\?([A-Za-z0-9*_-]+)\\?([bqBQ])\\?([^?]*)\\?=")
SA_RE_ENUM(RAW_FIELD, PCRE2_MULTILINE | PCRE2_DOTALL, "^([^ \\t].*?\\n)(?![ \\t])")
SA_RE_ENUM(IP_ANY, 0, SA_ANY_IP_EDGE(SA_IP))
SA_RE_ENUM(IP_PLAIN, 0, "(" SA_IP ")")
SA_RE_ENUM(IP_WHOLE, 0, "^" SA_IP "$")
SA_RE_ENUM(AT_HOST, 0, ".*@(\\S+)")

/* addresses */
SA_RE_ENUM(ADDRESS, PCRE2_ANCHORED,
    "\\s*(?:(?:((?:" SA_QUOTED "|[^\",;<]++)+)\\s*)?<\\s*([^>@]*\\S+|\\s*)\\s*>"
    "(?:\\s*<\\s*(?:(?:" SA_QUOTED ")?\\S+|\\s*)\\s*>)*|"
    "(?:(" SA_MAILBOX ")|((?:" SA_QUOTED "|[^\",;<]++)+)))"
    "(?:\\s*\\(((?:|(?:[^()\\\\]++|\\\\.)*+))\\))?\\s*(?:[,;]|\\z)")
SA_RE_ENUM(COMMENT, PCRE2_DOTALL, SA_COMMENT)
SA_RE_ENUM(MAILBOX_WHOLE, 0, "^" SA_MAILBOX "$")
SA_RE_ENUM(MAILBOX_ANGLE, 0, "<(" SA_MAILBOX ")>")
SA_RE_ENUM(PHRASE_PIECE, PCRE2_ANCHORED | PCRE2_DOTALL, "\"(|(?:[^\"\\\\]++|\\\\.)*+)\"|([^\"]++)")
SA_RE_ENUM(GROUP, PCRE2_DOTALL, "^[^\"()<>]+:\\s*(.*?)\\s*(?:;.*)?")

/* Received */
SA_RE_ENUM(RECEIVED_DATE, 0,
    "[\\s;]+(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\\d+ (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    " \\d+ \\d+:\\d+(?::\\d+)? \\S+$")
SA_RE_ENUM(FETCHMAIL_BY, PCRE2_CASELESS, "^from (\\S+) by [^\\s;]+ ?;")
SA_RE_ENUM(BRACKET_V4, 0, "^\\[[\\d.]+\\]$")
SA_RE_ENUM(IP_PRIVATE, PCRE2_CASELESS,
    "^(?:(?:10|127|169\\.254|172\\.(?:1[6-9]|2[0-9]|3[01])|192\\.168|100\\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))"
    "\\..*|(?:ipv6:|(?<![a-f0-9:]))(?:(?:::|(?:0{1,4}:)+:?)(?:0{1,4}:)*ffff:"
    "(?:10|127|169\\.254|172\\.(?:1[6-9]|2[0-9]|3[01])|192\\.168|100\\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))"
    "\\..*|fe[89ab][0-9a-f]:.*|(?:0{1,4}:){0,7}:?(?::0{1,4}){0,6}:?0{0,3}1)(?![a-f0-9:]))")
SA_RE_ENUM(V4_MAPPED, PCRE2_CASELESS, "^0*:0*:(?:0*:)*ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$")
SA_RE_ENUM(ZONE_ID, PCRE2_CASELESS, "%[A-Z0-9._~-]*\\z")
SA_RE_ENUM(RECEIVED_BEFORE_ENVELOPE, PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_DOTALL,
    "^Received:.*?^X-Envelope-From:")
SA_RE_ENUM(RECEIVED_BEFORE_SENDER, PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_DOTALL,
    "^Received:.*?^Envelope-Sender:")
SA_RE_ENUM(RECEIVED_BEFORE_RETURN, PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_DOTALL,
    "^Received:.*?^Return-Path:")

/* HTML */
SA_RE_ENUM(META_REFRESH, PCRE2_CASELESS, "\\burl\\s*=")
SA_RE_ENUM(BASE_FILE, PCRE2_CASELESS, "^([a-z]+:/{0,2}[^/]+/.*?)[^/.]+\\.[^/.]{2,4}$")
SA_RE_ENUM(URI_PARTS, PCRE2_DOTALL,
    "^(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\\?([^#]*))?(?:#(.*))?")
SA_RE_ENUM(FONT_FACE, PCRE2_CASELESS,
    "^\\s*[\"'.]?[a-z ][a-z -]*[a-z]\\d?[\"']?(?:,\\s*[\"']?[a-z][a-z -]*[a-z]\\d?[\"']?)*;?$")
SA_RE_ENUM(STYLE_COLOR, PCRE2_CASELESS, "^\\s*(background-)?color:\\s*(.+?)\\s*$")
SA_RE_ENUM(STYLE_BACKGROUND, 0, "^\\s*background:\\s*(.+?)\\s*$")
SA_RE_ENUM(STYLE_OTHER, PCRE2_CASELESS, "^\\s*([a-z_-]+)\\s*:\\s*(\\S.*?)\\s*$")
SA_RE_ENUM(COLOR_FORM, PCRE2_CASELESS, "^[#a-f0-9]*$|rgb\\([\\d%, ]*\\)")
SA_RE_ENUM(COLOR_PERCENT, PCRE2_CASELESS, "rgb\\((\\d+)%,\\s*(\\d+)%,\\s*(\\d+)%\\s*\\)")
SA_RE_ENUM(COLOR_DECIMAL, PCRE2_CASELESS, "rgb\\((\\d+),\\s*(\\d+),\\s*(\\d+)\\s*\\)")
SA_RE_ENUM(META_CHARSET, PCRE2_CASELESS, "\\bcharset\\s*=\\s*[\"']?([^\"']+)")
SA_RE_ENUM(HTML_LOOK, PCRE2_CASELESS | PCRE2_DOTALL,
    "^(.{0,18}?<(?:body|head|html|img|pre|table|title)(?:\\s.{0,18}?)?>)")
SA_RE_ENUM(WORD_SLASH_HREF, 0, "\\w{1,8}/href")
SA_RE_ENUM(WORD_SLASH_SRC, 0, "\\w{1,8}/src")
SA_RE_ENUM(NAMESPACE_TAG, 0, "^(?:o|st\\d):[\\w-]+/?$")

/* links */
SA_RE_ENUM(PERCENT, 0, "%[0-9a-fA-F]{2}")
SA_RE_ENUM(MAIL_QUERY, 0, "^([^@]+@[^?]+)\\?")
SA_RE_ENUM(MAIL_AND, 0, "^([^@]+@[^?&]+)&")
SA_RE_ENUM(MAIL_BLANKS, 0, "^(?:mailto:)?(?:%20)*([^@]+@[^?&%]+)")
SA_RE_ENUM(MAIL_ANGLE, 0, "^[^?&]*<([^@>]+@[^>]+)>")
SA_RE_ENUM(HTTP_SLASHES, PCRE2_CASELESS, "^(https?:)/{0,2}")
SA_RE_ENUM(HAS_SCHEME, PCRE2_CASELESS, "^[-_a-z0-9]+:")
SA_RE_ENUM(HOST_QUERY, PCRE2_CASELESS, "^(https?://[^/?#]+)([?#])")
SA_RE_ENUM(REFERENCE_DECIMAL, 0, "&#0*(3[3-9]|[4-9]\\d|1[01]\\d|12[0-6]);")
SA_RE_ENUM(REFERENCE_HEX, 0, "&#x0*(2[1-9]|[3-6][a-fA-F0-9]|7[0-9a-eA-E]);")
SA_RE_ENUM(REFERENCE_DOT, PCRE2_CASELESS, "&#(?:x2e|12290|x3002|65294|xff0e|65377|xff61);")
SA_RE_ENUM(HTTP_PARTS, PCRE2_CASELESS, "^(https?://)([^@/?#]*@)?([^/?#:]+)((?::(\\d*))?.*)$")
SA_RE_ENUM(REDIRECT, PCRE2_CASELESS, "(https?:/{0,2}[^&#]+)")
SA_RE_ENUM(DOTTED_NUMBERS, PCRE2_CASELESS,
    "^((?:0x[0-9a-f]+|\\d+)\\.)((?:0x[0-9a-f]+|\\d+)\\.)((?:0x[0-9a-f]+|\\d+)\\.)(0x[0-9a-f]+|\\d+)$")
SA_RE_ENUM(OCTAL, 0, "^0+([1-3][0-7]{0,2}|[4-7][0-7]?)\\b")
SA_RE_ENUM(HEX_HOST, PCRE2_CASELESS, "^0x[0-9a-f]*?([0-9a-f]{1,8})$")
SA_RE_ENUM(BARE_HOST, 0, "^(?:www\\.)?([^.]+)$")
SA_RE_ENUM(HIDDEN_ESCAPE, 0, "%(?:2[1-9a-f]|[3-6][0-9a-f]|7[0-9a-e])")
SA_RE_ENUM(PORT_80, 0, "^:80\\b")
SA_RE_ENUM(PORT_443, 0, "^:443\\b")
SA_RE_ENUM(MAIL_MISPARSE, PCRE2_CASELESS, "^(?:skype|e?-?mail)?:+")
SA_RE_ENUM(AT_DOT, 0, "@.+?\\.")
SA_RE_ENUM(SLASH_AT, 0, "/.+@")
SA_RE_ENUM(MAIL_HOST, 0, "@([^?&>]*)")
