/* api_words.h - what is shown with a message besides its own text. */
#ifndef TACIT_CLIENT_CORE_API_WORDS_H
#define TACIT_CLIENT_CORE_API_WORDS_H

#include "client/core/core.h"
#include "client/core/tacit.h"
#include "store/client/history.h"

/*
 * Join to the event of a message what was said about it, and what it is about:
 * event->words, and the text that stands.  Borrowed from the step's arena.
 */
enum status words_show(
    struct step *s, const struct history_entry *e, struct tacit_event *event);

/* What a message of this type, as it was signed, is to the user. */
enum tacit_word words_kind(uint32_t type);

#endif
