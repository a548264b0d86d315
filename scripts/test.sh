#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: installs what is missing, builds, and runs the checks (README, "Two commands"); a few minutes on
# two cores. The unit tests run once as they are and once each along a diagonal of SIMD levels, thread
# counts and BLAS libraries; warm steps are watched for system calls, and their instructions counted.
# The last line is "N passed, N failed"; the exit status is 0 only if nothing failed. The long
# experiments, the other compilers and all combinations are in scripts/check-all.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. scripts/setup.sh
setup_install test

# A folder that does not build must not show the results of its last run.
rm -rf build-test/meson-logs build-test-asan/meson-logs

echo "Building the library as it is shipped ..."
if setup_build build-test -Dbuildtype=release -Dtests=true -Dexamples=true; then
  "$MESON" test -C build-test --print-errorlogs
fi

# The instrumentation makes GCC warn of what cannot happen, so warnings count in the other builds only.
echo "Building it with the address and undefined-behaviour sanitizers ..."
if setup_build build-test-asan -Dbuildtype=debugoptimized -Db_sanitize=address,undefined \
    -Dexamples=false -Ddefault_library=static -Dwerror=false; then
  ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    "$MESON" test -C build-test-asan --print-errorlogs --suite unit --timeout-multiplier 4
fi

python3 scripts/summary.py build-test build-test-asan
