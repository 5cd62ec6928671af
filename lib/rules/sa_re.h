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

/* eval functions: dates */
SA_RE_ENUM(DATE_DMY, PCRE2_CASELESS, " (\\d+) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\\d{4}) ")
SA_RE_ENUM(DATE_MDY, PCRE2_CASELESS,
    " (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\\d+) \\d+:\\d+:\\d+ (\\d{4}) ")
SA_RE_ENUM(DATE_DMY_SHORT, PCRE2_CASELESS, " (\\d+) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\\d{2,3}) ")
SA_RE_ENUM(DATE_CLOCK, 0, " (\\d?\\d):(\\d\\d)(?::(\\d\\d))? ")
SA_RE_ENUM(DATE_ZONE, 0, " ([-+]\\d{4}) ")
SA_RE_ENUM(DATE_ZONE_NAME, 0, "\\b([A-Z]{2,4}(?:-DST)?)\\b")
SA_RE_ENUM(RECEIVED_TIME, 0, "(\\s.?\\d+ \\S\\S\\S \\d+ \\d+:\\d+:\\d+ \\S+)")
SA_RE_ENUM(RECEIVED_LOCAL, 0, "\\bfrom (?:localhost\\s|(?:\\S+ ){1,2}\\S*\\b127\\.0\\.0\\.1\\b)|qmail \\d+ invoked by uid \\d+")
SA_RE_ENUM(RECEIVED_FETCHMAIL, 0, "\\bby localhost with \\w+ \\(fetchmail-[\\d.]+")

/* eval functions: header */
SA_RE_ENUM(REPLY_PREFIX, PCRE2_CASELESS, "^(?:(?:Re|Fwd|Fw|Aw|Antwort|WG|SV|VB|VS|VL):\\s*)+")
SA_RE_ENUM(CAPS_CHARSET, PCRE2_CASELESS,
    "=\\?[-_a-z0-9]*(?:koi|jp|jis|euc|gb|big5|isoir|cp1251|windows-1251|georgianps|pt154|tis)[-_a-z0-9]*\\?")
SA_RE_ENUM(CAPS_CHARSET_WHOLE, PCRE2_CASELESS,
    "^[-_a-z0-9]*(?:koi|jp|jis|euc|gb|big5|isoir|cp1251|windows-1251|georgianps|pt154|tis)[-_a-z0-9]*$")
SA_RE_ENUM(EZMLM, PCRE2_MULTILINE, "^contact \\S+@\\S+; run by ezmlm$")
SA_RE_ENUM(EZMLM_TO, PCRE2_MULTILINE, "^mailing list \\S+@\\S+")
SA_RE_ENUM(EZMLM_RECEIVED, 0, "qmail \\d+ invoked (?:from network|by .{3,20})\\); \\d+ ... \\d+")
SA_RE_ENUM(MSN_GROUPS, 0, "from groups\\.msn\\.com \\(\\S+\\.msn\\.com ")
SA_RE_ENUM(MSN_GROUPS_TO, PCRE2_CASELESS, "<(\\S+)@groups\\.msn\\.com>")
SA_RE_ENUM(AOL_RELAY, PCRE2_CASELESS, " rly-[a-z][a-z]\\d\\d\\.")
SA_RE_ENUM(AOL_REAL, 0, "/AOL-\\d+\\.\\d+\\.\\d+\\)|ESMTP id (?:RELAY|MAILRELAY|MAILIN)")
SA_RE_ENUM(HOTMAIL_PICKUP, 0, "from mail pickup service by hotmail\\.com with Microsoft SMTPSVC;")
SA_RE_ENUM(HOTMAIL_BY_IP, 0, "from (?:\\S*\\.)?hotmail.com \\(\\S+\\.hotmail(?:\\.msn)?\\.com[ )]|"
    "from \\S*\\.hotmail.com \\(\\[" SA_IP "\\][ ):]|from \\S+ by \\S+\\.hotmail(?:\\.msn)?\\.com with HTTP;|"
    "from \\[66\\.218.\\S+\\] by \\S+\\.yahoo\\.com")
SA_RE_ENUM(HOTMAIL_BY_ORGANISATION, 0,
    "from \\S*\\.outbound\\.protection\\.outlook\\.com \\(\\S+\\.outbound\\.protection\\.outlook\\.com[ )]|"
    "from \\S*\\.(?:eur|nam)prd\\d+\\.prod\\.outlook\\.com \\(" SA_IP "\\)")
