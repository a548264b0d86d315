#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: checks that warm training steps and samples make no system call, but for the pool's.

  syscalls.py PROGRAM    PROGRAM is a build's tests/warm_step

With one thread there is none at all. With more, threads of the pool (base/pool.c) wait for each other:
sched_yield while they are awake, futex to sleep and to wake. Needs strace; exit status 77 (skipped)
where it is missing or not allowed."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

POOL = {'futex', 'sched_yield'}
SKIPPED = 77


def trace(words):
    """The finished process and the lines of its system calls, of all threads in order."""
    # What the BLAS does with threads of its own is not asked here.
    environment = {**os.environ, 'OPENBLAS_NUM_THREADS': '1', 'OMP_NUM_THREADS': '1'}
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, 'log')
        run = subprocess.run(['strace', '-f', '-qq', '-o', log, *words], env=environment,
                             capture_output=True, text=True)
        lines = log.read_text(encoding='utf-8', errors='replace').splitlines() if log.exists() else []
    return run, lines


def calls_between_marks(lines):
    """{name: how often}, of calls that began between the marks; None without both marks."""
    counts, inside = {}, None
    for line in lines:
        name = re.match(r'\d+\s+(\w+)\(', line)
        if not name:
            continue  # the end of a call, a signal, an exit
        if 'warm steps begin' in line:
            inside = True
        elif 'warm steps end' in line:
            return counts if inside else None
        elif inside:
            counts[name.group(1)] = counts.get(name.group(1), 0) + 1
    return None


def count(words):
    run, lines = trace(words)
    counts = calls_between_marks(lines)
    if run.returncode != 0 or counts is None:
        sys.exit(f'{" ".join(words)}: exit status {run.returncode}\n{run.stdout}{run.stderr}')
    return counts


def main(program):
    if not shutil.which('strace') or trace(['true'])[0].returncode != 0:
        print('skipped: there is no strace, or it may not be used here')
        return SKIPPED
    failed = 0
    if 'getppid' not in count([program, '1', 'ask']):
        print('a call that was made was not seen')
        failed += 1
    for threads in ('1', '2', '3'):
        counts = count([program, threads])
        other = sorted(set(counts) - (POOL if threads != '1' else set()))
        failed += bool(other)
        text = ', '.join(f'{name} {number}' for name, number in sorted(counts.items())) or 'none'
        print(f'{threads} threads: {text}' + (f'; not allowed: {", ".join(other)}' if other else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
