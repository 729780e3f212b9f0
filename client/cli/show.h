/*
 * show.h - what commands print: each item for people or as a JSON object.
 *
 * Each returns false when it cannot be printed, which ends the command; the
 * reason is then in cli->output_error.
 */
#ifndef TACIT_CLI_SHOW_H
#define TACIT_CLI_SHOW_H

#include "client/cli/command.h"
#include "client/cli/json.h"

/* The two faces of each item, chosen by show_*(). */
bool json_event(struct cli *cli, const struct tacit_event *event);

/* Its parts that say what a message is about, and what is about it. */
const char *json_type_of(const struct tacit_event *event);
const char *json_text_key(const struct tacit_event *event);
void json_words(struct object *o, const struct tacit_event *event);

bool json_sent(struct cli *cli, const struct tacit_sent *sent);
bool json_status(struct cli *cli, const struct tacit_status *status);
bool json_contact(struct cli *cli, const struct tacit_contact *contact);
bool json_group(struct cli *cli, const struct tacit_group *group);
bool json_holder(struct cli *cli, const char *group, const char *message,
    const struct tacit_holder *holder);
bool json_log_entry(struct cli *cli, const struct tacit_log_entry *entry);
bool json_outbox(struct cli *cli, const struct tacit_outbox_item *item);
bool json_proven(struct cli *cli, const struct tacit_proven *proven);
bool json_check(struct cli *cli, const struct tacit_check *check);
bool json_finding(struct cli *cli, const struct tacit_finding *finding);

void print_event(struct cli *cli, const struct tacit_event *event);
void print_sent(struct cli *cli, const struct tacit_sent *sent);
void print_status(struct cli *cli, const struct tacit_status *status);
void print_contact(struct cli *cli, const struct tacit_contact *contact);
void print_group(struct cli *cli, const struct tacit_group *group);
void print_holder(struct cli *cli, const struct tacit_holder *holder);
void print_log_entry(struct cli *cli, const struct tacit_log_entry *entry);
void print_log_summary(struct cli *cli, const struct tacit_log_summary *sum);
/* Who is in the group at the end of its log. */
void print_log_members(struct cli *cli, const struct tacit_group *group);
void print_outbox(struct cli *cli, const struct tacit_outbox_item *item);
void print_proven(struct cli *cli, const struct tacit_proven *proven);
void print_check(struct cli *cli, const struct tacit_check *check);
void print_finding(struct cli *cli, const struct tacit_finding *finding);

/* These are libtacit's callbacks: arg is the struct cli. */
bool show_event(const struct tacit_event *event, void *arg);
bool show_state(const struct tacit_state_change *change, void *arg);
bool show_contact(const struct tacit_contact *contact, void *arg);
bool show_group(const struct tacit_group *group, void *arg);
bool show_holder(const struct tacit_holder *holder, void *arg);
bool show_log_entry(const struct tacit_log_entry *entry, void *arg);
/* For people alone: a program counts the entries itself. */
void show_log_summary(const struct tacit_log_summary *sum, void *arg);
bool show_outbox(const struct tacit_outbox_item *item, void *arg);
void show_sent(const struct tacit_sent *sent, void *arg);
void show_check(const struct tacit_check *check, void *arg);
void show_break(const struct tacit_break *b, void *arg);
void show_verified(struct cli *cli, const struct tacit_verified *sum);
void show_proven(const struct tacit_proven *proven, void *arg);
bool show_finding(const struct tacit_finding *finding, void *arg);
bool show_status(struct cli *cli, const struct tacit_status *status);

/* Prints a finished object; out of memory becomes the error. */
bool show_object(struct cli *cli, struct object *o);

#endif
