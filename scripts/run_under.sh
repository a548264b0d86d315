#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: runs test programs under another condition, where they must still pass.
#
#   run_under.sh locale|baseline BUILD PROGRAM...
#
# locale: in German, with decimal commas (the locale is made in BUILD; no root needed)
# baseline: with the kernels of the architecture's baseline instead of the best for this CPU
set -u
condition=$1 build=$2
shift 2
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
  baseline) export GAN_CPU=baseline ;;
  *)
    echo "run_under: no such condition: $condition" >&2
    exit 2
    ;;
esac
failed=0
for program in "$@"; do
  if timeout 120 "$program" > "$build/run_under_$condition.log" 2>&1; then
    echo "ok      $(basename "$program")"
  else
    failed=$((failed + 1))
    echo "FAILED  $(basename "$program")"
    tail -n 30 "$build/run_under_$condition.log"
  fi
done
echo "$condition: $# programs, $failed failed"
test $# -gt 0 && test $failed -eq 0
