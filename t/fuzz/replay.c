/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over its corpus without a fuzzer, and prints TAP with one test per file. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak)); /* a target may define
                                                                            it */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs one file; an input that breaks the target ends the program, which fails the run. */
static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    uint8_t *data;
    size_t size;
    int ok;

    if (file == NULL || fstat(fileno(file), &info) != 0) {
        perror(path);
        return 0;
    }
    size = (size_t)info.st_size;
    data = malloc(size > 0 ? size : 1);
    ok = data != NULL && fread(data, 1, size, file) == size;
    if (ok) {
        LLVMFuzzerTestOneInput(data, size);
    }
    free(data);
    fclose(file);
    return ok;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_all(const char *dir)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, is_input, alphasort);
    int failed = 0;

    if (count <= 0) {
        printf("not ok 1 - %s holds inputs\n1..1\n", dir);
        return 1;
    }
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        int ok = snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name) < PATH_MAX &&
                 replay(path);

        printf("%sok %d - %s\n", ok ? "" : "not ", i + 1, entries[i]->d_name);
        fflush(stdout);
        failed += !ok;
        free(entries[i]);
    }
    free(entries);
    return failed != 0;
}

/* The corpus is the argument, or $CC_TOP/t/fuzz/corpus/ and the program's name. */
int main(int argc, char **argv)
{
    const char *top = getenv("CC_TOP");
    const char *slash = strrchr(argv[0], '/');
    char dir[PATH_MAX];

    if (LLVMFuzzerInitialize != NULL) {
        LLVMFuzzerInitialize(&argc, &argv);
    }
    snprintf(dir, sizeof(dir), "%s/t/fuzz/corpus/%s", top != NULL ? top : ".",
             slash != NULL ? slash + 1 : argv[0]);
    return replay_all(argc > 1 ? argv[1] : dir);
}
