#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: counts the results of Meson test runs.

  summary.py BUILD...   prints every test that did not pass, and as last line "N passed, N failed"

A run that left no log counts as failed, and so does a skipped test: what it lacks is to be installed.
Only those of the suite "speed" may be skipped, because their figures belong to certain compilers and
CPUs; they are named, with their reason, and counted as neither. Exit status 1 unless all passed."""
import json
import pathlib
import sys


def results(build):
    """(name, result, output) of every test in a build folder's last run."""
    logs = sorted(pathlib.Path(build, 'meson-logs').glob('testlog*.json'))
    for log in logs:
        for line in log.read_text(encoding='utf-8').splitlines():
            if line.strip():
                test = json.loads(line)
                yield test['name'], test['result'], test.get('stdout') or ''


def main(builds):
    passed = failed = 0
    for build in builds:
        found = list(results(build))
        if not found:
            found = [('build', 'nothing ran', '')]
        for name, result, output in found:
            if result in ('OK', 'EXPECTEDFAIL'):
                passed += 1
            elif result == 'SKIP' and name.startswith('speed '):
                print(f'{build}: {name}: {output.strip()}')
            else:
                failed += 1
                print(f'{build}: {name}: {result}')
    print(f'{passed} passed, {failed} failed')
    sys.exit(0 if failed == 0 and passed else 1)


if __name__ == '__main__':
    main(sys.argv[1:])
