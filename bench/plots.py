#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: draws what the measuring programs found.

  plots.py FOLDER FILE...

Each FILE holds JSON lines of bench_ring, bench_mnist, bench_ops or scripts/peers.sh, or, when its name ends
with .txt, a plan as gan_trainer_explain() tells it. Of lines that measure the same thing the last one
counts. Writes PNG files into FOLDER and prints their names; a picture without data is left out."""
import json
import pathlib
import re
import sys

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib import ticker  # noqa: E402

INK, GRID = '#333333', '#dddddd'
OURS, DEFAULT, FLOOR, BARE = '#1f5fa8', '#7fb0e0', '#111111', '#999999'
PEERS = ['#d9622b', '#3b9b5f', '#8a5bb5', '#c7a21b', '#b0476f', '#4aa3a8']
LEVELS = {'baseline': '#b8b8b8', 'avx2': '#6aa5d8', 'avx512': '#1f5fa8', 'cblas': '#d9622b',
          'onednn': '#3b9b5f', 'reference': '#e3c9a8'}
SETUPS = ['paper', 'notebook']
PREFIX = {'': 1, 'k': 1e3, 'M': 1e6, 'G': 1e9}

plt.rcParams.update({'font.size': 9, 'axes.spines.top': False, 'axes.spines.right': False,
                     'axes.edgecolor': INK, 'axes.grid': True, 'grid.color': GRID,
                     'axes.axisbelow': True, 'legend.frameon': False, 'figure.dpi': 120})


def read(paths):
    lines, plans = [], {}
    for path in map(pathlib.Path, paths):
        if path.suffix == '.txt':
            plans[path.stem] = path.read_text(encoding='utf-8')
            continue
        for line in path.read_text(encoding='utf-8').splitlines():
            if line.startswith('{'):
                lines.append(json.loads(line))
    return lines, plans


def caption(line):
    """The machine in one line, of what is known."""
    threads = line.get('threads')
    facts = [line.get('cpu'), threads and f"{threads:g} thread{'' if threads == 1 else 's'}", line.get('simd'),
             line.get('version') and f"libgan {line['version']}", line.get('commit'), line.get('compiler'),
             line.get('blas', '').split(',')[0][:60]]
    return ', '.join(fact for fact in facts if fact)


def with_machine(lines):
    """The last line that one of our own programs wrote about the ring, for the caption; else any."""
    known = [line for line in lines if 'commit' in line]
    return next((line for line in reversed(known) if line['bench'] == 'ring'), known[-1] if known else {})


def save(figure, folder, name, line, strip=0.02):
    """`strip`: share of the height that is left free at the bottom."""
    figure.text(0.01, 0.005, caption(line), fontsize=6, color='#777777')
    figure.tight_layout(rect=(0, strip, 1, 1))
    path = folder / name
    figure.savefig(path)
    plt.close(figure)
    print(path)


def plain_ticks(axis):
    """1, 2, 5, 10 ... in ordinary numbers on a logarithmic axis."""
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f'{value:,g}'))
    axis.set_minor_locator(ticker.NullLocator())


def of_bench(lines, name):
    return [line for line in lines if line['bench'] == name]


def spread(line, key):
    """(median, below, above) of a measurement, for error bars."""
    middle = line[key]
    return middle, middle - line.get(key + '_min', middle), line.get(key + '_max', middle) - middle


def plot_points(axes, points, colour, label, marker, line_style='-'):
    """points: {x: (median, below, above)}"""
    xs = sorted(points)
    values = [points[x] for x in xs]
    axes.errorbar(range_of(axes, xs), [v[0] for v in values],
                  yerr=[[v[1] for v in values], [v[2] for v in values]], color=colour, label=label,
                  marker=marker, markersize=4, linewidth=1.3, linestyle=line_style, capsize=2)


def range_of(axes, xs):
    """Values of K stand side by side, whatever their distance."""
    return [axes.unrolls.index(x) for x in xs]


def peers_of(lines, setup, keys):
    """{name: {K: (median, below, above)}} of what the peers' lines hold under three keys."""
    found = {}
    for line in of_bench(lines, 'peers'):
        if line['setup'] == setup and not line['who'].startswith('libgan'):
            middle, low, high = (line[key] for key in keys)
            points = found.setdefault(line['who'], {})
            points[int(line['unroll'])] = (middle, middle - low, high - middle)
    return dict(sorted(found.items()))


