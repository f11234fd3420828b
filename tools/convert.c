/* SPDX-License-Identifier: Apache-2.0 */
/* Command convert: converts the mapping of another product to rules or a table. */
#include <stdio.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/regular_file.h"
#include "convert/convert.h"
#include "tool.h"

#define LEFT 1

/* ---- the command line ---------------------------------------------------------------------- */

static const char *word_at(const cc_tool_t *tool, int i)
{
    const apr_array_header_t *words = tool->options.words;

    return i < words->nelts ? APR_ARRAY_IDX(words, i, const char *) : NULL;
}

static const char *kinds_list(apr_pool_t *p)
{
    const cc_convert_kind_t *kind = NULL;
    const char *list = "";

    for (int i = 0; (kind = cc_convert_kind_at(i)); i++) {
        list = apr_pstrcat(p, list, i > 0 ? ", " : "", kind->name, NULL);
    }
    return list;
}

/* NULL: no kind is named, or there is none of this name. */
static const cc_convert_kind_t *kind_read(cc_tool_t *tool)
{
    const char *word = word_at(tool, 0);
    const cc_convert_kind_t *kind = word ? cc_convert_kind_find(word) : NULL;

    if (!kind) {
        cc_error_set(&tool->err, tool->pool, "CC0551", word, "%s; the kinds are %s",
                     word ? "there is no such kind of input" : "the kind of the input is missing",
                     kinds_list(tool->pool));
    }
    return kind;
}

static apr_status_t options_check(const cc_convert_kind_t *kind, cc_tool_t *tool)
{
    const cc_options_t *options = &tool->options;

    if (options->field && !kind->with_field) {
        return cc_error_set(&tool->err, tool->pool, "CC0552", "--field",
                            "%s does not take this option", kind->name);
    }
    if (options->issuer && !kind->with_issuer) {
        return cc_error_set(
            &tool->err, tool->pool, "CC0552", "--issuer",
            "%s does not take this option: add a condition on the issuer to the result",
            kind->name);
    }
    if (kind->with_field && !options->field) {
        return cc_error_set(&tool->err, tool->pool, "CC0552", NULL,
                            "%s needs --field: the field with which the keys are compared, such as "
                            "subject.CN for ssl_c_s_dn(cn)",
                            kind->name);
    }
    return APR_SUCCESS;
}

/* ---- the output ---------------------------------------------------------------------------- */

/* What was left out is in the output as comments; if that goes to a file, it is seen here too. */
static void conversion_print(const cc_convert_t *convert, const char *path)
{
    for (int i = 0; i < convert->output->nelts; i++) {
        puts(APR_ARRAY_IDX(convert->output, i, const char *));
    }
    for (int i = 0; i < convert->left->nelts; i++) {
        const cc_left_t *left = &APR_ARRAY_IDX(convert->left, i, cc_left_t);

        fprintf(stderr, "clientcert: %s: %s:%d: not converted: \"%s\": %s\n", left->tag,
                cc_print_safe(path, convert->pool), left->line, left->text, left->reason);
    }
    fprintf(stderr, "clientcert: %d converted, %d not converted\n", convert->converted,
            convert->left->nelts);
}

apr_status_t cc_convert_run(cc_tool_t *tool)
{
    const cc_convert_kind_t *kind = kind_read(tool);
    const char *path = word_at(tool, 1) ? word_at(tool, 1) : "-";
    cc_convert_t *convert = NULL;
    const char *text = NULL;

    if (!kind || options_check(kind, tool) != APR_SUCCESS ||
        cc_convert_create(&convert, tool->options.field, tool->options.issuer, tool->pool,
                          &tool->err) != APR_SUCCESS ||
        cc_input_read(&text, path, tool) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (cc_convert_text(convert, kind, text) != APR_SUCCESS) {
        tool->err = convert->err;
        return APR_EINVAL;
    }
    conversion_print(convert, path);
    tool->answer = convert->left->nelts > 0 ? LEFT : 0;
    return APR_SUCCESS;
}
