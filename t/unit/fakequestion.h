/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a configuration test as the command-line tool does, in ServerRoot. */
#ifndef FAKEQUESTION_H
#define FAKEQUESTION_H

#include <stddef.h>

#include <jansson.h>

/** After fake_begin, and before fake_end: httpd tests its configuration, and the tool asks. */
void fakequestion_begin(void);
void fakequestion_end(void);

/** Asks (JSON), and gives the first answer. Answers are there until the next question. */
const json_t *fakequestion_ask(const char *question);

/** How many answers there are, and the one with this number, from 0. */
size_t fakequestion_count(void);
const json_t *fakequestion_answer(size_t number);

/** What stands at a path of keys and numbers, "scopes/0/rules": as fake_json. */
const char *fakequestion_at(const json_t *json, const char *path);

#endif
