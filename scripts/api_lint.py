#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: checks that the public headers keep to the small C vocabulary every language can call.

  api_lint.py [include/gan]

A function takes and gives handles, int32_t, int64_t, uint64_t, float, double, pointers and texts.
No variadic function, struct by value, bit-field, long, bool, char by value or enum argument; no
function that exists only as a macro. Every function but destroy and the plain getters answers with
gan_status; a constructor hands its object out through the last argument. Callbacks and the functions
of a callback table take `void *user` last. Every public struct begins with `uint64_t struct_size`.
Exit status 1 if anything is found."""
import re
import sys

import headers as reader

NUMBERS = {'int32_t', 'int64_t', 'uint64_t', 'float', 'double'}
# What a pointer may point to besides handles and public structs.
POINTED = NUMBERS | {'char', 'void', 'uint8_t', 'gan_status'}
problems = []


def problem(header, line, text):
    problems.append(f'{header.path}:{line}: {text}')


def split_type(declaration):
    """('const float *', 'data') of 'const float *data'; arrays count as pointers."""
    declaration = re.sub(r'\[[^\]]*\]', '', declaration)
    array = '*' if '[' in declaration else ''
    match = re.match(r'^(.*?)(\b[A-Za-z_]\w*)?$', declaration.strip())
    kind, name = match.group(1).strip(), match.group(2) or ''
    if not kind or kind == 'const':
        kind, name = declaration.strip(), ''
    return ' '.join((kind + array).replace('*', ' * ').split()), name


def type_problem(kind, handles, structs, callbacks):
    """What is wrong with a type of the API, or None."""
    words = [word for word in kind.split() if word not in ('const', '*', 'struct')]
    pointers = kind.count('*')
    if len(words) != 1:
        return f'"{kind}" is not one type of the vocabulary'
    base = words[0]
    if base in NUMBERS or base == 'gan_status' or base in callbacks:
        return None if pointers <= 2 else f'"{kind}" has too many stars'
    if base in structs:
        return None if pointers else f'struct {base} is passed by value'
    if base in handles or base in POINTED:
        return None if pointers else f'"{kind}" is passed by value'
    return f'"{kind}" is not of the vocabulary'


def is_result(result, handles):
    """A status, a plain value, or something that stays the library's."""
    match = re.fullmatch(r'(?:const (\w+)|(gan_\w+)) \*', result)
    if match:
        return match.group(1) in POINTED | handles or match.group(2) in handles
    return result in NUMBERS | {'gan_status'}


def check_function(header, function, handles, structs, callbacks):
    name, line = function.name, function.line
    if not re.fullmatch(r'gan_[a-z0-9]+(_[a-z0-9]+)*', name):
        problem(header, line, f'{name}: public names are gan_noun_verb')
    result = ' '.join(function.result.replace('*', ' * ').split())
    if name.endswith('_destroy'):
        if result != 'void' or len(function.parameters) != 1:
            problem(header, line, f'{name}: destroy is void and takes one handle')
    elif not is_result(result, handles):
        problem(header, line, f'{name}: returns "{result}", not gan_status or a plain value')
    kinds = []
    for parameter in function.parameters:
        if parameter == 'void':
            continue
        if '...' in parameter:
            problem(header, line, f'{name}: variadic')
            continue
        if '(' in parameter:
            problem(header, line, f'{name}: a function type without a name: {parameter}')
            continue
        kind, parameter_name = split_type(parameter)
        kinds.append((kind, parameter_name))
        if not parameter_name:
            problem(header, line, f'{name}: a parameter without a name: {parameter}')
        text = type_problem(kind, handles, structs, callbacks)
        if text:
            problem(header, line, f'{name}: {text}')
    taking = [index for index, (kind, _) in enumerate(kinds) if kind in callbacks]
    for index in taking:
        if index + 1 >= len(kinds) or kinds[index + 1] != ('void *', 'user'):
            problem(header, line, f'{name}: a callback is followed by void *user')
    check_constructor(header, function, kinds, handles)


