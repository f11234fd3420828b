/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the elements of DER (X.690) in bounded time, and refuses every other encoding. */
#include "cert/der.h"

#define SIZE_MAX_ALLOWED 65536 /* octets of a whole value */
#define DEPTH_MAX 16

static const char bad[] = "it is not valid DER";
static const char too_large[] = "it is larger than 65,536 octets";
static const char too_deep[] = "its elements are nested more than 16 deep";
static const char too_many[] = "it has more than 1,000 elements";

/* ---- tag and length (X.690 8.1, 10.1) -------------------------------------------------------- */

static bool tag_read(cc_element_t *e, cc_elements_t *run)
{
    unsigned octet;

    if (run->at == run->end) {
        return false;
    }
    octet = *run->at++;
    e->class = octet & V_ASN1_PRIVATE;
    e->constructed = octet & V_ASN1_CONSTRUCTED;
    e->tag = octet & V_ASN1_PRIMITIVE_TAG;
    if (e->tag < V_ASN1_PRIMITIVE_TAG) {
        return true;
    }
    e->tag = 0;
    do {
        if (run->at == run->end || e->tag >> 21 || (e->tag == 0 && *run->at == 0x80)) {
            return false;
        }
        octet = *run->at++;
        e->tag = e->tag << 7 | (octet & 0x7F);
    } while (octet & 0x80);
    return e->tag >= V_ASN1_PRIMITIVE_TAG;
}

static bool length_read(cc_element_t *e, cc_elements_t *run)
{
    int octets;

    if (run->at == run->end) {
        return false;
    }
    e->len = *run->at++;
    if (e->len & 0x80) {
        octets = (int)(e->len & 0x7F);
        if (octets < 1 || octets > 3 || run->end - run->at < octets || *run->at == 0) {
            return false;
        }
        for (e->len = 0; octets > 0; octets--) {
            e->len = e->len << 8 | *run->at++;
        }
        if (e->len < 0x80) {
            return false;
        }
    }
    return e->len <= (apr_size_t)(run->end - run->at);
}

bool cc_elements_next(cc_elements_t *run, cc_element_t *e)
{
    e->start = run->at;
    if (!tag_read(e, run) || !length_read(e, run)) {
        run->at = run->end;
        return false;
    }
    e->contents = run->at;
    run->at += e->len;
    e->size = (apr_size_t)(run->at - e->start);
    return true;
}

/* ---- contents (X.690 8.2 to 8.23, 10, 11) ------------------------------------------------------
 */

static bool integer_valid(const unsigned char *at, apr_size_t len)
{
    bool surplus = len > 1 && ((at[0] == 0 && at[1] < 0x80) || (at[0] == 0xFF && at[1] >= 0x80));

    return len > 0 && !surplus;
}

static bool bits_valid(const unsigned char *at, apr_size_t len)
{
    return len > 0 && at[0] < 8 && (len > 1 ? !(at[len - 1] & ((1 << at[0]) - 1)) : at[0] == 0);
}

/* The first octet of each subidentifier is not 0x80, and the last one has no bit 8. */
static bool oid_valid(const unsigned char *at, apr_size_t len)
{
    bool first = true;

    for (apr_size_t i = 0; i < len; i++) {
        if (first && at[i] == 0x80) {
            return false;
        }
        first = at[i] < 0x80;
    }
    return len > 0 && first;
}

static bool is_constructed_type(unsigned tag)
{
    return tag == V_ASN1_SEQUENCE || tag == V_ASN1_SET || tag == V_ASN1_EXTERNAL ||
           tag == 11 /* EMBEDDED PDV */ || tag == 29 /* CHARACTER STRING */;
}

/*
 * Whether the contents of an element of a universal type are DER. Those of character strings and
 * times are checked when they are decoded. The order of a SET is not checked: some CAs do not sort
 * it, and it cannot change what is read.
 */
static bool contents_valid(const cc_element_t *e)
{
    if (e->class != V_ASN1_UNIVERSAL) {
        return true;
    }
    if (e->tag == 0 || e->constructed != is_constructed_type(e->tag)) {
        return false;
    }
    switch (e->tag) {
    case V_ASN1_BOOLEAN:
        return e->len == 1 && (*e->contents == 0 || *e->contents == 0xFF);
    case V_ASN1_INTEGER:
    case V_ASN1_ENUMERATED:
        return integer_valid(e->contents, e->len);
    case V_ASN1_BIT_STRING:
        return bits_valid(e->contents, e->len);
    case V_ASN1_NULL:
        return e->len == 0;
    case V_ASN1_OBJECT:
        return oid_valid(e->contents, e->len);
    default:
        return true;
    }
}

/* ---- whole values ------------------------------------------------------------------------------
 */

static cc_elements_t run_of(const unsigned char *at, apr_size_t len)
{
    return (cc_elements_t){at, at + len};
}

/* NULL, or why not all elements of the run, and all inside them, can be used. */
static const char *run_check(cc_elements_t run, int depth, int *left)
{
    const char *reason = NULL;

    while (!reason && run.at < run.end) {
        cc_element_t e;

        if (depth > DEPTH_MAX) {
            return too_deep;
        }
        if ((*left)-- <= 0) {
            return too_many;
        }
        if (!cc_elements_next(&run, &e) || !contents_valid(&e)) {
            return bad;
        }
        if (e.constructed) {
            reason = run_check(run_of(e.contents, e.len), depth + 1, left);
        }
    }
    return reason;
}

const char *cc_element_read(cc_element_t *e, const unsigned char *der, apr_size_t len, int *left)
{
    cc_elements_t run = run_of(der, len);
    const char *reason = len > SIZE_MAX_ALLOWED ? too_large : run_check(run, 1, left);

    if (reason) {
        return reason;
    }
    return cc_elements_next(&run, e) && run.at == run.end ? NULL : bad;
}

/* ---- inside an element -------------------------------------------------------------------------
 */

bool cc_element_is(const cc_element_t *e, unsigned tag)
{
    return e->class == V_ASN1_UNIVERSAL && e->tag == tag;
}

/* The octets in which a string may contain an element. */
static cc_elements_t octets_inside(const cc_element_t *e)
{
    if (cc_element_is(e, V_ASN1_OCTET_STRING)) {
        return run_of(e->contents, e->len);
    }
    if (cc_element_is(e, V_ASN1_BIT_STRING) && *e->contents == 0) {
        return run_of(e->contents + 1, e->len - 1);
    }
    return run_of(e->contents, 0);
}

const char *cc_element_inside(cc_elements_t *run, const cc_element_t *e, int *left)
{
    cc_element_t inner;
    const char *reason;

    if (e->constructed) {
        *run = run_of(e->contents, e->len);
        return NULL;
    }
    *run = octets_inside(e);
    reason = run->at < run->end
                 ? cc_element_read(&inner, run->at, (apr_size_t)(run->end - run->at), left)
                 : NULL;
    if (reason) {
        run->end = run->at;
    }
    return reason == bad ? NULL : reason;
}
