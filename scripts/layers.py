#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: checks who includes whom (libgan/LAYERS), and the doors that everything else goes through.

  layers.py [ROOT]

- every #include "layer/file" in libgan/ is allowed by libgan/LAYERS and exists; nothing includes api/
- op_*.c builds nodes only: it includes nothing of kern/
- examples include <gan/gan.h> and system headers, nothing else of libgan
- basenames are unique in the whole tree, so that a name finds one file
- no switch over op codes: facts about an op live in its row of ops.def
- memory, files, threads and BLAS are reached through one module each
Prints every violation as file:line: text; exit status 1 if there is one."""
import pathlib
import re
import sys

# What may be called only in the files that match; the rest goes through their headers.
DOORS = [
    (r'\b(?:malloc|calloc|realloc|free|aligned_alloc|posix_memalign|strdup)\s*\(',
     r'base/(?:memory|context)\.c|api/api_context\.c', 'memory comes from base/memory.h'),
    (r'\b(?:fopen|fdopen|freopen|open|openat|fread|fwrite|fclose|rename|unlink|remove|tmpfile)\s*\(',
     r'base/file\w*\.c', 'files are reached through base/file.h'),
    (r'\b(?:pthread_\w+|thrd_\w+)\s*\(', r'base/\w+\.c|kern/\w*blas\w*\.c',
     'threads and locks live in base/'),
    (r'\bcblas_\w+\s*\(', r'kern/\w+\.c', 'BLAS is called in kern/ only'),
]
# Roots of the files whose names must be unique, and the names that every folder may have.
TREE = ['include', 'libgan', 'tests', 'examples', 'bench', 'scripts', 'python']
COMMON = {'meson.build', 'README.md', 'Makefile', '__init__.py'}
SYSTEM = re.compile(r'^[a-z0-9_]+(?:/[a-z0-9_]+)*\.h$')

problems = []


def problem(path, line, text):
    problems.append(f'{path}:{line}: {text}')


def read_layers(path):
    """{layer: set of what it may include}; the order of lines is checked too."""
    layers = {}
    for number, line in enumerate(path.read_text().split('\n'), 1):
        line = line.split('#')[0].strip()
        if not line:
            continue
        name, _, allowed = line.partition(':')
        allowed = set(allowed.split())
        for target in allowed:
            if target.split('/')[0] not in layers:
                problem(path, number, f'{name} lists {target}, which is not above it')
        layers[name] = allowed
    return layers


def without_comments(text):
    """Comments and string contents blanked; line numbers stay."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)

    def blank(match):
        found = match.group()
        if found.startswith('"'):
            return found
        return re.sub(r'[^\n]', ' ', found)
    return pattern.sub(blank, text)


def includes(text):
    for number, line in enumerate(text.split('\n'), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def check_library_file(root, path, layers):
    inside = path.relative_to(root / 'libgan')
    layer = inside.parts[0]
    if layer not in layers:
        problem(path, 1, f'the folder {layer} is not in libgan/LAYERS')
        return
    code = without_comments(path.read_text(encoding='utf-8'))
    for number, mark, target in includes(code):
        if mark == '<':
            if target.startswith('gan/') and not (root / 'include' / target).exists():
                problem(path, number, f'no public header <{target}>')
            continue
        to = target.split('/')[0]
        if '/' not in target or not (root / 'libgan' / target).exists():
            problem(path, number, f'"{target}" is not a path relative to libgan/')
        elif to == 'api':
            problem(path, number, 'nothing includes api/')
        elif to != layer and to not in layers[layer] and target not in layers[layer]:
            problem(path, number, f'{layer} may not include {target}')
        if to == 'kern' and path.name.startswith('op_'):
            problem(path, number, 'an op builds nodes only; it may not include kern/')
    for number, line in enumerate(code.split('\n'), 1):
        line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
        if re.search(r'\bcase\s+GAN_{1,2}OP_[A-Z0-9]', line):
            problem(path, number, 'a switch over ops: put the fact into its row of ops.def')
        for pattern, where, text in DOORS:
            if re.search(pattern, line) and not re.fullmatch(where, str(inside)):
                problem(path, number, text + ': ' + line.strip())


def check_examples(root):
    for path in sorted((root / 'examples').rglob('*.[ch]')):
        own = {other.name for other in path.parent.glob('*.h')}
        for number, mark, target in includes(without_comments(path.read_text(encoding='utf-8'))):
            allowed = target in own if mark == '"' else (
                target == 'gan/gan.h' or (SYSTEM.match(target) and not target.startswith('gan/')))
            if not allowed:
                problem(path, number, f'examples include <gan/gan.h> and system headers, not {target}')


def check_names(root):
    seen = {}
    for folder in TREE:
        for path in sorted((root / folder).rglob('*')):
            hidden = any(part.startswith(('.', '__pycache__')) for part in path.parts[len(root.parts):])
            if hidden or not path.is_file() or path.name in COMMON or path.name.endswith('~'):
                continue
            # A public noun and its internal module are the two sides of one thing (status.h).
            side = 'public' if folder == 'include' else 'own'
            key = (side, path.name)
            if key in seen:
                problem(path, 1, f'the name is taken by {seen[key]}')
            seen[key] = path


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.').resolve()
    layers = read_layers(root / 'libgan' / 'LAYERS')
    files = [path for path in sorted((root / 'libgan').rglob('*'))
             if path.suffix in ('.c', '.h', '.def') and path.is_file()]
    for path in files:
        check_library_file(root, path, layers)
    check_examples(root)
    check_names(root)
    for text in problems:
        print(text.replace(str(root) + '/', ''))
    if not files:
        sys.exit('layers.py: no sources found')
    print(f'layers: {len(files)} files, {len(problems)} problems')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
