/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the options of the directives that name headers with certificates. */
#include <string.h>

#include <apr_strings.h>

#include "base/error.h"
#include "base/option.h"
#include "forward/forward.h"
#include "httpd/conf/header_options.h"
#include "httpd/conf/module.h"

apr_status_t cc_header_options_read(cc_option_reader_t *reader, const apr_array_header_t *words,
                                    int first, const char *usage)
{
    reader->value_tag = reader->text_tag = "CC0446";
    reader->twice_tag = "CC0447";
    reader->unknown_tag = "CC0442";
    reader->unknown = apr_pstrcat(reader->pool, "write ", usage, NULL);
    cc_options_usual(reader);
    return cc_option_words(reader, words, first);
}

/* In a header of its own. */
static apr_status_t chain_apart(const char **chain, const cc_forward_format_t *format,
                                const char *header, const char *value, apr_pool_t *p,
                                cc_error_t *err)
{
    *chain = strcasecmp(value, "on") ? value : format->chain_header;
    if (!*chain) {
        return cc_error_set(err, p, "CC0423", value,
                            "%s has no usual header for the chain; write chain=NAME or chain=off",
                            format->name);
    }
    return cc_header_same(*chain, header)
               ? cc_error_set(err, p, "CC0423", *chain,
                              "the certificate and its chain need two headers")
               : APR_SUCCESS;
}

apr_status_t cc_header_chain_read(bool *on, const char **chain, const cc_forward_format_t *format,
                                  const char *header, const char *value, apr_pool_t *p,
                                  cc_error_t *err)
{
    *chain = NULL;
    *on = strcasecmp(value, "off") != 0;
    if (!*on) {
        return APR_SUCCESS;
    }
    if (format->chain == CC_FORWARD_CHAIN_APART) {
        return chain_apart(chain, format, header, value, p, err);
    }
    return strcasecmp(value, "on")
               ? cc_error_set(err, p, "CC0423", value,
                              "%s has the chain in the header of the certificate; write chain=on "
                              "or chain=off",
                              format->name)
               : APR_SUCCESS;
}
