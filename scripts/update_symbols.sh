#!/bin/sh
# SPDX-License-Identifier: MIT
# Job: writes abi/libgan.symbols and libgan/libgan.map from the GAN_API functions of the headers.
# Run it after adding a public function. A symbol of a released version is never moved or removed.
set -eu
cd "$(dirname "$0")/.."
symbols=$(python3 scripts/headers.py --functions include/gan | LC_ALL=C sort)
node=LIBGAN_$(python3 scripts/headers.py --macro GAN_VERSION_MAJOR include/gan).$(
  python3 scripts/headers.py --macro GAN_VERSION_MINOR include/gan)
{
  echo "$node {"
  echo "global:"
  for symbol in $symbols; do echo "  $symbol;"; done
  echo "local:"
  echo "  *;"
  echo "};"
} > libgan/libgan.map.new
{
  echo "$node"
  printf '%s\n' "$symbols"
} | LC_ALL=C sort > abi/libgan.symbols.new
mv libgan/libgan.map.new libgan/libgan.map
mv abi/libgan.symbols.new abi/libgan.symbols
echo "$(printf '%s\n' "$symbols" | wc -l) functions in abi/libgan.symbols and libgan/libgan.map"
