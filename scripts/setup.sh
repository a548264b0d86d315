# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Job: installs what is missing; sourced by the scripts that the README names, from the source root.
#
#   . scripts/setup.sh
#   setup_install build    to build the library and the examples
#   setup_install test     and to test them
#   setup_install cross    and to build and test for 64-bit ARM
#   setup_install all      and for the full matrix
#
# On Debian and its relatives packages come from apt-get, which needs root or sudo. Elsewhere it says
# what is missing. Afterwards $MESON is a Meson that works.

# "package what-shows-that-it-is-there": a command, a pkg-config module (pc:) or a file (file:).
setup_wanted() {
  printf '%s\n' 'build-essential cc' 'build-essential c++' 'build-essential make' \
    'ninja-build ninja' 'pkg-config pkg-config' 'python3 python3' 'libopenblas-dev pc:openblas' \
    'libspng-dev pc:spng' 'zlib1g-dev pc:zlib'
  test "$1" = build && return
  printf '%s\n' 'binutils readelf' 'libcmocka-dev pc:cmocka' 'libblas-dev pc:blas-netlib' \
    'locales file:/usr/share/i18n/locales/de_DE' 'locales localedef' 'strace strace' 'valgrind valgrind' \
    'libopenblas0-serial file:/usr/lib/*/openblas-serial/libopenblas.so.0' \
    'libopenblas0-openmp file:/usr/lib/*/openblas-openmp/libopenblas.so.0' \
    'libopenblas0-pthread file:/usr/lib/*/openblas-pthread/libopenblas.so.0'
  test "$1" = test && return
  printf '%s\n' 'gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc' 'qemu-user-static qemu-aarch64-static' \
    'libc6-dev-arm64-cross file:/usr/aarch64-linux-gnu/include/stdio.h'
  test "$1" = cross && return
  printf '%s\n' 'clang clang' 'clang-format clang-format' 'gcovr gcovr' 'git git' \
    'abigail-tools abidiff' 'groff-base groff' 'man-db man' \
    'libdnnl-dev file:/usr/include/oneapi/dnnl/dnnl.h'
}

setup_has() {
  case $1 in
    pc:*) pkg-config --exists "${1#pc:}" 2> /dev/null ;;
    file:*) compgen -G "${1#file:}" > /dev/null ;;
    *) command -v "$1" > /dev/null ;;
  esac
}

# The packages that are missing, one a line.
setup_missing() {
  setup_wanted "$1" | while read -r package sign; do
    setup_has "$sign" || echo "$package"
  done
  setup_meson > /dev/null || echo meson
}

# A Meson that starts and is new enough: the one in PATH, else the distribution's.
setup_meson() {
  local candidate
  for candidate in meson /usr/bin/meson; do
    if "$candidate" --version 2> /dev/null | grep -qE '^([2-9]|1\.|[1-9][0-9])'; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

setup_root() {
  if test "$(id -u)" = 0; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    return 1
  fi
}

setup_install() {
  local missing left
  missing=$(setup_missing "$1" | sort -u | tr '\n' ' ')
  if test -n "$missing"; then
    echo "Missing: $missing"
    if ! command -v apt-get > /dev/null; then
      echo "setup: there is no apt-get here; please install what these Debian packages hold" >&2
      exit 1
    fi
    if test "$(id -u)" != 0 && ! command -v sudo > /dev/null; then
      echo "setup: neither root nor sudo; please run as root: apt-get install $missing" >&2
      exit 1
    fi
    echo "Installing them with apt-get ..."
    export DEBIAN_FRONTEND=noninteractive
    # A list of packages that is a little old is better than none; then the update may fail.
    setup_root apt-get -qq update || echo "setup: apt-get update failed; trying to go on" >&2
    # shellcheck disable=SC2086
    setup_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
      $missing > /dev/null || {
      echo "setup: apt-get could not install: $missing" >&2
      exit 1
    }
    hash -r
    left=$(setup_missing "$1" | sort -u | tr '\n' ' ')
    if test -n "$left"; then
      echo "setup: still missing after the installation: $left" >&2
      exit 1
    fi
  fi
  MESON=$(setup_meson)
  # The tests call meson and ninja by name; they shall find the ones that work.
  if ! meson --version > /dev/null 2>&1; then PATH=$(dirname "$MESON"):$PATH; fi
  if ! ninja --version > /dev/null 2>&1; then PATH=/usr/bin:$PATH; fi
  export MESON PATH
}

# setup_build FOLDER OPTION...: configures and compiles a build folder, quietly unless it fails.
setup_build() {
  local folder=$1
  shift
  if ! test -f "$folder/build.ninja" || ! "$MESON" setup --reconfigure "$folder" "$@" \
      > "$folder.log" 2>&1; then
    # Absent, or made by another Meson or another compiler.
    rm -rf "$folder"
    "$MESON" setup "$folder" "$@" > "$folder.log" 2>&1 || {
      cat "$folder.log"
      return 1
    }
  fi
  "$MESON" compile -C "$folder" >> "$folder.log" 2>&1 || {
    grep -vE '^\[[0-9]+/[0-9]+\] (Compiling|Linking)' "$folder.log" | tail -n 60
    return 1
  }
}
