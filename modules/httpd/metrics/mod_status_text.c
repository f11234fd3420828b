/* SPDX-License-Identifier: Apache-2.0 */
/* Formats numbers, words and texts for mod_status. */
#include <string.h>

#include <apr_lib.h>

#include "base/text.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/mod_status.h"

apr_int64_t cc_mod_status_value(const cc_metric_family_t *family, const cc_collected_t *collected,
                                const cc_instance_t *instance, int i)
{
    apr_int64_t value = cc_family_value(family, instance, i);
    apr_int64_t now = apr_time_sec(collected->now);

    if (family->form == CC_FORM_AGE) {
        return now > value ? now - value : 0;
    }
    return value;
}

apr_int64_t cc_mod_status_sum(const cc_metric_family_t *family, const cc_collected_t *collected,
                              int i)
{
    apr_int64_t sum = 0;

    for (int j = 0; j < cc_collected_count(collected, family->kind); j++) {
        const cc_instance_t *instance = cc_collected_at(collected, family->kind, j);

        if (cc_family_has(family, instance)) {
            sum += cc_family_value(family, instance, i);
        }
    }
    return sum;
}

bool cc_mod_status_has_sum(const cc_metric_family_t *family, const cc_collected_t *collected)
{
    for (int i = 0; i < cc_collected_count(collected, family->kind); i++) {
        if (cc_family_has(family, cc_collected_at(collected, family->kind, i))) {
            return true;
        }
    }
    return family->feature == CC_HAS_ALWAYS;
}

const char *cc_mod_status_camel(const char *word, apr_pool_t *p)
{
    char *name = apr_palloc(p, strlen(word) + 1), *to = name;
    bool first = true;

    for (; *word; word++) {
        if (*word != '_') {
            *to++ = first ? (char)apr_toupper(*word) : *word;
        }
        first = *word == '_';
    }
    *to = '\0';
    return name;
}

/* mod_status declares its page as ISO-8859-1, so characters beyond ASCII are written by number. */
const char *cc_mod_status_html(const char *text, apr_pool_t *p)
{
    const unsigned char *s;
    char *escaped, *to;

    if (cc_text_unusable(text, strlen(text))) {
        text = cc_text_escape(text, strlen(text), p);
    }
    to = escaped = apr_palloc(p, sizeof("&#1114111;") * strlen(text) + 1);
    for (s = (const unsigned char *)text; *s;) {
        unsigned code = *s++;
        if (code >= 0xC0) { /* it is valid UTF-8 */
            code &= code >= 0xF0 ? 0x07 : code >= 0xE0 ? 0x0F : 0x1F;
            while ((*s & 0xC0) == 0x80) {
                code = code << 6 | (*s++ & 0x3Fu);
            }
        }
        if (code < 0x80 && !strchr("&<>\"'", (int)code)) {
            *to++ = (char)code;
        } else {
            to += apr_snprintf(to, sizeof("&#1114111;"), "&#%u;", code);
        }
    }
    *to = '\0';
    return escaped;
}
