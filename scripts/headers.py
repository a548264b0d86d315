#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: reads the public headers: functions with their comments, structs, enums, macros.

  headers.py --functions DIR   the names of all GAN_API functions, in the order of the headers
  headers.py --structs DIR     the names of all public structs with fields
  headers.py --macro NAME DIR  the value of one macro
As a module: read(directory) gives a list of Header, in include order of gan.h."""
import pathlib
import re
import sys
from dataclasses import dataclass, field


@dataclass
class Function:
    name: str
    result: str
    parameters: list  # of declarations, as written
    comment: str      # the text directly before it, "" if none
    line: int


@dataclass
class Struct:
    name: str
    fields: list      # of declarations, as written
    line: int


@dataclass
class Header:
    path: pathlib.Path
    text: str
    code: str         # comments blanked, preprocessor lines kept; same line numbers
    functions: list = field(default_factory=list)
    structs: list = field(default_factory=list)


def blank_comments(text):
    """Replaces comments by spaces, so that positions stay."""
    keep = lambda match: re.sub(r'[^\n]', ' ', match.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*', keep, text, flags=re.S)


def comment_before(text, position):
    """The comment that ends on the line before the declaration at `position`, without marks."""
    before = text[:position].rstrip(' \t')
    if not before.endswith('*/\n'):
        return ''
    start = before.rfind('/*')
    lines = before[start + 2:-3].split('\n')
    return '\n'.join(re.sub(r'^\s*\*?\s?', '', line).rstrip() for line in lines).strip()


def split_parameters(text):
    """Splits at the commas that are not inside parentheses."""
    parts, depth, part = [], 0, ''
    for character in text:
        depth += (character == '(') - (character == ')')
        if character == ',' and depth == 0:
            parts.append(part)
            part = ''
        else:
            part += character
    parts.append(part)
    return [' '.join(part.split()) for part in parts]


def read_header(path):
    text = path.read_text(encoding='utf-8')
    code = blank_comments(text)
    header = Header(path, text, code)
    plain = re.sub(r'^[ \t]*#.*$', lambda m: ' ' * len(m.group()), code, flags=re.M)
    end, comment = None, ''
    for match in re.finditer(r'\bGAN_API\b([^;{]*?)\b(\w+)\s*\(([^;]*)\)\s*;', plain):
        # Declarations without a blank line between them share the comment above the first.
        if end is None or text[end:match.start()] != '\n':
            comment = comment_before(text, match.start())
        end = match.end()
        header.functions.append(Function(
            match.group(2), ' '.join(match.group(1).split()), split_parameters(match.group(3)),
            comment, text.count('\n', 0, match.start()) + 1))
    for match in re.finditer(r'\bstruct\s+(\w+)\s*\{([^}]*)\}', plain):
        fields = [' '.join(part.split()) for part in match.group(2).split(';')]
        header.structs.append(Struct(match.group(1), [part for part in fields if part],
                                     text.count('\n', 0, match.start()) + 1))
    return header


def read(directory):
    directory = pathlib.Path(directory)
    umbrella = directory / 'gan.h'
    order = []
    if umbrella.exists():
        order = re.findall(r'#include <gan/(\w+\.h)>', umbrella.read_text(encoding='utf-8'))
    rest = sorted(path.name for path in directory.glob('*.h'))
    names = order + [name for name in rest if name not in order]
    return [read_header(directory / name) for name in names]


def macro(headers, name):
    for header in headers:
        match = re.search(r'^[ \t]*#[ \t]*define[ \t]+' + name + r'[ \t]+(.*?)[ \t]*$', header.code,
                          flags=re.M)
        if match:
            return match.group(1)
    sys.exit('headers.py: no macro ' + name)


def main(arguments):
    if len(arguments) == 2 and arguments[0] == '--functions':
        for header in read(arguments[1]):
            for function in header.functions:
                print(function.name)
    elif len(arguments) == 2 and arguments[0] == '--structs':
        for header in read(arguments[1]):
            for struct in header.structs:
                print(struct.name)
    elif len(arguments) == 3 and arguments[0] == '--macro':
        print(macro(read(arguments[2]), arguments[1]))
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
