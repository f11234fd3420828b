/* SPDX-License-Identifier: Apache-2.0 */
/* Command show: prints each value of a certificate as a condition for a rule. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "tool.h"
#include "base/words.h"

const char *cc_show_line(const char *name, cc_type_t type, const cc_value_t *value, apr_pool_t *p)
{
    if (value->unusable) {
        return apr_pstrcat(p, "# ", name, ": unusable: ", value->unusable, ": \"",
                           cc_text_escape(value->text, value->len, p), "\"", NULL);
    }
    if (type == CC_TYPE_TEXT || type == CC_TYPE_DN || value->len == 0) {
        return apr_pstrcat(p, name, " == ", cc_word_quote(value->text, p), NULL);
    }
    return apr_pstrcat(p, name, " == ", value->text, NULL);
}

static void field_print(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    apr_pool_t *p = baton;

    for (int i = 0; i < values.count; i++) {
        puts(cc_show_line(name, ref->field->type, &values.at[i], p));
    }
}

static void certificate_print(const cc_cert_t *cert, const cc_cert_t *issuer, apr_pool_t *p)
{
    unsigned char sha256[32], spki_sha256[32];
    cc_facts_t facts = {.now = apr_time_now()};

    if (issuer) {
        cc_cert_digests(issuer, sha256, spki_sha256);
        facts.ca_sha256 = sha256;
        facts.ca_spki_sha256 = spki_sha256;
    }
    cc_field_each(cert, &facts, field_print, p, p);
}

apr_status_t cc_show_run(cc_tool_t *tool)
{
    const char *path = cc_files_path(APR_ARRAY_IDX(tool->options.words, 0, const char *));
    cc_password_t password = {NULL};
    cc_cert_t *cert, *issuer;
    apr_status_t status = APR_SUCCESS;

    if (tool->options.passin) {
        status = cc_password_read(&password, tool->options.passin, tool->pool, &tool->err);
    }
    if (status == APR_SUCCESS) {
        status =
            cc_cert_read(&cert, &issuer, path, cc_password_ask, &password, tool->pool, &tool->err);
    }
    if (status == APR_SUCCESS) {
        certificate_print(cert, issuer, tool->pool);
    }
    return status;
}
