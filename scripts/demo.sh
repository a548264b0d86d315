#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: shows what libgan does: installs what is missing, builds optimised, plays small games, trains
# one-dimensional networks, the mixture of Gaussians without and with unrolling and a GAN of digits,
# and names the pictures. At most five minutes on two cores.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
setup_install build

threads=$(nproc)
test "$threads" -le 2 || threads=2
steps=${DEMO_STEPS:-15000}
seconds=${DEMO_SECONDS:-60}
mkdir -p demo

echo "Building libgan, optimised ..."
setup_build build-demo -Dbuildtype=release -Dtests=false -Dexamples=true

# Runs an example: its progress is seen, its last line of standard output is kept in $figures.
run() {
  local log=demo/last-line.txt
  "$@" > "$log" || {
    cat "$log"
    echo "demo: failed: $*" >&2
    exit 1
  }
  figures=$(tail -n 1 "$log")
  rm -f "$log"
}

echo "1 of 5: games of two players under six methods"
run build-demo/examples/toy_games --out demo/toy_games.png
games=$figures
echo "2 of 5: one-dimensional Gaussians, the discriminator beside its optimum"
run build-demo/examples/two_gaussians --threads "$threads" --out demo/two_gaussians.png
gaussians=$figures
ring=build-demo/examples/ring
echo "3 of 5: the ring of eight Gaussians, an ordinary GAN (K = 0), $steps steps"
run "$ring" --setup paper --layout ring --unroll 0 --steps "$steps" --seed 1 --threads "$threads" \
  --out demo/ring-k0.png
ring_k0=$figures
echo "4 of 5: the same, the discriminator unrolled five steps (K = 5)"
run "$ring" --setup paper --layout ring --unroll 5 --steps "$steps" --seed 1 --threads "$threads" \
  --out demo/ring-k5.png
ring_k5=$figures
echo "5 of 5: handwritten digits, $seconds seconds"
run build-demo/examples/mnist --net small --seconds "$seconds" --evaluate 0 --threads "$threads" \
  --out demo/mnist.png
mnist=$figures

echo
echo "Pictures: $PWD/demo/toy_games.png"
echo "          $PWD/demo/two_gaussians.png"
echo "          $PWD/demo/ring-k0.png"
echo "          $PWD/demo/ring-k5.png"
echo "          $PWD/demo/mnist.png"
echo "games:    $games"
echo "gaussians: $gaussians"
echo "ring K=0: $ring_k0"
echo "ring K=5: $ring_k5"
echo "digits:   $mnist"