def ours_of(lines, setup):
    return {int(line['unroll']): line for line in of_bench(lines, 'ring') if line['setup'] == setup}


def ring_axes(axes, lines, setup):
    ours, peers = ours_of(lines, setup), peers_of(lines, setup, ('median', 'min', 'max'))
    axes.unrolls = sorted(set(ours) | {k for points in peers.values() for k in points})
    curves = [('floor_per_second', FLOOR, 'floor: the products alone', None, ':'),
              ('steps_per_second', OURS, 'libgan, BLAS handed over', 'o', '-'),
              ('default_steps_per_second', DEFAULT, 'libgan, default', 's', '-'),
              ('bare_per_second', BARE, 'bare OpenBLAS products', 'x', '--')]
    for key, colour, label, marker, style in curves:
        points = {k: spread(line, key) for k, line in ours.items() if key in line}
        if points:
            plot_points(axes, points, colour, label, marker, style)
    for colour, (name, points) in zip(PEERS, peers.items()):
        plot_points(axes, points, colour, name, 'v')
    axes.set_yscale('log')
    plain_ticks(axes.yaxis)
    axes.set_xticks(range(len(axes.unrolls)), [str(k) for k in axes.unrolls])
    axes.set_xlabel('K, unrolled steps')
    axes.set_title(f'{setup} set-up')


def plot_ring(lines, folder):
    setups = [s for s in SETUPS if ours_of(lines, s)]
    if not setups:
        return
    figure, grid = plt.subplots(1, len(setups), figsize=(4.6 * len(setups), 4), squeeze=False)
    for axes, setup in zip(grid[0], setups):
        ring_axes(axes, lines, setup)
    grid[0][0].set_ylabel('training steps per second')
    common_legend(figure, 4)
    save(figure, folder, 'bench-ring.png', with_machine(lines), 0.13)


def plot_peers(lines, folder):
    """How many times as fast as each peer, round by round."""
    keys = ('ratio', 'ratio_min', 'ratio_max')
    setups = [s for s in SETUPS if peers_of(lines, s, keys)]
    if not setups:
        return
    figure, grid = plt.subplots(1, len(setups), figsize=(4.6 * len(setups), 3.4), squeeze=False)
    for axes, setup in zip(grid[0], setups):
        peers = peers_of(lines, setup, keys)
        axes.unrolls = sorted({k for points in peers.values() for k in points})
        for colour, (name, points) in zip(PEERS, peers.items()):
            plot_points(axes, points, colour, f'libgan / {name}', 'v')
        axes.axhline(1, color=FLOOR, linewidth=1, linestyle=':')
        axes.set_xticks(range(len(axes.unrolls)), [str(k) for k in axes.unrolls])
        axes.set_ylim(0)
        axes.set_xlabel('K, unrolled steps')
        axes.set_title(f'{setup} set-up')
        axes.legend(fontsize=7)
    grid[0][0].set_ylabel('times as fast')
    save(figure, folder, 'bench-peers.png', with_machine(lines))