def check_constructor(header, function, kinds, handles):
    """An argument that receives a new handle is the last one."""
    for index, (kind, _) in enumerate(kinds):
        words = kind.split()
        if len(words) == 3 and words[0] in handles and words[1:] == ['*', '*']:
            if index != len(kinds) - 1:
                problem(header, function.line, f'{function.name}: the new object comes out last')


def check_callbacks(header, text):
    """Function pointer types and members: sized arguments, the user's pointer last."""
    for match in re.finditer(r'\(\s*\*\s*(\w+)\s*\)\s*\(([^;]*?)\)\s*;', text):
        line = text.count('\n', 0, match.start()) + 1
        last = reader.split_parameters(match.group(2))[-1]
        if last != 'void *user':
            problem(header, line, f'{match.group(1)}: the last argument of a callback is void *user')


def check_header(header, handles, structs, callbacks):
    code = header.code
    guard = 'GAN_' + header.path.stem.upper() + '_H'
    if f'#ifndef {guard}\n#define {guard}\n' not in code:
        problem(header, 1, f'no include guard {guard}')
    for pattern, text in [
            (r'\blong\b', 'long has another size on another system'),
            (r'\b(?:bool|_Bool|size_t|unsigned|short|wchar_t|uint16_t|int16_t)\b',
             'only int32_t, int64_t, uint64_t, float and double'),
            (r'\benum\s+\w+\s+\w', 'an enum type is not passed; its size is the compiler\'s'),
            (r'\benum\s+\w+\s*\{', 'public enums are plain lists of int32_t constants, without a tag'),
            (r'\bunion\b', 'no unions'), (r':\s*\d+\s*;', 'no bit-fields'),
            (r'\bstatic\b|\binline\b', 'no code in a public header')]:
        for match in re.finditer(pattern, re.sub(r'^[ \t]*#.*$', '', code, flags=re.M)):
            stripped = re.sub(r'^[ \t]*#.*$', '', code, flags=re.M)
            problem(header, stripped.count('\n', 0, match.start()) + 1, text)
    for match in re.finditer(r'^[ \t]*#[ \t]*define[ \t]+(\w+)(\()?', code, flags=re.M):
        line = code.count('\n', 0, match.start()) + 1
        if match.group(2):
            problem(header, line, f'{match.group(1)}: a macro that looks like a function')
        if not match.group(1).startswith('GAN_') or match.group(1).startswith('GAN__'):
            problem(header, line, f'{match.group(1)}: public macros begin with GAN_')
    plain = re.sub(r'^[ \t]*#.*$', '', code, flags=re.M)
    check_callbacks(header, plain)
    for match in re.finditer(r'\benum\s*\{([^}]*)\}', plain):
        for name in re.findall(r'\b([A-Za-z_]\w*)\s*(?:=|,|$)', match.group(1)):
            if not name.startswith('GAN_') or name.startswith('GAN__'):
                problem(header, plain.count('\n', 0, match.start()) + 1,
                        f'{name}: public constants begin with GAN_')
    for struct in header.structs:
        if not struct.fields or struct.fields[0] != 'uint64_t struct_size':
            problem(header, struct.line,
                    f'struct {struct.name} does not begin with uint64_t struct_size')
    for function in header.functions:
        check_function(header, function, handles, structs, callbacks)


def main():
    everything = reader.read(sys.argv[1] if len(sys.argv) > 1 else 'include/gan')
    if not everything or not any(header.functions for header in everything):
        sys.exit('api_lint.py: no functions found')
    structs = {struct.name for header in everything for struct in header.structs}
    callbacks, handles = set(), set()
    for header in everything:
        handles |= set(re.findall(r'\btypedef\s+struct\s+(\w+)\s+\w+\s*;', header.code))
        callbacks |= set(re.findall(r'\btypedef\s+[^;(]*\(\s*\*\s*(\w+)\s*\)', header.code))
    for header in everything:
        check_header(header, handles - structs, structs, callbacks)
    for text in problems:
        print(text)
    count = sum(len(header.functions) for header in everything)
    print(f'api_lint: {len(everything)} headers, {count} functions, {len(structs)} structs, '
          f'{len(problems)} problems')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
