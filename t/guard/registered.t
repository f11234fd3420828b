#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that every file is built, run or used: sources, tests, certificates, examples.
. "$(dirname "$0")/lib.sh"

sources="mod_clientcert.c $(files modules '*.[ch]') $(files tools '*.[ch]')"
units=$(files t/unit '*.c')
targets=$(files t/fuzz '*.c' | grep -v '/replay\.c$')
requests=$(files t/ca '*.cnf')
extras="$(files demo '*') $(files t/bench '*') $(files man '*') $(files completion '*')"
examples=$(files conf/examples '*.conf')

# The programs of a folder that make runs if everything that they need is installed.
programs() { # FOLDER
    # shellcheck disable=SC2016  # for make
    make -s -C "${CC_BUILD:-build}" absent= test_programs='$(fuzz_targets) $(unit_tests)' list-tests |
        grep "^$1/"
}

unlisted() { # FILE ...
    {
        tr -s '[:space:]' '\n' <Makefile.am | sed 's/^/+/'
        printf -- '-%s\n' "$@"
    } | awk '{ name = substr($0, 2) } /^\+/ { listed[name]; next } !(name in listed) { print name }'
}

not_run() { # FOLDER FILE ...: files with tests or a fuzz target, but no program, or the reverse
    not_run_folder=$1
    shift
    {
        programs "$not_run_folder"
        grep -lE '^SUITE\(|^int LLVMFuzzerTestOneInput\(' "$@" | sed 's/\.c$//'
    } | LC_ALL=C sort | uniq -u
}

without_corpus() { # FILE ...
    for corpus_file in "$@"; do
        corpus_dir=t/fuzz/corpus/$(basename "$corpus_file" .c)
        [ -n "$(ls "$corpus_dir" 2>/dev/null)" ] || echo "$corpus_dir"
    done
}

# Files whose names appear in no other file of these places.
unused() { # EXTENSION PLACE-TO-LOOK ... -- FILE ...
    unused_ext=$1
    shift
    unused_places=
    while [ "$1" != -- ]; do
        unused_places="$unused_places $1"
        shift
    done
    shift
    for unused_file in "$@"; do
        unused_name=$(basename "$unused_file" ".$unused_ext" | sed 's/\./\\./g')
        # shellcheck disable=SC2086  # a list of directories
        grep -rlE "(^|[^A-Za-z0-9_.-])$unused_name([^A-Za-z0-9_-]|\$)" $unused_places |
            grep -qvx "$unused_file" || echo "$unused_file"
    done
}

# shellcheck disable=SC2086,SC2046  # lists of files
{
    look_at 'sources' $sources
    look_at 'unit tests' $units
    look_at 'fuzz targets' $targets
    look_at 'tests against httpd' $(files t/http '*.t')
    look_at 'certificates' $requests
    look_at 'examples' $examples
    look_at 'files of the demo, the measurements and the manual' $extras
    claim 'every source is built' unlisted $sources
    claim 'every file of the demo, the measurements and the manual is released' unlisted $extras
    claim 'every unit test is run' not_run t/unit $units
    claim 'every fuzz target is run' not_run t/fuzz $targets
    claim 'every fuzz target has a corpus' without_corpus $targets
    claim 'every test is in a folder whose tests are run' \
        sh -c "find t -name '*.t' | grep -vE '^t/(http|guard)/[^/]*\.t$' || [ \$? -eq 1 ]"
    claim 'every certificate is used' unused cnf t/http t/unit t/ca t/lib -- $requests
    claim 'every example is used by a test' unused conf t/http -- $examples
}
done_claiming
