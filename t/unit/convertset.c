/* SPDX-License-Identifier: Apache-2.0 */
/* Runs conversions for tests. */
#include <check.h>

#include <apr_strings.h>

#include "convertset.h"

const char *convertset_output(const char *kind, const char *field, const char *input, apr_pool_t *p)
{
    cc_convert_t *convert = NULL;
    cc_error_t err = {0};
    const char *output = "";
    int left = 0;

    if (cc_convert_create(&convert, field, NULL, p, &err) != APR_SUCCESS) {
        return cc_error_text(&err, p);
    }
    if (cc_convert_text(convert, cc_convert_kind_find(kind), input) != APR_SUCCESS) {
        return cc_error_text(&convert->err, p);
    }
    for (int i = 0; i < convert->output->nelts; i++) {
        const char *line = APR_ARRAY_IDX(convert->output, i, const char *);

        if (strncmp(line, "# CC0550", 8) == 0) {
            const cc_left_t *one = &APR_ARRAY_IDX(convert->left, left++, cc_left_t);

            output = apr_psprintf(p, "%s%d! %s\n", output, one->line, one->reason);
        } else if (*line != '#') {
            output = apr_pstrcat(p, output, line, "\n", NULL);
        }
    }
    ck_assert_int_eq(left, convert->left->nelts);
    return output;
}

void convertset_check(const char *kind, const char *field, const convertset_t *cases)
{
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    for (; cases->input; cases++) {
        ck_assert_str_eq(convertset_output(kind, field, cases->input, p), cases->output);
    }
    apr_pool_destroy(p);
}
