#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: measures the unrolled ring of libgan against JAX, PyTorch and libtorch doing the same work.

First every side makes one step from the same state, real rows and latents, and all must agree. Then,
for each K, each side is a process that waits on a pipe; a short calibration keeps the best thread
count and variant of each peer; and the sides take turns, one at a time, for some rounds. Prints one
JSON line a measurement, then tables. scripts/peers.sh builds what this needs and calls it."""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import numpy

import ring_side

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {'jax': ('JAX jit', ['apart', 'joined', 'scan']),
         'torch': ('PyTorch eager', ['apart', 'joined']),
         'libtorch': ('libtorch', ['apart', 'joined'])}
# Largest difference between two sides, of a player's whole gradient or state relative to its length.
LIMITS = {'f64': 1e-12, 'f32': 1e-5}


@dataclass(frozen=True)
class Side:
    who: str
    command: tuple
    threads: int
    variant: str
    environment: tuple = ()


def variants(name, unroll):
    """Up to one inner step a scan is nothing else than the steps listed."""
    return [word for word in PEERS[name][1] if word != 'scan' or unroll > 1]


def peer(options, name, threads, variant):
    """The command line of a peer without what is measured."""
    program = ([str(options.build / 'peers' / 'ring_libtorch')] if name == 'libtorch'
               else [sys.executable, str(HERE / f'ring_{name}.py')])
    return Side(PEERS[name][0], (*program, '--threads', str(threads), '--variant', variant), threads,
                variant, (('OMP_NUM_THREADS', str(threads)),))


def ours(options, who, threads, blas):
    # Left alone, the library's products of other shapes would run on all of OpenBLAS's threads.
    environment = (('OPENBLAS_NUM_THREADS', str(threads)),) if blas == 'leave' else ()
    command = (str(options.build / 'peers' / 'ours'), '--threads', str(threads), '--blas', blas)
    return Side(who, command, threads, f'blas {blas}', environment)


def our_sides(options):
    """The first is the one that all others are compared with."""
    sides = [ours(options, f'libgan, {n} thread{"s" * (n > 1)}{text}', n, blas)
             for blas, text in (('take', ''), ('leave', ', BLAS left alone'))
             for n in options.thread_counts]
    return sides


# ---- The same gradients. ----

def difference(one, other):
    """|one - other| / |other|, both lists of arrays."""
    flat = [numpy.concatenate([array.ravel() for array in arrays]) for arrays in (one, other)]
    if not numpy.isfinite(flat[0]).all():
        return float('inf')
    return float(numpy.linalg.norm(flat[0] - flat[1]) / numpy.linalg.norm(flat[1]))


def gradient(before, after):
    """What a step's Adam was given, from its first moments: m' = beta1 m + (1 - beta1) g."""
    return [(new - ring_side.BETA1 * old) / (1 - ring_side.BETA1)
            for old, new in zip(before.moments[0], after.moments[0])]


def compare(setup, before, wanted, found):
    """The largest differences over both players: of the gradient, of anything after the step."""
    states = [ring_side.read_players(path, setup)[:2] for path in (before, wanted, found)]
    gradients, changes = [], []
    for start, right, other in zip(*states):
        gradients.append(difference(gradient(start, other), gradient(start, right)))
        for i in range(2):
            changes.append(difference(other.moments[i], right.moments[i]))
        changes.append(difference(other.parameters, right.parameters))
        changes.append(abs(other.updates - right.updates))
    return max(gradients), max(changes)


def check(options, facts, name, unroll):
    """True when every variant of every peer makes our step from our state."""
    good, work = True, tempfile.TemporaryDirectory()
    before, wanted, found = (os.path.join(work.name, file) for file in ('before', 'after', 'peer'))
    for kind in ['f64', 'f32'] if options.check == 'all' else ['f32']:
        arguments = ['--setup', name, '--unroll', str(unroll), '--type', kind]
        subprocess.run([options.build / 'peers' / 'ours_state', *arguments, '--before', before,
                        '--after', wanted], check=True)
        for who in options.peers:
            for variant in variants(who, unroll):
                side = peer(options, who, 1, variant)
                subprocess.run([*side.command, *arguments, '--check', before, found], check=True)
                gradients, changes = compare(ring_side.SETUPS[name], before, wanted, found)
                passed = gradients <= LIMITS[kind] and changes <= LIMITS[kind]
                good = good and passed
                print(json.dumps({'bench': 'peers_check', **facts, 'setup': name, 'unroll': unroll,
                                  'type': kind, 'who': side.who, 'variant': variant,
                                  'gradient_difference': float(f'{gradients:.3g}'),
                                  'state_difference': float(f'{changes:.3g}'),
                                  'limit': LIMITS[kind], 'same': passed}), flush=True)
    work.cleanup()
    return good


# ---- Processes that wait on a pipe. ----

class Process:
    def __init__(self, side, arguments):
        self.side, self.rates, self.cpu = side, [], []
        begin = time.perf_counter()
        self.child = subprocess.Popen([*side.command, *arguments], text=True, bufsize=1,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      env={**os.environ, **dict(side.environment)})
        self.version = self.answer('first').split(' ', 1)[1]
        self.first_step = time.perf_counter() - begin

    def answer(self, what):
        line = self.child.stdout.readline().strip()
        if not line:
            sys.exit(f'peers: {self.side.who} ({" ".join(self.side.command)}): no answer to {what}')
        return line

    def cpu_seconds(self):
        with open(f'/proc/{self.child.pid}/stat', encoding='ascii') as file:
            user, system = file.read().rsplit(')', 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')

    def run(self, seconds):
        """Steps a second; also notes what they took of the processors."""
        before = self.cpu_seconds()
        self.child.stdin.write(f'run {seconds}\n')
        self.child.stdin.flush()
        steps, took = self.answer('run').split()
        spent = self.cpu_seconds() - before
        self.cpu.append((spent / float(took), 1000 * spent / int(steps)))
        return int(steps) / float(took)

    def peak_mb(self):
        with open(f'/proc/{self.child.pid}/status', encoding='ascii') as file:
            for line in file:
                if line.startswith('VmHWM:'):
                    return int(line.split()[1]) / 1024
        return None

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def best_of(options, name, unroll, arguments):
    """The process of a peer's best thread count and variant; the others are ended."""
    best, best_rate, tried = None, 0, {}
    for threads in options.thread_counts:
        for variant in variants(name, unroll):
            process = Process(peer(options, name, threads, variant), arguments)
            process.run(options.calibrate / 2)  # warms up
            rate = max(process.run(options.calibrate) for _ in range(2))
            tried[f'{variant}, {threads}'] = round(rate, 1)
            loser = process if best and rate <= best_rate else best
            if loser is not process:
                best, best_rate = process, rate
            if loser:
                loser.close()
    best.tried = tried
    return best


