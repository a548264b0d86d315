#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: runs test programs under another condition, where they must still pass.
#
#   run_under.sh CONDITION BUILD PROGRAM...
#
# locale                 in German, with decimal commas (the locale is made in BUILD; no root needed)
# LEVEL-THREADS[-BLAS]   LEVEL: kernels of this SIMD level, "baseline", "avx2" or "best"; THREADS: of each
#                        new context; BLAS: a build of OpenBLAS, "pthread", "openmp" or "serial", or
#                        "reference", netlib's, in the place of the OpenBLAS that BUILD is linked with
#
# Exit status 77 (skipped) where that BLAS is not installed as Debian does it. GAN_TEST_TIMEOUT: seconds
# that each program may take, 300 at first.
set -u
condition=$1 build=$2
shift 2

# The folder of Debian that holds another BLAS; netlib's gets the name that the programs look for.
blas_folder() {
  local folder
  if [ "$1" = reference ]; then
    folder=$(compgen -G '/usr/lib/*/blas/libblas.so.3' | head -n 1)
    [ -n "$folder" ] || return 1
    mkdir -p "$build/reference-blas"
    ln -sf "$folder" "$build/reference-blas/libopenblas.so.0"
    echo "$build/reference-blas"
  else
    compgen -G "/usr/lib/*/openblas-$1" | head -n 1 | grep .
  fi
}

# What is loaded is really that library.
check_blas() {
  local kind=openblas wanted=/openblas-$1/
  if [ "$1" = reference ]; then kind=reference wanted=/blas/; fi
  "$build/tests/house/house_blas" "$kind" | tee /dev/stderr | grep -q -- "$wanted"
}

case $condition in
  locale)
    if ! [ -d "$build/locale/de_DE.UTF-8" ]; then
      mkdir -p "$build/locale"
      # The archive is not touched. A warning makes localedef answer 1; then the folder is still good.
      localedef -i de_DE -f UTF-8 "$build/locale/de_DE.UTF-8.new" || [ $? -eq 1 ] || exit 1
      mv "$build/locale/de_DE.UTF-8.new" "$build/locale/de_DE.UTF-8" || {
        echo "run_under: no German locale; scripts/setup.sh installs the sources (locales)" >&2
        exit 1
      }
    fi
    export LOCPATH=$build/locale LC_ALL=de_DE.UTF-8 GAN_TEST_COMMA=1
    ;;
  baseline-[1-9]* | avx2-[1-9]* | best-[1-9]*)
    IFS=- read -r level threads blas <<< "$condition"
    [ "$level" = best ] || export GAN_CPU=$level
    export GAN_TEST_THREADS=$threads
    if [ -n "$blas" ]; then
      folder=$(blas_folder "$blas") || {
        echo "skipped: no BLAS of flavour $blas here"
        exit 77
      }
      export LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
      check_blas "$blas" || exit 1
    fi
    ;;
  *)
    echo "run_under: no such condition: $condition" >&2
    exit 2
    ;;
esac
failed=0
for program in "$@"; do
  if timeout "${GAN_TEST_TIMEOUT:-300}" "$program" > "$build/run_under_$condition.log" 2>&1; then
    echo "ok      $(basename "$program")"
  else
    failed=$((failed + 1))
    echo "FAILED  $(basename "$program")"
    tail -n 30 "$build/run_under_$condition.log"
  fi
done
echo "$condition: $# programs, $failed failed"
test $# -gt 0 && test $failed -eq 0
