/* SPDX-License-Identifier: Apache-2.0 */
/* Writes comparisons of mod_ssl's variables as conditions. */
#include <string.h>

#include <apr_strings.h>

#include "base/words.h"
#include "convert/expression.h"

/* What a variable contains. */
typedef enum { A_RESULT, A_TEXT, A_NAME, A_SERIAL, OF_CONNECTION } content_t;

typedef struct {
    content_t content;
    const char *field;
} variable_t;

/* Attributes that mod_ssl has by names of its own; the others have the names of fields. */
static const char *const attributes[][2] = {
    {"C", "C"},        {"ST", "ST"},
    {"SP", "ST"},      {"L", "L"},
    {"O", "O"},        {"OU", "OU"},
    {"CN", "CN"},      {"T", "title"},
    {"I", "initials"}, {"G", "givenName"},
    {"S", "surname"},  {"D", "description"},
    {"UID", "UID"},    {"Email", "emailAddress"},
};

static const struct {
    const char *name;
    variable_t variable;
} variables[] = {
    {"SSL_CLIENT_VERIFY", {A_RESULT, NULL}},
    {"SSL_CLIENT_S_DN", {A_NAME, "subject"}},
    {"SSL_CLIENT_I_DN", {A_NAME, "issuer"}},
    {"SSL_CLIENT_M_SERIAL", {A_SERIAL, "serial"}},
    {"SSL_CLIENT_SAN_DNS_0", {A_TEXT, "san.dns|first"}},
    {"SSL_PROTOCOL", {OF_CONNECTION, "tls.version"}},
    {"SSL_CIPHER", {OF_CONNECTION, "tls.cipher"}},
};

/* mod_ssl gives the first value of an attribute, with and without _0. */
static bool attribute_find(variable_t *variable, const char *name, apr_pool_t *p)
{
    bool subject = strncmp(name, "SSL_CLIENT_S_DN_", 16) == 0;
    size_t len = 0;

    if (!subject && strncmp(name, "SSL_CLIENT_I_DN_", 16) != 0) {
        return false;
    }
    name += 16;
    len = strcspn(name, "_");
    if (name[len] && strcmp(name + len, "_0") != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (strlen(attributes[i][0]) == len && strncmp(attributes[i][0], name, len) == 0) {
            *variable = (variable_t){A_TEXT, apr_pstrcat(p, subject ? "subject." : "issuer.",
                                                         attributes[i][1], "|first", NULL)};
            return true;
        }
    }
    return false;
}

static bool variable_find(variable_t *variable, const char *name, apr_pool_t *p)
{
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (strcmp(variables[i].name, name) == 0) {
            *variable = variables[i].variable;
            return true;
        }
    }
    return attribute_find(variable, name, p);
}

/* A condition that the parser accepts; NULL, and the *reason, otherwise. */
static cc_cond_t *leaf(const char *field, const char *operator, const char * operand,
                       bool certificate, const char **reason, apr_pool_t *p)
{
    const char *text = apr_pstrcat(p, field, " ", operator, " ", cc_word_quote(operand, p), NULL);
    cc_rules_t *rules = cc_rules_create(NULL, NULL, p);
    cc_error_t err = {0};

    if (cc_rules_add_conditions(rules, text, "", &err) != APR_SUCCESS) {
        *reason = cc_error_text(&err, p);
        return NULL;
    }
    return cc_cond_make(false, certificate, text, p);
}

static const char *word_of(const cc_expr_t *expr, int i)
{
    return APR_ARRAY_IDX(expr->words, i, const char *);
}

/* ---- texts --------------------------------------------------------------------------------- */

/* mod_ssl escapes backslashes and control characters in values. */
static const char *word_fault(const char *word)
{
    return strchr(word, '\\') ? "mod_ssl doubles the backslashes of a value, and rules do not"
                              : cc_text_unusable(word, strlen(word));
}

