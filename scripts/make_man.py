#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: writes the manual pages of section 3 from the public headers.

  make_man.py include/gan VERSION DIR   one page per header (gan_context.3), and for each function a
                                        page that leads there (gan_context_create.3)
  make_man.py --list include/gan        the names of those pages, one a line

The text of a page is the header's own: a wrong page is a wrong header."""
import pathlib
import re
import sys

import headers as reader

RULES = """All functions return a status, GAN_OK or a code of gan_status(3), unless said otherwise; the
text that goes with a failure is gan_context_message(3). On failure outputs are untouched and objects
are as before. Any function may fail with GAN_ERROR_ARGUMENT for NULL and with GAN_ERROR_MEMORY. A
destroy function takes NULL. A handle is used by one thread at a time; different contexts are
independent. Texts are UTF-8 and end in NUL. The BLAS that libgan is linked with may print or end the
process by itself when it cannot start its threads; libgan cannot prevent that."""


def escape(text):
    """Text as troff reads it back: backslashes, minus signs, dots at line starts."""
    text = text.replace('\\', '\\e').replace('-', '\\-')
    return re.sub(r"^([.'])", r'\\&\1', text, flags=re.M)


def prototype(function):
    join = '' if function.result.endswith('*') else ' '
    return f'{function.result}{join}{function.name}({", ".join(function.parameters)});'


def head_comment(header):
    """The comment after the licence line: what the header holds."""
    match = re.search(r'/\* SPDX[^\n]*\n/\*(.*?)\*/', header.text, flags=re.S)
    lines = match.group(1).split('\n') if match else ['']
    return ' '.join(re.sub(r'^\s*\*?\s?', '', line) for line in lines).strip()


def declarations(header):
    """Types and constants of a header, as written, without functions and preprocessor lines."""
    body = header.text
    start = body.find('extern "C" {')
    start = body.find('#endif', start) + len('#endif') if start >= 0 else 0
    end = body.find('#ifdef __cplusplus', start)
    body = body[start:end if end >= 0 else len(body)]
    body = re.sub(r'(?:/\*(?:(?!\*/).)*\*/\s*)?GAN_API\b[^;]*;', '', body, flags=re.S)
    return re.sub(r'\n{3,}', '\n\n', body).strip('\n')


def page(header, version):
    noun = 'gan_' + header.path.stem
    out = [f'.TH {noun.upper()} 3 "" "libgan {version}" "libgan"', '.SH NAME']
    names = ', '.join(function.name for function in header.functions) or noun
    out += [escape(names) + ' \\- ' + escape(head_comment(header)), '.SH SYNOPSIS', '.nf',
            f'#include <gan/{header.path.name}>', '']
    out += [escape(prototype(function)) for function in header.functions]
    out += ['.fi', '.PP', 'Link with \\-lgan (pkg\\-config \\-\\-cflags \\-\\-libs libgan).']
    types = declarations(header)
    if types.strip():
        out += ['.SH TYPES AND CONSTANTS', '.nf', escape(types), '.fi']
    if header.functions:
        out.append('.SH FUNCTIONS')
    for function in header.functions:
        out += ['.TP', f'.B {escape(prototype(function))}', escape(function.comment)]
    out += ['.SH RULES FOR ALL CALLS', escape(RULES), '.SH SEE ALSO']
    out.append('gan_version(3), gan_status(3), gan_context(3)')
    return '\n'.join(out) + '\n'


def pages(headers):
    """(page name, header, None) for headers and (page name, header, function) for functions."""
    for header in headers:
        if header.path.name != 'gan.h':
            yield 'gan_' + header.path.stem + '.3', header, None
    taken = {'gan_' + header.path.stem for header in headers}
    for header in headers:
        for function in header.functions:
            if function.name not in taken:
                yield function.name + '.3', header, function


def main(arguments):
    if len(arguments) == 2 and arguments[0] == '--list':
        for name, _, _ in pages(reader.read(arguments[1])):
            print(name)
        return
    if len(arguments) != 3:
        sys.exit(__doc__)
    directory = pathlib.Path(arguments[2])
    directory.mkdir(parents=True, exist_ok=True)
    for name, header, function in pages(reader.read(arguments[0])):
        text = page(header, arguments[1])
        if function:
            text = f'.so man3/gan_{header.path.stem}.3\n'
        (directory / name).write_text(text, encoding='utf-8')


if __name__ == '__main__':
    main(sys.argv[1:])
