#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: checks that files and functions stay small enough to be read, and begin with their job.

  sizes.py [ROOT]

Fails on: a source without the SPDX line; a file of libgan/ without "Job:" on its second line; a .c
file over 600 lines, a function over 100, a header over 250; marks of unfinished work, tabs, spaces at
line ends, lines over 100 columns in C (tables in .def apart), paths of one machine. Reports without
failing: functions over 60 lines or with more than 5 parameters, .c files over 350 lines."""
import pathlib
import re
import sys

FILE_HARD, FILE_SOFT = 600, 350
FUNCTION_HARD, FUNCTION_SOFT = 100, 60
HEADER_HARD = 250
PARAMETERS_SOFT = 5
COLUMNS = 100
TREE = ['include', 'libgan', 'tests', 'examples', 'bench', 'scripts', 'python', 'doc', '.ci']
SOURCES = {'.c', '.h', '.def', '.py', '.sh', '.build', '.cpp', '.S'}
# Assembled so that this file does not find itself.
MARKS = re.compile('|'.join(['TO' + 'DO', 'FIX' + 'ME', r'\bX' + r'XX\b', r'^\s*#\s*if\s+' + '0']))
MACHINE = re.compile('|'.join('/' + name + '/' for name in ['work', 'home', 'root', 'tmp/[a-z]+-build']))

problems, reports = [], []


def functions(lines):
    """(name, first line, last line, parameters) of every function definition; the style puts the
    closing brace of a definition, and of nothing inside it, into column 0."""
    start = None
    for number, line in enumerate(lines):
        if line.startswith('}'):
            if start is not None:
                yield start[0], start[1], number, start[2]
            start = None
        elif start is None and re.match(r'[A-Za-z_].*', line) and not line.rstrip().endswith(';'):
            signature, end = line, number
            while end + 1 < len(lines) and '{' not in signature and ';' not in signature and (
                    end - number < 12):
                end += 1
                signature += ' ' + lines[end].strip()
            match = re.match(r'[^={;]*?\b(\w+)\s*\((.*)\)\s*\{', signature)
            if match and not signature.startswith(('#', 'struct ', 'enum ', 'typedef ', 'union ')):
                start = (match.group(1), number, match.group(2).count(',') + 1)


def check(root, path):
    name = str(path.relative_to(root))
    text = path.read_text(encoding='utf-8')
    lines = text.split('\n')
    if lines and lines[-1] == '':
        lines.pop()
    is_c = path.suffix in ('.c', '.h', '.def', '.cpp')
    if not any('SPDX-License-Identifier: MIT' in line for line in lines[:2]):
        problems.append(f'{name}:1: no SPDX-License-Identifier in the first line')
    if name.startswith('libgan/') and path.suffix in ('.c', '.h'):
        if len(lines) < 2 or not lines[1].startswith('/* Job: '):
            problems.append(f'{name}:2: the second line does not tell the one job of the file')
    if path.suffix in ('.c', '.cpp') and len(lines) > FILE_HARD:
        problems.append(f'{name}: {len(lines)} lines, at most {FILE_HARD}')
    elif path.suffix in ('.c', '.cpp') and len(lines) > FILE_SOFT:
        reports.append(f'{name}: {len(lines)} lines')
    if path.suffix == '.h' and len(lines) > HEADER_HARD:
        problems.append(f'{name}: {len(lines)} lines, at most {HEADER_HARD} for a header')
    for number, line in enumerate(lines, 1):
        if MARKS.search(line):
            problems.append(f'{name}:{number}: unfinished: {line.strip()}')
        if MACHINE.search(line):
            problems.append(f'{name}:{number}: a path of one machine: {line.strip()}')
        if line != line.rstrip() or (is_c and '\t' in line):
            problems.append(f'{name}:{number}: a tab, or spaces at the end of the line')
        if is_c and path.suffix != '.def' and len(line) > COLUMNS:
            problems.append(f'{name}:{number}: {len(line)} columns, at most {COLUMNS}')
    if is_c:
        check_functions(name, lines)


def check_functions(name, lines):
    for function, first, last, parameters in functions(lines):
        length = last - first + 1
        where = f'{name}:{first + 1}: {function}'
        if length > FUNCTION_HARD:
            problems.append(f'{where} has {length} lines, at most {FUNCTION_HARD}')
        elif length > FUNCTION_SOFT:
            reports.append(f'{where} has {length} lines')
        if parameters > PARAMETERS_SOFT and name.startswith(('libgan/', 'include/')):
            reports.append(f'{where} has {parameters} parameters')


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.').resolve()
    paths = [root / 'meson.build', root / 'meson_options.txt']
    for folder in TREE:
        paths += sorted(path for path in (root / folder).rglob('*')
                        if path.suffix in SOURCES and path.is_file())
    for path in paths:
        check(root, path)
    for text in reports:
        print('note: ' + text)
    for text in problems:
        print(text)
    print(f'sizes: {len(paths)} files, {len(reports)} notes, {len(problems)} problems')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