def measure(options, facts, name, unroll):
    """All sides in turns at one K. Returns the JSON records, ours first."""
    arguments = ['--setup', name, '--unroll', str(unroll)]
    processes = []
    for side in our_sides(options):
        processes.append(Process(side, arguments))
        processes[-1].run(options.calibrate)
    processes += [best_of(options, who, unroll, arguments) for who in options.peers]
    load = os.getloadavg()[0]  # about what the calibration needed, on a quiet machine
    for turn in range(options.rounds):
        shift = turn % len(processes)
        for process in processes[shift:] + processes[:shift]:
            time.sleep(0.05)  # until the threads of the one before sleep
            process.rates.append(process.run(options.seconds))
    records = []
    for process in processes:
        used, cpu_ms = (statistics.median(values) for values in zip(*process.cpu[-options.rounds:]))
        ratios = [our / rate for our, rate in zip(processes[0].rates, process.rates)]
        record = {'bench': 'peers', **facts, 'setup': name, 'unroll': unroll,
                  'who': process.side.who, 'version': process.version,
                  'threads': process.side.threads, 'variant': process.side.variant,
                  'steps_per_second': [round(rate, 2) for rate in process.rates],
                  'median': round(statistics.median(process.rates), 2),
                  'min': round(min(process.rates), 2), 'max': round(max(process.rates), 2),
                  'ratio': round(statistics.median(ratios), 3), 'ratio_min': round(min(ratios), 3),
                  'ratio_max': round(max(ratios), 3),
                  'processors_used': round(used, 2), 'cpu_ms_a_step': round(cpu_ms, 3),
                  'first_step_seconds': round(process.first_step, 3),
                  'peak_mb': round(process.peak_mb(), 1), 'load': round(load, 2)}
        if hasattr(process, 'tried'):
            record['tried'] = process.tried
        records.append(record)
        print(json.dumps(record), flush=True)
        process.close()
    return records


