#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: measures the library on this machine and draws the results: the figures of doc/performance.md.
#
#   bench.sh [SECONDS]    of each measurement in each round, fractions allowed; default 1
#
# Writes build-bench/results: JSON lines, plans with the times of their last run, PNG files. With 1
# second and five rounds it takes some eight minutes. Nothing else should run meanwhile. BENCH_ROUNDS
# changes the number of rounds, GAN_CPU lowers the SIMD level. What peers.sh found is drawn with ours
# when it was written there before: peers.sh > build-bench/results/peers.json
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
setup_install build
milliseconds=$(awk -v seconds="${1:-1}" 'BEGIN { printf "%d", 1000 * seconds }')
test "$milliseconds" -ge 1 || { echo "bench: SECONDS must be at least 0.001" >&2; exit 2; }
rounds=${BENCH_ROUNDS:-5}
build='build-bench'
results=$build/results

echo "Building libgan, optimised ..."
setup_build "$build" -Dbuildtype=release -Dtests=false -Dexamples=true
mkdir -p "$results"

# measure NAME PROGRAM ARGUMENT...: the lines go to NAME.json once all have been written.
measure() {
  local name=$1 program=$build/bench/$2
  shift 2
  echo "$name ..."
  "$program" --rounds "$rounds" "$@" > "$results/$name.part"
  mv "$results/$name.part" "$results/$name.json"
}
for setup in notebook paper; do
  measure "ring-$setup" bench_ring --setup "$setup" --milliseconds "$milliseconds" --products \
    --explain "$results"
  measure "ring-$setup-start" bench_ring --setup "$setup" --start
done
measure mnist bench_mnist --milliseconds "$milliseconds" --products --explain "$results"
measure mnist-start bench_mnist --start
measure ops bench_ops

# The median (least, most) of what is asked for, a table.
python3 - "$results"/ring-*.json "$results/mnist.json" <<'PYTHON'
import json
import sys

rows = [json.loads(line) for path in sys.argv[1:] for line in open(path, encoding='utf-8')]
columns = ['steps_per_second', 'default_ratio', 'speedup', 'times_floor', 'over_bare', 'plan_us_per_node',
           'peak_mb']
print(' '.join([f'{"game":<14}', f'{"K":>3}'] + [f'{name:>24}' for name in columns]))
for row in rows:
    if row['bench'] not in ('ring', 'mnist'):
        continue
    cells = []
    for name in columns:
        text = f'{row[name]:.4g}'
        if name + '_min' in row:
            text += f' ({row[name + "_min"]:.4g}, {row[name + "_max"]:.4g})'
        cells.append(f'{text:>24}')
    print(' '.join([f'{row["bench"] + " " + row.get("setup", ""):<14}', f'{row["unroll"]:>3}'] + cells))
for row in rows:
    if row['bench'].endswith('_cost'):
        print(f'{row["bench"]} {row.get("setup", "")}: K = {row["unroll"]} costs {row["cost"]:.3g} '
              f'({row["cost_min"]:.3g}, {row["cost_max"]:.3g}) times K = {row["against"]}')
PYTHON

# matplotlib: the system's, else in a virtual environment inside the build folder.
python=python3
if ! "$python" -c 'import matplotlib' 2> /dev/null; then
  python=$build/plots-venv/bin/python
  test -x "$python" || python3 -m venv "$build/plots-venv" || python=
  test -z "$python" || "$python" -c 'import matplotlib' 2> /dev/null \
    || "$python" -m pip -q install matplotlib 2> /dev/null || python=
fi
if test -n "$python"; then
  "$python" bench/plots.py "$results" "$results"/*.json "$results"/*.txt
else
  echo "bench: no pictures: matplotlib is neither here nor could it be installed"
fi
echo "Results: $PWD/$results"
