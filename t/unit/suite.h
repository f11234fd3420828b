/* SPDX-License-Identifier: Apache-2.0 */
/* Registers unit tests, which main runs in the order of their lines. */
#ifndef SUITE_H
#define SUITE_H

#include <stdbool.h>

#include <check.h>

/** The fixture of the tests of a program. All members are optional. */
typedef struct {
    const char *name;             /* appears in each line of the output */
    void (*setup)(void);          /* before each test, in its process */
    void (*teardown)(void);       /* after each test that passed so far */
    double timeout;               /* of a test, in seconds; 0: Check's own */
    bool own_process;             /* for each test: it changes what the next one would see */
    const char *(*prepare)(void); /* once before all: NULL, or why no test can run here */
} suite_t;

/** Each program has one of these, after its fixture: SUITE("name", .setup = setup); */
#define SUITE(...) const suite_t program_suite = {__VA_ARGS__}
extern const suite_t program_suite;

/** One test, followed by its block: TEST(a_claim) { ... } */
#define TEST(name) TEST_LOOP(name, 0, 1)

/** The same for each _i from the first number up to the second, which prepare may set. */
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

/** Adds a test to those of the program. Only for TEST_LOOP. */
void suite_register(suite_test_t *test);

#endif
