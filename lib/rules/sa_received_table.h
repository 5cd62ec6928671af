/*
 * sa_received_table.h - the forms in which mail servers write Received fields
 *
 * FORM(flags, pattern): tried in order, after "from " is cut; the first that matches gives the parts that
 * it names. What follows a GATE up to the next GATE (or GATES_END) is tried only if its pattern matches,
 * and then no further gate of that run is. UNLESS guards the one form behind it.
 */
#define HELO	"(?<helo>\\S+)"
#define HELO0	"(?<helo>\\S*)"
#define RDNS	"(?<rdns>\\S+)"
#define NAME	"(?<rdns>\\S+)"		/* both rdns and helo: with HELO_TOO */
#define IP	"(?<ip>" SA_IP ")"
#define BY	"(?<by>\\S+)"
#define IDENT	"(?<ident>\\S*)"
#define SAYS	"(?:HELO|EHLO)"

GATE(" \\((?:SquirrelMail|NaSMail) authenticated user ")
FORM(0, IP "\\b(?![.-]).{10,80}by " BY " with HTTP")
GATES_END()
GATE("aol\\.com.*with HTTP \\(WebMailUI\\)|with HTTP \\(WebMailUI\\).*aol\\.com")
FORM(0, IP " by " BY " \\(" SA_IP "\\) with HTTP \\(WebMailUI\\)")
GATES_END()

GATE(" SMTPSVC")
FORM(0, "^" HELO0 " \\(\\[" IP "\\][^)]{0,40}\\) by " BY " with Microsoft SMTPSVC")
FORM(IGNORED, "^mail pickup service by (\\S+) with Microsoft SMTPSVC$")
GATE(" with (?:Microsoft SMTP Server|mapi id) (?:\\([^)]+\\) )?\\d+\\.\\d+\\.\\d+\\.\\d+(?:$| )")
FORM(NO_ID, "^" HELO " \\(\\[?" IP "(?:%[A-Z0-9._~-]*)?\\]?\\) by " BY " ")
GATE("\\[XMail ")
FORM(XMAIL, "^" HELO " \\((?<ip>\\[?" SA_IP "\\]?)(?::\\d+)\\) by " BY "(?: \\(\\S+\\))? with \\[XMail")
GATE("\\(ecelerity\\b")
FORM(0, "^\\(\\[" IP ":\\d+\\] helo=" HELO "\\) by " BY " ")
FORM(0, "^\\S+ \\(\\[" IP ":\\d+\\]\\) by " BY " ")
GATE("Exim")
FORM(IGNORED, "\\bwith local(?:-\\S+)? ")
FORM(SUB, "^\\[" IP "\\] \\((?<sub>.*?)\\) by " BY " ")
FORM(SUB | HELO_TOO, "^" NAME " \\(\\[" IP "\\](?<sub>.*?)\\) by " BY " ")
FORM(HELO_TOO, "^" NAME " \\[" IP "\\](?::\\d+)? by " BY " ")
FORM(GO_ON, "^" RDNS " ")
FORM(GO_ON, " \\(" HELO "\\) ")
FORM(GO_ON, " \\[" IP "(?:\\.\\d+)?\\] ")
FORM(IF_IP, "by " BY " ")
GATE(" \\(Postfix\\) with")
FORM(LOOKED_UP | UNKNOWN, "^" HELO " \\(" RDNS " \\[" IP "\\]\\) by " BY " ")
FORM(LOOKED_UP | UNKNOWN, "^" HELO " \\(" RDNS "\\[" IP "\\]\\) by " BY " ")
GATE("\\(Scalix SMTP Relay")
FORM(0, "^" HELO " \\( ?" IP "\\) by " BY)
GATE(" \\(Lotus Domino ")
FORM(0, "^" HELO " \\(\\[" IP "\\]\\) by " BY " \\(Lotus")
GATES_END()

GATE("\\bwith HTTP\\b")
FORM(0, "^" IP " \\(\\[" SA_IP "\\]\\) by " BY)
GATES_END()
UNLESS(" by \\S+ \\(qmail-\\S+\\) with ")
FORM(LOOKED_UP | IDENT_IN_RDNS, "^" HELO " \\(" RDNS " \\[" IP "\\].*\\) by " BY " \\(")
FORM(LOOKED_UP, "^" HELO " \\(" RDNS " \\[" IP "\\]\\) by " BY " with \\S+ \\(")
FORM(0, "^" RDNS " \\(\\[" IP "\\] helo=" HELO "\\) by " BY " with ")
FORM(0, "^" HELO " \\(<unknown\\S*>\\[" IP "\\]\\) by " BY " ")
FORM(LOOKED_UP, "^" HELO " \\((?<rdns>\\S+\\.\\S+)\\[" IP "\\]\\) by " BY " ")
FORM(LOOKED_UP, "^" HELO " \\(" IDENT "@\\[" IP "\\].*\\) by " BY " \\(")
FORM(IP_FIRST, "by (?<by>\\S+\\.hotmail\\.msn\\.com) ")
FORM(0, "^" RDNS " \\(" SAYS " " HELO0 "\\) \\(" IP "\\) by " BY " \\(qpsmtpd/\\S+\\) with (?:ESMTP|SMTP)")
FORM(0, "^" RDNS " \\(LHLO " HELO0 "\\) \\(" IP "\\) by " BY " with LMTP")
FORM(0, "^" RDNS " \\(" SAYS " " HELO0 "\\) \\[" IP "\\] by " BY " \\([^)]+\\) with (?:ESMTP|SMTP)")
FORM(0, "^" HELO " \\(\\[" IP "\\]\\) by " BY " via smtpd \\(for \\S+\\) with SMTP\\(")

