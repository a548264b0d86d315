#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: builds the library for 64-bit ARM with Debian's cross compiler, where the kernels' vectors are NEON
# by the compiler, and runs tests of it in QEMU.
#
#   cross_aarch64.sh [all | TEST...]    the tests of the kernels and of their accuracy, or all unit
#                                       tests (slow), or those that are named; in build-all/aarch64
#
# The ARM packages that it links with are unpacked into that folder: nothing is installed but the
# compiler and QEMU, and for them apt-get needs root or sudo.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
. scripts/setup.sh
setup_install cross
folder=$PWD/build-all/aarch64
triplet=aarch64-linux-gnu
tests=("$@")
test $# -gt 0 || tests=(kern_tile kern_row kern_random every_float op_forward gradient plan unroll)

# A package list and a folder of our own: apt of this machine stays as it is.
if ! test -f "$folder/sysroot/complete"; then
  rm -rf "$folder/apt" "$folder/sysroot"
  mkdir -p "$folder/apt/state/lists/partial" "$folder/apt/cache/archives/partial" "$folder/sysroot"
  touch "$folder/apt/status"
  cat > "$folder/apt/apt.conf" << EOF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
Dir::State "$folder/apt/state";
Dir::State::status "$folder/apt/status";
Dir::Cache "$folder/apt/cache";
APT::Sandbox::User "";
EOF
  export APT_CONFIG=$folder/apt/apt.conf
  apt-get -qq update
  (cd "$folder/apt" && apt-get -qq download zlib1g zlib1g-dev libspng0 libspng-dev libblas3 \
    libblas-dev libcmocka0 libcmocka-dev)
  for package in "$folder"/apt/*.deb; do dpkg-deb -x "$package" "$folder/sysroot"; done
  # Debian's alternatives are made by an installation only.
  ln -s cblas-netlib.h "$folder/sysroot/usr/include/$triplet/cblas.h"
  touch "$folder/sysroot/complete"
  unset APT_CONFIG
fi

libraries=$folder/sysroot/usr/lib/$triplet
cat > "$folder/cross.new" << EOF
[binaries]
c = '$triplet-gcc'
ar = '$triplet-ar'
strip = '$triplet-strip'
pkg-config = 'pkg-config'
exe_wrapper = ['qemu-aarch64-static', '-L', '/usr/$triplet',
  '-E', 'LD_LIBRARY_PATH=$libraries:$libraries/blas:$folder/sysroot/lib/$triplet']
[properties]
pkg_config_libdir = '$libraries/pkgconfig'
sys_root = '$folder/sysroot'
[built-in options]
c_args = ['-isystem', '$folder/sysroot/usr/include', '-isystem', '$folder/sysroot/usr/include/$triplet']
c_link_args = ['-L$libraries', '-L$libraries/blas', '-Wl,-rpath-link,$libraries',
  '-Wl,-rpath-link,$folder/sysroot/lib/$triplet']
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
EOF
# Meson reads the arguments of a cross file once only.
cmp -s "$folder/cross.new" "$folder/cross.ini" || rm -rf "$folder/build"
mv "$folder/cross.new" "$folder/cross.ini"
setup_build "$folder/build" --cross-file "$folder/cross.ini" -Dbuildtype=release -Dcblas=reference \
  -Dexamples=false -Ddefault_library=static
test "${tests[0]}" != all || tests=(--suite unit)
"$MESON" test -C "$folder/build" --timeout-multiplier 20 --print-errorlogs "${tests[@]}"

# Vectors of four floats, and fused multiply-adds on them.
find "$folder/build/libgan/kern/libgan_kern_baseline.a.p" -name '*.o' \
  -exec "$triplet-objdump" -d --no-show-raw-insn {} + \
  | awk '$2 == "fmla" && $3 ~ /4s/ { n++ } END { print n + 0, "NEON fmla on four floats"; exit n < 100 }'
