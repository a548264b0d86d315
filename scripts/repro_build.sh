#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: builds the library twice, from two copies in folders of different names, and compares the bytes.
#
#   repro_build.sh [ROOT]
set -eu
root=$(cd "${1:-$(dirname "$0")/..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
meson=${MESON:-meson}
mkdir -p "$work/one" "$work/a folder with a longer name"
for copy in "$work/one" "$work/a folder with a longer name"; do
  (cd "$root" && tar -cf - --exclude=__pycache__ meson.build meson_options.txt abi include libgan \
    examples bench doc scripts) | tar -xf - -C "$copy"
  # Debug information is kept, because it is what remembers folders.
  (cd "$copy" && "$meson" setup build -Dtests=false -Dexamples=false -Dbuildtype=release -Ddebug=true \
    > setup.log && "$meson" compile -C build -j 2 gan:shared_library \
      gan:static_library > compile.log) \
    || { cat "$copy/setup.log" "$copy/compile.log"; exit 1; }
done
one=$(cd "$work/one/build" && find . -name 'libgan.so.*.*' -type f | head -n 1)
test -n "$one"
cmp "$work/one/build/libgan/libgan.a" "$work/a folder with a longer name/build/libgan/libgan.a"
cmp "$work/one/build/$one" "$work/a folder with a longer name/build/$one"
