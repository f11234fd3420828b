/* SPDX-License-Identifier: Apache-2.0 */
/* Follows paths to elements of DER, such as 1/[0]/string. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "cert/der.h"

#define STEPS_MAX 16
#define NUMBER_MAX 1000 /* the largest N and [N] */

/* ---- types of elements -------------------------------------------------------------------------
 */

typedef struct cc_element_type_t {
    const char *name;
    unsigned tag, other; /* universal; 0, 0: a character string of any type */
} cc_element_type_t;

static const cc_element_type_t types[] = {
    {"sequence", V_ASN1_SEQUENCE, 0},
    {"set", V_ASN1_SET, 0},
    {"string", 0, 0},
    {"oid", V_ASN1_OBJECT, 0},
    {"integer", V_ASN1_INTEGER, V_ASN1_ENUMERATED},
    {"boolean", V_ASN1_BOOLEAN, 0},
    {"time", V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME},
    {"octets", V_ASN1_OCTET_STRING, 0},
    {"bits", V_ASN1_BIT_STRING, 0},
    {"null", V_ASN1_NULL, 0},
};

#define TYPE_COUNT ((int)(sizeof(types) / sizeof(types[0])))

static const cc_element_type_t *type_find(const char *name)
{
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(types[i].name, name) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

static bool type_has(const cc_element_type_t *type, const cc_element_t *e)
{
    if (type->tag == 0) {
        return cc_element_is_string(e);
    }
    return cc_element_is(e, type->tag) || (type->other && cc_element_is(e, type->other));
}

/* ---- reading a path ----------------------------------------------------------------------------
 */

typedef enum {
    STEP_EVERY,
    STEP_NUMBER, /* the n-th element */
    STEP_TAG,    /* those with this context-specific tag */
    STEP_TYPE,   /* those of this type */
    STEP_OID     /* the sequences that begin with this object identifier */
} step_kind_t;

typedef struct step_t {
    step_kind_t kind;
    unsigned number;
    const cc_element_type_t *type;
    const ASN1_OBJECT *oid;
} step_t;

struct cc_der_path_t {
    int count;
    step_t steps[STEPS_MAX];
};

/* Decimal digits without a leading zero, from `least` on. */
static bool number_read(unsigned *number, const char *text, apr_size_t len, unsigned least)
{
    *number = 0;
    for (apr_size_t i = 0; i < len; i++) {
        if (!apr_isdigit(text[i]) || *number > NUMBER_MAX) {
            return false;
        }
        *number = *number * 10 + (unsigned)(text[i] - '0');
    }
    return len > 0 && (*text != '0' || len == 1) && *number >= least && *number <= NUMBER_MAX;
}

static bool step_read(step_t *step, const char *text, apr_pool_t *p)
{
    apr_size_t len = strlen(text);

    if (strcmp(text, "*") == 0) {
        step->kind = STEP_EVERY;
    } else if (*text == '[') {
        step->kind = STEP_TAG;
        return text[len - 1] == ']' && number_read(&step->number, text + 1, len - 2, 0);
    } else if (strchr(text, '.')) {
        step->kind = STEP_OID;
        step->oid = cc_oid_read(text, p);
        return step->oid != NULL;
    } else if (apr_isdigit(*text)) {
        step->kind = STEP_NUMBER;
        return number_read(&step->number, text, len, 1);
    } else {
        step->kind = STEP_TYPE;
        step->type = type_find(text);
        return step->type != NULL;
    }
    return true;
}

static apr_status_t path_error(const char *step, apr_pool_t *p, cc_error_t *err)
{
    const char *names = types[0].name;

    for (int i = 1; i < TYPE_COUNT; i++) {
        names = apr_pstrcat(p, names, ", ", types[i].name, NULL);
    }
    return cc_error_set(err, p, "CC0247", step,
                        "not a step of a path; steps are separated by /, and each is a number "
                        "from 1 to %d, * for every element, [N] for a context-specific tag, a "
                        "dotted object identifier, or one of the types %s",
                        NUMBER_MAX, names);
}

apr_status_t cc_der_path_read(const cc_der_path_t **path, const char *text, apr_pool_t *p,
                              cc_error_t *err)
{
    cc_der_path_t *made = apr_pcalloc(p, sizeof(*made));
    const char *rest = text;

    do {
        apr_size_t len = strcspn(rest, "/");
        const char *step = apr_pstrmemdup(p, rest, len);

        if (made->count == STEPS_MAX) {
            return cc_error_set(err, p, "CC0248", text, "a path has at most %d steps", STEPS_MAX);
        }
        if (!step_read(&made->steps[made->count++], step, p)) {
            return path_error(step, p, err);
        }
        rest += len;
    } while (*rest++ == '/');
    *path = made;
    return APR_SUCCESS;
}

bool cc_der_path_single(const cc_der_path_t *path)
{
    for (int i = 0; i < path->count; i++) {
        if (path->steps[i].kind != STEP_NUMBER) {
            return false;
        }
    }
    return true;
}

/* ---- following it ------------------------------------------------------------------------------
 */

/* One use of a path. */
typedef struct cc_descent_t {
    const cc_der_path_t *path;
    int left; /* how many more elements may be read */
    apr_array_header_t *out;
    apr_pool_t *pool;
} cc_descent_t;

static bool begins_with(const cc_element_t *e, const ASN1_OBJECT *oid)
{
    cc_elements_t run = {e->contents, e->contents + e->len};
    cc_element_t first;

    return cc_element_is(e, V_ASN1_SEQUENCE) && cc_elements_next(&run, &first) &&
           cc_element_is(&first, V_ASN1_OBJECT) && first.len == OBJ_length(oid) &&
           memcmp(first.contents, OBJ_get0_data(oid), first.len) == 0;
}

/* Whether a step leads to the element, which is the `number`-th of its siblings. */
static bool step_leads(const step_t *step, const cc_element_t *e, unsigned number)
{
    switch (step->kind) {
    case STEP_NUMBER:
        return number == step->number;
    case STEP_TAG:
        return e->class == V_ASN1_CONTEXT_SPECIFIC && e->tag == step->number;
    case STEP_TYPE:
        return type_has(step->type, e);
    case STEP_OID:
        return begins_with(e, step->oid);
    default:
        return true;
    }
}

/* Pushes the elements to which the steps from the i-th on lead. NULL, or why they cannot be used.
 */
static const char *descend(cc_descent_t *descent, const cc_element_t *from, int i)
{
    cc_elements_t run;
    cc_element_t e;
    const char *reason;

    if (i == descent->path->count) {
        APR_ARRAY_PUSH(descent->out, cc_value_t) =
            cc_value_octets(from->start, from->size, descent->pool);
        return NULL;
    }
    reason = cc_element_inside(&run, from, &descent->left);
    for (unsigned number = 1; !reason && run.at < run.end && cc_elements_next(&run, &e); number++) {
        if (step_leads(&descent->path->steps[i], &e, number)) {
            reason = descend(descent, &e, i + 1);
        }
    }
    return reason;
}

void cc_der_path_follow(apr_array_header_t *out, const cc_value_t *der, const cc_der_path_t *path,
                        apr_pool_t *p)
{
    cc_descent_t descent = {path, CC_ELEMENTS_MAX, out, p};
    int before = out->nelts;
    cc_element_t root;
    const char *reason = cc_element_of(&root, der, &descent.left, p);

    if (!reason) {
        reason = descend(&descent, &root, 0);
    }
    if (reason) {
        out->nelts = before;
        APR_ARRAY_PUSH(out, cc_value_t) = cc_value_unusable(reason, der->text, der->len, p);
    }
}
