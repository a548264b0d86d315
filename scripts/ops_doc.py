#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: writes doc/ops.md from libgan/graph/ops.def.

  ops_doc.py [--check] [ROOT]

With --check nothing is written: it fails where the file is not what it would write."""
import pathlib
import re
import sys

HEAD = '''<!-- SPDX-License-Identifier: MIT -->
<!-- Written by scripts/ops_doc.py from libgan/graph/ops.def. -->
# The ops of the graph

Everything that libgan computes is made of these {count} ops; a gradient is made of them too. `a`, `b`, `c`
are the inputs, `y` the result, `u` the gradient that arrives at `y`, `da` what goes on to `a`. `[..]` are
attributes. Inputs of elementwise ops have one type and one shape; the builders in `graph/build.h` broadcast
by NumPy's rule. [adding-an-op.md](adding-an-op.md) tells how an op gets into this table.

Marks: `e` elementwise; `p` may be computed in place of an input; `v` a view, never computed; `i` takes i32
besides f32 and f64; `x` its gradient reads the inputs; `y` its gradient reads the result; `0` has no
gradient.
'''
MARKS = {'GAN__ELEMENTWISE': 'e', 'GAN__IN_PLACE': 'p', 'GAN__VIEW': 'v', 'GAN__INTEGERS': 'i',
         'GAN__READS_INPUTS': 'x', 'GAN__READS_RESULT': 'y', 'GAN__NO_GRADIENT': '0'}


def flags_of(text, shorts):
    """The names of the flags in a column, with the table's abbreviations spelled out."""
    while any(re.search(rf'\b{short}\b', text) for short in shorts):
        for short, long in shorts.items():
            text = re.sub(rf'\b{short}\b', long, text)
    return set(re.findall(r'GAN__\w+', text))


def rows_of(text):
    """('section', title) and ('row', columns) in the order of the table."""
    shorts = dict(re.findall(r'^#define (\w+)\s+(.+)$', text, re.M))
    body = text[text.rindex('#define'):text.index('#undef')]
    body = body[body.index('\n'):]
    for match in re.finditer(r'/\* (.*?) \*/|GAN__OP\((.*?"\s*)\)\n', body, re.S):
        if match.group(1):
            yield 'section', ' '.join(match.group(1).split())
            continue
        columns, _, formula = match.group(2).partition('"')
        columns = [' '.join(column.split()) for column in columns.split(',')]
        formula = ''.join(re.findall(r'"([^"]*)"', '"' + formula))
        yield 'row', (columns[1], int(columns[2]), int(columns[3]), flags_of(columns[4], shorts),
                      formula)


def document(text):
    rows = list(rows_of(text))
    lines = [HEAD.format(count=sum(kind == 'row' for kind, _ in rows))]
    for kind, row in rows:
        if kind == 'section':
            title, _, rest = row.partition(' over ') if ' over ' in row else (row, '', '')
            lines.append(f'\n## {title.rstrip(".")}\n')
            if rest:
                lines.append(f'Over {rest}\n')
            lines.append('| op | inputs | marks | meaning |\n|---|---|---|---|')
            continue
        name, low, high, flags, formula = row
        count = str(low) if low == high else f'{low} or more' if high == 0 else f'{low} to {high}'
        marks = ' '.join(mark for flag, mark in MARKS.items() if flag in flags)
        formula = formula.replace('|', '\\|')
        lines.append(f'| `{name}` | {count} | {marks} | {formula} |')
    return '\n'.join(lines) + '\n'


def main():
    arguments = [word for word in sys.argv[1:] if word != '--check']
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parent.parent
    table = (root / 'libgan' / 'graph' / 'ops.def').read_text(encoding='utf-8')
    wanted, path = document(table), root / 'doc' / 'ops.md'
    if '--check' not in sys.argv[1:]:
        path.write_text(wanted, encoding='utf-8')
        return
    ops = len(re.findall(r'^GAN__OP\(', table, re.M))
    if wanted.count('\n| `') != ops:
        sys.exit(f'{wanted.count(chr(10) + "| `")} rows were read from ops.def, which has {ops}')
    if not path.exists() or path.read_text(encoding='utf-8') != wanted:
        sys.exit('doc/ops.md is not what ops.def says: run scripts/ops_doc.py')


if __name__ == '__main__':
    main()
