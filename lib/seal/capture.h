/*
 * capture.h - bytes of a message that outgrew memory, on their way through a file that nobody else can read
 *
 * Where the policy might still keep a message, what has left the hold window lies in an unnamed file, encrypted under
 * a key that lives only in this object: with the object, or the process, the bytes are gone. The writer turns
 * bytes into blocks of SL_SEAL_CAPTURE_BLOCK to append to the file; the reader takes the file from its beginning.
 * Changed, missing, repeated or reordered blocks are SL_ERR_DAMAGED. (XChaCha20-Poly1305, the nonce being the block's number.)
 *
 * Memory: one block each. Where input is cut changes nothing.
 */
#ifndef SL_SEAL_CAPTURE_H
#define SL_SEAL_CAPTURE_H

#include "seal/body.h"

#define SL_SEAL_CAPTURE_BLOCK	32768u		/* in the file; the last one is shorter */

struct sl_seal_capture;
struct sl_seal_capture	*sl_seal_capture_new(sl_seal_sink *to_file, void *ctx);
void			 sl_seal_capture_free(struct sl_seal_capture **capture);	/* the key is wiped */
SL_MUST_USE int		 sl_seal_capture_feed(struct sl_seal_capture *capture, struct sl_slice bytes);
/* Give what is left to the file. From then on it can be read, as often as wanted. */
SL_MUST_USE int		 sl_seal_capture_finish(struct sl_seal_capture *capture);
uint64_t		 sl_seal_capture_file_bytes(const struct sl_seal_capture *capture);
/* Read from the beginning (again). */
void			 sl_seal_capture_rewind(struct sl_seal_capture *capture, sl_seal_sink *sink, void *ctx);
SL_MUST_USE int		 sl_seal_capture_read(struct sl_seal_capture *capture, struct sl_slice file_bytes);
/* The file has ended. 0: all that was fed has been given back. */
SL_MUST_USE int		 sl_seal_capture_end(struct sl_seal_capture *capture);

#endif
