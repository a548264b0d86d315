# SPDX-License-Identifier: MIT
"""Job: what the Python peers and the comparison share: set-ups, files of states, the pipe.

A state's file (written by ours_state.c) holds native doubles: for generator and discriminator the
parameters, first moments, second moments and the number of updates; then for each the real rows
[512, 2] and the latents [512, 256] of its move, and where inner steps have fresh ones, those of each
inner step. The file one step later has the first part only.
Weights are [inputs, outputs], each followed by its bias."""
import argparse
import sys
import time
from dataclasses import dataclass

import numpy

ROWS, LATENT = 512, 256
BETA1, BETA2, EPSILON = 0.5, 0.999, 1e-8
MODES = 8


@dataclass(frozen=True)
class Setup:
    generator: tuple          # widths of the layers, input first
    discriminator: tuple
    activation: str           # between the layers
    scale: float              # of the discriminator's input
    rates: tuple              # of generator, discriminator
    radius: float
    deviation: float
    gain: float               # of the orthogonal weights at the start
    alternating: bool         # else both players move from the same state, on the same rows
    fresh: bool               # inner steps have rows and latents of their own

    def moves(self, unroll):
        """How many pairs of rows and latents a step needs, in the order of the file."""
        return 2 + unroll * self.fresh if self.alternating else 1


SETUPS = {
    'notebook': Setup((LATENT, 128, 128, 2), (2, 128, 128, 1), 'tanh', 1.0, (1e-3, 1e-4), 1.0, 0.01,
                      1.4, False, False),
    'paper': Setup((LATENT, 128, 128, 2), (2, 128, 1), 'relu', 0.25, (1e-4, 1e-4), 2.0, 0.02, 0.8,
                   True, True),
}


def shapes(widths):
    """The shapes of a network's parameters: weight, bias, weight, bias ..."""
    result = []
    for before, after in zip(widths, widths[1:]):
        result += [(before, after), (after,)]
    return result


@dataclass
class Player:
    parameters: list          # of arrays
    moments: tuple            # (first, second), each a list of arrays
    updates: float


def read_players(path, setup):
    """(generator, discriminator, the values that follow)."""
    values = numpy.fromfile(path)
    players, at = [], 0

    def take(shape):
        nonlocal at
        count = int(numpy.prod(shape))
        at += count
        return values[at - count:at].reshape(shape)

    for widths in (setup.generator, setup.discriminator):
        lists = [[take(shape) for shape in shapes(widths)] for _ in range(3)]
        players.append(Player(lists[0], (lists[1], lists[2]), float(take((1,))[0])))
    return players[0], players[1], values[at:]


def read_state(path, setup):
    """(generator, discriminator, [(rows, latents)] of the moves)."""
    generator, discriminator, rest = read_players(path, setup)
    rest = rest.reshape(-1, ROWS * (2 + LATENT))
    moves = [(move[:ROWS * 2].reshape(ROWS, 2), move[ROWS * 2:].reshape(ROWS, LATENT))
             for move in rest]
    return generator, discriminator, moves


def write_players(path, players):
    with open(path, 'wb') as file:
        for player in players:
            for arrays in (player.parameters, *player.moments):
                for array in arrays:
                    numpy.asarray(array, dtype=numpy.float64).tofile(file)
            numpy.asarray([player.updates], dtype=numpy.float64).tofile(file)


def start(setup):
    """Players as at the start of a training: orthogonal weights, no biases."""
    random = numpy.random.default_rng(1)
    players = []
    for widths in (setup.generator, setup.discriminator):
        parameters = []
        for shape in shapes(widths):
            if len(shape) == 1:
                parameters.append(numpy.zeros(shape))
                continue
            large, small = max(shape), min(shape)
            q, _ = numpy.linalg.qr(random.standard_normal((large, small)))
            parameters.append(setup.gain * (q if shape == (large, small) else q.T))
        zeros = [numpy.zeros_like(array) for array in parameters]
        players.append(Player(parameters, (zeros, list(zeros)), 0.0))
    return players


def centres(setup):
    angles = 2 * numpy.pi * numpy.arange(MODES) / MODES
    return setup.radius * numpy.stack([numpy.cos(angles), numpy.sin(angles)], 1)


def arguments(variants):
    """The command line of a side; `variants` are the words it knows for --variant."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--setup', choices=SETUPS, default='notebook')
    parser.add_argument('--unroll', type=int, default=5)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--type', choices=['f32', 'f64'], default='f32')
    parser.add_argument('--variant', choices=variants, default=variants[0])
    parser.add_argument('--check', nargs=2, metavar=('BEFORE', 'AFTER'),
                        help='make one step from the state of one file, write the other')
    return parser.parse_args()


def serve(version, run):
    """Answers the pipe: run(limit) trains for about `limit` seconds and gives steps and seconds."""
    print('first', version, flush=True)
    for line in sys.stdin:
        words = line.split()
        if len(words) == 2 and words[0] == 'run':
            steps, seconds = run(float(words[1]))
            print(steps, f'{seconds:.9f}', flush=True)


def repeat(step, wait, limit):
    """Calls step() for `limit` seconds; wait() returns when all that was begun is done."""
    begin = time.perf_counter()
    steps, seconds = 0, 0.0
    while seconds < limit:
        for _ in range(5):
            step()
        wait()
        steps += 5
        seconds = time.perf_counter() - begin
    return steps, seconds
