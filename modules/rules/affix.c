/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes items by how the texts that match them begin or end. */

/*
 * Each item has the octets with which all of its texts begin, and those with which they end. It is
 * filed under the one of the two that has fewer items so far. To find the items that a text can
 * match, the text is cut to each length under which an item is filed, from the left and from the
 * right, and each piece is looked up. So the cost depends on the number of lengths, and hardly at
 * all on the number of items.
 */

#include "rules/logic.h"

#define LENGTH_MAX 256 /* octets of a piece; longer ones are cut */

/* Pieces at one end of texts. */
typedef struct cc_side_t {
    apr_hash_t *items;           /* piece -> const void *[] */
    apr_array_header_t *lengths; /* apr_size_t, each once */
    bool has_length[LENGTH_MAX + 1];
} cc_side_t;

struct cc_affixes_t {
    apr_pool_t *pool;
    cc_side_t begin, end;
    apr_array_header_t *loose; /* const void *: items that any text may match */
};

static void side_init(cc_side_t *side, apr_pool_t *p)
{
    side->items = apr_hash_make(p);
    side->lengths = apr_array_make(p, 4, sizeof(apr_size_t));
}

cc_affixes_t *cc_affixes_create(apr_pool_t *p)
{
    cc_affixes_t *affixes = apr_pcalloc(p, sizeof(*affixes));

    affixes->pool = p;
    affixes->loose = apr_array_make(p, 1, sizeof(const void *));
    side_init(&affixes->begin, p);
    side_init(&affixes->end, p);
    return affixes;
}

/* ---- adding ------------------------------------------------------------------------------ */

static apr_array_header_t *filed(const cc_side_t *side, struct iovec piece)
{
    return apr_hash_get(side->items, piece.iov_base, (apr_ssize_t)piece.iov_len);
}

static int filed_count(const cc_side_t *side, struct iovec piece)
{
    const apr_array_header_t *items = filed(side, piece);

    return items ? items->nelts : 0;
}

/* `piece` must live as long as the pool. */
static apr_array_header_t *filed_make(cc_side_t *side, struct iovec piece, apr_pool_t *p)
{
    apr_array_header_t *items = filed(side, piece);

    if (!items) {
        items = apr_array_make(p, 1, sizeof(const void *));
        apr_hash_set(side->items, piece.iov_base, (apr_ssize_t)piece.iov_len, items);
    }
    if (!side->has_length[piece.iov_len]) {
        side->has_length[piece.iov_len] = true;
        APR_ARRAY_PUSH(side->lengths, apr_size_t) = piece.iov_len;
    }
    return items;
}

static struct iovec cut_end(struct iovec piece)
{
    if (piece.iov_len > LENGTH_MAX) {
        piece.iov_len = LENGTH_MAX;
    }
    return piece;
}

static struct iovec cut_begin(struct iovec piece)
{
    if (piece.iov_len > LENGTH_MAX) {
        piece.iov_base = (char *)piece.iov_base + (piece.iov_len - LENGTH_MAX);
        piece.iov_len = LENGTH_MAX;
    }
    return piece;
}

void cc_affixes_add(cc_affixes_t *affixes, struct iovec begin, struct iovec end, const void *item)
{
    apr_array_header_t *items = affixes->loose;
    bool by_end;

    begin = cut_end(begin);
    end = cut_begin(end);
    by_end = end.iov_len > 0 && (begin.iov_len == 0 || filed_count(&affixes->end, end) <
                                                           filed_count(&affixes->begin, begin));
    if (by_end) {
        items = filed_make(&affixes->end, end, affixes->pool);
    } else if (begin.iov_len > 0) {
        items = filed_make(&affixes->begin, begin, affixes->pool);
    }
    APR_ARRAY_PUSH(items, const void *) = item;
}

/* ---- looking up -------------------------------------------------------------------------- */

static bool each_of(const apr_array_header_t *items, cc_affix_fn *each, void *baton)
{
    for (int i = 0; items && i < items->nelts; i++) {
        if (!each(baton, APR_ARRAY_IDX(items, i, const void *))) {
            return false;
        }
    }
    return true;
}

/* The pieces at one end of the text: its end if `from_end`, otherwise its beginning. */
static bool each_piece(const cc_side_t *side, struct iovec text, bool from_end, cc_affix_fn *each,
                       void *baton)
{
    for (int i = 0; i < side->lengths->nelts; i++) {
        struct iovec piece = {text.iov_base, APR_ARRAY_IDX(side->lengths, i, apr_size_t)};

        if (piece.iov_len > text.iov_len) {
            continue;
        }
        if (from_end) {
            piece.iov_base = (char *)text.iov_base + (text.iov_len - piece.iov_len);
        }
        if (!each_of(filed(side, piece), each, baton)) {
            return false;
        }
    }
    return true;
}

void cc_affixes_each(const cc_affixes_t *affixes, struct iovec text, cc_affix_fn *each, void *baton)
{
    if (each_piece(&affixes->begin, text, false, each, baton) &&
        each_piece(&affixes->end, text, true, each, baton)) {
        each_of(affixes->loose, each, baton);
    }
}