SA_RE_ENUM(HOTMAIL_CLAIMED, 0, "(?:from |HELO |helo=)\\S*hotmail\\.com\\b")
SA_RE_ENUM(FROM_HOTMAIL, PCRE2_CASELESS, "\\bhotmail\\.com$")
SA_RE_ENUM(FROM_EUDORAMAIL, PCRE2_CASELESS, "\\beudoramail\\.com$")
SA_RE_ENUM(FROM_YAHOO, PCRE2_CASELESS, "\\byahoo\\.com$")
SA_RE_ENUM(FROM_JUNO, PCRE2_CASELESS, "\\bjuno\\.com$")
SA_RE_ENUM(FROM_GMAIL, PCRE2_CASELESS, "\\bgmail\\.com$")
SA_RE_ENUM(WHOWHERE, 0, "by \\S*whowhere.com;")
SA_RE_ENUM(YAHOO_TRUSTED, 0, " rdns=\\S+\\.yahoo\\.com ")
SA_RE_ENUM(YAHOO_FIRST, 0, "^[^\\]]+ rdns=\\S+\\.yahoo\\.com ")
SA_RE_ENUM(YAHOO_RECEIVED, 0, "by web\\S+\\.mail\\S*\\.yahoo\\.com via HTTP|"
    "by sonic\\S+\\.consmr\\.mail\\S*\\.yahoo\\.com with HTTP|by smtp\\S+\\.yahoo\\.com with SMTP|"
    "from \\[" SA_IP "\\] by \\S+\\.(?:groups|scd|dcn)\\.yahoo\\.com with NNFMP|"
    "by \\w+\\.\\w+\\.yahoo\\.com \\(\\d+\\.\\d+\\.\\d+/\\d+\\.\\d+\\.\\d+\\)(?: with ESMTP)? id \\w+")
SA_RE_ENUM(YAHOO_BULK, 0, "\\bmailer\\d+\\.bulk\\.scd\\.yahoo\\.com\\b")
SA_RE_ENUM(YAHOO_REPLY, PCRE2_CASELESS, "@reply\\.yahoo\\.com$")
SA_RE_ENUM(JUNO_RECEIVED, 0, "from.*\\b(?:juno|untd)\\.com.*[\\[(]" SA_IP "[\\])].*by| cookie\\.(?:juno|untd)\\.com ")
SA_RE_ENUM(GMAIL_X_RECEIVED, 0, "by 10\\.\\S+ with SMTP id \\S+|by 2002:a\\d\\d:\\w+:\\S+ with SMTP id \\S+")
SA_RE_ENUM(GMAIL_RECEIVED, 0, "by smtp\\.googlemail\\.com with ESMTPSA id \\S+")
SA_RE_ENUM(OUTLOOK_ID, 0, "^<[0-9a-f]{4}([0-9a-f]{8})\\$[0-9a-f]{8}\\$[0-9a-f]{8}@")
SA_RE_ENUM(TEMPLATE, 0, "%[A-Z][A-Z_-]")
SA_RE_ENUM(TEMPLATE_EXEMPT, PCRE2_CASELESS, "^(?:X-VMS-To|X-UIDL|X-Face|To|Cc|From|Subject|References|In-Reply-To|"
    "(?:X-|Resent-|X-Original-)?Message-Id):")
SA_RE_ENUM(RATWARE_ID, 0, "<[A-Z]{28}\\.([^>]+?)>")
SA_RE_ENUM(QUOTED_NAME, 0, "\"[^\"]+\"\\s*<")
SA_RE_ENUM(RECEIVED_FOR, 0, " for <?(\\S+@(\\S+?))>?;")
SA_RE_ENUM(SRS, PCRE2_CASELESS, "^SRS\\d[=+-]")
SA_RE_ENUM(SUBJECT_TO_AFTER, PCRE2_CASELESS, "^(?:re|fw):\\s*(?:\\w+\\s+)?")

/* eval functions: relays */
SA_RE_ENUM(V4_WHOLE, 0, "^\\b" SA_V4 "\\b$")
SA_RE_ENUM(DOTCOM_HELO, PCRE2_CASELESS, "(?:\\.|^)(?:lycos\\.com|lycos\\.co\\.uk|hotmail\\.com|localhost\\.com|excite\\.com|"
    "caramail\\.com|cs\\.com|aol\\.com|msn\\.com|yahoo\\.com|drizzle\\.com)$")
SA_RE_ENUM(HOST_NAME, 0, "^\\w+(?:[\\w.-]+\\.)+\\w+$")
SA_RE_ENUM(LAST_LABEL, 0, "(?:\\S{3,}|ie|fr|de)")

