#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that a release has every file of the project and no other, and that it is reproducible.
. "$(dirname "$0")/lib.sh"

build=${CC_BUILD:-build}
name=release-$$ # not the usual one, which may be in use
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

# The files that autoconf and automake generate.
generated='aclocal\.m4|configure~?|config\.h\.in~?|Makefile\.in|build-aux/.*'
# The files that only git needs.
not_released='\.gitignore'

# The files of the project: those of git, new ones too; in a release, all files.
sources() {
    if [ -e .git ] && command -v git >/dev/null; then
        git -c safe.directory='*' ls-files --cached --others --exclude-standard |
            while read -r sources_file; do
                [ ! -e "$sources_file" ] || echo "$sources_file"
            done
    else
        find . \( -name .git -o -path ./build -o -path './build-a[!u]*' -o -path './build-[!a]*' \
            -o -path './_*' -o -path ./autom4te.cache \) -prune -o -type f -print | sed 's|^\./||'
    fi | grep -vxE "$generated|$not_released" | LC_ALL=C sort
}
released() { # FOLDER
    (cd "$1" && find . -type f) | sed 's|^\./||' | LC_ALL=C sort
}
missing() { sources | LC_ALL=C comm -23 - "$work/released"; }
strange() {
    sources >"$work/sources"
    grep -vxE "$generated" "$work/released" | LC_ALL=C comm -13 "$work/sources" -
}
not_made() {
    for not_file in aclocal.m4 configure config.h.in Makefile.in build-aux/install-sh; do
        grep -qx "$not_file" "$work/released" || echo "$not_file"
    done
}

run_or_say() { # COMMAND ...
    "$@" >"$work/log" 2>&1 || cat "$work/log" >&2
}

# Makes a release, and unpacks it.
first_release() {
    run_or_say make -s -C "$build" dist distdir="$name"
    mv "$build/$name.tar.xz" "$work/first.tar.xz"
    mkdir "$work/first"
    run_or_say tar -xJf "$work/first.tar.xz" -C "$work/first"
    mv "$work/first/$name" "$work/release"
    released "$work/release" >"$work/released"
}

# Makes a release from the release: in another directory, with another umask, and with newer files,
# except for the one that gives the time.
second_release() {
    cp -Rp "$work/release" "$work/elsewhere"
    find "$work/elsewhere" ! -name configure.ac -exec touch -r "$work/released" {} +
    chmod -R go-rwx "$work/elsewhere"
    mkdir "$work/out"
    options=$("$build/config.status" --config)
    (
        umask 077
        cd "$work/out"
        eval "run_or_say ../elsewhere/configure $options --srcdir=../elsewhere"
        run_or_say make -s dist distdir="$name"
    )
    mv "$work/out/$name.tar.xz" "$work/second.tar.xz"
}
different() { cmp "$work/first.tar.xz" "$work/second.tar.xz" 2>&1 || [ $? -eq 1 ]; }

# Members that reveal when or by which user they were packed.
marked() {
    marked_time=$(perl -e 'print((stat shift)[9])' "$work/release/configure.ac")
    tar -tvJf "$work/first.tar.xz" --numeric-owner --full-time --utc |
        grep -vE "^[-d]rw[-x]r-[-x]r-[-x] +0/0 +[0-9]+ $(date -u -d "@$marked_time" '+%F %T') " ||
        [ $? -eq 1 ]
}
not_the_commit() {
    if [ -e .git ] && command -v git >/dev/null && [ -z "${SOURCE_DATE_EPOCH-}" ]; then
        not_time=$(git -c safe.directory='*' log -1 --format=%ct)
            perl -e 'exit((stat shift)[9] != shift)' "$work/release/configure.ac" "$not_time" ||
            echo "the commit's time is $not_time"
    fi
}

first_release
second_release
# shellcheck disable=SC2046  # lists of files
{
    look_at 'files of the project' $(sources)
    look_at 'files of a release' $(cat "$work/released")
    claim 'every file of the project is in a release (else add it to its list in Makefile.am)' missing
    claim 'a release has no other files, but those that autotools generate' strange
    claim 'the files that autotools generate are in a release' not_made
    claim 'a release does not reveal when or by which user it was packed' marked
    claim 'its files have the time of the commit' not_the_commit
    claim 'packed again, elsewhere and with another umask, it is the same, byte for byte' different
}
done_claiming
