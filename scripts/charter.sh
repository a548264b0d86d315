#!/bin/sh
# SPDX-License-Identifier: MIT
# Job: checks what the shared library promises to programs and distributions.
#
#   charter.sh CHECK ROOT LIBRARY
#   CHECK: soname symbols undefined globals flags headers structs, see the functions below
#
# ROOT is the source tree, LIBRARY the built libgan.so. A missing tool is a failure.
set -eu
export LC_ALL=C
check=$1 root=$2 library=${3:-}
symbols_file=$root/abi/libgan.symbols

fail() {
  echo "charter: $check: $*" >&2
  exit 1
}

need() {
  for tool in "$@"; do
    command -v "$tool" > /dev/null || fail "$tool is missing; scripts/setup.sh installs it"
  done
}

# The soname is libgan.so. and the number in abi/SOVERSION.
check_soname() {
  need readelf
  wanted="libgan.so.$(cat "$root/abi/SOVERSION")"
  readelf -d "$library" | grep -F "Library soname: [$wanted]" || fail "the soname is not $wanted"
}

# Headers, version script and library agree on what is exported: gan_* and the version nodes only.
check_symbols() {
  need nm python3
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u > "$work/library"
  if grep -vE '^(gan_[a-z0-9]|LIBGAN_)' "$work/library"; then fail "exports more than gan_*"; fi
  if grep -E '^gan__' "$work/library"; then fail "exports internal names"; fi
  sort "$symbols_file" | diff -u - "$work/library" || fail "library (+) and $symbols_file (-) differ"
  python3 "$root/scripts/headers.py" --functions "$root/include/gan" | sort > "$work/headers"
  grep '^gan_' "$symbols_file" | diff -u - "$work/headers" \
    || fail "headers (+) and $symbols_file (-) differ; run scripts/update_symbols.sh"
  sed -n 's/^  \(gan_[a-z0-9_]*\);$/\1/p' "$root/libgan/libgan.map" > "$work/map"
  diff -u "$work/headers" "$work/map" || fail "headers (-) and libgan.map (+) differ"
  sort -c "$symbols_file" || fail "abi/libgan.symbols is not sorted"
  nm -D --defined-only "$library" | awk '$2 == "T"' | grep -v '@@LIBGAN_' \
    && fail "a function sits in no version node"
  echo "$(wc -l < "$work/headers") functions"
}

# The library ends no process, prints nothing, and leaves signals, locale and environment alone. (What
# OpenBLAS does by itself is beyond this check; the manual says so.)
check_undefined() {
  need nm
  forbidden='exit|_exit|_Exit|quick_exit|atexit|abort|__assert_fail|__assert|raise|kill'
  forbidden="$forbidden|printf|vprintf|fprintf|vfprintf|dprintf|__printf_chk|__vprintf_chk"
  forbidden="$forbidden|__fprintf_chk|__vfprintf_chk|puts|putchar|putc|perror|stdout|stderr|stdin"
  forbidden="$forbidden|syslog|signal|sigaction|sigprocmask|setlocale|uselocale|setenv|unsetenv|putenv"
  forbidden="$forbidden|clearenv|setjmp|_setjmp|longjmp|__longjmp_chk|siglongjmp|rand|rand_r|srand"
  forbidden="$forbidden|random|srandom|drand48|system|popen|fork|execve|openblas_set_num_threads_local"
  found=$(nm -D --undefined-only "$library" | awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }' \
    | grep -wxE "$forbidden" || true)
  test -z "$found" || fail "uses $(echo "$found" | tr '\n' ' ')"
  nm -D --undefined-only "$library" | grep -q cblas_sgemm || fail "cblas_sgemm is not used: wrong file?"
}

# Writable variables are on the list. Tables that only the loader writes (.data.rel.ro) do not count;
# neither do the variables that the toolchain puts into every library.
check_globals() {
  need objdump
  toolchain='\.data|\.bss|\.tdata|\.tbss|__dso_handle|completed|__TMC_END__|__bss_start|_edata|_end'
  toolchain="$toolchain|__cpu_model|__cpu_features2"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  objdump -t "$library" \
    | awk '$4 ~ /^\.(data|bss|tdata|tbss|ldata|lbss)$/ || $3 ~ /^\.(data|bss|tdata|tbss)$/ { print $NF }' \
    | sed 's/\.[0-9]*$//' \
    | grep -vxE "$toolchain" \
    | sort > "$work/found" || true
  sed 's/[[:space:]]*#.*//; /^$/d' "$root/abi/globals.txt" | sort | diff -u - "$work/found" \
    || fail "library (+) and abi/globals.txt (-) differ"
}

# The code runs on the architecture's baseline, and floating-point rules hold.
check_flags() {
  if grep -rnE 'march=native|mtune=native|ffast-math|Ofast' --include=meson.build \
      --include=meson_options.txt "$root"; then
    fail "code for the build machine only, or another arithmetic"
  fi
  commands=$(dirname "$(dirname "$library")")/compile_commands.json
  test -s "$commands" || fail "no $commands"
  if grep -E 'march=native|mtune=native|ffast-math|Ofast' "$commands"; then
    fail "such a flag was given to meson"
  fi
}

# Each public header compiles alone, as C11 and as C++17, without a warning; gan.h and the list of
# installed headers name them all.
check_headers() {
  cc=${CC:-cc} cxx=${CXX:-c++}
  need "${cc%% *}" "${cxx%% *}"
  for header in "$root"/include/gan/*.h; do
    name=$(basename "$header")
    echo "#include <gan/$name>" \
      | $cc -std=c11 -Wall -Wextra -Wpedantic -Wundef -Wstrict-prototypes -Werror -I"$root/include" \
        -fsyntax-only -x c - \
      || fail "$name does not compile alone as C11"
    echo "#include <gan/$name>" \
      | $cxx -std=c++17 -Wall -Wextra -Wpedantic -Wundef -Werror -I"$root/include" \
        -fsyntax-only -x c++ - \
      || fail "$name does not compile alone as C++17"
    grep -qF "'gan/$name'" "$root/include/meson.build" || fail "$name is not installed"
    test "$name" = gan.h || grep -qxF "#include <gan/$name>" "$root/include/gan/gan.h" \
      || fail "gan.h does not include $name"
    echo "$name"
  done
}

# house_structs.c tests every public struct with another size than ours.
check_structs() {
  need python3
  for struct in $(python3 "$root/scripts/headers.py" --structs "$root/include/gan"); do
    grep -qw "$struct" "$root/tests/house/house_structs.c" || fail "house_structs.c leaves $struct out"
    echo "$struct"
  done
}

case $check in
  soname | symbols | undefined | globals | flags | headers | structs) "check_$check" ;;
  *) fail "no such check" ;;
esac
