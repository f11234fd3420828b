/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a configuration test as the command-line tool does, in ServerRoot. */
#ifndef FAKEQUESTION_H
#define FAKEQUESTION_H

#include <stddef.h>

#include <jansson.h>

/**
 * Begins, after fake_begin, a configuration test that answers the tool; the second function ends
 * it.
 */
void fakequestion_begin(void);
void fakequestion_end(void);

/** Asks a question in JSON, and returns the first answer. Answers stay until the next question. */
const json_t *fakequestion_ask(const char *question);

/** The number of answers, and the answer with this number, from 0. */
size_t fakequestion_count(void);
const json_t *fakequestion_answer(size_t number);

/** The value at a path of keys and numbers, "scopes/0/rules", in the form of fake_json. */
const char *fakequestion_at(const json_t *json, const char *path);

#endif
