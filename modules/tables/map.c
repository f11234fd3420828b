/* SPDX-License-Identifier: Apache-2.0 */
/* Implements maps of a million rows: one block of rows in memory, and a hash index. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/keyed_hash.h"
#include "tables/internal.h"

/*
 * Rows are consecutive in one block, in the order of the file, and compact: numbers are stored with
 * seven bits per octet, and a row's line number as the distance from the previous row. The index is
 * an array of slots with linear probing, two thirds full. A slot contains the offset of a row and
 * half of the hash of its key, so nearly every other row is skipped without reading it. Rows are
 * found by offsets and not by pointers, so a map can be written to a file and mapped elsewhere.
 *
 * The hash is keyed, so the author of a file cannot make keys collide. A client chooses only the
 * keys to look up, and cannot make runs of slots longer.
 *
 * The index is built once all rows have been added. Slots are far apart in memory, so BATCH of them
 * are prefetched at once. This step also finds and reports equal keys.
 */

#define BATCH 16    /* slots of the index that are prefetched from memory at once */
#define ROW_HEAD 64 /* octets for the numbers of a row, and more */

/* A slot of the index; 0, 0 if it is free. */
typedef struct {
    apr_uint32_t print; /* half of the hash of the key */
    apr_uint32_t row;   /* its offset in the block */
} map_slot_t;

struct cc_map_t {
    cc_hash_key_t hash_key;
    char *rows;      /* each: lines from the last, key length, key, columns, values, length, text */
    apr_size_t room; /* octets of the block */
    apr_uint32_t used;
    map_slot_t *slots;
    apr_uint32_t slot_count;
    apr_uint32_t row_count;
    void *image; /* the mapped memory of slots and rows; NULL: they are from malloc */
    apr_size_t image_len;
};

/* The parts of a row of the block. */
typedef struct {
    apr_uint64_t hash;
    apr_size_t lines;
    apr_uint32_t at;
    cc_key_t key;
    const char *packed;
} map_row_t;

/* ---- rows ------------------------------------------------------------------------------------ */

/* A number takes as many octets as it needs, with seven bits each. */
static char *number_put(char *to, apr_size_t number)
{
    for (; number >= 0x80; number >>= 7) {
        *to++ = (char)(number | 0x80);
    }
    *to++ = (char)number;
    return to;
}

static const char *number_get(const char *at, apr_size_t *number)
{
    apr_size_t octet = (unsigned char)*at++;

    *number = octet & 0x7F;
    for (unsigned shift = 7; octet >= 0x80; shift += 7) {
        octet = (unsigned char)*at++;
        *number |= (octet & 0x7F) << shift;
    }
    return at;
}

static map_row_t row_at(const cc_map_t *map, apr_uint32_t at)
{
    map_row_t row = {.at = at};

    row.key.at = number_get(number_get(map->rows + at, &row.lines), &row.key.len);
    row.packed = row.key.at + row.key.len;
    return row;
}

static cc_packed_t packed_at(const char *at)
{
    cc_packed_t packed;

    at = number_get(at, &packed.columns);
    at = number_get(at, &packed.values);
    packed.text = number_get(at, &packed.len);
    return packed;
}

/* Where the next row begins. */
static apr_uint32_t row_after(const cc_map_t *map, const map_row_t *row)
{
    cc_packed_t packed = packed_at(row->packed);

    return (apr_uint32_t)(packed.text + packed.len - map->rows);
}

cc_map_t *cc_map_create(apr_size_t text_size)
{
    cc_map_t *map = calloc(1, sizeof(*map));

    if (!map) {
        return NULL;
    }
    /*
     * The row that grows most is a key of one letter, "a\n": it takes 6 octets. The system
     * allocates memory only when it is written; cc_map_finish returns the rest. Keys that are names
     * may be longer than their text: then the block grows.
     */
    map->room = 3 * text_size + ROW_HEAD;
    map->rows = malloc(map->room);
    map->used = 1; /* no row begins at 0, which marks a free slot */
    if (!map->rows || cc_hash_key_make(&map->hash_key) != APR_SUCCESS) {
        cc_map_free(map);
        return NULL;
    }
    map->rows[0] = '\0'; /* it is part of an image too */
    return map;
}

void cc_map_free(cc_map_t *map)
{
    if (map && map->image) {
        munmap(map->image, map->image_len);
    } else if (map) {
        free(map->slots);
        free(map->rows);
    }
    free(map);
}

