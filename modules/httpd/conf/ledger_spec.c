/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the directive ClientCertLedger. */
#include <stddef.h>
#include <string.h>

#include "base/option.h"
#include "base/words.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/ledger_spec.h"
#include "httpd/conf/vhost_conf.h"

static const cc_option_t options[] = {
    {.name = "names",
     .kind = CC_OPTION_CHOICE,
     .member = offsetof(cc_ledger_spec_t, names),
     .no = "off",
     .yes = "on"},
    {.name = "days",
     .kind = CC_OPTION_NUMBER,
     .member = offsetof(cc_ledger_spec_t, days),
     .min = 1,
     .max = 3650,
     .usual = 30,
     .range = "1 to 3650"},
};

static apr_status_t spec_read(cc_ledger_spec_t *spec, const char *args, apr_pool_t *p,
                              cc_error_t *err)
{
    cc_option_reader_t reader = {.options = options,
                                 .count = sizeof(options) / sizeof(options[0]),
                                 .record = spec,
                                 .value_tag = "CC0149",
                                 .text_tag = "CC0149",
                                 .twice_tag = "CC0149",
                                 .unknown_tag = "CC0149",
                                 .unknown = "not an option of ClientCertLedger; write "
                                            "names=on|off or days=NUMBER, or Off alone",
                                 .pool = p,
                                 .err = err};
    apr_array_header_t *words;
    apr_status_t rv = cc_words_split(&words, args, p, err);
    bool off = rv == APR_SUCCESS && words->nelts == 1 &&
               strcasecmp(APR_ARRAY_IDX(words, 0, const char *), "off") == 0;

    cc_options_usual(&reader);
    spec->on = !off;
    return rv == APR_SUCCESS && !off ? cc_option_words(&reader, words, 0) : rv;
}

const char *cc_ledger_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_ledger_spec_t *spec = apr_pcalloc(cmd->pool, sizeof(*spec));
    cc_error_t err = {0};
    apr_status_t rv = spec_read(spec, args, cmd->pool, &err);

    (void)record;
    cc_vhost_conf_of(cmd->server)->ledger_spec = spec;
    return cc_directive_result(cmd, rv, &err);
}
