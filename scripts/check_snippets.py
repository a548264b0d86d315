#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: keeps the pages true: their C code compiles, what they name exists, their links lead somewhere.

  check_snippets.py ROOT LIBGAN_SO     $CC is the compiler, cc unless set

A block that begins with ```c is one of three:
- a program, when it defines main(): compiled, linked with the library, and run;
- functions, when it defines static ones: compiled as they are;
- a fragment, all others: compiled as the body of a function that has a handle of every kind.
A block that begins with ```python is run; it finds the library under its soname. Outside of blocks every
gan_ or GAN_ name and every name of a source file must be in the tree, and every link to a file too."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HANDLES = ['context', 'network', 'generator', 'discriminator', 'loss', 'optimizer', 'trainer', 'dataset',
           'batch', 'image', 'game']
PRELUDE = '#include <stdio.h>\n#include <stdlib.h>\n#include <gan/gan.h>\n'
FLAGS = ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror']
# A fragment shows one thing; what it leaves unused is no fault.
FRAGMENT_FLAGS = ['-Wno-unused-variable', '-Wno-unused-but-set-variable', '-Wno-unused-parameter',
                  '-Wno-unused-function']
# Names that stand for others.
PLACEHOLDERS = {'gan_noun_verb', 'gan_x_parameter_count', 'gan_x_rows', 'gan_x_set_y', 'gan__name', 'GAN__NAME',
                'GAN_NOUN_WORD', 'GAN__DIR_FILE_H', 'GAN__OP_EXPM1'}
problems = []


def blocks(path):
    """(first line, language, code) of every fenced block."""
    lines = path.read_text(encoding='utf-8').split('\n')
    start = language = None
    for number, line in enumerate(lines, 1):
        if not line.startswith('```'):
            continue
        if start is None:
            start, language = number, line[3:].strip()
        else:
            yield start + 1, language, '\n'.join(lines[start:number - 1]) + '\n'
            start = None


def attempt(where, command, **settings):
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, **settings)
    if result.returncode != 0:
        problems.append(f'{where}: {command[0]} ended with {result.returncode}\n{result.stdout}{result.stderr}')
    return result.returncode == 0


def check_c(where, code, root, library, work):
    source, program = work / 'snippet.c', work / 'snippet'
    compiler = os.environ.get('CC', 'cc').split() + FLAGS + [f'-I{root / "include"}']
    mark = f'#line {where.rsplit(":", 1)[1]} "{where.rsplit(":", 1)[0]}"\n'
    if re.search(r'\bmain\s*\(', code):
        source.write_text(mark + code, encoding='utf-8')
        if attempt(where, compiler + [str(source), '-o', str(program), str(library),
                                      f'-Wl,-rpath,{library.parent}', '-lm']):
            attempt(where, [str(program)], cwd=work)
        return 'program'
    if re.search(r'^static .*\(.*\{$', code, re.M):
        source.write_text(PRELUDE + mark + code, encoding='utf-8')
        kind = 'functions'
    else:
        parameters = ', '.join(f'gan_{name} *{name}' for name in HANDLES)
        source.write_text(f'{PRELUDE}void fragment({parameters});\nvoid fragment({parameters}) {{\n{{\n'
                          f'{mark}{code}}}\n}}\n', encoding='utf-8')
        kind = 'fragment'
    attempt(where, compiler + FRAGMENT_FLAGS + ['-fsyntax-only', str(source)])
    return kind


def check_python(where, code, library, work):
    folders = [str(library.parent), os.environ.get('LD_LIBRARY_PATH', '')]
    attempt(where, [sys.executable, '-I', '-c', code], cwd=work,
            env={**os.environ, 'LD_LIBRARY_PATH': ':'.join(filter(None, folders))})
    return 'script'


def known(root):
    """All names in the C sources, and the names of all files."""
    names, files = set(), set()
    for folder in ['include', 'libgan', 'examples', 'tests', 'scripts', 'bench', 'doc', 'data', 'abi', 'python']:
        for path in (root / folder).rglob('*'):
            if not path.is_file():
                continue
            files.add(path.name)
            if path.suffix in ('.c', '.h', '.def'):
                names.update(re.findall(r'\b(?:gan|GAN)_\w+', path.read_text(encoding='utf-8')))
    return names, files | {path.name for path in root.iterdir()}


def check_prose(root, path, names, files):
    name = path.relative_to(root)
    inside = False
    for number, line in enumerate(path.read_text(encoding='utf-8').split('\n'), 1):
        if line.startswith('```'):
            inside = not inside
        if inside:
            continue
        for found in re.findall(r'\b(?:gan|GAN)_\w*\w(?![\w*<]|\.\.\.)', line):
            if found not in names | PLACEHOLDERS and not found.endswith('_'):
                problems.append(f'{name}:{number}: there is no {found}')
        for found in re.findall(r'`(?:[\w.-]+/)*([\w-]+\.(?:c|h|def|py|sh|map|build))`', line):
            if found not in files:
                problems.append(f'{name}:{number}: there is no file {found}')
        for found in re.findall(r'\]\(([^)#]+)(?:#[^)]*)?\)', line):
            if not re.match(r'[a-z]+:', found) and not (path.parent / found).exists():
                problems.append(f'{name}:{number}: the link leads nowhere: {found}')


def main():
    root, library = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    counts = {}
    names, files = known(root)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for path in [root / 'README.md', *sorted((root / 'doc').glob('*.md'))]:
            check_prose(root, path, names, files)
            for line, language, code in blocks(path):
                where = f'{path.relative_to(root)}:{line}'
                if language == 'c':
                    kind = check_c(where, code, root, library, work)
                elif language == 'python':
                    kind = check_python(where, code, library, work)
                else:
                    continue
                counts[kind] = counts.get(kind, 0) + 1
    for text in problems:
        print(text)
    print('snippets: ' + ', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))
          + f'; {len(problems)} problems')
    sys.exit(1 if problems or not counts else 0)


if __name__ == '__main__':
    main()
