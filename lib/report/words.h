/* words.h - what reports say, in the languages of digests (digest/words.h); reasons are those of digests */
#ifndef SL_REPORT_WORDS_H
#define SL_REPORT_WORDS_H

#include "digest/words.h"

/* English, German, French; places as in digest/words.h. */
#define SL_REPORT_WORDS(X)								\
	X(NAME, "Mail report", "Mailbericht", "Rapport de messagerie")			\
	X(SUBJECT, "Mail report for {1}, {2} to {3}", "Mailbericht für {1}, {2} bis {3}", "Rapport de messagerie de {1}, du {2} au {3}") \
	X(PERIOD, "From {1} to {2}, by the clock of {3}. Days of traffic are those of UTC, from {4} to {5}.",	\
	    "Von {1} bis {2} nach der Uhr von {3}. Die Tage des Verkehrs sind die von UTC, {4} bis {5}.",		\
	    "Du {1} au {2}, à l'heure de {3}. Les jours du trafic sont ceux d'UTC, du {4} au {5}.")			\
	X(GLANCE, "At a glance", "Auf einen Blick", "En bref")				\
	X(MESSAGES, "Messages", "Nachrichten", "Messages")				\
	X(RECIPIENTS, "Recipients", "Empfänger", "Destinataires")			\
	X(DELIVERED, "Delivered", "Zugestellt", "Remis")				\
	X(QUARANTINED, "Kept in quarantine", "In Quarantäne", "En quarantaine")		\
	X(KEPT, "Kept", "Behalten", "Gardés")						\
	X(AWAY_SHORT, "Kept away", "Blieb fern", "Écarté")					\
	X(REFUSED, "Refused", "Abgewiesen", "Refusés")					\
	X(DEFERRED, "Put off", "Vertagt", "Différés")					\
	X(BYTES, "Bytes", "Umfang", "Volume")						\
	X(AWAY, "Never reached you", "Kam nie bei Ihnen an", "Jamais arrivé chez vous")	\
	X(AWAY_SUMMARY, "Never reached a customer", "Kam bei keinem Kunden an", "Jamais arrivé chez un client")	\
	X(RELEASED, "Released from quarantine", "Aus der Quarantäne freigegeben", "Libérés de la quarantaine")	\
	X(OF, "{1} of {2} kept: {3}", "{1} von {2}: {3}", "{1} sur {2} : {3}")		\
	X(NOT_DELIVERED, "{1} of them could not be delivered", "{1} davon konnten nicht zugestellt werden", "{1} n'ont pas pu être remis")	\
	X(UNDER_WAY, "{1} are under way", "{1} sind unterwegs", "{1} sont en cours")	\
	X(DAYS, "By day", "Nach Tagen", "Par jour")					\
	X(DAY, "Day", "Tag", "Jour")							\
	X(LEGEND, "Dark: delivered; light: kept away.", "Dunkel: zugestellt; hell: ferngehalten.", "Foncé : remis ; clair : tenu à l'écart.")	\
	X(CAUSES, "Why mail was kept away", "Warum Mail ferngehalten wurde", "Pourquoi du courrier a été tenu à l'écart")	\
	X(CAUSE, "Reason", "Grund", "Motif")						\
	X(UNCHECKED, "Could not be checked", "Nicht prüfbar", "Non vérifiable")		\
	X(ELSE, "Refused by the mail server, or for no rule", "Vom Mailserver abgewiesen, oder ohne Regel", "Refusé par le serveur, ou sans règle")	\
	X(RELEASED_COLUMN, "Released", "Freigegeben", "Libérés")			\
	X(TENANTS, "By customer", "Nach Kunden", "Par client")				\
	X(TENANT, "Customer", "Kunde", "Client")					\
	X(DOMAINS, "By domain", "Nach Domains", "Par domaine")				\
	X(DOMAIN, "Domain", "Domain", "Domaine")					\
	X(USERS, "By user", "Nach Benutzern", "Par utilisateur")			\
	X(USER, "User", "Benutzer", "Utilisateur")					\
	X(OTHERS, "{1} others", "{1} andere", "{1} autres")				\
	X(SEVERAL, "A message for several of them counts once with each.", "Eine Nachricht für mehrere von ihnen zählt bei jedem einmal.",	\
	    "Un message destiné à plusieurs d'entre eux compte une fois pour chacun.")	\
	X(SINCE, "Counted from {1} on: of days before there are no records any more.", "Gezählt ab {1}: von Tagen davor gibt es keine Aufzeichnungen mehr.",	\
	    "Compté à partir du {1} : les jours d'avant ne sont plus enregistrés.")	\
	X(APPROXIMATE, "There were so many names that some may be counted too low.", "Es gab so viele Namen, dass einige zu niedrig gezählt sein können.",	\
	    "Il y avait tant de noms que certains peuvent être comptés trop bas.")	\
	X(LATER, "Later", "Später", "Ensuite")						\
	X(OPENED, "opened again {1}", "erneut geöffnet {1}", "rouvert le {1}")		\
	X(REPORTED, "reported as unwanted {1}", "als unerwünscht gemeldet {1}", "signalé comme indésirable le {1}")	\
	X(ALLOWED, "sender allowed {1}", "Absender erlaubt {1}", "expéditeur autorisé le {1}")	\
	X(WERE_REPORTED, "{1} of them were then reported as unwanted", "{1} davon wurden danach als unerwünscht gemeldet",	\
	    "{1} ont ensuite été signalés comme indésirables")				\
	X(RELEASES, "Releases", "Freigaben", "Libérations")				\
	X(WHEN, "When", "Wann", "Quand")						\
	X(WHO, "Who", "Wer", "Qui")							\
	X(FROM, "From", "Von", "De")							\
	X(TO, "To", "An", "À")								\
	X(KEPT_AS, "Kept as", "Zurückgehalten als", "Retenu comme")			\
	X(ANSWER, "The mail server's answer", "Antwort des Mailservers", "Réponse du serveur")	\
	X(AND_MORE, "and {1} more recipients", "und {1} weitere Empfänger", "et {1} autres destinataires")	\
	X(REPLY_LOST, "a reply was lost: it may have arrived twice", "eine Antwort ging verloren: vielleicht kam es doppelt an",	\
	    "une réponse a été perdue : peut-être arrivé deux fois")			\
	X(NO_RELEASES, "Nothing was released.", "Nichts wurde freigegeben.", "Rien n'a été libéré.")	\
	X(RELEASES_UNKNOWN, "What was released is not known now.", "Was freigegeben wurde, ist zurzeit nicht bekannt.",	\
	    "Les libérations ne sont pas connues en ce moment.")			\
	X(NO_TRAFFIC, "No record of traffic is kept here, so there are no figures of it.",	\
	    "Hier wird kein Verkehr aufgezeichnet; deshalb gibt es keine Zahlen davon.",	\
	    "Le trafic n'est pas enregistré ici ; il n'y a donc pas de chiffres.")	\
	X(UNREADABLE, "The record of traffic cannot be read; so there are no figures of it.",	\
	    "Die Aufzeichnung des Verkehrs ist nicht lesbar; deshalb gibt es keine Zahlen davon.",	\
	    "L'enregistrement du trafic est illisible ; il n'y a donc pas de chiffres.")	\
	X(QUIET, "No mail came.", "Es kam keine Mail.", "Aucun message n'est arrivé.")	\
	X(MORE, "and {1} more, which are in the attached table", "und {1} weitere in der angehängten Tabelle", "et {1} autres, dans le tableau joint")	\
	X(CSV_CUT, "The attached table of releases is not complete: there were too many.",	\
	    "Die angehängte Tabelle der Freigaben ist unvollständig: es waren zu viele.",	\
	    "Le tableau joint des libérations est incomplet : il y en avait trop.")	\
	X(ATTACHED, "All figures are attached as tables (CSV).", "Alle Zahlen sind als Tabellen (CSV) angehängt.",	\
	    "Tous les chiffres sont joints en tableaux (CSV).")

enum sl_report_word {
#define SL_REPORT_WORD_ENUM(id, en, de, fr) SL_REPORT_WORD_##id,
	SL_REPORT_WORDS(SL_REPORT_WORD_ENUM)
#undef SL_REPORT_WORD_ENUM
	SL_REPORT_WORD_COUNT,
};
const char	*sl_report_word(const struct sl_digest_language *language, enum sl_report_word word);

#endif
