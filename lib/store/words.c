/* words.c - the words of the enumerations in the store's headers */

#include "store/keys.h"
#include "store/lists.h"
#include "store/tree.h"

#define WORD_ROW(name, word) word,
/* TYPE_word and TYPE_find over a table of X(NAME, "word"). */
#define WORDS(type, prefix, TABLE)						\
	static const char *const prefix##_words[] = { TABLE(WORD_ROW) };	\
	const char *								\
	prefix##_word(enum type value)						\
	{									\
		SL_ASSERT(value < SL_COUNT(prefix##_words));			\
		return prefix##_words[value];					\
	}
#define FINDS(type, prefix)							\
	bool									\
	prefix##_find(struct sl_slice word, enum type *value_out)		\
	{									\
		for (size_t i = 0; i < SL_COUNT(prefix##_words); i++) {		\
			if (sl_slice_eq(word, sl_slice_str(prefix##_words[i]))) {	\
				*value_out = (enum type)i;			\
				return true;					\
			}							\
		}								\
		return false;							\
	}

WORDS(sl_tenant_state, sl_tenant_state, SL_TENANT_STATES)
FINDS(sl_tenant_state, sl_tenant_state)
WORDS(sl_tenant_users, sl_tenant_users, SL_TENANT_USERS)
FINDS(sl_tenant_users, sl_tenant_users)
WORDS(sl_route_tls, sl_route_tls, SL_ROUTE_TLS)
FINDS(sl_route_tls, sl_route_tls)
WORDS(sl_user_source, sl_user_source, SL_USER_SOURCES)
FINDS(sl_user_source, sl_user_source)
WORDS(sl_entry_kind, sl_entry_kind, SL_ENTRY_KINDS)
FINDS(sl_entry_kind, sl_entry_kind)
WORDS(sl_entry_type, sl_entry_type, SL_ENTRY_TYPES)
WORDS(sl_key_holder, sl_key_holder, SL_KEY_HOLDERS)