/* Several words become one pattern. */
static cc_cond_t *texts_write(const char *field, const cc_expr_t *expr, bool negated,
                              const char **reason, apr_pool_t *p)
{
    const char *pattern = NULL;

    for (int i = 0; i < expr->words->nelts && !*reason; i++) {
        const char *word = word_of(expr, i);

        *reason = *word ? word_fault(word)
                        : "an empty word in a list also holds for clients without a certificate";
        pattern = apr_pstrcat(p, pattern ? pattern : "", pattern ? "|" : "",
                              cc_pattern_of_text(word, p), NULL);
    }
    return *reason ? NULL : leaf(field, negated ? "!~" : "=~", pattern, !negated, reason, p);
}

static cc_cond_t *text_equal(const variable_t *variable, const cc_expr_t *expr, bool negated,
                             const char **reason, apr_pool_t *p)
{
    const char *field = variable->field;
    bool certificate = variable->content == A_TEXT && !negated;
    const char *word = word_of(expr, 0);

    if (variable->content == A_TEXT && expr->words->nelts > 1) {
        return texts_write(field, expr, negated, reason, p);
    }
    if (expr->words->nelts > 1) {
        *reason = "a list of values of the connection is not converted";
        return NULL;
    }
    if (*word == '\0') { /* an attribute that does not exist is an empty text */
        return leaf(field, negated ? "=~" : "!~", ".+", variable->content == A_TEXT && negated,
                    reason, p);
    }
    *reason = word_fault(word);
    return *reason ? NULL : leaf(field, negated ? "!=" : "==", word, certificate, reason, p);
}

/* httpd matches the bytes of UTF-8, and rules match its characters. */
static const char *pattern_text_fault(const char *pattern)
{
    for (const char *c = pattern; *c; c++) {
        if (*c & 0x80) {
            return "httpd matches a letter other than A to Z by its bytes, and rules do not";
        }
    }
    return strstr(pattern, "\\\\") ? "mod_ssl doubles the backslashes of a value, and rules do not"
                                   : NULL;
}

static cc_cond_t *text_matches(const variable_t *variable, const cc_expr_t *expr, bool negated,
                               const char **reason, apr_pool_t *p)
{
    const char *field = variable->field;
    const char *pattern = expr->pattern;

    if (!cc_pattern_needs_text(pattern)) {
        *reason = "the pattern may match an empty value, which clients without a certificate have";
        return NULL;
    }
    *reason = pattern_text_fault(pattern);
    if (*reason) {
        return NULL;
    }
    if (expr->nocase) {
        field = apr_pstrcat(p, field, "|lower", NULL);
        pattern = cc_pattern_lower(pattern, p);
        *reason = "this class of characters is not converted without regard to case";
    }
    pattern = pattern ? cc_pattern_anywhere(pattern, reason, p) : NULL;
    return pattern ? leaf(field, negated ? "!~" : "=~", pattern,
                          variable->content == A_TEXT && !negated, reason, p)
                   : NULL;
}

/* ---- names and serial numbers -------------------------------------------------------------- */

/* A name is compared as a structure; as a text, only this form could be equal to mod_ssl's. */
static cc_cond_t *name_equal(const variable_t *variable, const char *word, bool negated,
                             const char **reason, apr_pool_t *p)
{
    const char *field = variable->field;
    const char *form = NULL;
    cc_fieldref_t ref;
    cc_value_t value;
    cc_error_t err = {0};

    if (*word == '/') { /* LegacyDNStringFormat */
        *reason = cc_slash_form_read(&form, word, cc_value_legacy, p);
        field = apr_pstrcat(p, field, "|legacy", NULL);
    } else if (cc_field_find(&ref, field, p, &err) == APR_SUCCESS &&
               cc_field_operand(&value, &ref, word, p, &err) == APR_SUCCESS) {
        form = value.text;
    } else {
        *reason = cc_error_text(&err, p);
    }
    for (const char *c = word; *c && !*reason; c++) {
        *reason = *c & 0x80 ? "mod_ssl escapes letters other than A to Z in a name" : NULL;
    }
    if (!*reason && strcmp(form, word) != 0) {
        *reason = apr_pstrcat(p, "mod_ssl does not write a name in this way; perhaps as \"",
                              cc_text_escape(form, strlen(form), p), "\"", NULL);
    }
    return *reason ? NULL : leaf(field, negated ? "!=" : "==", word, !negated, reason, p);
}

