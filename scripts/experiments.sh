#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: the long runs of the unrolled ring, seeds 1 to 5, held against what they must show.
#
#   experiments.sh [FOLDER]    pictures and experiments/ring.txt, every run in one line
#
# K = 5, 15,000 steps: 8/8 modes and reverse KL at most 0.2 in at least 4 of 5 seeds;
# K = 5, 25,000 steps: median share of high-quality samples at least 0.50;
# K = 0, 15,000 steps: at most 3 modes in at least 4 of 5 seeds.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
setup_install build
folder=${1:-experiments}
threads=$(nproc)
test "$threads" -le 2 || threads=2
mkdir -p "$folder"
setup_build build-experiments -Dbuildtype=release -Dtests=false -Dexamples=true
: > "$folder/ring.txt"

for seed in 1 2 3 4 5; do
  for run in '0 15000' '5 15000' '5 25000'; do
    read -r unroll steps <<< "$run"
    figures=$(build-experiments/examples/ring --setup paper --layout ring --unroll "$unroll" \
      --steps "$steps" --seed "$seed" --threads "$threads" --quiet \
      --out "$folder/ring-k$unroll-$steps-seed$seed.png" | tail -n 1)
    echo "unroll=$unroll seed=$seed $figures" | tee -a "$folder/ring.txt"
  done
done

# A field's number from the lines on standard input: modes=8/8 gives 8.
field() { sed "s|.* $1=\([^ /]*\).*|\1|"; }
select_runs() { grep -E "^unroll=$1 .* steps=$2 " "$folder/ring.txt"; }

covered=$(select_runs 5 15000 | grep ' modes=8/8 ' | field reverse_kl | awk '$1 != "inf" && $1 <= 0.2' \
  | wc -l)
quality=$(select_runs 5 25000 | field high_quality | sort -g | sed -n 3p)
collapsed=$(select_runs 0 15000 | field modes | awk '$1 <= 3' | wc -l)
echo "K=5, 15000 steps: 8/8 modes and reverse KL <= 0.2: $covered of 5 (at least 4)"
echo "K=5, 25000 steps: median high-quality share: $quality (at least 0.50)"
echo "K=0, 15000 steps: at most 3 modes: $collapsed of 5 (at least 4)"
test "$covered" -ge 4 && test "$collapsed" -ge 4 && awk "BEGIN { exit !($quality >= 0.5) }"
