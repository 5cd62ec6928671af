/*
 * stats.h - counters in shared memory: one slot per edge, made by the parent
 *
 * An edge writes its own slot only; the parent reads all of them for `sluicectl status`. A slot
 * outlives its edge, so totals survive a crash. Plain 64-bit stores by one writer. Beside the counters: how
 * far mail has moved from what the model was trained on (measure/drift.h), with what training expects, which the
 * parent does not read itself. It believes nothing of it.
 */
#ifndef SL_IPC_STATS_H
#define SL_IPC_STATS_H

#include "measure/drift.h"

/* name, what it counts. A gauge goes up and down and is set to 0 when its edge starts anew. */
#define SL_COUNTERS(X)								\
	X(sessions, "sessions accepted")					\
	X(sessions_refused, "sessions refused at connect: limits, overload")	\
	X(tls_sessions, "sessions that began TLS")				\
	X(transactions, "transactions begun (MAIL with a recipient tried)")	\
	X(recipients_refused, "recipients refused")				\
	X(delivered, "messages the next hop took")				\
	X(tagged, "of these: tagged")						\
	X(copied, "messages of which a copy was delivered by policy")		\
	X(quarantined, "messages kept in the vault")				\
	X(refused, "messages refused by policy")				\
	X(deferred, "messages deferred by us")					\
	X(hop_refused, "messages the next hop refused or deferred")		\
	X(malformed, "messages refused for their line ends, size or header")	\
	X(aborted, "transactions the sender left")				\
	X(uncertain, "next hop lost after the final dot: outcome unknown")	\
	X(bytes, "message bytes received")					\
	X(judged, "messages judged")						\
	X(senders_known, "of these: whose sender has sent before")		\
	X(texts_known, "of these: nearly the same text has come before")	\
	X(lessons, "of these: sure enough to be learned from")			\
	X(contacts, "of these: whose author was remembered as a correspondent")	\
	X(corrections, "corrections by people, told to what is remembered")	\
	X(bursts, "texts that began to come from everywhere")			\
	X(engine_failures, "engines that were asked and did not answer")	\
	X(dns_questions, "questions about names")				\
	X(dns_remembered, "of these: answered from memory")			\
	X(dns_sent, "questions sent to DNS servers, each try")			\
	X(dns_failed, "questions nobody could answer in time")			\
	X(hop_connections, "connections opened to next hops")			\
	X(hop_reuses, "transactions over a kept connection")			\
	X(hop_failures, "next hops that could not be used")			\
	X(records_lost, "record lines that could not be written")		\
	X(records_left_out, "sessions and transactions without a message that have no record: too many")

#define SL_GAUGES(X)								\
	X(sessions_open, "sessions open now")					\
	X(hops_open, "connections to next hops open now")			\
	X(hops_idle, "of these: kept for the next transaction")			\
	X(chunks, "chunks of message bytes in memory now")			\
	X(dns_cache_bytes, "bytes of DNS answers remembered now")

struct sl_drift_board {
	char				model[17];	/* whose expectation it is; "": none */
	struct sl_drift_expectation	expected;
	struct sl_drift			counts;
};

struct sl_stats {
#define SL_STATS_FIELD(name, meaning) uint64_t name;
	SL_COUNTERS(SL_STATS_FIELD)
	SL_GAUGES(SL_STATS_FIELD)
#undef SL_STATS_FIELD
	struct sl_drift_board	drift;
};

#endif