static cc_cond_t *serial_equal(const variable_t *variable, const char *word, bool negated,
                               const char **reason, apr_pool_t *p)
{
    if (strspn(word, "0123456789ABCDEF") != strlen(word) || strlen(word) % 2 ||
        strncmp(word, "00", 2) == 0 || !*word) {
        *reason = "mod_ssl writes a serial number as an even number of digits 0 to 9, A to F";
        return NULL;
    }
    return leaf(variable->field, negated ? "!=" : "==", word, !negated, reason, p);
}

/* Each word is a condition: any of them is to hold, or with a negation all. */
static cc_cond_t *each_equal(const variable_t *variable, const cc_expr_t *expr, bool negated,
                             const char **reason, apr_pool_t *p)
{
    cc_cond_t *all = cc_cond_make(!negated, !negated, NULL, p);
    cc_cond_t *one = NULL;

    for (int i = 0; i < expr->words->nelts; i++) {
        one = variable->content == A_NAME
                  ? name_equal(variable, word_of(expr, i), negated, reason, p)
                  : serial_equal(variable, word_of(expr, i), negated, reason, p);
        if (!one) {
            return NULL;
        }
        APR_ARRAY_PUSH(all->parts, cc_cond_t *) = one;
    }
    return expr->words->nelts == 1 ? one : all;
}

/* ---- comparisons --------------------------------------------------------------------------- */

static cc_cond_t *result_equal(const cc_expr_t *expr, bool negated, const char **reason,
                               apr_pool_t *p)
{
    if (expr->kind != CC_EXPR_EQUAL || negated || expr->words->nelts != 1 ||
        strcmp(word_of(expr, 0), "SUCCESS") != 0) {
        *reason =
            "of SSL_CLIENT_VERIFY, only == \"SUCCESS\" is converted: no rule concerns clients "
            "whose certificate is not verified";
        return NULL;
    }
    return cc_cond_make(false, true, NULL, p);
}

static const char *unknown(const char *name, apr_pool_t *p)
{
    if (strncmp(name, "SSL_CLIENT_SAN_Email", 20) == 0) {
        return "rules have more kinds of email addresses than mod_ssl; compare san.email by hand";
    }
    if (strncmp(name, "SSL_CLIENT_", 11) == 0) {
        return apr_pstrcat(p, "of ", name, ", rules have no exact counterpart", NULL);
    }
    return apr_pstrcat(p, name, " is not a value of the certificate", NULL);
}

cc_cond_t *cc_cond_compare(const cc_expr_t *expr, bool negated, const char **reason, apr_pool_t *p)
{
    variable_t variable;
    bool equal = expr->kind == CC_EXPR_EQUAL;

    if (!variable_find(&variable, expr->variable, p)) {
        *reason = unknown(expr->variable, p);
        return NULL;
    }
    switch (variable.content) {
    case A_RESULT:
        return result_equal(expr, negated, reason, p);
    case A_TEXT:
    case OF_CONNECTION:
        return equal ? text_equal(&variable, expr, negated, reason, p)
                     : text_matches(&variable, expr, negated, reason, p);
    default:
        if (equal) {
            return each_equal(&variable, expr, negated, reason, p);
        }
        *reason = "a pattern over a whole name or serial number is not legal; compare fields "
                  "such as subject.OU";
        return NULL;
    }
}
