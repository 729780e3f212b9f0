/*
 * proof_file.h - a proof as the one JSON object of docs/json.md, "proof".
 */
#ifndef TACIT_CLI_PROOF_FILE_H
#define TACIT_CLI_PROOF_FILE_H

#include "client/cli/command.h"

/* Prints it; a tacit_proof_fn, arg is the struct cli. */
void proof_file_print(const struct tacit_proof *proof, void *arg);

struct proof_file;

/*
 * Reads one from a file; `-` is standard input.  FAILED: there is none, or it
 * is no proof.
 */
enum tacit_code proof_file_read(
    struct cli *cli, const char *path, struct proof_file **file);
const struct tacit_proof *proof_file_view(const struct proof_file *file);
void proof_file_free(struct proof_file *file); /* NULL is fine */

#endif
