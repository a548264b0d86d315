#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: the full matrix: compilers, sanitizers, valgrind, SIMD levels by threads by BLAS flavours, ARM,
# coverage, distribution, gradient mutation, long experiments. A missing tool is a failure. Takes hours;
# logs go to build-all/logs/.
#
#   check-all.sh [STAGE...]    all stages, or those whose name contains one of the words
#
# The last line is "N stages passed, N stages failed"; exit status 0 only if none failed.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. scripts/setup.sh
setup_install all
root=$PWD out=$PWD/build-all
wanted=("$@")
passed=0
failed_stages=()
mkdir -p "$out/logs"
for tool in gcc g++ clang clang++ clang-format valgrind strace gcovr git man abidiff; do
  command -v "$tool" > /dev/null || failed_stages+=("missing tool: $tool")
done

# stage NAME COMMAND...: runs one stage, keeps its output, goes on after a failure.
stage() {
  local name=$1 word match=${#wanted[@]} began=$SECONDS
  shift
  for word in ${wanted[@]+"${wanted[@]}"}; do [[ $name == *"$word"* ]] && match=0; done
  test "$match" = 0 || return 0
  printf '%-34s' "$name"
  if "$@" > "$out/logs/$name.log" 2>&1; then
    passed=$((passed + 1))
    printf 'passed'
  else
    failed_stages+=("$name")
    printf 'FAILED, see build-all/logs/%s.log' "$name"
  fi
  echo " ($((SECONDS - began)) s)"
}

# build_and_test NAME SUITES MESON-OPTIONS...: SUITES is "all" or a suite's name.
build_and_test() {
  local folder=$out/$1 suites=$2
  shift 2
  rm -rf "$folder/meson-logs"
  setup_build "$folder" "$@" || return 1
  test_folder "$folder" "$suites"
}

# test_folder FOLDER SUITES MESON-TEST-OPTIONS...
test_folder() {
  local folder=$1 suites=$2
  shift 2
  local options=()
  test "$suites" = all || options=(--suite "$suites")
  rm -f "$folder"/meson-logs/testlog*.json
  "$MESON" test -C "$folder" --print-errorlogs ${options[@]+"${options[@]}"} "$@"
  python3 scripts/summary.py "$folder"
}

gcc_release() { CC=gcc CXX=g++ build_and_test gcc all -Dbuildtype=release; }
gcc_debug() { CC=gcc CXX=g++ build_and_test gcc-debug unit -Dbuildtype=debug; }
clang_release() { CC=clang CXX=clang++ build_and_test clang all -Dbuildtype=release; }
clang_debug() { CC=clang CXX=clang++ build_and_test clang-debug unit -Dbuildtype=debug; }
static_only() { build_and_test static all -Ddefault_library=static; }
shared_only() { build_and_test shared all -Ddefault_library=shared; }

# The instrumentation makes GCC warn of what cannot happen: warnings count in the other builds.
gcc_asan() {
  ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=halt_on_error=1 \
    CC=gcc build_and_test gcc-asan unit -Dbuildtype=debugoptimized -Dexamples=false \
    -Db_sanitize=address,undefined -Ddefault_library=static -Dwerror=false
}
clang_asan() {
  ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=halt_on_error=1 \
    CC=clang build_and_test clang-asan unit -Dbuildtype=debugoptimized -Dexamples=false \
    -Db_sanitize=address,undefined -Db_lundef=false -Ddefault_library=static -Dwerror=false
}

# The reference BLAS, because OpenBLAS is not built for the thread sanitizer. Address randomisation is
# switched off: on kernels with many random bits the sanitizer's memory map does not fit.
gcc_tsan() {
  local folder=$out/gcc-tsan
  TSAN_OPTIONS=halt_on_error=1 CC=gcc setup_build "$folder" -Dbuildtype=debugoptimized \
    -Dexamples=false -Db_sanitize=thread -Dcblas=reference -Ddefault_library=static \
    -Dwerror=false || return 1
  TSAN_OPTIONS=halt_on_error=1 GAN_TEST_THREADS=3 test_folder "$folder" unit --timeout-multiplier 10 \
    --wrap="setarch $(uname -m) -R"
}

# Valgrind computes every fused multiply-add in software, a thousand times slower than anything else: both
# the library's kernels and OpenBLAS's are those of processors without it.
run_valgrind() {
  local folder=$out/valgrind
  CC=gcc setup_build "$folder" -Dbuildtype=debugoptimized -Dexamples=false -Ddefault_library=static \
    || return 1
  GAN_CPU=baseline OPENBLAS_CORETYPE=Sandybridge OPENBLAS_NUM_THREADS=1 \
    test_folder "$folder" unit --timeout-multiplier 40 \
    --wrap='valgrind --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite -q'
}

# combination LEVEL THREADS BLAS: all unit tests, the slow ones included, with the kernels of that level,
# contexts of so many threads, and one of Debian's libraries; run_under.sh sets it up and checks that
# the library was loaded. avx512 runs as avx2 on a CPU without it.
combination() {
  local level=$1 threads=$2 blas=$3 folder=$out/gcc programs
  CC=gcc CXX=g++ setup_build "$folder" -Dbuildtype=release || return 1
  mapfile -t programs < <(unit_programs "$folder")
  test ${#programs[@]} -gt 0 || return 1
  # Netlib's products are slow, and the baseline level leaves it all of them.
  GAN_SOURCE=$root GAN_TEST_TIMEOUT=1800 scripts/run_under.sh "${level/avx512/best}-$threads-$blas" "$folder" \
    "$folder"/tests/test_{repeat,two_contexts,out_of_memory,scale,no_allocation,no_lock} \
    "${programs[@]}"
}

# The paths of the programs that the house runs under conditions, one a line.
unit_programs() {
  "$MESON" introspect --tests "$1" | python3 -c '
import json, os, sys
for test in json.load(sys.stdin):
  if test["name"] == "locale":
    words = [os.path.join(sys.argv[1], word) for word in test["cmd"]]
    print(*[word for word in words if "/tests/test_" in word], sep="\n")' "$1"
}

# With threads of the BLAS's own, eight of them, in every flavour.
blas_flavours() {
  CC=gcc CXX=g++ setup_build "$out/gcc" -Dbuildtype=release || return 1
  GAN_SOURCE=$root scripts/blas_flavours.sh "$out/gcc" "$out"/gcc/tests/test_{blas,repeat,plan,op_forward,two_contexts}
}
openblas_eight_threads() {
  CC=gcc CXX=g++ setup_build "$out/gcc" -Dbuildtype=release || return 1
  OPENBLAS_NUM_THREADS=8 test_folder "$out/gcc" unit
}
onednn() { CC=gcc CXX=g++ build_and_test onednn unit -Dbuildtype=release -Donednn=enabled; }

# The f32 kernels at each of their 2^32 arguments.
every_float() {
  CC=gcc CXX=g++ setup_build "$out/gcc" -Dbuildtype=release || return 1
  "$out/gcc/tests/every_float"
}
reference_blas() { CC=gcc CXX=g++ build_and_test reference all -Dcblas=reference; }

coverage() {
  CC=gcc build_and_test coverage unit -Dbuildtype=debug -Db_coverage=true -Dexamples=false \
    -Ddefault_library=static -Dwerror=false || return 1
  gcovr --root "$root" --filter 'libgan/' --print-summary --fail-under-line 90 "$out/coverage"
}

formatted() {
  find include libgan tests examples bench -name '*.[ch]' -print0 \
    | xargs -0 clang-format --dry-run -Werror
}

# Without a network and without the source tree: what a distribution does with a release.
distribution() {
  local work=$out/dist
  rm -rf "$work" && mkdir -p "$work/source"
  "$MESON" setup "$work/build" > /dev/null || return 1
  "$MESON" dist -C "$work/build" --no-tests --allow-dirty --formats gztar || return 1
  tar -xzf "$work"/build/meson-dist/*.tar.gz -C "$work/source" --strip-components=1 || return 1
  (cd "$work/source" && "$MESON" setup b --prefix="$work/prefix" -Ddocs=true > /dev/null \
    && "$MESON" test -C b --suite unit --print-errorlogs && "$MESON" install -C b > /dev/null) || return 1
  PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name libgan.pc)") pkg-config --modversion libgan
}

manual() {
  local folder=$out/manual page text
  setup_build "$folder" -Ddocs=true -Dtests=false -Dexamples=false || return 1
  while read -r page; do
    text=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -l "$page" 2>&1 > /dev/null)
    test -z "$text" || { echo "$page: $text"; return 1; }
  done < <(find "$folder" -name 'gan_*.3' -exec grep -L '^\.so ' {} +)
  while read -r symbol; do
    test "${symbol#gan_}" = "$symbol" || find "$folder" -name "$symbol.3" | grep -q . \
      || { echo "no page for $symbol"; return 1; }
  done < abi/libgan.symbols
}

# Compared with the last release from 1.0 on; before it there is nothing to keep.
abi() {
  if test "$(python3 scripts/headers.py --macro GAN_VERSION_MAJOR include/gan)" = 0; then
    echo "before 1.0: no promise yet"
    return 0
  fi
  test -s abi/libgan.abi || { echo "abi/libgan.abi is missing"; return 1; }
  CC=gcc CXX=g++ setup_build "$out/abi" -Dbuildtype=release -Ddebug=true -Dtests=false || return 1
  abidiff abi/libgan.abi "$(find "$out/abi" -name 'libgan.so.*.*' -type f)"
  test $(($? & 11)) -eq 0
}

stage gcc gcc_release
stage gcc-debug gcc_debug
stage clang clang_release
stage clang-debug clang_debug
stage static-only static_only
stage shared-only shared_only
stage gcc-asan gcc_asan
stage clang-asan clang_asan
stage gcc-tsan gcc_tsan
stage valgrind run_valgrind
for level in baseline avx2 avx512; do
  for threads in 1 2 3 8; do
    for blas in pthread openmp serial reference; do
      stage "matrix-$level-$threads-$blas" combination "$level" "$threads" "$blas"
    done
  done
done
stage blas-flavours blas_flavours
stage openblas-eight-threads openblas_eight_threads
stage reference-blas reference_blas
stage onednn onednn
stage every-float every_float
stage aarch64 bash scripts/cross_aarch64.sh
stage coverage coverage
stage format formatted
stage distribution distribution
stage manual manual
stage abi abi
stage gradient-mutation python3 scripts/mutate_gradients.py
stage experiments bash scripts/experiments.sh

for name in ${failed_stages[@]+"${failed_stages[@]}"}; do echo "failed: $name"; done
echo "$passed stages passed, ${#failed_stages[@]} stages failed"
test ${#failed_stages[@]} -eq 0 && test "$passed" -gt 0
