/*
 * inspect.h - what `sluicectl inspect` has understood of one message, before it is printed
 *
 * inspect_collect.c listens to the message (content/content.h) and keeps everything; inspect_print.c
 * shows it to a person, inspect_json.c to a program.
 */
#ifndef SLUICECTL_INSPECT_H
#define SLUICECTL_INSPECT_H

#include "content/content.h"
#include "deep/client.h"
#include "sl/buf.h"

/* Strings are UTF-8 or bytes as they came, NUL behind them, owned. */
struct text {
	char	*ptr;
	size_t	 len;
};

struct inspect_field {
	struct text	name, value, decoded;
};

struct inspect_author {
	struct text	name, address;
	bool		valid;
};

struct inspect_entry {
	struct text	path;		/* within the file, '/' parts archives within archives */
	uint64_t	bytes;
	bool		encrypted, directory;
	struct text	type;		/* by content; empty: it was only listed */
	bool		has_hash;
	unsigned char	sha256[32];
};

struct inspect_part {
	struct text	path, type, charset, encoding, disposition, filename;
	struct text	names[SL_MIME_NAMES_MAX];	/* as programs may read it; the first is filename */
	size_t		names_len;
	unsigned	reading;
	enum sl_content_role role;
	bool		attached;
	bool		ended;
	uint64_t	size_bytes;
	unsigned char	sha256[32];
	enum sl_type	sniffed;
	struct text	shown_name;	/* what is safe to print of the file's name */
	struct inspect_entry *entries;
	size_t		entries_len;
	bool		not_all_seen;	/* of a file: the helper reached a limit, or failed */
	struct sl_buf	bytes;		/* of a file, while it is open */
};

struct inspect_link {
	struct text	raw, written, url, host, domain, anchor;
	const char	*element;
	size_t		part;		/* in parts */
	bool		in_text, hidden;
};

struct inspect_finding {
	const char	*name, *sentence;	/* static, or in `owned` */
	enum sl_content_weight weight;
	struct text	 path, detail;
};

struct inspect {
	struct inspect_field	*fields;
	struct inspect_author	*from;
	struct inspect_part	*parts;
	struct inspect_link	*links;
	struct inspect_finding	*findings;
	size_t			 fields_len, from_len, parts_len, links_len, findings_len;
	struct sl_buf		 text, hidden;
	enum sl_view_kind	 last_kind;
	size_t			 last_part;
	bool			 has_fingerprint;
	struct sl_fingerprint_result fingerprint;
	uint64_t		 bytes;
	struct sl_helper	*helper;	/* looks into files; NULL: nobody does */
	struct sl_deep_budget	 budget;	/* what it may still spend on this message */
	const struct sl_suffix	*suffix;
	size_t			 asking;	/* the part that is being looked into */
};

/* Read `message` in pieces of `chunk` bytes. `helper` NULL: files are not looked into. */
void	inspect_message(struct inspect *inspect, struct sl_slice message, size_t chunk,
	    const struct sl_suffix *suffix, struct sl_helper *helper);
void	inspect_free(struct inspect *inspect);

void	inspect_print(const struct inspect *inspect);
void	inspect_print_json(const struct inspect *inspect);

#endif