# ---- Facts and tables. ----

def output_of(*command):
    result = subprocess.run(command, capture_output=True, text=True, cwd=HERE, check=False)
    return result.stdout.strip() if result.returncode == 0 else ''


def gather_facts():
    cpu = platform.processor()
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        for line in file:
            if line.startswith('model name'):
                cpu = line.split(':', 1)[1].strip()
                break
    commit = output_of('git', 'rev-parse', '--short', 'HEAD') or 'unknown'
    if output_of('git', 'status', '--porcelain', '--untracked-files=no'):
        commit += '-dirty'
    return {'machine': platform.platform(), 'cpu': cpu, 'cores': len(os.sched_getaffinity(0)),
            'commit': commit}


def table(head, rows):
    lines = ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head)]
    return '\n'.join(lines + ['| ' + ' | '.join(map(str, row)) + ' |' for row in rows])


def print_tables(results):
    names = [record['who'] for record in results[0]]
    place = lambda records: [records[0]['setup'], records[0]['unroll']]
    rate = lambda r: f"{r['median']:.0f} ({r['min']:.0f}, {r['max']:.0f})"
    ratio = lambda r: f"{r['ratio']:.2f} ({r['ratio_min']:.2f}, {r['ratio_max']:.2f})"
    print('\nSteps a second: median (least, most) of the rounds.\n')
    print(table(['set-up', 'K'] + names, [place(x) + [rate(r) for r in x] for x in results]))
    print(f'\n{names[0]} over each of the others, round by round: median (least, most).\n')
    print(table(['set-up', 'K'] + names[1:],
                [place(x) + [ratio(r) for r in x[1:]] for x in results]))
    print('\nSeconds from process start to the end of the first step; peak resident MB; the threads '
          'and variant that were the best.\n')
    print(table(['set-up', 'K'] + names,
                [place(x) + [f"{r['first_step_seconds']:.2f}; {r['peak_mb']:.0f}"
                             + (f"; {r['threads']}, {r['variant']}" if 'tried' in r else '')
                             for r in x] for x in results]))


def parse():
    words = lambda text: text.split(',')
    parser = argparse.ArgumentParser(description='compares the ring with other libraries')
    parser.add_argument('--build', type=pathlib.Path, required=True, help='the build folder')
    parser.add_argument('--setup', type=words, default=['notebook'], help='notebook,paper')
    parser.add_argument('--unroll', type=words, default=words('0,1,5,10'), help='values of K')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--seconds', type=float, default=3, help='of each measurement')
    parser.add_argument('--calibrate', type=float, default=1, help='seconds of each trial before')
    parser.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)),
                        help='the most threads; one is tried too')
    parser.add_argument('--peers', type=words, default=list(PEERS), help=','.join(PEERS))
    parser.add_argument('--check', choices=['all', 'f32', 'none', 'only'], default='all',
                        help='compare gradients first, in f64 and f32, in f32; or do nothing else')
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.unroll = [int(k) for k in options.unroll]
    options.thread_counts = sorted({options.threads, 1}, reverse=True)
    options.only = options.check == 'only'
    options.check = 'all' if options.only else options.check
    for word, allowed in [(w, ring_side.SETUPS) for w in options.setup] + [
            (w, PEERS) for w in options.peers]:
        if word not in allowed:
            parser.error(f'{word}: known are {", ".join(allowed)}')
    return options


def main():
    options = parse()
    facts = gather_facts()
    if os.getloadavg()[0] > 0.5:
        print(f'peers: the machine is busy (load {os.getloadavg()[0]:.1f}); figures will be poor',
              file=sys.stderr)
    cases = [(name, unroll) for name in options.setup for unroll in options.unroll]
    if options.check != 'none':
        same = [check(options, facts, *case) for case in cases]
        if not all(same):
            sys.exit('peers: not all sides compute the same')
    if not options.only:
        print_tables([measure(options, facts, *case) for case in cases])


main()
