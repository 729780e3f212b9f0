/* api_address.h - whom a message is for, and what it is about. */
#ifndef TACIT_CLIENT_CORE_API_ADDRESS_H
#define TACIT_CLIENT_CORE_API_ADDRESS_H

#include "client/core/api/api_batch.h"

/*
 * Fill the draft of one from what the caller wants, or say what is wrong with
 * that.  Only reads.  `before`: one that was filled in this step, which may be
 * for the same; NULL: none.
 */
enum tacit_code address_message(struct step *s, const struct sending *before,
    struct sending *item, struct tacit_error *e);

/*
 * The one message whose id begins so, into the step's arena.  NOT_FOUND: there
 * is none, or several; e says so.
 */
enum tacit_code address_find_message(struct step *s, const char *id,
    struct history_entry *found, struct tacit_error *e);

#endif