GATE("^\\S+(?: \\(" SAYS " \\S*\\))? \\((?:\\S+@)?\\[?" SA_IP "\\]?\\)(?: \\(envelope-sender <\\S+>\\))?"
    " by \\S+(?: \\(.+\\))* with (?:.* )?(?:SMTP|QMQP)(?! id )")
FORM(QMAIL, "^" RDNS " \\(" SAYS " (?<helo>[^ ()]*)\\) \\(" IDENT "@\\[?" IP "\\]?\\)"
    "(?: \\(envelope-sender <\\S+>\\))? by " BY)
FORM(QMAIL, "^" RDNS " \\(" SAYS " (?<helo>[^ ()]*)\\) \\(\\[?" IP "\\]?\\)"
    "(?: \\(envelope-sender <\\S+>\\))? by " BY)
FORM(QMAIL | HELO_TOO, "^" NAME " \\(" IDENT "@\\[?" IP "\\]?\\)(?: \\(envelope-sender <\\S+>\\))? by " BY)
FORM(QMAIL | HELO_TOO, "^" NAME " \\(\\[?" IP "\\]?\\)(?: \\(envelope-sender <\\S+>\\))? by " BY)
FORM(QMAIL, "")
GATES_END()

FORM(0, "^\\[" IP "\\] by " BY " via HTTP$")
FORM(0, "^\\S+ \\( \\[" IP "\\]\\).*? by " BY " ")
FORM(0, "^\\(" HELO " \\[" IP "\\]\\) by " BY " ")
FORM(0, "^\\[" IP "\\] by " BY " ")
FORM(0, "^\\(\\[?" IP "\\]?\\) by " BY " ")
FORM(LOOKED_UP, "^" HELO " \\[" IP "\\] by " BY " \\[" SA_IP "\\] with ")
FORM(0, "^" HELO " \\[\\(" IP "\\)\\] by " BY " \\(" SA_IP "\\) ")
FORM(LOOKED_UP, "^" HELO " \\(\\[" IP "\\]\\) by " BY " \\(")
FORM(SOFT_ERROR, "^" HELO " \\(" RDNS " \\[" IP "\\]\\).*? by " BY "\\b")
FORM(LOOKED_UP, "^" HELO " \\(\\[" IP "(?:[.:]\\d+)?\\]\\).*? by " BY " ")
FORM(LOOKED_UP, "^" HELO " \\(" RDNS " \\[" IP "\\]\\)(?: \\(authenticated bits=\\d+\\))? by " BY " \\(")
FORM(FETCHED, "with (?:POP3|IMAP)")
FORM(LOOKED_UP, "^" RDNS " \\(" SAYS " (?<helo>[^)]*)\\) \\((?:(?<ident>\\S*)@)?\\[?" IP "\\]?\\).* by " BY " ")
FORM(LOOKED_UP | HELO_TOO, "^" NAME " \\((?:(?<ident>\\S*)@)?\\[?" IP "\\]?\\).* by " BY " ")
FORM(0, "^\\[" IP "\\] by " BY " with http for ")
FORM(LOOKED_UP, "^(?<rdns>\\S+)\\(" IP "\\) by " BY " via smap ")
FORM(LOOKED_UP, "^(?<rdns>\\S+)\\(" IP ", " SAYS " " HELO0 "\\) by " BY " via smap ")
FORM(0, "^\\[" IP "\\] by " BY " \\((?:Post|ArGoSoft)")
FORM(0, "^" IP " by " BY " \\((?:SMTPL|InterScan)\\b")
FORM(IGNORED, "^\\S+ by \\S+ with BSMTP")
FORM(LOOKED_UP, "^" HELO " \\(" RDNS " \\[" IP "\\]\\) by " BY " with ")
FORM(LOOKED_UP, "^" RDNS " \\(" SAYS " " HELO0 "\\) \\((?:(?<ident>\\S+)@)?" IP ".*?\\) by " BY " with ")
FORM(0, "^\\[" IP "\\] \\((?:account \\S+ )?" SAYS " " HELO0 "\\) by " BY " \\(")
GATE(" \\(CommuniGate Pro")
FORM(LOOKED_UP | HELO_TOO, "^" NAME " \\(\\[" IP "\\] verified\\) by " BY " \\(")
GATES_END()
FORM(0, "^\\(\\[" IP "\\]\\) by " BY " with ")
FORM(0, "^(?<helo>[^\\d]\\S+) \\(" IP "\\) by " BY " ")
FORM(IGNORED, "^\\S+ \\(\\S+\\) by \\S+ \\(Content Technologies ")
FORM(0, "^" HELO " \\(\\[" IP "\\] \\[\\S+\\]\\) by " BY " with ")
FORM(0, "^" IP " by " BY " with ")
FORM(LOOKED_UP, "^" HELO " \\(" RDNS "\\[" IP "\\]\\) by " BY " ")
FORM(0, "^\\[" IP "\\]\\S+ \\(" SAYS " " HELO0 "\\) by " BY " ")
FORM(0, "^" IP " \\(" SAYS " " HELO0 "\\) by " BY " ")
FORM(0, "^" HELO " \\[" IP "\\] by " BY " ")
FORM(0, "^(?<rdns>\\S+)\\(" IP "\\) by " BY " ")
FORM(0, "^\\[" IP "\\] by " BY " \\(MailGate ")
FORM(0, "^" HELO " \\(unverified \\[" IP "\\]\\) by " BY " ")
FORM(0, "^" IP " \\([A-Za-z][^)]+\\) by " BY " with ")
FORM(SUB, "^\\[" IP "\\] \\((?<sub>[^)]+)\\) by " BY " ")
FORM(0, "^" RDNS " \\((?:\\S+@)?" IP "\\) by " BY " with ")
FORM(CLAIMING, "^(?<rdns>\\S+)\\(" IP "\\)(?:, claiming to be \"" HELO "\")? via \\S+ by " BY ",")
FORM(0, "^" HELO " \\(\\S+@" IP " with login\\) by (?<by>\\S+\\.yahoo\\.com) with SMTP")
FORM(NO_BY, "^X-Originating-IP: " IP "$")

