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

/* The arguments of "show". */
typedef struct arguments_t {
    const char *path;
    const char *passin;
} arguments_t;

static apr_status_t arguments_read(arguments_t *arguments, cc_tool_t *tool)
{
    const char *const *word = tool->words;

    if (*word && (strcmp(*word, "-passin") == 0 || strcmp(*word, "--passin") == 0)) {
        arguments->passin = *++word;
        if (!arguments->passin) {
            return cc_error_set(
                &tool->err, tool->pool, "CC0502", *tool->words,
                "the value is missing: pass:TEXT, env:NAME, file:PATH, fd:NUMBER or stdin");
        }
        word++;
    }
    if (*word && **word == '-') {
        return cc_error_set(&tool->err, tool->pool, "CC0502", *word,
                            "show has no such option; use clientcert show [-passin ARG] FILE, and "
                            "write ./ before a file name that begins with -");
    }
    if (!*word || word[1]) {
        return cc_error_set(&tool->err, tool->pool, "CC0502", *word ? word[1] : NULL,
                            "show takes one file; use clientcert show [-passin ARG] FILE");
    }
    arguments->path = *word;
    return APR_SUCCESS;
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
    arguments_t arguments = {NULL, NULL};
    cc_password_t password = {NULL};
    cc_cert_t *cert, *issuer;
    apr_status_t status = arguments_read(&arguments, tool);

    if (status == APR_SUCCESS && arguments.passin) {
        status = cc_password_read(&password, arguments.passin, tool->pool, &tool->err);
    }
    if (status == APR_SUCCESS) {
        status = cc_cert_read(&cert, &issuer, arguments.path, cc_password_ask, &password,
                              tool->pool, &tool->err);
    }
    if (status == APR_SUCCESS) {
        certificate_print(cert, issuer, tool->pool);
    }
    return status;
}
