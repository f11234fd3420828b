/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a JSON value into text, for comparisons. */
#include <stdlib.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "fakejson.h"

const char *fake_json(const json_t *value)
{
    char *text;
    const char *copy;

    if (!value || json_is_string(value)) {
        return json_string_value(value);
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    copy = apr_pstrdup(fake.pool, text);
    free(text);
    return copy;
}
