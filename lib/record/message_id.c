/* message_id.c - see record.h */

#include "record/record.h"

#include <stdio.h>

void
sl_record_message_id(struct sl_slice id, char out[SL_RECORD_MESSAGE_ID_LEN + 1])
{
	static const unsigned char key[16] = "sluice msgid v1";	/* a name, no secret: who knows the id may ask for it */

	id = sl_slice_trim(id);
	if (id.len >= 2 && id.ptr[0] == '<' && id.ptr[id.len - 1] == '>')
		id = sl_slice(id.ptr + 1, id.len - 2);
	snprintf(out, SL_RECORD_MESSAGE_ID_LEN + 1, "%016llx",
	    (unsigned long long)sl_siphash(key, id.len > 0 ? id.ptr : (const unsigned char *)"", id.len));
}
