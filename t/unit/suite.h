/* SPDX-License-Identifier: Apache-2.0 */
/* Registers unit tests, which main runs in the order of their lines. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/** What the tests of a program share. A member that is not given is none. */
typedef struct {
    const char *name;             /* stands in each line of the output */
    void (*setup)(void);          /* before each test, in its process */
    void (*teardown)(void);       /* after each test that passed so far */
    double timeout;               /* of a test, in seconds; else Check's own */
    const char *(*prepare)(void); /* once before all: NULL, or why none of them can run here */
} suite_t;

/** Each program has one of these, behind its fixture: SUITE("name", .setup = setup); */
#define SUITE(...) const suite_t program_suite = {__VA_ARGS__}
extern const suite_t program_suite;

/** One test, which its block follows: TEST(a_claim) { ... } */
#define TEST(name) TEST_LOOP(name, 0, 1)

/** The same for each _i from the first number up to the second, which may be known to prepare only.
 */
#define TEST_LOOP(name, from, to)                                                                  \
    static const TTest *name;                                                                      \
    static void name##_add(TCase *tests)                                                           \
    {                                                                                              \
        tcase_add_loop_test(tests, name, from, to);                                                \
    }                                                                                              \
    __attribute__((constructor)) static void name##_register(void)                                 \
    {                                                                                              \
        static suite_test_t test = {name##_add, __LINE__, NULL};                                   \
        suite_register(&test);                                                                     \
    }                                                                                              \
    START_TEST(name)

/** The number of members of an array, for TEST_LOOP. */
#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

/** A registered test: static memory of its file, before main begins. */
typedef struct suite_test_t {
    void (*add)(TCase *tests);
    int line; /* constructors run in any order */
    struct suite_test_t *next;
} suite_test_t;

/** Adds a test to those of the program. For TEST_LOOP alone. */
void suite_register(suite_test_t *test);

#endif
