/*
 * entity_i.h - what a header says about its entity (private to lib/mime)
 *
 * The structural fields of one header are kept as they come; at the header's end they are
 * judged together: type, transfer encodings in the order of their plausibility, boundary, names,
 * and findings where programs would disagree.
 */
#ifndef SL_MIME_ENTITY_I_H
#define SL_MIME_ENTITY_I_H

#include "mime/mime.h"
#include "sl/arena.h"
#include "sl/buf.h"

enum structural {
	STRUCTURAL_TYPE,
	STRUCTURAL_ENCODING,
	STRUCTURAL_DISPOSITION,
	STRUCTURAL_COUNT,
};

#define KEPT_MAX	3	/* occurrences of a structural field that are looked at */
#define TRANSFERS_MAX	4

typedef uint32_t findings;	/* bits of enum sl_mime_finding_kind */
_Static_assert(SL_MIME_FINDING_COUNT <= 32, "findings are bits of a findings");
#define FOUND(kind)	((findings)1 << (kind))

struct header {
	struct sl_buf	kept[STRUCTURAL_COUNT][KEPT_MAX];
	unsigned	counts[STRUCTURAL_COUNT];
	unsigned	fields;		/* of any name */
	findings	found;
};

struct entity {
	struct sl_arena		 text;		/* what the part's slices point into */
	struct sl_mime_part	 part;		/* its strings; path, reading are not set */
	struct sl_slice		 boundary;	/* empty: none that can be used */
	enum sl_transfer	 transfers[TRANSFERS_MAX];
	size_t			 transfers_count;	/* at least 1 */
	bool			 also_leaf;	/* a multipart that another of its types says is none */
	findings		 found;
};

void	header_init(struct header *header);
void	header_fini(struct header *header);
void	header_copy(struct header *to, const struct header *from);
/* Take a field. Keeps it if it is a structural one. */
void	header_add(struct header *header, struct sl_slice name, struct sl_slice value);
bool	is_structural(struct sl_slice name);
/* Does `line` start with the name of a structural field and its colon? Sets the rest. */
bool	structural_starts(struct sl_slice line, enum structural *which_out, struct sl_slice *value_out);

/* `digest`: the entity is a part of a multipart/digest. */
void	entity_init(struct entity *entity, const struct header *header, bool digest);
void	entity_fini(struct entity *entity);

#endif
