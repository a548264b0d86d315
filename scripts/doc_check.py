#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: checks that every exported symbol is declared in a header under a comment that documents it.

  doc_check.py [abi/libgan.symbols [include/gan]]

The comment stands directly above the declaration, says "Since MAJOR.MINOR.", and is more than that
one sentence. A function that can give a status other than GAN_OK need not list GAN_ERROR_ARGUMENT and
GAN_ERROR_MEMORY: the manual says once what holds for all. Every header begins with a comment too."""
import re
import sys

import headers as reader


def main():
    symbols_file = sys.argv[1] if len(sys.argv) > 1 else 'abi/libgan.symbols'
    directory = sys.argv[2] if len(sys.argv) > 2 else 'include/gan'
    with open(symbols_file, encoding='utf-8') as file:
        symbols = {line.strip() for line in file if line.startswith('gan_')}
    everything = reader.read(directory)
    problems, declared = [], {}
    for header in everything:
        lines = header.text.split('\n')
        if not lines[1].startswith('/* '):
            problems.append(f'{header.path}:2: the second line does not tell what the header holds')
        for function in header.functions:
            where = f'{header.path}:{function.line}: {function.name}'
            if function.name in declared:
                problems.append(f'{where} is declared twice')
            declared[function.name] = function
            words = re.sub(r'Since\s+\d+\.\d+\.', '', function.comment).split()
            if not function.comment:
                problems.append(f'{where} has no comment directly above it')
            elif not re.search(r'\bSince\s+\d+\.\d+\.', function.comment):
                problems.append(f'{where}: the comment does not say since which version')
            elif len(words) < 3:
                problems.append(f'{where}: the comment says nothing')
    for symbol in sorted(symbols - set(declared)):
        problems.append(f'{symbols_file}: {symbol} is exported but in no header')
    for symbol in sorted(set(declared) - symbols):
        problems.append(f'{symbols_file}: {symbol} is missing; run scripts/update_symbols.sh')
    for text in problems:
        print(text)
    print(f'doc_check: {len(symbols)} symbols, {len(problems)} problems')
    sys.exit(1 if problems or not symbols else 0)


if __name__ == '__main__':
    main()
