/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the elements of DER (X.690), and how they are read. */
#ifndef CC_CERT_DER_H
#define CC_CERT_DER_H

#include "cert/internal.h"

/* An element, in octets that the caller holds: tag, length and contents. */
typedef struct cc_element_t {
    unsigned class; /* V_ASN1_UNIVERSAL, V_ASN1_CONTEXT_SPECIFIC ... */
    bool constructed;
    unsigned tag;
    const unsigned char *start; /* of its tag */
    apr_size_t size;            /* from there on */
    const unsigned char *contents;
    apr_size_t len;
} cc_element_t;

/* Elements that follow each other. */
typedef struct cc_elements_t {
    const unsigned char *at;
    const unsigned char *end;
} cc_elements_t;

/* How many elements the functions below read for one value: the initial value of *left. */
#define CC_ELEMENTS_MAX 1000

/*
 * Reads a whole value: one element, and all elements inside it, are valid DER, within 65,536
 * octets and 16 levels. NULL, or the reason why it cannot be used (a literal). *left is reduced by
 * the number of elements.
 */
const char *cc_element_read(cc_element_t *e, const unsigned char *der, apr_size_t len, int *left);

/*
 * The elements inside an element that cc_element_read has checked: those of a constructed one, or
 * the one that a primitive OCTET STRING or BIT STRING consists of; none inside any other. NULL, or
 * the reason why they cannot be used, as above.
 */
const char *cc_element_inside(cc_elements_t *run, const cc_element_t *e, int *left);

/* Takes the next element off checked elements; false: there is no other. */
bool cc_elements_next(cc_elements_t *run, cc_element_t *e);

/* Whether it is of this universal type (V_ASN1_SEQUENCE ...). */
bool cc_element_is(const cc_element_t *e, unsigned tag);

/* The same for a DER value. The element lives as long as `p`. */
const char *cc_element_of(cc_element_t *e, const cc_value_t *value, int *left, apr_pool_t *p);

/* Whether it is a character string of any type (X.680 41). */
bool cc_element_is_string(const cc_element_t *e);

#endif
