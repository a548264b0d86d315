#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: the unrolled ring in PyTorch, eager. Each player's parameters are one flat tensor, so that an
update is a handful of calls. The variants say whether real and generated rows go through the
discriminator in one call or in two."""
import ring_side as side

options = side.arguments(['apart', 'joined'])

import torch
from torch.nn.functional import softplus

setup = side.SETUPS[options.setup]
unroll = options.unroll
torch.set_num_threads(options.threads)
torch.set_flush_denormal(True)
torch.set_default_dtype(torch.float64 if options.type == 'f64' else torch.float32)
activate = torch.tanh if setup.activation == 'tanh' else torch.relu
mode_centres = torch.tensor(side.centres(setup), dtype=torch.get_default_dtype())
# -1 where softplus takes the negative of the logit (real rows), +1 where it takes the logit itself.
signs = torch.cat([-torch.ones(side.ROWS, 1), torch.ones(side.ROWS, 1)])
SHAPES = [side.shapes(setup.generator), side.shapes(setup.discriminator)]
SIZES = [[int(torch.Size(shape).numel()) for shape in shapes] for shapes in SHAPES]


class Player:
    def __init__(self, player):
        flat = lambda arrays: torch.cat([torch.tensor(x, dtype=torch.get_default_dtype()).flatten()
                                         for x in arrays])
        self.parameters = flat(player.parameters)
        self.first, self.second = map(flat, player.moments)
        self.updates = player.updates


def network(who, flat, x):
    parts = flat.split(SIZES[who])
    last = len(parts) - 2
    for i in range(0, last + 1, 2):
        x = torch.addmm(parts[i + 1], x, parts[i].view(SHAPES[who][i]))
        if i < last:
            x = activate(x)
    return x


def judge(flat, x):
    return network(1, flat, x if setup.scale == 1 else x * setup.scale)


def cost(flat, real, fake):
    """-E log s(D(real)) - E log(1 - s(D(fake)))"""
    if options.variant == 'joined':
        return softplus(judge(flat, torch.cat([real, fake])) * signs).sum() / side.ROWS
    return softplus(-judge(flat, real)).mean() + softplus(judge(flat, fake)).mean()


def rate_of(who, updates):
    return setup.rates[who] * (1 - side.BETA2**updates)**0.5 / (1 - side.BETA1**updates)


def inner_step(parameters, first, second, updates, real, fake):
    """One step of Adam that gradients can pass through; updates: after it."""
    gradient, = torch.autograd.grad(cost(parameters, real, fake), parameters, create_graph=True)
    first = torch.lerp(first, gradient, 1 - side.BETA1)
    second = torch.addcmul(second * side.BETA2, gradient, gradient, value=1 - side.BETA2)
    parameters = torch.addcdiv(parameters, first, second.sqrt() + side.EPSILON,
                               value=-rate_of(1, updates))
    return parameters, first, second


@torch.no_grad()
def apply(who, player, gradient):
    """The same in place."""
    player.updates += 1
    player.first.lerp_(gradient, 1 - side.BETA1)
    player.second.mul_(side.BETA2).addcmul_(gradient, gradient, value=1 - side.BETA2)
    player.parameters.addcdiv_(player.first, player.second.sqrt().add_(side.EPSILON),
                               value=-rate_of(who, player.updates))


def look_ahead(generator, discriminator, moves):
    """The generator's gradient, and the discriminator after the first inner step."""
    theta = generator.parameters.detach().requires_grad_()
    real, fake = moves[0][0], network(0, theta, moves[0][1])
    at = (discriminator.parameters.detach().requires_grad_(), discriminator.first,
          discriminator.second)
    for k in range(unroll):
        rows = real, fake
        if setup.fresh:
            rows = moves[2 + k][0], network(0, theta, moves[2 + k][1])
        at = inner_step(*at, discriminator.updates + k + 1, *rows)
        if k == 0:
            moved = at
    gradient, = torch.autograd.grad(-cost(at[0], real, fake), theta)
    return gradient, [x.detach() for x in moved]


def step_together(generator, discriminator, moves):
    if unroll > 0:
        gradient, moved = look_ahead(generator, discriminator, moves)
        discriminator.parameters, discriminator.first, discriminator.second = moved
        discriminator.updates += 1
    else:
        real, latents = moves[0]
        theta = generator.parameters.detach().requires_grad_()
        phi = discriminator.parameters.detach().requires_grad_()
        rising, falling = torch.autograd.grad(cost(phi, real, network(0, theta, latents)),
                                              [theta, phi])
        gradient = -rising
        apply(1, discriminator, falling)
    apply(0, generator, gradient)


def move_discriminator(generator, discriminator, real, latents):
    with torch.no_grad():
        fake = network(0, generator.parameters, latents)
    phi = discriminator.parameters.detach().requires_grad_()
    gradient, = torch.autograd.grad(cost(phi, real, fake), phi)
    apply(1, discriminator, gradient)


def step_in_turn(generator, discriminator, moves):
    """The generator first where it looks ahead, else the discriminator."""
    if unroll > 0:
        gradient, _ = look_ahead(generator, discriminator, moves)
        apply(0, generator, gradient)
        move_discriminator(generator, discriminator, *moves[1])
        return
    move_discriminator(generator, discriminator, *moves[1])
    theta = generator.parameters.detach().requires_grad_()
    fake = network(0, theta, moves[0][1])
    gradient, = torch.autograd.grad(-softplus(judge(discriminator.parameters, fake)).mean(), theta)
    apply(0, generator, gradient)


step = step_in_turn if setup.alternating else step_together


def draw():
    mode = torch.randint(side.MODES, (side.ROWS,))
    noise, latents = torch.randn(side.ROWS, 2), torch.randn(side.ROWS, side.LATENT)
    return mode_centres[mode].add_(noise, alpha=setup.deviation), latents


def check(before, after):
    generator, discriminator, moves = side.read_state(before, setup)
    moves = [[torch.tensor(x, dtype=torch.get_default_dtype()) for x in move] for move in moves]
    players = [Player(generator), Player(discriminator)]
    step(*players, moves)
    arrays = lambda who, flat: [part.numpy() for part in flat.split(SIZES[who])]
    side.write_players(after, [side.Player(arrays(who, p.parameters), (arrays(who, p.first),
                                           arrays(who, p.second)), p.updates)
                               for who, p in enumerate(players)])


def main():
    if options.check:
        check(*options.check)
        return
    players = [Player(player) for player in side.start(setup)]
    count = setup.moves(unroll)

    def one():
        step(*players, [draw() for _ in range(count)])

    one()
    side.serve(f'torch {torch.__version__}',
               lambda limit: side.repeat(one, lambda: None, limit))


main()
