#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Job: compares the speed of the unrolled ring with JAX, PyTorch and libtorch (bench/peers), in a build
# folder and a virtual environment of its own.
#
#   peers.sh [OPTION VALUE]...    see peers.sh --help; for example
#   peers.sh --unroll 0,1,5,10 --rounds 5 --seconds 3
#
# GAN_PEERS_BUILD names the folder, build-peers at first. The packages come from wherever pip is told to
# get them; a gigabyte or so. The first run takes some minutes more than the others.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
. scripts/setup.sh
setup_install build
build=${GAN_PEERS_BUILD:-build-peers}
setup_build "$build" -Dbuildtype=release -Dtests=false -Dexamples=false >&2

python=$build/venv/bin/python
test -x "$python" || python3 -m venv "$build/venv" || {
  echo "peers: python3 cannot make a virtual environment (Debian: python3-venv)" >&2
  exit 1
}
if ! "$python" -c 'import jax, numpy, torch; assert torch.__version__.startswith("2.13.0")' \
    2> /dev/null; then
  echo "Installing PyTorch and JAX into $build/venv ..." >&2
  "$build/venv/bin/pip" install -q torch==2.13.0 numpy jax jaxlib matplotlib >&2
fi

# Ours: the timed program against the shared library, as a user's; the one that writes states knows
# internal names and takes the static archive.
folder=$build/peers
mkdir -p "$folder"
flags='-std=c11 -O2 -Wall -Wextra -D_POSIX_C_SOURCE=200809L -Iinclude -Iexamples -Ibench'
blas=$(pkg-config --libs openblas 2> /dev/null || pkg-config --libs blas-netlib)
# shellcheck disable=SC2086
${CC:-cc} $flags bench/peers/ours.c bench/bench_game.c examples/cli.c -o "$folder/ours" \
  -L"$build/libgan" -lgan -lm -Wl,-rpath,"$(realpath "$build")/libgan"
# shellcheck disable=SC2086,SC2046
${CC:-cc} $flags -Ilibgan bench/peers/ours_state.c bench/bench_game.c examples/cli.c \
  -o "$folder/ours_state" "$build/libgan/libgan_internal.a" $blas $(pkg-config --libs spng zlib) \
  -lm -pthread

# libtorch: headers and libraries are those of the wheel.
if ! test "$folder/ring_libtorch" -nt bench/peers/ring_libtorch.cpp; then
  torch=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
  echo "Compiling the libtorch side ..." >&2
  ${CXX:-c++} -std=c++17 -O2 -isystem "$torch/include" \
    -isystem "$torch/include/torch/csrc/api/include" bench/peers/ring_libtorch.cpp \
    -o "$folder/ring_libtorch" -L"$torch/lib" -ltorch -ltorch_cpu -lc10 -Wl,-rpath,"$torch/lib"
fi

exec "$python" bench/peers/peers.py --build "$build" "$@"
