#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: the unrolled ring in JAX, the whole iteration, draws included, in one compiled call with donated
buffers. The variants say how it is written: the inner steps one after the other, real and generated
rows through the discriminator in two calls or joined in one; or the inner steps as a lax.scan."""
import os

import ring_side as side

options = side.arguments(['apart', 'joined', 'scan'])
# Both names are read, by different versions; the first number is that of XLA's own pool.
os.environ['NPROC'] = os.environ['PJRT_NPROC'] = str(options.threads)
if options.threads == 1:
    os.environ['XLA_FLAGS'] = (os.environ.get('XLA_FLAGS', '')
                               + ' --xla_cpu_multi_thread_eigen=false')
os.environ['JAX_PLATFORMS'] = 'cpu'

import jax
import jax.numpy as jnp
import numpy

setup = side.SETUPS[options.setup]
unroll = options.unroll
dtype = jnp.float64 if options.type == 'f64' else jnp.float32
jax.config.update('jax_enable_x64', options.type == 'f64')
activate = jnp.tanh if setup.activation == 'tanh' else jax.nn.relu
# -1 where softplus takes the negative of the logit (real rows), +1 where it takes the logit itself.
signs = jnp.repeat(jnp.asarray([[-1], [1]], dtype), side.ROWS, axis=0)
mode_centres = jnp.asarray(side.centres(setup), dtype)


def network(parameters, x):
    for i in range(0, len(parameters) - 2, 2):
        x = activate(x @ parameters[i] + parameters[i + 1])
    return x @ parameters[-2] + parameters[-1]


def judge(parameters, x):
    return network(parameters, x if setup.scale == 1 else x * setup.scale)


def cost(discriminator, real, fake):
    """-E log s(D(real)) - E log(1 - s(D(fake)))"""
    if options.variant == 'joined':
        logits = judge(discriminator, jnp.concatenate([real, fake]))
        return jax.nn.softplus(logits * signs).sum() / side.ROWS
    return (jax.nn.softplus(-judge(discriminator, real)).mean()
            + jax.nn.softplus(judge(discriminator, fake)).mean())


def adam(rate, player, gradients):
    parameters, first, second, updates = player
    tree = jax.tree_util.tree_map
    updates = updates + 1
    # 1 - beta^t; expm1 keeps the digits that f32 would lose.
    a = (rate * jnp.sqrt(-jnp.expm1(updates * numpy.log(side.BETA2)))
         / -jnp.expm1(updates * numpy.log(side.BETA1)))
    first = tree(lambda m, g: side.BETA1 * m + (1 - side.BETA1) * g, first, gradients)
    second = tree(lambda v, g: side.BETA2 * v + (1 - side.BETA2) * g * g, second, gradients)
    parameters = tree(lambda p, m, v: p - a * m / (jnp.sqrt(v) + side.EPSILON), parameters, first,
                      second)
    return parameters, first, second, updates


def inner_step(discriminator, real, fake):
    return adam(setup.rates[1], discriminator, jax.grad(cost)(discriminator[0], real, fake))


def look_ahead(generator, discriminator, moves):
    """The generator's loss after all inner steps, and the discriminator after the first."""
    real, fake = moves[0][0], network(generator, moves[0][1])
    rows = lambda move: (move[0], network(generator, move[1])) if setup.fresh else (real, fake)
    inner = moves[2:] if setup.fresh else [None] * unroll
    first = position = inner_step(discriminator, *rows(inner[0]))
    if options.variant == 'scan' and unroll > 1:
        listed = jax.tree_util.tree_map(lambda *parts: jnp.stack(parts), *inner[1:])
        position, _ = jax.lax.scan(lambda at, move: (inner_step(at, *rows(move)), None), position,
                                   listed, length=unroll - 1)
    else:
        for move in inner[1:]:
            position = inner_step(position, *rows(move))
    return -cost(position[0], real, fake), first


def step_together(generator, discriminator, moves):
    if unroll > 0:
        gradients, moved = jax.grad(look_ahead, has_aux=True)(generator[0], discriminator, moves)
    else:
        real, latents = moves[0]
        value = lambda g, d: cost(d, real, network(g, latents))
        rising, gradients_d = jax.grad(value, argnums=(0, 1))(generator[0], discriminator[0])
        gradients = [-g for g in rising]
        moved = adam(setup.rates[1], discriminator, gradients_d)
    return adam(setup.rates[0], generator, gradients), moved


def step_in_turn(generator, discriminator, moves):
    """The generator first where it looks ahead, else the discriminator."""
    def move_discriminator():
        fake = network(generator[0], moves[1][1])
        return inner_step(discriminator, moves[1][0], fake)

    if unroll == 0:
        discriminator = move_discriminator()
        loss = lambda g: -jax.nn.softplus(judge(discriminator[0], network(g, moves[0][1]))).mean()
        return adam(setup.rates[0], generator, jax.grad(loss)(generator[0])), discriminator
    gradients, _ = jax.grad(look_ahead, has_aux=True)(generator[0], discriminator, moves)
    generator = adam(setup.rates[0], generator, gradients)
    return generator, move_discriminator()


step = step_in_turn if setup.alternating else step_together


def draw(key):
    keys = jax.random.split(key, 3)
    mode = jax.random.randint(keys[0], (side.ROWS,), 0, side.MODES)
    noise = jax.random.normal(keys[1], (side.ROWS, 2), dtype)
    latents = jax.random.normal(keys[2], (side.ROWS, side.LATENT), dtype)
    return mode_centres[mode] + setup.deviation * noise, latents


def iterate(state):
    generator, discriminator, key = state
    keys = jax.random.split(key, 1 + setup.moves(unroll))
    moves = [draw(key) for key in keys[1:]]
    return (*step(generator, discriminator, moves), keys[0])


def to_jax(player):
    arrays = [[jnp.asarray(x, dtype) for x in part]
              for part in (player.parameters, *player.moments)]
    return (*arrays, jnp.asarray(player.updates, dtype))


def check(before, after):
    generator, discriminator, moves = side.read_state(before, setup)
    moves = [tuple(jnp.asarray(x, dtype) for x in move) for move in moves]
    players = jax.jit(step)(to_jax(generator), to_jax(discriminator), moves)
    side.write_players(after, [side.Player(p[0], (p[1], p[2]), float(p[3])) for p in players])


def main():
    if options.check:
        check(*options.check)
        return
    compiled = jax.jit(iterate, donate_argnums=0)
    state = (*map(to_jax, side.start(setup)), jax.random.key(1))

    def one():
        nonlocal state
        state = compiled(state)

    wait = lambda: jax.block_until_ready(state)
    one()
    wait()
    side.serve(f'jax {jax.__version__}', lambda limit: side.repeat(one, wait, limit))


main()
