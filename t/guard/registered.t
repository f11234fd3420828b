#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Knows that what is written is built, run and used: sources, tests, certificates, examples.
. "$(dirname "$0")/lib.sh"

sources="mod_clientcert.c $(files modules '*.[ch]') $(files tools '*.[ch]')"
units=$(files t/unit '*.[ch]')
targets=$(files t/fuzz '*.c' | grep -v '/replay\.c$')
requests=$(files t/ca '*.cnf')
extras="$(files demo '*') $(files t/bench '*') $(files man '*') $(files completion '*')"
examples=$(files conf/examples '*.conf')

# A list of Makefile.am, one name a line.
listed() { # NAME
    awk -v name="$1" '
        $1 == name && $2 == "=" { on = 1; $1 = $2 = "" }
        on { more = sub(/\\$/, ""); for (i = 1; i <= NF; i++) if ($i != "") print $i; on = more }
    ' Makefile.am
}

unlisted() { # FILE ...
    for unlisted_file in "$@"; do
        grep -qE "(^|[[:space:]])$unlisted_file([[:space:]]|\$)" Makefile.am ||
            echo "$unlisted_file"
    done
}

not_run() { # LIST FILE ...: programs with a main or a fuzz target that are not in the list
    not_run_list=$(listed "$1")
    shift
    for not_run_file in "$@"; do
        grep -qE '^int (main|LLVMFuzzerTestOneInput)\(' "$not_run_file" || continue
        echo "$not_run_list" | grep -qx "${not_run_file%.c}" || echo "$not_run_file"
    done
}

without_corpus() { # FILE ...
    for corpus_file in "$@"; do
        corpus_dir=t/fuzz/corpus/$(basename "$corpus_file" .c)
        [ -n "$(ls "$corpus_dir" 2>/dev/null)" ] || echo "$corpus_dir"
    done
}

# Names that no other file of these places speaks of.
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
    look_at 'unit tests' $(listed unit_tests)
    look_at 'fuzz targets' $targets
    look_at 'tests against httpd' $(files t/http '*.t')
    look_at 'certificates' $requests
    look_at 'examples' $examples
    look_at 'files of the demo, the measurements and the manual' $extras
    claim 'every source is built' unlisted $sources
    claim 'every file of the demo, the measurements and the manual is released' unlisted $extras
    claim 'every unit test is run' not_run unit_tests $units
    claim 'every fuzz target is run' not_run fuzz_targets $targets
    claim 'every fuzz target has a corpus' without_corpus $targets
    claim 'no test lies where none is looked for' \
        sh -c "find t -name '*.t' | grep -vE '^t/(http|guard)/[^/]*\.t$' || [ \$? -eq 1 ]"
    claim 'every certificate is used' unused cnf t/http t/unit t/ca t/lib -- $requests
    claim 'every example is used by a test' unused conf t/http -- $examples
}
done_claiming