def plot_floor(lines, folder):
    """Time of a step as a multiple of its floor."""
    groups = [(f'ring, {s}', ours_of(lines, s)) for s in SETUPS]
    groups.append(('digits, 1,200 units', {int(x['unroll']): x for x in of_bench(lines, 'mnist')}))
    bars = [(name, k, points[k]) for name, points in groups for k in sorted(points)]
    if not bars:
        return
    figure, axes = plt.subplots(figsize=(7.5, 3.4))
    labels, place = [], 0
    for index, (name, k, line) in enumerate(bars):
        if index and bars[index - 1][0] != name:
            place += 0.7
        middle, below, above = spread(line, 'times_floor')
        colour = OURS if name.startswith('ring, n') else DEFAULT if name.startswith('ring') else BARE
        first = index == 0 or bars[index - 1][0] != name
        axes.bar(place, middle, color=colour, width=0.75, label=name if first else None,
                 yerr=[[below], [above]], error_kw={'linewidth': 1, 'capsize': 2, 'ecolor': INK})
        axes.text(place, middle + above + 0.01, f'{middle:.2f}', ha='center', va='bottom', fontsize=7)
        labels.append((place, f'K={k}'))
        place += 1
    axes.axhline(1, color=FLOOR, linewidth=1, linestyle=':')
    axes.axhline(1.15, color=PEERS[0], linewidth=1, linestyle='--', label='1.15')
    axes.set_xticks([x for x, _ in labels], [text for _, text in labels])
    axes.grid(axis='x', visible=False)
    axes.set_ylabel('time of a step / its floor')
    axes.set_ylim(0, axes.get_ylim()[1] * 1.15)
    axes.legend(fontsize=7, ncols=4, loc='upper right')
    save(figure, folder, 'bench-floor.png', bars[-1][2])


def colour_of(kernel):
    return next((LEVELS[word] for word in re.split('[-, ]+', kernel) if word in LEVELS), '#c8a2d8')


def marker_of(kernel):
    if kernel.endswith('packed'):
        return '^'
    return {'thin': 'D', 'cblas': 's', 'onednn': 'P'}.get(kernel.split('-')[0], 'o')


def dots(axes, table, title, unit, scale='log'):
    """table: {row: {kernel: value}}: one line for each row, one mark for each kernel."""
    kernels = []
    for values in table.values():
        kernels += [k for k in values if k not in kernels]
    for kernel in kernels:
        points = [(values[kernel], row) for row, values in enumerate(table.values()) if kernel in values]
        axes.scatter(*zip(*points), color=colour_of(kernel), marker=marker_of(kernel), s=26, label=kernel,
                     zorder=3)
    axes.set_yticks(range(len(table)), list(table), fontsize=7)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xscale(scale)
    if scale == 'log':
        plain_ticks(axes.xaxis)
    axes.set_xlabel(unit)
    axes.set_title(title, fontsize=9)


def common_legend(figure, columns):
    """One legend for all axes of a figure, in the free strip at its bottom."""
    entries = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    figure.legend(entries.values(), entries.keys(), fontsize=7, loc='lower center', ncols=columns,
                  bbox_to_anchor=(0.5, 0.025))


def ops_tables(lines):
    """(elementwise, others, square products, thin products): {row: {kernel: value}} of f32."""
    elementwise, others, square, thin = {}, {}, {}, {}
    for line in of_bench(lines, 'ops'):
        if line['family'] == 'copy' or line['type'] != 'f32' or line['kernel'] == 'reference':
            continue
        if line['family'] == 'product':
            row = f"{line['form']} {line['m']:g} x {line['n']:g} x {line['k']:g}"
            table = thin if min(line['m'], line['n'], line['k']) <= 16 else square
            packed = ', packed' if line.get('right_side') == 'packed' else ''
            table.setdefault(row, {})[line['kernel'] + packed] = line['gflops']
        elif line['family'] != 'elementwise':
            others.setdefault(f"{line['op']} {line['shape']}", {})[line['kernel']] = line['ns_per_element']
        elif line['elements'] > 100:
            elementwise.setdefault(line['op'], {})[line['kernel']] = line['ns_per_element']
    return elementwise, others, square, thin


