#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: counts the instructions of a fixed amount of training and compares them with the recorded
figures, so that nothing becomes slower by accident (README of the figures: tests/instructions.txt).

  instructions.py PROGRAM LEVEL          checks; exit status 1 if off, 77 (skipped) if it cannot be done
  instructions.py --show PROGRAM LEVEL   prints the functions that take the most
  instructions.py --update [CC...]       builds with each compiler (default: gcc and clang, if there),
                                         counts at every level, and records the figures on purpose

PROGRAM is a build's tests/instructions; LEVEL is baseline or avx2 (valgrind knows no AVX-512). Needs
valgrind. Only the program's own code is counted, not the C library's, and only in the steps."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = ROOT / 'tests' / 'instructions.txt'
LEVELS = ['baseline', 'avx2']
TOLERANCE = 0.03
SKIPPED = 77


def skip(reason):
    print(f'skipped: {reason}')
    sys.exit(SKIPPED)


def environment(level):
    return {**os.environ, 'GAN_CPU': level, 'OPENBLAS_NUM_THREADS': '1'}


def describe(program, level):
    """(compiler, level that runs) of a program."""
    return subprocess.run([program, 'describe'], env=environment(level), check=True,
                          capture_output=True, text=True).stdout.split()


def read_profile(path, program):
    """{function: instructions} of the program's own functions. Names are given in full once, then as
    numbers; the line after `calls=` has what the callee took, which is counted there."""
    names = {'ob': {}, 'fn': {}}
    now = {'ob': '', 'fn': ''}
    counts = {}
    own = os.path.realpath(program)
    skip_next = False
    for line in path.read_text(encoding='utf-8', errors='replace').splitlines():
        match = re.match(r'(ob|fn)=\((\d+)\)(?: (.*))?$', line)
        # Callees have names of the same two tables.
        callee = re.match(r'c(ob|fn)=\((\d+)\)(?: (.*))?$', line)
        if match or callee:
            kind, number, name = (match or callee).groups()
            if name:
                names[kind][number] = name
            if match:
                now[kind] = names[kind][number]
        elif line.startswith('calls='):
            skip_next = True
        elif re.match(r'[-+*\d]', line):
            if not skip_next and os.path.realpath(now['ob']) == own:
                counts[now['fn']] = counts.get(now['fn'], 0) + int(line.split()[-1])
            skip_next = False
    return counts


def count(program, level):
    """Instructions of each function, without the products left to the BLAS; multiplications of
    those."""
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder, 'profile')
        run = subprocess.run(
            ['valgrind', '--tool=callgrind', f'--callgrind-out-file={profile}',
             '--toggle-collect=counted_steps', program],
            env=environment(level), capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f'{program} under valgrind: exit status {run.returncode}\n{run.stderr[-2000:]}')
        counts = read_profile(profile, program)
    counts = {name: n for name, n in counts.items() if not name.startswith('cblas_')}
    if 'counted_steps' not in counts:
        sys.exit('the profile has no steps')
    return counts, int(run.stdout)


def show(counts, most):
    total = sum(counts.values())
    for name, number in sorted(counts.items(), key=lambda item: -item[1])[:most]:
        print(f'{number:14,} {100 * number / total:5.1f} %  {name}')


def recorded():
    """{(compiler, level): (instructions, multiplications)}"""
    figures = {}
    for line in FIGURES.read_text(encoding='utf-8').splitlines():
        if line and not line.startswith('#'):
            compiler, level, instructions, products = line.split()
            figures[compiler, level] = int(instructions), int(products)
    return figures


def check(program, level):
    if not shutil.which('valgrind'):
        skip('there is no valgrind')
    compiler, runs = describe(program, level)
    if runs != level:
        skip(f'this CPU has no {level}')
    if (compiler, level) not in recorded():
        skip(f'no figure for {compiler} at {level}; scripts/instructions.py --update CC records one')
    wanted = recorded()[compiler, level]
    counts, products = count(program, level)
    good = True
    for what, now, then in [('instructions', sum(counts.values()), wanted[0]),
                            ('multiplications by the BLAS', products, wanted[1])]:
        change = now / then - 1 if then else float(now > 0)
        good = good and abs(change) <= TOLERANCE
        print(f'{compiler} {level}: {now:,} {what}, recorded {then:,} ({100 * change:+.2f} %)')
    if not good:
        show(counts, 15)
        print(f'More than {100 * TOLERANCE:g} % off. If this is meant, also when it is less: '
              'scripts/instructions.py --update')
    return 0 if good else 1


def build(compiler):
    """The program as `compiler` makes it, in a folder of its own."""
    folder = ROOT / 'build-all' / f'instructions-{compiler}'
    meson = os.environ.get('MESON', 'meson')
    options = [] if (folder / 'build.ninja').exists() else [
        [meson, 'setup', folder, '-Dbuildtype=release', '-Dexamples=false']]
    folder.parent.mkdir(exist_ok=True)
    for command in options + [[meson, 'compile', '-C', folder, 'instructions']]:
        run = subprocess.run(command, env={**os.environ, 'CC': compiler}, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f'{run.stdout[-4000:]}{run.stderr[-2000:]}')
    return str(folder / 'tests' / 'instructions')


def update(compilers):
    figures = recorded()
    for compiler in compilers:
        program = build(compiler)
        for level in LEVELS:
            name, runs = describe(program, level)
            if runs != level:
                print(f'this CPU has no {level}: not recorded')
                continue
            counts, products = count(program, level)
            then, now = figures.get((name, level)), (sum(counts.values()), products)
            figures[name, level] = now
            print(f'{name} {level}: {now[0]:,} instructions, {now[1]:,} multiplications by the BLAS'
                  + (f' ({100 * (now[0] / then[0] - 1):+.2f} %)' if then else ' (new)'))
    head = [line for line in FIGURES.read_text(encoding='utf-8').splitlines() if line.startswith('#')]
    lines = [f'{name} {level} {n} {products}' for (name, level), (n, products) in sorted(figures.items())]
    FIGURES.write_text('\n'.join(head + lines) + '\n', encoding='utf-8')
    return 0


def main(words):
    if words[:1] == ['--update']:
        return update(words[1:] or [name for name in ('gcc', 'clang') if shutil.which(name)])
    if words[:1] == ['--show'] and len(words) == 3:
        show(count(words[1], words[2])[0], 40)
        return 0
    if len(words) != 2 or words[1] not in LEVELS:
        print(__doc__)
        return 2
    return check(*words)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
