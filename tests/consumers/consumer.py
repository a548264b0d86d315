#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains a small GAN for 100 steps and samples from it, with Python's standard library alone.

  consumer.py LIBGAN_SO GAN_HEADERS

The numbers of the constants are read from the headers: a language without a C compiler does the same."""
import ctypes
import math
import pathlib
import random
import re
import sys

BATCH, STEPS, SAMPLES = 128, 100, 256


def constants(directory):
    found = {}
    for header in pathlib.Path(directory).glob('*.h'):
        for name, value in re.findall(r'\b(GAN_\w+)\s*=\s*(\d+)', header.read_text()):
            found[name] = int(value)
    return found


def main():
    gan = ctypes.CDLL(sys.argv[1])
    values = constants(sys.argv[2])
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32
    floats = ctypes.POINTER(ctypes.c_float)
    out = ctypes.POINTER(handle)

    def declare(name, *arguments, result=number):
        function = getattr(gan, name)
        function.argtypes, function.restype = arguments, result
        return function

    message = declare('gan_context_message', handle, result=text)
    context = handle()

    def call(name, *types):
        function = declare(name, *types)

        def checked(*arguments):
            status = function(*arguments)
            if status != values['GAN_OK']:
                sys.exit(f'{name}: {status}: {message(context).decode()}')
        return checked

    def create(name, *arguments_with_types):
        types = [kind for kind, _ in arguments_with_types]
        made = handle()
        call(name, *types, out)(*[value for _, value in arguments_with_types], ctypes.byref(made))
        return made

    call('gan_context_create', out)(ctypes.byref(context))
    call('gan_context_set_seed', handle, ctypes.c_uint64)(context, 1)
    generator = create('gan_generator_parse', (handle, context),
                       (text, b'latent 16 normal; dense 32 tanh; dense 2'))
    discriminator = create('gan_discriminator_parse', (handle, context),
                           (text, b'input 2; dense 32 tanh; dense 1'))
    loss = create('gan_loss_create', (handle, context), (number, values['GAN_LOSS_MINIMAX']))
    optimizers = [create('gan_optimizer_create', (handle, context),
                         (number, values['GAN_OPTIMIZER_ADAM'])) for _ in range(2)]
    trainer = create('gan_trainer_create', (handle, context), (handle, generator),
                     (handle, discriminator), (handle, loss), (handle, optimizers[0]),
                     (handle, optimizers[1]))
    step = call('gan_trainer_step', handle, floats, ctypes.c_int64)
    numbers = random.Random(1)
    batch = (ctypes.c_float * (BATCH * 2))()
    for _ in range(STEPS):
        for i in range(BATCH):
            angle = math.tau * (i % 8) / 8
            batch[2 * i] = 2 * math.cos(angle) + numbers.gauss(0, 0.02)
            batch[2 * i + 1] = 2 * math.sin(angle) + numbers.gauss(0, 0.02)
        step(trainer, batch, BATCH)
    samples = (ctypes.c_float * (SAMPLES * 2))()
    call('gan_generator_sample', handle, ctypes.c_int64, ctypes.c_uint64, floats)(
        generator, SAMPLES, 7, samples)
    if not all(math.isfinite(value) for value in samples):
        sys.exit('a sample is not finite')
    for name, made in [('trainer', trainer), ('optimizer', optimizers[0]),
                       ('optimizer', optimizers[1]), ('loss', loss),
                       ('discriminator', discriminator), ('generator', generator),
                       ('context', context)]:
        declare(f'gan_{name}_destroy', handle, result=None)(made)
    print(f'{STEPS} steps from Python; first sample {samples[0]:.3f} {samples[1]:.3f}')


if __name__ == '__main__':
    main()