def plot_ops(lines, folder):
    elementwise, others, square, thin = ops_tables(lines)
    if elementwise and others:
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 6))
        dots(left, elementwise, 'elementwise, f32, tiles of 512 in L1', 'ns an element')
        dots(right, others, 'others, f32, by shape', 'ns an element of the larger side')
        common_legend(figure, 4)
        save(figure, folder, 'bench-ops.png', of_bench(lines, 'ops')[-1], 0.06)
    if square and thin:
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 6))
        dots(left, square, 'products m x n x k; N as it lies, T transposed', 'GFLOP/s of one thread',
             'linear')
        dots(right, thin, 'thin products', 'GFLOP/s of one thread', 'linear')
        left.set_xlim(0)
        right.set_xlim(0)
        common_legend(figure, 6)
        save(figure, folder, 'bench-products.png', of_bench(lines, 'ops')[-1], 0.09)


REGION = re.compile(r'^  level \d+: .+?; (\d+) (k|M|G|)flop, (\d+) (k|M|G|)B moved; work ([\d.]+) us$')


def regions_of(text):
    """(flops, bytes, seconds) of each region of an explained plan that has been run, without those
    that take less than a thousandth of its time."""
    found = []
    for line in text.splitlines():
        match = REGION.match(line)
        if not match:
            continue
        flops, flop_prefix, moved, byte_prefix, time = match.groups()
        values = (float(flops) * PREFIX[flop_prefix], float(moved) * PREFIX[byte_prefix], float(time) * 1e-6)
        if all(v > 0 for v in values):
            found.append(values)
    total = sum(time for *_, time in found)
    return [region for region in found if region[2] >= 1e-3 * total]


def roofs(lines):
    """Per thread: the most GFLOP/s of any product, and GB/s of copies in L2 and in memory."""
    ops = of_bench(lines, 'ops')
    peak = max((x['gflops'] for x in ops if x['family'] == 'product'), default=None)
    copies = sorted((x['bytes'], x['gigabytes_per_second']) for x in ops if x['family'] == 'copy')
    near = [rate for size, rate in copies if 2 ** 16 <= size <= 2 ** 19]
    return peak, (near[0] if near else None), (copies[-1][1] if copies else None)


def plot_roofline(lines, plans, folder):
    plans = {name: found for name, text in plans.items()
             if name.endswith(('-k5', 'mnist-k0')) and (found := regions_of(text))}
    if not plans:
        return
    figure, axes = plt.subplots(figsize=(7.5, 4.6))
    peak, near, far = roofs(lines)
    every = [region for found in plans.values() for region in found]
    xs = [flops / moved for flops, moved, _ in every]
    low, high = min(xs) / 2, max(max(xs) * 2, 60)
    for bandwidth, name in [(near, 'copies in L2'), (far, 'copies in memory')]:
        if peak and bandwidth:
            line = [(x, min(peak, x * bandwidth)) for x in (low, peak / bandwidth, high)]
            axes.plot(*zip(*line), color=INK, linewidth=1, linestyle='-' if name.endswith('L2') else ':',
                      label=f'{peak:.0f} GFLOP/s; {bandwidth:.0f} GB/s, {name}')
    for colour, (name, found) in zip([OURS] + PEERS, sorted(plans.items())):
        total = sum(time for *_, time in found)
        axes.scatter([f / b for f, b, _ in found], [f / t * 1e-9 for f, _, t in found],
                     s=[6 + 600 * t / total for *_, t in found], color=colour, alpha=0.6, linewidths=0)
        axes.scatter([], [], s=40, color=colour, alpha=0.6, linewidths=0, label=name)
    axes.set_xscale('log')
    axes.set_yscale('log')
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis)
    axes.set_xlabel('flop a byte moved')
    axes.set_ylabel('GFLOP/s of one thread')
    axes.set_title('regions of the plans; area: share of the time of the last run', fontsize=9)
    axes.legend(fontsize=7, loc='upper left')
    save(figure, folder, 'bench-roofline.png', with_machine(lines))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    lines, plans = read(sys.argv[2:])
    plot_ring(lines, folder)
    plot_peers(lines, folder)
    plot_floor(lines, folder)
    plot_ops(lines, folder)
    plot_roofline(lines, plans, folder)


if __name__ == '__main__':
    main()