/* Makes room for `need` octets more. */
static bool rows_grow(cc_map_t *map, apr_size_t need)
{
    apr_size_t room =
        map->used + need < APR_UINT32_MAX / 2 ? 2 * (map->used + need) : APR_UINT32_MAX;
    char *rows = map->used + need <= APR_UINT32_MAX ? realloc(map->rows, room) : NULL;

    if (rows) {
        map->rows = rows;
        map->room = room;
    }
    return rows != NULL;
}

bool cc_map_add(cc_map_t *map, apr_size_t lines, const cc_key_t *key, const cc_packed_t *packed)
{
    apr_size_t need = key->len + packed->len + ROW_HEAD;
    char *to = NULL;

    if (map->used + need > map->room && !rows_grow(map, need)) {
        return false;
    }
    to = number_put(number_put(map->rows + map->used, lines), key->len);
    memcpy(to, key->at, key->len);
    to = number_put(to + key->len, packed->columns);
    to = number_put(number_put(to, packed->values), packed->len);
    memcpy(to, packed->text, packed->len);
    map->used = (apr_uint32_t)(to + packed->len - map->rows);
    map->row_count++;
    return true;
}

apr_uint32_t cc_map_rows(const cc_map_t *map)
{
    return map->row_count;
}

/* ---- the index ------------------------------------------------------------------------------- */

static apr_uint64_t key_hash(const cc_map_t *map, const cc_key_t *key)
{
    return cc_keyed_hash(&map->hash_key, key->at, key->len);
}

static apr_uint32_t slot_of(const cc_map_t *map, apr_uint64_t hash)
{
    return (apr_uint32_t)((hash >> 32) * map->slot_count >> 32);
}

static apr_uint32_t slot_next(const cc_map_t *map, apr_uint32_t slot)
{
    return slot + 1 < map->slot_count ? slot + 1 : 0;
}

/* True if the row of a slot that is not free has this key. */
static inline bool slot_has(const cc_map_t *map, apr_uint32_t slot, const cc_key_t *key,
                            apr_uint64_t hash, map_row_t *row)
{
    if (map->slots[slot].print != (apr_uint32_t)hash) {
        return false;
    }
    *row = row_at(map, map->slots[slot].row);
    return row->key.len == key->len && memcmp(row->key.at, key->at, key->len) == 0;
}

/* Finds the first row with this key. */
static bool row_find(const cc_map_t *map, const cc_key_t *key, apr_uint64_t hash, map_row_t *row)
{
    apr_uint32_t slot = slot_of(map, hash);

    for (; map->slots[slot].row; slot = slot_next(map, slot)) {
        if (slot_has(map, slot, key, hash, row)) {
            return true;
        }
    }
    return false;
}

bool cc_map_find(const cc_map_t *map, const cc_key_t *key, cc_packed_t *packed)
{
    map_row_t row;

    if (!row_find(map, key, key_hash(map, key), &row)) {
        return false;
    }
    *packed = packed_at(row.packed);
    return true;
}

void cc_map_find_all(apr_array_header_t *rows, const cc_map_t *map, const cc_key_t *key)
{
    apr_uint64_t hash = key_hash(map, key);
    map_row_t row;

    for (apr_uint32_t slot = slot_of(map, hash); map->slots[slot].row;
         slot = slot_next(map, slot)) {
        if (slot_has(map, slot, key, hash, &row)) {
            cc_packed_t packed = packed_at(row.packed);

            APR_ARRAY_PUSH(rows, cc_row_t) = cc_row_unpack(&packed, rows->pool);
        }
    }
}

cc_packed_t cc_map_row(const cc_map_t *map, apr_uint32_t at)
{
    return packed_at(row_at(map, at).packed);
}

/* The line number of a row: the sum of the distances of all rows up to it. */
apr_uint64_t cc_map_line(const cc_map_t *map, apr_uint32_t at)
{
    map_row_t row = row_at(map, 1);
    apr_uint64_t line = row.lines;

    while (row.at != at) {
        row = row_at(map, row_after(map, &row));
        line += row.lines;
    }
    return line;
}

bool cc_map_row_same(const cc_map_t *map, apr_uint32_t a, apr_uint32_t b)
{
    cc_packed_t one = cc_map_row(map, a);
    cc_packed_t other = cc_map_row(map, b);

    return one.len == other.len && memcmp(one.text, other.text, one.len) == 0;
}

