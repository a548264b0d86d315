#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: uses the installed library as others will: pkg-config, shared and static, C and C++, the
# examples' Makefile, and Python's ctypes.
#
#   consumers.sh ROOT BUILD
set -eu
root=$1 build=$2
cc=${CC:-cc} cxx=${CXX:-c++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "consumers: $*" >&2
  exit 1
}

for tool in ninja pkg-config make python3 readelf "$cc" "$cxx"; do
  command -v "$tool" > /dev/null || fail "$tool is missing; scripts/setup.sh installs it"
done

# install FOLDER: installs there; the one line of the .pc file that names the prefix follows the move.
install() {
  # Through ninja, which calls the Meson that made the folder.
  DESTDIR=$1 ninja -C "$build" install > "$work/install.log" 2>&1 \
    || { tail -n 30 "$work/install.log"; fail "meson install"; }
  pc=$(find "$1" -name libgan.pc)
  prefix=$(sed -n 's/^prefix=//p' "$pc")
  sed -i "s|^prefix=.*|prefix=$1$prefix|" "$pc"
}

install "$work/shared"
shared_prefix=$(sed -n 's/^prefix=//p' "$pc")
shared_pc=$(dirname "$pc")
shared_folder=$(dirname "$shared_pc")
install "$work/static"
static_pc=$(dirname "$pc")
rm "$(dirname "$static_pc")"/libgan.so*
test -e "$shared_folder/libgan.so.$(cat "$root/abi/SOVERSION")" || fail "no libgan.so.N is installed"

version=$(PKG_CONFIG_PATH=$shared_pc pkg-config --modversion libgan)
"$build/tests/house/house_version" "$version" || fail "libgan.pc says version $version"

# Outside the source tree, so that nothing but the installed files can be found.
cp "$root"/tests/consumers/consumer.c "$root"/tests/consumers/consumer.py "$work"
cd "$work"
# compile LANGUAGE PROGRAM FLAG...
compile() {
  local language=$1 program=$2
  shift 2
  if [ "$language" = c ]; then
    $cc -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -x c consumer.c -x none -o "$program" "$@"
  else
    $cxx -std=c++17 -Wall -Wextra -Wpedantic -Werror -O1 -x c++ consumer.c -x none -o "$program" "$@"
  fi
}
# shellcheck disable=SC2046 # the flags are several words
for language in c cpp; do
  compile $language "shared_$language" $(PKG_CONFIG_PATH=$shared_pc pkg-config --cflags --libs libgan)
  readelf -d "shared_$language" | grep -q 'NEEDED.*libgan\.so\.' || fail "not linked with libgan.so"
  LD_LIBRARY_PATH=$shared_folder:${LD_LIBRARY_PATH:-} "./shared_$language"
  compile $language "static_$language" \
    $(PKG_CONFIG_PATH=$static_pc pkg-config --cflags --libs --static libgan)
  if readelf -d "static_$language" | grep 'NEEDED.*libgan\.so'; then fail "not linked with libgan.a"; fi
  "./static_$language"
done
if readelf -d "$shared_folder"/libgan.so | grep -E 'RPATH|RUNPATH'; then
  fail "the installed library names folders of this machine"
fi

LD_LIBRARY_PATH=$shared_folder:${LD_LIBRARY_PATH:-} python3 -I consumer.py \
  "$shared_folder/libgan.so.$(cat "$root/abi/SOVERSION")" "$shared_prefix/include/gan"

# The examples are installed as sources with a Makefile that asks pkg-config.
makefile=$(find "$work/shared" -path '*examples/Makefile' | head -n 1)
test -n "$makefile" || fail "examples/Makefile is not installed"
cp -r "$(dirname "$makefile")" examples
PKG_CONFIG_PATH=$shared_pc make -C examples CC="$cc" > make.log 2>&1 || { cat make.log; fail "make"; }
LD_LIBRARY_PATH=$shared_folder:${LD_LIBRARY_PATH:-} examples/minimal > minimal.log 2>&1 \
  || { cat minimal.log; fail "examples/minimal"; }
tail -n 2 minimal.log
