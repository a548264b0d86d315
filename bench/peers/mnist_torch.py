#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: the MNIST set-up of Goodfellow et al. (2014) in PyTorch, on the digits and with the estimates
of examples/mnist.c, to see how far its figures spread over seeds. The discriminator's loss is
halved and the velocity holds rate times gradient, as in the authors' code.

Example: build-peers/venv/bin/python bench/peers/mnist_torch.py --steps 9000 --seed 1"""
import argparse
import gzip
import math
import pathlib
import time

import numpy
import torch
from torch.nn.functional import softplus

PIXELS, LATENT, HIDDEN, UNITS, PIECES, BATCH, VALIDATION = 784, 100, 1200, 240, 5, 100, 1000
GENERATOR = [(LATENT, HIDDEN), (HIDDEN,), (HIDDEN, HIDDEN), (HIDDEN,), (HIDDEN, PIXELS), (PIXELS,)]
DISCRIMINATOR = [(PIXELS, UNITS * PIECES), (UNITS * PIECES,), (UNITS, UNITS * PIECES),
                 (UNITS * PIECES,), (UNITS, 1), (1,)]
SAMPLES, WIDTHS = 10000, numpy.logspace(-1, 0, 10)


def read_digits(path):
    with gzip.open(path) as file:
        return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8, offset=16)
                                .reshape(-1, PIXELS).astype(numpy.float32) / 255)


def start(shapes, bound):
    """Weights uniform within the bound, biases 0."""
    return [(torch.rand(shape) * 2 - 1) * bound if len(shape) == 2 else torch.zeros(shape)
            for shape in shapes]


def generate(p, latents):
    hidden = torch.relu(torch.addmm(p[1], latents, p[0]))
    hidden = torch.relu(torch.addmm(p[3], hidden, p[2]))
    return torch.sigmoid(torch.addmm(p[5], hidden, p[4]))


def judge(p, images):
    """Logits of [N, 784], with dropout: 0.8 of the pixels are kept, 0.5 of the units."""
    keep = lambda x, share: x * (torch.rand(x.shape) < share) / share
    maxout = lambda x: x.view(len(x), PIECES, UNITS).amax(1)
    hidden = maxout(torch.addmm(p[1], keep(images, 0.8), p[0]))
    hidden = maxout(torch.addmm(p[3], keep(hidden, 0.5), p[2]))
    return torch.addmm(p[5], keep(hidden, 0.5), p[4])


def uniform_latents(rows):
    return (torch.rand(rows, LATENT) * 2 - 1) * math.sqrt(3)


class Game:
    def __init__(self, digits):
        self.digits, self.order = digits, torch.empty(0, dtype=torch.long)
        mean = digits.mean(0).clamp(1e-7, 1 - 1e-7)
        generator = start(GENERATOR, 0.05)
        generator[5] = torch.log(mean / (1 - mean))
        self.players = [generator, start(DISCRIMINATOR, 0.005)]
        self.velocities = [[torch.zeros_like(x) for x in player] for player in self.players]
        self.updates, self.rate = 0, 0.1

    def batch(self):
        if len(self.order) < BATCH:
            self.order = torch.randperm(len(self.digits))
        rows, self.order = self.order[:BATCH], self.order[BATCH:]
        return self.digits[rows]

    def momentum(self):
        """0.5 up to epoch 1, then linearly to 0.7 at epoch 250."""
        epoch = self.updates / (len(self.digits) // BATCH)
        return 0.5 + 0.2 * min(max((epoch - 1) / 249, 0), 1)

    def step(self):
        """Both players at once, on the same digits, latents and masks."""
        generator, discriminator = [[x.requires_grad_() for x in p] for p in self.players]
        fake = generate(generator, uniform_latents(BATCH))
        real_logits, fake_logits = judge(discriminator, self.batch()), judge(discriminator, fake)
        cost = (softplus(-real_logits).mean() + softplus(fake_logits).mean()) / 2
        slopes = [torch.autograd.grad(softplus(-fake_logits).mean(), generator, retain_graph=True),
                  torch.autograd.grad(cost, discriminator)]
        momentum = self.momentum()
        with torch.no_grad():
            for player, velocity, slope in zip(self.players, self.velocities, slopes):
                torch._foreach_mul_(velocity, momentum)
                torch._foreach_add_(velocity, list(slope), alpha=-self.rate)
                torch._foreach_add_([x.detach() for x in player], velocity)
        self.rate = max(self.rate / 1.000004, 1e-6)
        self.updates += 1


def log_density(points, samples, width):
    """Mean over the points of the log density of a kernel at each sample, in nats."""
    points, samples = points.double(), samples.double()
    distance = (points * points).sum(1)[:, None] + (samples * samples).sum(1) - 2 * points @ samples.T
    each = torch.logsumexp(-distance.clamp(min=0) / (2 * width ** 2), 1) - math.log(len(samples))
    return each.mean().item() - PIXELS * math.log(width * math.sqrt(2 * math.pi))


def evaluate(game, validation, test):
    with torch.no_grad():
        samples = generate(game.players[0], uniform_latents(SAMPLES))
        width = max(WIDTHS, key=lambda w: log_density(validation, samples, w))
        value = sum(log_density(part, samples, width) for part in test.split(1000)) * 1000 / len(test)
    return value, width


def main():
    parser = argparse.ArgumentParser(description='the digits of 2014 in PyTorch')
    parser.add_argument('--steps', type=int, default=27000)
    parser.add_argument('--evaluate', type=int, default=4500, help='steps between estimates')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--data', default='data/mnist', help='folder of the IDX files')
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    folder = pathlib.Path(options.data)
    digits = read_digits(folder / 'train-images-idx3-ubyte.gz')
    test = read_digits(folder / 't10k-images-idx3-ubyte.gz')
    game, trained = Game(digits[:-VALIDATION]), 0.0
    while game.updates < options.steps:
        begin = time.monotonic()
        for _ in range(min(options.evaluate, options.steps - game.updates)):
            game.step()
        trained += time.monotonic() - begin
        value, width = evaluate(game, digits[-VALIDATION:], test)
        print(f'step={game.updates} parzen={value:.1f} width={width:.3f} seconds={trained:.1f} '
              f'steps_per_second={game.updates / trained:.1f}', flush=True)


main()