/* eval functions: MIME and body */
SA_RE_ENUM(CT_CHARSET, PCRE2_CASELESS, "charset=\"([^\"]+)\"|charset='([^']+)'|charset=(\\S+)")
SA_RE_ENUM(QP_NEEDLESS, 0, "=(?:09|3[0-9ABCEF]|[2456][0-9A-F]|7[0-9A-E])")
SA_RE_ENUM(QP_TRAILING, 0, "((?:=09|=20)+)\\s*$")
SA_RE_ENUM(ASCII_ALIAS, 0, "(?:us-ascii|ansi_x3\\.4-1968|iso-ir-6|ansi_x3\\.4-1986|iso_646\\.irv:1991|ascii|iso646-us|us|"
    "ibm367|cp367|csascii)")
SA_RE_ENUM(ISO_NAME, PCRE2_CASELESS, "iso-\\S+-\\S+\\b")
SA_RE_ENUM(ISO_KNOWN, 0, "iso-(?:8859-\\d{1,2}|2022-(?:jp|kr))\\b")
SA_RE_ENUM(UNICODE_REFERENCE, 0, "&#x[0-9A-F]{4};")
SA_RE_ENUM(TWO_WORDS, 0, "\\S\\s+\\S")
SA_RE_ENUM(BASE64_LINES, 0, "^(?:[A-Za-z0-9+/=]{60,76} ){2}")
SA_RE_ENUM(JIS_RUN, PCRE2_DOTALL, "\\x1b\\$B.*\\x1b\\(B")
SA_RE_ENUM(STOCK_LINE, PCRE2_MULTILINE, "^\\s*([^:\\s][^:\\n]{2,29})\\s*:\\s*\\S")
SA_RE_ENUM(STOCK_WORD, 0, "(^trad(?:e|ing)date|company(?:name)?|s\\w?(?:t\\w?o\\w?c\\w?k|y\\w?m(?:\\w?b\\w?o\\w?l)?)|"
    "t(?:arget|icker)|(?:opening|current)p(?:rice)?|p(?:rojected|osition)|expectations|weeks?high|marketperformance|"
    "(?:year|week|month|day|price)(?:target|estimates?)|sector|r(?:ecommendation|ating))$")

/* eval functions: links and freemail */
SA_RE_ENUM(IP_LINK, PCRE2_CASELESS, "^https?:/*(?:[^@/]+@)?\\d+\\.\\d+\\.\\d+\\.\\d+")
SA_RE_ENUM(HTTPS_IP_LINK, PCRE2_CASELESS, "^https:/*(?:[^@/]+@)?\\d+\\.\\d+\\.\\d+\\.\\d+")
SA_RE_ENUM(LINK_HOST, PCRE2_CASELESS, "^https?://([^/:?#]+)")
SA_RE_ENUM(HTTPS_HOST, PCRE2_CASELESS, "https://([^\\s/:?#]+)")
SA_RE_ENUM(NOT_FREEMAIL, PCRE2_CASELESS, "^(?:abuse|support|sales|info|helpdesk|contact|kontakt|(?:post|host|domain)master|"
    "undisclosed.*|request-[a-f0-9]{16}|bounced?-|"
    "[a-f0-9]{8}(?:\\.[a-f0-9]{8}|-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12})|.+=.+=.+)@")
SA_RE_ENUM(BULK_SENDER, PCRE2_CASELESS, "(?:^(?:post|host|domain)master|^double-bounce|"
    "^(?:sentto|owner|return|(?:gr)?bounced?)-.+|-(?:request|bounces?|admin|owner)|\\b(?:do[._-t]?)?no[._-t]?repl(?:y|ies)|"
    ".+=.+)@")
SA_RE_ENUM(BODY_LINK_AT, PCRE2_CASELESS, "<?https?://\\S{0,255}(?:@|%40)\\S{0,255}")
SA_RE_ENUM(BODY_MAIL, PCRE2_CASELESS, "(?=.{0,64}@)(?<![a-z0-9!#$%&'*+/=?^_`{|}~-])([a-z0-9!#$%&'*+/=?^_`{|}~-]+"
    "(?:\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,59}[a-z0-9])?\\.){1,4}"
    "(?<![a-z0-9-])([a-z0-9-]+)(?!(?:[a-z0-9-]|\\.[a-z0-9])))")
SA_RE_ENUM(BODY_MAIL_SKIP, PCRE2_ANCHORED | PCRE2_CASELESS,
    "(?:>|\\s{1,10}(?!(?:fa(?:x|csi)|tel|phone|e?-?mail))[a-z]{2,11}:)")
