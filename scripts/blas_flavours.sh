#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: runs test programs on every CBLAS that Debian has under OpenBLAS's name, without a new build:
# OpenBLAS for pthreads (with 8 threads of its own), for OpenMP (8), for one thread, and netlib's.
#
#   blas_flavours.sh BUILD TEST-PROGRAM...
#
# BUILD was set up with OpenBLAS; its house_blas tells which library was really loaded. Exit status 77
# (skipped) where no flavour lies in Debian's place; a single one that is missing is a failure.
set -u
build=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
first() { compgen -G "$1" | head -n 1; }
if test -z "$(first '/usr/lib/*/openblas-*/libopenblas.so.0')"; then
  echo "no flavours of OpenBLAS beside each other here"
  exit 77
fi
failed=0

# flavour NAME FOLDER KIND PATH: FOLDER goes first; KIND and PATH are what must be found there.
flavour() {
  local name=$1 folder=$2 kind=$3 path=$4 loaded program
  shift 4
  if test -z "$folder"; then
    echo "FAILED  $name: not installed; scripts/setup.sh has the packages"
    failed=$((failed + 1))
    return
  fi
  loaded=$(LD_LIBRARY_PATH=$folder "$build/tests/house/house_blas" "$kind")
  if [[ $loaded != *"$path"* ]]; then
    echo "FAILED  $name: loaded $loaded"
    failed=$((failed + 1))
    return
  fi
  for program in "$@"; do
    if LD_LIBRARY_PATH=$folder OPENBLAS_NUM_THREADS=8 OMP_NUM_THREADS=8 timeout 300 "$program" \
        > "$work/log" 2>&1; then
      echo "ok      $name: $(basename "$program")"
    else
      echo "FAILED  $name: $(basename "$program")"
      failed=$((failed + 1))
      tail -n 30 "$work/log"
    fi
  done
}

for name in pthread openmp serial; do
  flavour "$name" "$(first "/usr/lib/*/openblas-$name")" openblas "/openblas-$name/" "$@"
done
# netlib's library holds the CBLAS too, so it can stand in under the other's name.
netlib=$(first '/usr/lib/*/blas/libblas.so.3')
if test -n "$netlib"; then
  ln -s "$netlib" "$work/libopenblas.so.0"
  flavour netlib "$work" reference "/blas/libblas.so" "$@"
else
  flavour netlib "" reference "" "$@"
fi
echo "$failed failed"
test $# -gt 0 && test "$failed" -eq 0
