#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks what the scripts do in unusual places: in a release without git, in a path with a space, in
# another current directory, and where a command fails.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
top=$(pwd)

# A small release with two builds. Its path has a space.
release="$work/a release"
mkdir -p "$release/build" "$release/build-aux" "$release/build-dist" "$release/pkg" "$release/t"
cp pkg/build "$release/pkg"
cp -R t/lib "$release/t/lib"
for file in .hidden build/made build-aux/install-sh build-dist/made; do
    : >"$release/$file"
done

# ---- t/lib/checkout.sh

. t/lib/checkout.sh
expected='.hidden build-aux/install-sh pkg/build'

# What a copy of the release has, without t/lib.
copied() {
    (cd "$release" && checkout_copy "$work/copy") || echo "status $?"
    (cd "$work/copy" && find . -path ./t -prune -o -type f -print) | sed 's|^\./||' |
        LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}
differs() { # TEXT EXPECTED
    [ "$1" = "$2" ] || echo "$1"
}

# shellcheck disable=SC2317  # called by checkout_copy
copy_in_repository() {
    git() { echo 'git was asked' >&2; printf 'foreign\0'; }
    differs "$(copied 2>&1)" "$expected"
}
# shellcheck disable=SC2317
copy_without_git() {
    mkdir "$release/.git"
    : >"$release/.git/config"
    git() { return 127; }
    differs "$(copied)" "$expected"
    rm -r "$release/.git"
}
# shellcheck disable=SC2317
copy_of_unreadable() {
    tar() { command tar "$@" && [ "$1" != -c ]; }
    differs "$(copied)" 'status 1'
}
more_than_copy() { find "$work" -name 'copy.*'; }

# ---- t/lib/build.sh, pkg/build

built_in_space() {
    (cd "$release" && . "$top/t/lib/build.sh" && build_possible) >"$work/said" 2>&1 &&
        echo 'build_possible succeeds'
    grep -q "^$release has spaces" "$work/said" || cat "$work/said"
}

# It ends at the versions, which the small release lacks.
not_here() {
    mkdir "$work/here"
    (cd "$work/here" && "$release/pkg/build" deb out) >"$work/said" 2>&1 &&
        echo 'pkg/build succeeds'
    [ -d "$work/here/out" ] || { find "$work" -name out; cat "$work/said"; }
}

look_at 'functions of t/lib/checkout.sh' checkout_copy
claim 'in the repository of another project, a release is copied without git' copy_in_repository
claim 'without git, a checkout is copied, and its repository is not' copy_without_git
claim 'no temporary file stays' more_than_copy
claim 'a copy fails if a file cannot be read' copy_of_unreadable
claim 'a path that configure would refuse is named before anything is built' built_in_space
claim 'pkg/build takes a directory relative to the current one' not_here
done_claiming
