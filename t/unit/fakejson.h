/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a JSON value into text, for comparisons. */
#ifndef FAKEJSON_H
#define FAKEJSON_H

#include <jansson.h>

/** A JSON value: the text of a string, other values as written; NULL: there is none. */
const char *fake_json(const json_t *value);

#endif
