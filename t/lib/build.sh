# SPDX-License-Identifier: Apache-2.0
# Builds the project, from a checkout or a release, in a separate directory.
# shellcheck shell=sh disable=SC3013  # every sh of today has -nt
#
#   . t/lib/build.sh                            in the top directory
#   build_possible                              ends the program if configure refuses this path
#   build DIR ARGUMENT-OF-CONFIGURE ...         configures, if necessary, and makes all
#   build_configured DIR ARGUMENT ...           the same, and makes nothing
#   build_more TARGET ...                       makes more, in the same directory
#
# Their output goes to DIR/build.log. If one fails, the log is shown and the program ends.

build_possible() {
    case $(pwd) in
        *[[:space:]\"\#\$\&\'\`\\]*)
            printf '%s has spaces or special characters, which configure does not support: %s\n' \
                "$(pwd)" 'move the directory' >&2
            exit 1
            ;;
    esac
}

build() { # DIR ARGUMENT-OF-CONFIGURE ...
    build_configured "$@"
    build_more all
}

build_configured() { # DIR ARGUMENT-OF-CONFIGURE ...
    build_dir=$1
    shift
    build_possible
    if ! mkdir -p "$build_dir" || [ ! -w "$build_dir" ]; then
        echo "$(id -un) cannot write to $(pwd)/$build_dir: run this as its owner, or in a copy" >&2
        exit 1
    fi
    if [ -f config.status ]; then
        echo "$(pwd) is configured in place: run \"make distclean\" there first" >&2
        exit 1
    fi
    : >"$build_dir/build.log"
    build_or_end build_configure "$@"
}

build_more() { # TARGET ...
    build_or_end make -j"$(getconf _NPROCESSORS_ONLN)" -C "$build_dir" "$@"
}

build_or_end() { # COMMAND ...
    "$@" >>"$build_dir/build.log" 2>&1 || {
        cat "$build_dir/build.log" >&2
        exit 1
    }
}

# Called where set -e has no effect. Configures again if the arguments have changed.
build_configure() { # ARGUMENT-OF-CONFIGURE ...
    if [ ! -f configure ] || [ configure.ac -nt configure ] || [ Makefile.am -nt Makefile.in ]; then
        autoreconf -fi && touch configure Makefile.in || return
    fi
    if [ ! -f "$build_dir/Makefile" ] || [ configure -nt "$build_dir/config.status" ] ||
        [ "$(cat "$build_dir/.arguments" 2>/dev/null)" != "$*" ]; then
        build_top=$(pwd)
        (cd "$build_dir" && "$build_top/configure" "$@") || return
        printf '%s\n' "$*" >"$build_dir/.arguments"
    fi
}
