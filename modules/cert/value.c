/* SPDX-License-Identifier: Apache-2.0 */
/* Makes values and lists of values, and parses operands that are text or numbers. */
#include <errno.h>
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "cert/internal.h"

cc_value_t cc_value_unusable(const char *reason, const void *raw, apr_size_t len, apr_pool_t *p)
{
    cc_value_t value = {0};

    value.unusable = reason;
    value.text = raw ? apr_pstrmemdup(p, raw, len) : "";
    value.len = raw ? len : 0;
    return value;
}

cc_value_t cc_value_text(const char *text, apr_size_t len, apr_pool_t *p)
{
    cc_value_t value = cc_value_unusable(cc_text_unusable(text, len), text, len, p);

    value.key = value.text;
    value.key_len = value.len;
    return value;
}

cc_value_t cc_value_words(const char *text, apr_pool_t *p)
{
    return cc_value_text(text, strlen(text), p);
}

cc_value_t cc_value_number(apr_int64_t number, apr_pool_t *p)
{
    cc_value_t value = cc_value_words(apr_psprintf(p, "%" APR_INT64_T_FMT, number), p);

    value.number = number;
    return value;
}

cc_values_t cc_values_none(void)
{
    return (cc_values_t){0, NULL};
}

cc_values_t cc_values_one(cc_value_t value, apr_pool_t *p)
{
    return (cc_values_t){1, apr_pmemdup(p, &value, sizeof(value))};
}

cc_values_t cc_values_unusable(const char *reason, const void *raw, apr_size_t len, apr_pool_t *p)
{
    return cc_values_one(cc_value_unusable(reason, raw, len, p), p);
}

cc_values_t cc_values_of(const apr_array_header_t *list)
{
    return (cc_values_t){list->nelts, (const cc_value_t *)list->elts};
}

apr_status_t cc_operand_text(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                             cc_error_t *err)
{
    (void)variant;
    *value = cc_value_words(text, p);
    if (value->unusable) {
        return cc_error_set(err, p, "CC0272", text,
                            "no certificate can have this value: %s; write plain UTF-8 text",
                            value->unusable);
    }
    return APR_SUCCESS;
}

apr_status_t cc_operand_number(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                               cc_error_t *err)
{
    const char *digits = *text == '-' ? text + 1 : text;
    char *end = NULL;
    apr_int64_t number = 0;

    (void)variant;
    errno = 0;
    number = apr_strtoi64(text, &end, 10);
    if (strspn(digits, "0123456789") != strlen(digits) || end == text || errno == ERANGE) {
        return cc_error_set(err, p, "CC0276", text, "not a number; write digits, such as 365");
    }
    *value = cc_value_number(number, p);
    return APR_SUCCESS;
}

apr_status_t cc_operand_boolean(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                                cc_error_t *err)
{
    (void)variant;
    if (apr_cstr_casecmp(text, "true") != 0 && apr_cstr_casecmp(text, "false") != 0) {
        return cc_error_set(err, p, "CC0281", text,
                            "not a value of this field; write true or false");
    }
    *value = cc_value_words(apr_cstr_casecmp(text, "true") == 0 ? "true" : "false", p);
    return APR_SUCCESS;
}
