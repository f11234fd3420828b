/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the values of a document as HTML elements; each text is escaped. */
#include <http_protocol.h>

#include "httpd/conf/module.h"
#include "httpd/status/dates.h"
#include "httpd/status/html.h"

/* ---- texts ------------------------------------------------------------------------------- */

bool cc_html_has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value && !json_is_null(value) && !(json_is_array(value) && !json_array_size(value));
}

const char *cc_html_text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

void cc_html_text(request_rec *r, const char *text)
{
    ap_rputs(ap_escape_html(r->pool, text), r);
}

void cc_html_element(request_rec *r, const char *tag, const char *text)
{
    if (*text) {
        ap_rvputs(r, "<", tag, ">", NULL);
        cc_html_text(r, text);
        ap_rprintf(r, "</%.*s>", (int)strcspn(tag, " "), tag);
    }
}

void cc_html_tag(request_rec *r, bool good, const char *text)
{
    cc_html_element(r, good ? "span class=\"tag ok\"" : "span class=\"tag no\"", text);
    ap_rputs(" ", r);
}

void cc_html_link(request_rec *r, const char *url, const char *text)
{
    if (*url) {
        ap_rvputs(r, "<a href=\"", ap_escape_html(r->pool, url), "\">", NULL);
    }
    cc_html_text(r, text);
    if (*url) {
        ap_rputs("</a>", r);
    }
}

/* ---- values ------------------------------------------------------------------------------ */

void cc_html_rule(request_rec *r, const json_t *object, const char *key)
{
    if (cc_html_has(object, key)) {
        ap_rputs(" <small>by ", r);
        cc_html_text(r, cc_html_text_of(object, key));
        ap_rputs("</small>", r);
    }
}

/* A group or a note, with its rule; or a value that cannot be used. */
static void object_write(request_rec *r, const json_t *object)
{
    if (cc_html_has(object, "unusable")) {
        cc_html_tag(r, false, "cannot be used");
        cc_html_text(r, cc_html_text_of(object, "unusable"));
        ap_rputs(": ", r);
        cc_html_element(r, "code", cc_html_text_of(object, "octets"));
        return;
    }
    cc_html_element(r, "bdi",
                    cc_html_text_of(object, cc_html_has(object, "name") ? "name" : "text"));
    if (cc_html_has(object, "tag")) {
        ap_rputs(" ", r);
        cc_html_element(r, "small", cc_html_text_of(object, "tag"));
    }
    cc_html_rule(r, object, "rule");
}

/* A text that is not such a time is written as it is. */
static void time_write(request_rec *r, const char *text)
{
    apr_time_t moment;

    if (!cc_date_read(&moment, text)) {
        cc_html_element(r, "bdi", text);
        return;
    }
    ap_rvputs(r, "<time datetime=\"", ap_escape_html(r->pool, text), "\">",
              cc_date_text(moment, r->pool), "</time> (",
              cc_date_distance(moment, r->request_time, r->pool), ")", NULL);
}

void cc_html_single(request_rec *r, const json_t *value, cc_html_form_t form)
{
    const char *text = json_string_value(value);

    if (json_is_object(value)) {
        object_write(r, value);
    } else if (!text || !*text) {
        cc_html_element(r, "small", text ? "(empty)" : "(none)");
    } else if (form == CC_HTML_TIME) {
        time_write(r, text);
    } else {
        cc_html_element(r, form == CC_HTML_CODE ? "code" : "bdi", text);
    }
}

static void value_write(request_rec *r, const json_t *value, cc_html_form_t form)
{
    if (!json_is_array(value) || json_array_size(value) <= 1) {
        cc_html_single(r, json_is_array(value) ? json_array_get(value, 0) : value, form);
        return;
    }
    ap_rputs("<ul>", r);
    for (size_t i = 0; i < json_array_size(value); i++) {
        ap_rputs("<li>", r);
        cc_html_single(r, json_array_get(value, i), form);
        ap_rputs("</li>", r);
    }
    ap_rputs("</ul>", r);
}

/* ---- definition lists -------------------------------------------------------------------- */

void cc_html_term(request_rec *r, const char *label, const json_t *value, cc_html_form_t form)
{
    cc_html_element(r, "dt", label);
    ap_rputs("<dd>", r);
    value_write(r, value, form);
    ap_rputs("</dd>\n", r);
}

void cc_html_terms(request_rec *r, const json_t *object, const cc_html_row_t *rows)
{
    for (; rows->key; rows++) {
        if (cc_html_has(object, rows->key)) {
            cc_html_term(r, rows->label, json_object_get(object, rows->key), rows->form);
        }
    }
}

void cc_html_rows(request_rec *r, const json_t *object, const cc_html_row_t *rows)
{
    ap_rputs("<dl>\n", r);
    cc_html_terms(r, object, rows);
    ap_rputs("</dl>\n", r);
}
