/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the kinds of input, and runs a conversion. */
#include <string.h>

#include <apr_strings.h>

#include "base/words.h"
#include "convert/internal.h"

static const cc_convert_kind_t kinds[] = {
    {"fakebasicauth", "the password file of SSLOptions +FakeBasicAuth", false, true,
     cc_convert_fakebasicauth},
    {"sslrequire", "SSLRequire, Require expr and Require ssl-verify-client", false, false,
     cc_convert_sslrequire},
    {"nginx", "a map of nginx on $ssl_client_s_dn and similar variables", false, true,
     cc_convert_nginx},
    {"haproxy-str", "a map file of HAProxy for map or map_str", true, true, cc_convert_haproxy_str},
    {"haproxy-beg", "a map file of HAProxy for map_beg", true, true, cc_convert_haproxy_beg},
    {"haproxy-reg", "a map file of HAProxy for map_reg", true, true, cc_convert_haproxy_reg},
    {"gridmap", "a grid-mapfile", false, true, cc_convert_gridmap},
};

#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

const cc_convert_kind_t *cc_convert_kind_at(int i)
{
    return i >= 0 && i < KINDS ? &kinds[i] : NULL;
}

const cc_convert_kind_t *cc_convert_kind_find(const char *name)
{
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* ---- options ------------------------------------------------------------------------------- */

/*
 * HAProxy compares one value, the first: the field gets |first if it may have several, and a name
 * its slash form.
 */
static apr_status_t field_read(cc_convert_t *convert, const char *field, cc_error_t *err)
{
    apr_pool_t *p = convert->pool;
    size_t len = strcspn(field, "|");
    const char *name = apr_pstrmemdup(p, field, len);
    const cc_selector_t *selector = NULL, *slashes = NULL;
    cc_fieldref_t ref;
    bool whole = cc_selector_parse(&selector, field, p, NULL) == APR_SUCCESS;

    if (cc_field_find(&ref, name, p, err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (whole ? cc_selector_many(selector) : cc_field_many(&ref)) {
        name = apr_pstrcat(p, name, "|first", NULL);
    }
    if (ref.field->type == CC_TYPE_DN &&
        (!whole || cc_selector_parse(&slashes, apr_pstrcat(p, field, "|oneline", NULL), p, NULL) ==
                       APR_SUCCESS)) {
        name = apr_pstrcat(p, name, "|oneline", NULL);
    }
    convert->field = apr_pstrcat(p, name, field + len, NULL);
    return cc_selector_parse(&selector, convert->field, p, err);
}

static apr_status_t issuer_read(cc_convert_t *convert, const char *issuer, cc_error_t *err)
{
    apr_pool_t *p = convert->pool;
    cc_fieldref_t field;
    cc_value_t value;

    if (cc_field_find(&field, "issuer", p, err) != APR_SUCCESS ||
        cc_field_operand(&value, &field, issuer, p, err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    convert->issuer = apr_pstrcat(p, "issuer == ", cc_word_quote(issuer, p), NULL);
    return APR_SUCCESS;
}

apr_status_t cc_convert_create(cc_convert_t **convert, const char *field, const char *issuer,
                               apr_pool_t *p, cc_error_t *err)
{
    cc_convert_t *made = apr_pcalloc(p, sizeof(*made));

    made->pool = p;
    made->output = apr_array_make(p, 64, sizeof(const char *));
    made->left = apr_array_make(p, 16, sizeof(cc_left_t));
    made->seen = apr_hash_make(p);
    made->rules = cc_rules_create(NULL, NULL, p);
    *convert = made;
    if (field && field_read(made, field, err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    return issuer ? issuer_read(made, issuer, err) : APR_SUCCESS;
}

/* ---- the conversion ------------------------------------------------------------------------ */

static void findings_put(cc_convert_t *convert)
{
    const apr_array_header_t *notes = cc_rules_lint(convert->rules, false, convert->pool);

    for (int i = 0; i < notes->nelts; i++) {
        const cc_note_t *note = &APR_ARRAY_IDX(notes, i, cc_note_t);

        cc_convert_put(convert, "# clientcert check will report %s for %s: %s", note->tag,
                       note->where, note->text);
    }
}

apr_status_t cc_convert_text(cc_convert_t *convert, const cc_convert_kind_t *kind, const char *text)
{
    apr_status_t status = kind->run(convert, text);

    if (status != APR_SUCCESS) {
        return status;
    }
    findings_put(convert);
    if (kind->with_issuer && !convert->issuer) {
        cc_convert_put(convert, "# Every CA that the server trusts can issue these names (CC0704). "
                                "To name the CA in each rule, use --issuer.");
    }
    return APR_SUCCESS;
}