FORM(IGNORED, "^\\S+ \\([^\\s@]+@" SA_LOCALHOST "\\) by \\S+ \\(")
FORM(IGNORED, "^\\S+ \\S+ by \\S+ with local-e?smtp ")
FORM(IGNORED, "^127\\.0\\.0\\.1 \\(AVG SMTP \\S+ \\[\\S+\\]\\)")
FORM(IGNORED, "^\\S+@\\S+ by \\S+ ")
FORM(IGNORED, "^Unknown/Local \\(")
FORM(IGNORED, "^" SA_LOCALHOST " \\((?:\\S+@)?" SA_LOCALHOST "[)\\[]")
FORM(IGNORED, "^\\S+ \\((?:\\S+@)?" SA_LOCALHOST "\\) ")
FORM(IGNORED, "^\\S+ \\(\\S+@\\S+ \\[" SA_LOCALHOST "\\]\\) ")
FORM(IGNORED, "^\\(AUTH: \\S+\\) by \\S+ with ")
FORM(IGNORED, "^localhost \\(localhost \\[\\[UNIX: localhost\\]\\]\\) by ")
FORM(IGNORED, "^\\S+\\.amazon\\.com by \\S+\\.amazon\\.com with ESMTP \\(peer crosscheck: ")
FORM(IGNORED, "^[^.]+ by \\S+ with Novell_GroupWise")
FORM(IGNORED, "^no\\.name\\.available by \\S+ via smtpd \\(for ")
FORM(SCANNER, "^\\S+ by \\S+ \\(.{0,100}\\) with qmail-scanner")
FORM(IGNORED, "^\\S+ by \\S+ with local")
FORM(IGNORED, "^\\S+ \\(\\[unix socket\\]\\) by \\S+ \\(Cyrus v[0-9]*?\\.[0-9]*?\\.[0-9]*?\\) with LMTPA")
FORM(IGNORED, "^\\S+ by \\S+ (?:with|via|for|\\()")
FORM(IGNORED, "^\\S+ (?:(?:with|via|for) \\S+|\\(unverified\\)) by\\b")
FORM(IGNORED, "^\\S+ \\(unknown\\) by \\S+ \\(SG\\) with \\b")
FORM(IGNORED, "^\\S+ \\(\\S+ \\[local\\]\\) by \\S+ \\(OpenSMTPD\\) with \\b")
FORM(IGNORED, "\\(LSMTP for")
FORM(IGNORED, "^\\(\\[" SA_LOCALHOST "\\]\\) with MailEnable ")
FORM(IGNORED, "^facebook\\.com \\([^)]+\\) by facebook\\.com with Thrift id \\S+$")
FORM(IGNORED, "^\\S+ named \\S+ by gmailapi\\.google\\.com with HTTPREST$")
FORM(IGNORED, "^\\S+ id \\S+$")
FORM(IGNORED, "^\\[<.*? \\(Jetsend")
FORM(HELO_IF_NONE, "^(?<helo>\\S+)[^-A-Za-z0-9.]")

#undef HELO
#undef HELO0
#undef RDNS
#undef NAME
#undef IP
#undef BY
#undef IDENT
#undef SAYS
