/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the values of attributes of names, in the form in which they are compared. */
#include <string.h>

#include <apr_strings.h>

#include "base/fold.h"
#include "cert/internal.h"

const char *cc_attribute_set_text(cc_attribute_t *attribute, const char *text, apr_size_t len,
                                  apr_pool_t *p)
{
    attribute->text = text;
    attribute->len = len;
    attribute->folded = NULL;
    attribute->is_der = false;
    if (cc_fold_is_ascii(text, len)) {
        return NULL;
    }
    return cc_fold_prepare(&attribute->folded, &attribute->folded_len, text, len, p);
}

/* A NUL precedes the DER that is compared: no usable text contains one, so none equals it. */
const char *cc_attribute_set_der(cc_attribute_t *attribute, const ASN1_TYPE *value, apr_pool_t *p)
{
    int len = i2d_ASN1_TYPE(value, NULL);
    unsigned char *folded = NULL;
    unsigned char *to = NULL;

    if (len <= 0) {
        return "an attribute of it cannot be decoded";
    }
    folded = apr_pcalloc(p, (apr_size_t)len + 1);
    to = folded + 1;
    i2d_ASN1_TYPE(value, &to);
    attribute->folded = (const char *)folded;
    attribute->folded_len = (apr_size_t)len + 1;
    attribute->text = apr_pstrcat(p, "#", cc_octets_hex(folded + 1, (apr_size_t)len, p), NULL);
    attribute->len = strlen(attribute->text);
    attribute->is_der = true;
    return NULL;
}
