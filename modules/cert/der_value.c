/* SPDX-License-Identifier: Apache-2.0 */
/* Turns an element of DER into a text, a number, a time or octets. */
#include <string.h>

#include <openssl/err.h>

#include "base/moment.h"
#include "cert/der.h"

bool cc_element_is_string(const cc_element_t *e)
{
    return e->class == V_ASN1_UNIVERSAL &&
           (e->tag == V_ASN1_UTF8STRING || (e->tag >= 18 && e->tag <= 22) ||
            (e->tag >= 25 && e->tag <= 28) || e->tag == V_ASN1_BMPSTRING);
}

const char *cc_element_of(cc_element_t *e, const cc_value_t *value, int *left, apr_pool_t *p)
{
    apr_size_t len = 0;
    const unsigned char *der = cc_octets_of_hex(value->text, value->len, &len, p);

    return der ? cc_element_read(e, der, len, left) : "it is not DER";
}

/* Whether an element has exactly one inside it, into which *e is then changed. */
static bool unwrap(cc_element_t *e, int *left)
{
    cc_elements_t run;
    cc_element_t inner;

    if (cc_element_inside(&run, e, left) || !cc_elements_next(&run, &inner) || run.at < run.end) {
        return false;
    }
    *e = inner;
    return true;
}

/*
 * The element of a value, without what is only wrapped around it: sequences, sets and tags with one
 * element inside, and strings of octets that contain one. NULL, or why it cannot be used.
 */
static const char *core_read(cc_element_t *e, const cc_value_t *value, apr_pool_t *p)
{
    int left = CC_ELEMENTS_MAX;
    const char *reason = cc_element_of(e, value, &left, p);

    while (!reason && unwrap(e, &left)) {
    }
    return reason;
}

static cc_value_t unusable(const char *reason, const cc_value_t *value, apr_pool_t *p)
{
    return cc_value_unusable(reason, value->text, value->len, p);
}

cc_value_t cc_der_as_text(const cc_value_t *der, apr_pool_t *p)
{
    cc_element_t e;
    const char *reason = core_read(&e, der, p);

    if (!reason && !cc_element_is_string(&e)) {
        reason = "it is not a character string";
    }
    return reason ? unusable(reason, der, p) : cc_value_string((int)e.tag, e.contents, e.len, p);
}

/* The identifier itself has been checked, but OpenSSL does not decode every length. */
static cc_value_t oid_value(const cc_element_t *e, apr_pool_t *p)
{
    const unsigned char *at = e->start;
    cc_value_t value;
    ASN1_OBJECT *object;

    ERR_set_mark();
    object = d2i_ASN1_OBJECT(NULL, &at, (long)e->size);
    value = object ? cc_value_oid(object, CC_OID_DOTTED, p)
                   : cc_value_unusable("it is an object identifier that cannot be decoded",
                                       e->contents, e->len, p);
    ASN1_OBJECT_free(object);
    ERR_pop_to_mark();
    return value;
}

cc_value_t cc_der_as_oid(const cc_value_t *der, apr_pool_t *p)
{
    cc_element_t e;
    const char *reason = core_read(&e, der, p);

    if (!reason && !cc_element_is(&e, V_ASN1_OBJECT)) {
        reason = "it is not an object identifier";
    }
    return reason ? unusable(reason, der, p) : oid_value(&e, p);
}

cc_value_t cc_der_as_integer(const cc_value_t *der, apr_pool_t *p)
{
    cc_element_t e;
    const char *reason = core_read(&e, der, p);
    apr_uint64_t number = 0;

    if (!reason && !cc_element_is(&e, V_ASN1_INTEGER) && !cc_element_is(&e, V_ASN1_ENUMERATED)) {
        reason = "it is not an integer";
    } else if (!reason && e.len > sizeof(number)) {
        reason = "it is an integer of more than 64 bits";
    }
    if (reason) {
        return unusable(reason, der, p);
    }
    if (*e.contents & 0x80) {
        number = ~number;
    }
    for (apr_size_t i = 0; i < e.len; i++) {
        number = number << 8 | e.contents[i];
    }
    return cc_value_number((apr_int64_t)number, p);
}

cc_value_t cc_der_as_boolean(const cc_value_t *der, apr_pool_t *p)
{
    cc_element_t e;
    const char *reason = core_read(&e, der, p);

    if (!reason && !cc_element_is(&e, V_ASN1_BOOLEAN)) {
        reason = "it is not a boolean";
    }
    return reason ? unusable(reason, der, p) : cc_value_words(*e.contents ? "true" : "false", p);
}

cc_value_t cc_der_as_time(const cc_value_t *der, apr_pool_t *p)
{
    cc_element_t e;
    const char *reason = core_read(&e, der, p);
    bool utc = !reason && cc_element_is(&e, V_ASN1_UTCTIME);
    apr_int64_t seconds = 0;

    if (!reason && !utc && !cc_element_is(&e, V_ASN1_GENERALIZEDTIME)) {
        reason = "it is not a time";
    } else if (!reason && !cc_moment_asn1(&seconds, utc ? CC_UTC_TIME : CC_GENERALIZED_TIME,
                                          e.contents, e.len)) {
        reason = "it is a date that cannot be decoded";
    }
    return reason ? unusable(reason, der, p) : cc_value_time(apr_time_from_sec(seconds), p);
}

cc_value_t cc_der_content(const cc_value_t *der, apr_pool_t *p)
{
    cc_element_t e;
    int left = CC_ELEMENTS_MAX;
    const char *reason = cc_element_of(&e, der, &left, p);

    return reason ? unusable(reason, der, p) : cc_value_octets(e.contents, e.len, p);
}

cc_value_t cc_octets_utf8(const cc_value_t *octets, apr_pool_t *p)
{
    apr_size_t len = 0;
    const unsigned char *text = cc_octets_of_hex(octets->text, octets->len, &len, p);

    return text ? cc_value_text((const char *)text, len, p)
                : unusable("it is a number, not a text", octets, p);
}
