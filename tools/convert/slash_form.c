/* SPDX-License-Identifier: Apache-2.0 */
/* Reads subjects in the slash form, and checks that a rule would find them. */

/*
 * The attributes become a name in RFC 4514 form, which the engine reads and writes in the slash
 * form again. If that works, the result is the text with which a rule compares certificates.
 */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "convert/internal.h"

#define ATTRIBUTES_MAX 100

static size_t type_length(const char *at)
{
    size_t len = 0;

    while (apr_isalnum(at[len]) || at[len] == '.' || at[len] == '-') {
        len++;
    }
    return len > 0 && at[len] == '=' ? len : 0;
}

/* The name of an attribute begins with a letter (RFC 4512 1.4); otherwise it is an OID. */
static bool is_separator(const char *at)
{
    size_t len = *at == '/' || *at == '+' ? type_length(at + 1) : 0;

    return len > 0 && (apr_isalpha(at[1]) || strspn(at + 1, "0123456789.") == len);
}

static int hex_of(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Reads one character of a value: \/ and \+ are the character, \xHH is an octet. */
static unsigned char octet_read(const char **at)
{
    const char *s = *at;

    if (s[0] == '\\' && (s[1] == '/' || s[1] == '+')) {
        *at = s + 2;
        return (unsigned char)s[1];
    }
    if (s[0] == '\\' && s[1] == 'x' && hex_of(s[2]) >= 0 && hex_of(s[3]) >= 0) {
        *at = s + 4;
        return (unsigned char)(hex_of(s[2]) * 16 + hex_of(s[3]));
    }
    *at = s + 1;
    return (unsigned char)*s;
}

/* TYPE=VALUE in RFC 4514 form; *at is moved to the separator after it. */
static const char *attribute_read(const char **at, apr_pool_t *p)
{
    static const char special[] = ",+\"\\<>;=# ";
    size_t type = type_length(*at) + 1;
    char *text = apr_palloc(p, type + 2 * strlen(*at) + 1);
    char *to = apr_cpystrn(text, *at, type + 1);

    *at += type;
    while (**at && !is_separator(*at)) {
        unsigned char c = octet_read(at);

        if (c == '\0') {
            return NULL;
        }
        if (strchr(special, (char)c)) {
            *to++ = '\\';
        }
        *to++ = (char)c;
    }
    *to = '\0';
    return text;
}

/* The slash form begins at the root, RFC 4514 at the other end. */
static const char *rfc4514_of(const char *text, const char **reason, apr_pool_t *p)
{
    const char *name = "";
    const char *rdn = NULL;

    for (int i = 0; *text; i++) {
        bool same_rdn = *text == '+' && rdn;
        const char *attribute = NULL;

        text++;
        attribute = i < ATTRIBUTES_MAX ? attribute_read(&text, p) : NULL;
        if (!attribute) {
            *reason = i < ATTRIBUTES_MAX ? "a value contains a NUL" : "it has too many attributes";
            return NULL;
        }
        if (same_rdn) {
            rdn = apr_pstrcat(p, rdn, "+", attribute, NULL);
            continue;
        }
        name = rdn ? apr_pstrcat(p, rdn, *name ? "," : "", name, NULL) : name;
        rdn = attribute;
    }
    return apr_pstrcat(p, rdn, *name ? "," : "", name, NULL);
}

const char *cc_slash_form_read(const char **form, const char *text, cc_slash_form_fn *write,
                               apr_pool_t *p)
{
    cc_fieldref_t subject;
    cc_value_t name, written;
    cc_error_t err = {0};
    const char *reason = NULL;
    const char *rfc4514 = NULL;

    if (*text != '/' || !is_separator(text)) {
        return "it is not a subject in the slash form, such as /O=Example/CN=alice";
    }
    rfc4514 = rfc4514_of(text, &reason, p);
    if (!rfc4514) {
        return reason;
    }
    if (cc_field_find(&subject, "subject", p, &err) != APR_SUCCESS ||
        cc_field_operand(&name, &subject, rfc4514, p, &err) != APR_SUCCESS) {
        return cc_error_text(&err, p);
    }
    written = write(&name, p);
    *form = written.text;
    return written.unusable;
}