void cc_map_each(const cc_map_t *map, cc_table_row_fn *fn, void *baton)
{
    apr_uint64_t line = 0;
    bool more = true;

    for (apr_uint32_t at = 1; at < map->used && more;) {
        map_row_t row = row_at(map, at);
        cc_packed_t packed = packed_at(row.packed);

        line += row.lines;
        more = fn(row.key.at, row.key.len, &packed, line, baton);
        at = row_after(map, &row);
    }
}

/* Later rows of a key have later slots than earlier ones, up to the next free slot. */
static void row_index(cc_map_t *map, const map_row_t *row, cc_map_twice_fn *twice, void *baton)
{
    apr_uint32_t slot = slot_of(map, row->hash);
    map_row_t first;

    for (; map->slots[slot].row; slot = slot_next(map, slot)) {
        if (slot_has(map, slot, &row->key, row->hash, &first) && !twice(row->at, first.at, baton)) {
            return;
        }
    }
    map->slots[slot] = (map_slot_t){(apr_uint32_t)row->hash, row->at};
}

apr_status_t cc_map_finish(cc_map_t *map, const atomic_bool *stop, cc_map_twice_fn *twice,
                           void *baton)
{
    char *rows = realloc(map->rows, map->used);
    map_row_t batch[BATCH];

    map->rows = rows ? rows : map->rows;
    map->slot_count = map->row_count + map->row_count / 2 + 1;
    map->slots = calloc(map->slot_count, sizeof(map_slot_t));
    if (!map->slots) {
        return APR_ENOMEM;
    }
    for (apr_uint32_t at = 1; at < map->used;) {
        int count = 0;

        if (stop && atomic_load(stop)) {
            return APR_EINTR;
        }
        for (; count < BATCH && at < map->used; count++) {
            map_row_t *row = &batch[count];
            *row = row_at(map, at);
            row->hash = key_hash(map, &row->key);
            __builtin_prefetch(&map->slots[slot_of(map, row->hash)], 1);
            at = row_after(map, row);
        }
        for (int i = 0; i < count; i++) {
            row_index(map, &batch[i], twice, baton);
        }
    }
    return APR_SUCCESS;
}

bool cc_map_same(const cc_map_t *a, const cc_map_t *b)
{
    return a->used == b->used && memcmp(a->rows + 1, b->rows + 1, a->used - 1) == 0;
}

/* ---- images ---------------------------------------------------------------------------------- */

/* The head before the slots and the rows. Slots and rows have offsets, not pointers. */
typedef struct {
    cc_hash_key_t hash_key;
    apr_uint32_t slot_count;
    apr_uint32_t row_count;
    apr_uint64_t used;
} map_head_t;

apr_size_t cc_map_image_parts(cc_key_t parts[3], const cc_map_t *map, apr_pool_t *p)
{
    map_head_t *head = apr_pcalloc(p, sizeof(*head));

    head->hash_key = map->hash_key;
    head->slot_count = map->slot_count;
    head->row_count = map->row_count;
    head->used = map->used;
    parts[0] = (cc_key_t){(const char *)head, sizeof(*head)};
    parts[1] = (cc_key_t){(const char *)map->slots, map->slot_count * sizeof(map_slot_t)};
    parts[2] = (cc_key_t){map->rows, map->used};
    return parts[0].len + parts[1].len + parts[2].len;
}

cc_map_t *cc_map_image_take(void *image, apr_size_t image_len, apr_size_t offset)
{
    char *at = (char *)image + offset;
    apr_size_t len = image_len - offset;
    cc_map_t *map = NULL;
    map_head_t head;

    if (image_len < offset || len < sizeof(head)) {
        return NULL;
    }
    memcpy(&head, at, sizeof(head));
    if (head.used > APR_UINT32_MAX || head.slot_count == 0 ||
        len != sizeof(head) + head.slot_count * sizeof(map_slot_t) + head.used) {
        return NULL;
    }
    map = calloc(1, sizeof(*map));
    if (map) {
        map->hash_key = head.hash_key;
        map->slots = (map_slot_t *)(void *)(at + sizeof(head));
        map->rows = at + sizeof(head) + head.slot_count * sizeof(map_slot_t);
        map->used = (apr_uint32_t)head.used;
        map->slot_count = head.slot_count;
        map->row_count = head.row_count;
        map->image = image;
        map->image_len = image_len;
    }
    return map;
}
