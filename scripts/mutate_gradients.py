#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: negates every gradient rule, one at a time, and checks that the tests notice.

  mutate_gradients.py [--list] [WORD...]    all mutants, or those whose place contains one of the words

Each value that a rule in libgan/graph/op_*.c gives to an output is wrapped in gan__op_neg() in a copy
of the tree; tests/test_op_gradient must then fail. The last line is "N passed, N failed": passed are
mutants that were noticed. Exit status 0 only if all were, and every rule of ops.def had one."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MESON = os.environ.get('MESON', 'meson')
TEST = 'tests/test_op_gradient'


def functions(text):
    """(name, start, end) of every gradient rule and of what they are made of: grad_ functions."""
    for match in re.finditer(r'^(?:static )?void ((?:gan__)?grad_\w+)\(', text, re.M):
        end = text.index('\n}\n', match.start())
        yield match.group(1), match.start(), end


def negatives(body):
    """(start, end) of the expressions in a function's text that are to be negated: what is assigned to an
    output, each side of a choice by itself; and what is handed to a helper that several rules share."""
    for match in re.finditer(r'\bout\[\w+\] =\s*([^;]+);', body):
        choice = re.match(r'(.*?) \? (.*) : (.*)$', match.group(1), re.S)
        for group in (2, 3) if choice else ():
            yield match.start(1) + choice.start(group), match.start(1) + choice.end(group)
        if not choice:
            yield match.span(1)
    for match in re.finditer(r'^  grad_\w+\(g, y, (u),', body, re.M):
        yield match.span(1)


def mutants():
    """(file, line, name, mutated text)."""
    for path in sorted((ROOT / 'libgan' / 'graph').glob('op_*.c')):
        text = path.read_text(encoding='utf-8')
        for name, start, end in functions(text):
            for first, last in negatives(text[start:end]):
                first, last = start + first, start + last
                mutated = text[:first] + 'gan__op_neg(g, ' + text[first:last] + ')' + text[last:]
                yield path.relative_to(ROOT), text.count('\n', 0, first) + 1, name, mutated


def rules_without_mutant(found):
    """Rules of ops.def that neither assign an output themselves nor call a helper that does."""
    table = (ROOT / 'libgan' / 'graph' / 'ops.def').read_text(encoding='utf-8')
    missing = []
    for rule in sorted(set(re.findall(r'\bgrad_\w+', table))):
        body = ''
        for path in (ROOT / 'libgan' / 'graph').glob('op_*.c'):
            text = path.read_text(encoding='utf-8')
            body += ''.join(text[a:b] for name, a, b in functions(text) if name == 'gan__' + rule)
        helpers = set(re.findall(r'\b((?:gan__)?grad_\w+)\(', body))
        if not helpers & found:
            missing.append(rule)
    return missing


def run(command, folder):
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def build(folder):
    result = run(['ninja', '-C', 'build', TEST], folder)
    if result.returncode:
        sys.exit('does not build:\n' + result.stdout[-3000:])


def notices(folder):
    environment = run(['timeout', '120', str(folder / 'build' / TEST)], folder)
    return environment.returncode != 0


def copy_tree(folder):
    shutil.copytree(ROOT, folder, symlinks=True, ignore=lambda place, names: [
        name for name in names
        if name in ('.git', '__pycache__') or (pathlib.Path(place) == ROOT and name.startswith('build'))])
    result = run([MESON, 'setup', 'build', '-Dbuildtype=debug', '-Ddefault_library=static',
                  '-Dexamples=false', '-Ddocs=false'], folder)
    if result.returncode:
        sys.exit(result.stdout[-3000:])


def main():
    words = [word for word in sys.argv[1:] if word != '--list']
    everything = list(mutants())
    missing = rules_without_mutant({name for _, _, name, _ in everything})
    chosen = [m for m in everything
              if not words or any(word in f'{m[0]}:{m[1]}: {m[2]}' for word in words)]
    if '--list' in sys.argv[1:]:
        for path, line, name, _ in chosen:
            print(f'{path}:{line}: {name}')
        return
    survived = 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / 'tree'
        copy_tree(folder)
        build(folder)
        if notices(folder):
            sys.exit(TEST + ' fails without any change')
        for path, line, name, mutated in chosen:
            whole = (ROOT / path).read_text(encoding='utf-8')
            (folder / path).write_text(mutated, encoding='utf-8')
            build(folder)
            if not notices(folder):
                survived += 1
                print(f'{path}:{line}: {name}: negated, and no test fails', flush=True)
            (folder / path).write_text(whole, encoding='utf-8')
    for rule in missing:
        print(f'{rule}: no assignment found to negate')
    print(f'{len(chosen) - survived} passed, {survived + len(missing)} failed')
    sys.exit(1 if survived or missing or not chosen else 0)


if __name__ == '__main__':
    main()
