/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the document of clientcert-ledger as a page in HTML. */
#include <http_protocol.h>

#include "httpd/conf/module.h"
#include "httpd/status/html.h"
#include "httpd/status/ledger_document.h"
#include "httpd/status/page.h"

static void names_write(request_rec *r, json_t *names)
{
    const char *name;
    json_t *values;

    json_object_foreach(names, name, values)
    {
        cc_html_term(r, name, values, CC_HTML_TEXT);
    }
}

static void entry_write(request_rec *r, const json_t *entry)
{
    static const cc_html_row_t rows[] = {
        {"Issuer", "issuer", CC_HTML_TEXT},  {"Serial number", "serial", CC_HTML_CODE},
        {"SHA-256", "sha256", CC_HTML_CODE}, {"First seen", "first", CC_HTML_TIME},
        {"Last seen", "last", CC_HTML_TIME}, {NULL, NULL, CC_HTML_TEXT}};

    ap_rputs("<section>\n<dl>\n", r);
    if (cc_html_has(entry, "subject")) {
        cc_html_term(r, "Subject", json_object_get(entry, "subject"), CC_HTML_TEXT);
        names_write(r, json_object_get(entry, "names"));
    }
    cc_html_terms(r, entry, rows);
    ap_rprintf(r, "<dt>Count</dt><dd>%" APR_INT64_T_FMT "</dd>\n",
               (apr_int64_t)json_integer_value(json_object_get(entry, "count")));
    ap_rputs("</dl>\n", r);
    cc_html_element(r, "pre", cc_html_text_of(entry, "rule"));
    ap_rputs("\n</section>\n", r);
}

static void header_write(request_rec *r, const json_t *document)
{
    size_t count = json_array_size(json_object_get(document, "entries"));
    json_int_t replaced = json_integer_value(json_object_get(document, "replaced"));

    cc_html_element(r, "h1", "Certificates without a rule");
    ap_rputs("\n<p>", r);
    if (cc_html_has(document, "host")) {
        cc_html_element(r, "bdi", cc_html_text_of(document, "host"));
        ap_rputs(": ", r);
    }
    ap_rprintf(r, "%d of at most %d. ", (int)count,
               (int)json_integer_value(json_object_get(document, "most")));
    ap_rprintf(r, "Entries stay for %d days after the certificate was last seen.</p>\n",
               (int)json_integer_value(json_object_get(document, "days")));
    if (replaced > 0) {
        ap_rprintf(r,
                   "<p class=\"warning\">%" APR_INT64_T_FMT
                   " entries were replaced by newer ones.</p>\n",
                   (apr_int64_t)replaced);
    }
    ap_rputs("</header>\n", r);
}

void cc_ledger_page(request_rec *r, const json_t *document, bool links)
{
    const json_t *entries = json_object_get(document, "entries");

    cc_page_begin(r, "Certificates without a rule");
    header_write(r, document);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        entry_write(r, json_array_get(entries, i));
    }
    if (links) {
        ap_rputs("<nav><a href=\"?format=json\">View as JSON</a></nav>\n", r);
    }
    cc_page_end(r);
}
