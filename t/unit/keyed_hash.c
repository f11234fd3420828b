/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that texts collide only by chance, even if an attacker has chosen them. */
#include <string.h>

#include "base/keyed_hash.h"
#include "suite.h"

#define TIMES 1000

static cc_hash_key_t key;

static void setup(void)
{
    apr_initialize();
    ck_assert_int_eq(cc_hash_key_make(&key), APR_SUCCESS);
}

static apr_uint64_t hash_of(const void *octets, apr_size_t len)
{
    return cc_keyed_hash(&key, octets, len);
}

TEST(equal_texts_have_the_same_hash_wherever_they_stand)
{
    char text[] = "..a text of 24 octets....";

    memmove(text, text + 1, strlen(text));
    ck_assert(hash_of(text + 1, 15) == hash_of("a text of 24 oc", 15));
}

TEST(the_length_counts)
{
    static const char zeros[8] = {0};

    for (apr_size_t len = 1; len < sizeof(zeros); len++)
        ck_assert(hash_of(zeros, len) != hash_of(zeros, len + 1));
}

TEST(each_octet_of_a_long_text_counts)
{
    char text[4 * CC_HASH_FACTORS * 3 + 3];
    apr_uint64_t hash;

    memset(text, 'a', sizeof(text));
    hash = hash_of(text, sizeof(text));
    for (apr_size_t i = 0; i < sizeof(text); i++) {
        text[i] = 'b';
        ck_assert(hash_of(text, sizeof(text)) != hash);
        text[i] = 'a';
    }
}

/* With only a seed and multiplications these would collide, whatever the seed is. */
TEST(differences_that_cancel_each_other_in_a_seeded_hash_do_not)
{
    for (int i = 0; i < TIMES; i++) {
        const apr_uint64_t words[2] = {(apr_uint64_t)i * 0x9E3779B97F4A7C15u, (apr_uint64_t)i};
        const apr_uint64_t others[2] = {words[0] ^ 0x8000000000000000u,
                                        words[1] ^ 0x8000000080000000u};

        setup();
        ck_assert(hash_of(words, sizeof(words)) != hash_of(others, sizeof(others)));
    }
}

TEST(another_key_gives_another_hash)
{
    apr_uint64_t hash = hash_of("text", 4);

    ck_assert_int_eq(cc_hash_key_make(&key), APR_SUCCESS);
    ck_assert(hash_of("text", 4) != hash);
}

SUITE("keyed_hash", .setup = setup);
