/*
 * bytegram.h - the byte view of the n-gram model: four bytes in a row, of the message as it came
 *
 * Beside the decoded view (ngram.h), and read from the same model file: a second linear model over the first
 * 4,000 bytes as sent, undecoded: the header fields that the sender wrote, then the body. How a message
 * is put together (its MIME, its markup, its line lengths, its encoding) says much that its
 * words do not, and the two err in different messages: their mean is better than either.
 *
 * Counted are From, Reply-To, Subject, MIME-Version, Content-*, X-Mailer, User-Agent, and that there is a
 * Message-ID. A model may have been made to read all fields (sl_ngram_options.all_headers): then up to 3,000
 * bytes of the header and 6,000 in all.
 *
 * The evidence is named "bytegram"; its value is the log-odds of being unwanted, phish included. The sentence
 * holds bytes of the message: content, where none may be kept.
 *
 * Memory: about 6 KiB for a message. Linear, and bounded: what comes behind is not looked at.
 * Limits: what stands behind the first bytes does not count; the decoded view reads on.
 */
#ifndef SL_BYTEGRAM_H
#define SL_BYTEGRAM_H

#include "classify/ngram.h"

/* Its `model` argument is a struct sl_ngram_model. */
/*
 * It sees the first bytes of a message only, and so does a forger who writes harmless text in front. What it says *for* a message
 * counts as far as it has seen it: its value, if negative, times SL_BYTEGRAM_BYTES / message_bytes.
 */
#define SL_BYTEGRAM_BYTES	4000
double	sl_bytegram_damped(double value, uint64_t message_bytes);

extern const struct sl_classifier sl_bytegram_classifier;

#endif
