#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Job: run the example programs as a user would: last lines, pictures, bad arguments.

  check_examples.py EXAMPLES_FOLDER DATA_FOLDER
"""
import os
import re
import subprocess
import sys
import tempfile

examples, data = (os.path.abspath(path) for path in sys.argv[1:3])
failures = []

LINE = re.compile(r"^modes=\d+/(\d+) modes_1pct=\d+/\1 high_quality=\d\.\d\d "
                  r"reverse_kl=(inf|\d+\.\d{3}) steps=(\d+) seconds=\d+\.\d "
                  r"steps_per_second=\d+\.\d peak_mb=\d+$")


def run(*arguments, env=None):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=300,
                          env={**os.environ, **(env or {})})


def check(what, condition, detail=""):
    print(("ok   " if condition else "FAIL ") + what + ("" if condition else f": {detail}"))
    if not condition:
        failures.append(what)


def ring(*arguments):
    return run(os.path.join(examples, "ring"), *arguments)


def last_lines(folder):
    """The last line has the promised form, for all layouts and set-ups, also with --quiet."""
    cases = [("ring", "8"), ("grid", "25"), ("swissroll", "25")]
    for setup in ("paper", "notebook"):
        for layout, modes in cases:
            out = os.path.join(folder, "a.png")
            result = ring("--setup", setup, "--layout", layout, "--unroll", "1", "--steps", "12",
                          "--batch", "64", "--threads", "2", "--out", out, "--quiet")
            line = result.stdout.strip().splitlines()[-1] if result.stdout.strip() else ""
            match = LINE.match(line)
            check(f"ring {setup} {layout}", result.returncode == 0 and match
                  and match.group(1) == modes and match.group(3) == "12" and not result.stderr,
                  result.stdout + result.stderr)


def same_bytes(folder):
    """The same run writes the same picture; another seed another one."""
    pictures = []
    for name, seed, threads in (("b", 3, 1), ("c", 3, 2), ("d", 4, 1)):
        out = os.path.join(folder, name + ".png")
        ring("--steps", "20", "--batch", "128", "--seed", str(seed), "--threads", str(threads),
             "--out", out, "--quiet")
        with open(out, "rb") as file:
            pictures.append(file.read())
    check("same seed, same picture, any thread count", pictures[0] == pictures[1])
    check("another seed, another picture", pictures[0] != pictures[2])
    check("picture is a PNG", pictures[0].startswith(b"\x89PNG\r\n\x1a\n"))


def bad_arguments(folder):
    """Code 2, a message that names the thing, usage, and at once."""
    out = os.path.join(folder, "e.png")
    cases = [(["--wrong"], "--wrong"), (["--steps"], "--steps"), (["--steps", "x"], "--steps"),
             (["--steps", "0"], "--steps"), (["--unroll", "-1"], "--unroll"),
             (["--unroll", "99999999999999999999"], "--unroll"), (["--batch", "0"], "--batch"),
             (["--setup", "other"], "--setup"), (["--layout", "rin"], "--layout"),
             (["--threads", "-2"], "--threads"), (["--seed", "1.5"], "--seed")]
    for arguments, named in cases:
        result = ring(*arguments, "--out", out)
        check("ring " + " ".join(arguments), result.returncode == 2 and named in result.stderr
              and "usage" in result.stderr and not result.stdout, result.stderr)
    result = ring("--out", os.path.join(folder, "no/such/folder.png"))
    check("unwritable output", result.returncode == 2 and "--out" in result.stderr, result.stderr)
    result = run(os.path.join(examples, "mnist"), "--data-dir", folder, "--out", out)
    check("no data", result.returncode == 2 and "train-images" in result.stderr, result.stderr)
    result = ring("--help")
    check("help", result.returncode == 0 and "--unroll" in result.stdout)


def other_examples(folder):
    out = os.path.join(folder, "f.png")
    result = run(os.path.join(examples, "mnist"), "--steps", "4", "--batch", "16", "--out", out,
                 "--quiet", env={"GAN_DATA": data})
    check("mnist", result.returncode == 0 and "steps=4 " in result.stdout, result.stderr)
    result = run(os.path.join(examples, "minimal"))
    check("minimal", result.returncode == 0 and result.stdout.startswith("samples:"),
          result.stderr)


def discriminators(folder):
    """two_gaussians and vanishing_gradient: short runs; refused numbers."""
    out = os.path.join(folder, "g.png")
    program = os.path.join(examples, "two_gaussians")
    result = run(program, "--fixed-steps", "50", "--steps", "12", "--batch", "64", "--out", out,
                 "--quiet")
    check("two_gaussians", result.returncode == 0 and not result.stderr and
          re.match(r"distance=1 smoothing=1 slope=-?\d.* v_true=-1\.16345 .* steps=12 .*"
                   r"q_deviation=\d.* peak_mb=\d+$", result.stdout.strip()),
          result.stdout + result.stderr)
    result = run(program, "--part", "fixed", "--distance", "0", "--smoothing", "0.9", "--out", out,
                 "--quiet")
    check("two_gaussians: label smoothing's plateau", result.returncode == 0 and
          re.search(r" d_fixed=0\.4[45]\d\d ", result.stdout), result.stdout + result.stderr)
    for arguments in (["--distance", "x"], ["--smoothing", "0"], ["--smoothing", "nan"],
                      ["--part", "none"]):
        result = run(program, *arguments, "--out", out)
        check("two_gaussians " + " ".join(arguments), result.returncode == 2 and
              arguments[0] in result.stderr and not result.stdout, result.stderr)
    result = run(os.path.join(examples, "vanishing_gradient"), "--train", "10", "--steps", "60",
                 "--runs", "2", "--out", out, "--quiet", env={"GAN_DATA": data})
    check("vanishing_gradient", result.returncode == 0 and not result.stderr and
          re.match(r"decades_minimax=\d\.\d\d decades_non_saturating=-?\d\.\d\d .*runs=2 "
                   r"train=10 steps=60 ", result.stdout), result.stdout + result.stderr)


def grid(folder):
    """Each arm has the numbers that it has beside the other one."""
    out = os.path.join(folder, "h.png")
    program = os.path.join(examples, "grid")
    arm = r"{0}=\d+/25 {0}_1pct=\d+/25 {0}_high_quality=\d\.\d\d {0}_reverse_kl=(?:inf|\d+\.\d+) "
    found = {}
    for which in ("both", "without", "with"):
        result = run(program, "--minibatch", which, "--steps", "12", "--batch", "32", "--out", out,
                     "--quiet")
        names = ["without", "with"] if which == "both" else [which]
        line = "".join(arm.format(name) + name + r"_seconds=\d+\.\d " for name in names)
        check("grid " + which, result.returncode == 0 and not result.stderr and
              re.match("^" + line + r"steps=12 peak_mb=\d+$", result.stdout.strip()),
              result.stdout + result.stderr)
        for name in names:
            match = re.search(r"\b" + arm.format(name), result.stdout)
            found.setdefault(name, set()).add(match and match.group(0))
    check("grid: arms alone and together", all(len(lines) == 1 for lines in found.values()), found)
    for arguments in (["--minibatch", "0"], ["--kernels", "0"], ["--batch", "1"], ["--loss", "x"]):
        result = run(program, *arguments, "--out", out)
        check("grid " + " ".join(arguments), result.returncode == 2 and
              arguments[0] in result.stderr and not result.stdout, result.stderr)


def toy_games(folder):
    """Rates as derived, radii as known, a picture that does not change."""
    out = os.path.join(folder, "g.png")
    pictures = []
    for _ in range(2):
        result = run(os.path.join(examples, "toy_games"), "--steps", "200", "--out", out, "--quiet")
        match = re.match(r"played=24 rate_error=(\S+) power_error=(\S+) largest_distance=\S+ steps=200 "
                         r"seconds=\d+\.\d peak_mb=\d+$", result.stdout)
        check("toy_games", result.returncode == 0 and match and not result.stderr
              and float(match.group(1)) < 1e-4 and float(match.group(2)) < 1e-2,
              result.stdout + result.stderr)
        with open(out, "rb") as file:
            pictures.append(file.read())
    check("toy_games twice, same picture", pictures[0] == pictures[1])
    result = run(os.path.join(examples, "toy_games"), "--game", "chess", "--out", out)
    check("toy_games --game chess", result.returncode == 2 and "--game" in result.stderr, result.stderr)
    result = run(os.path.join(examples, "toy_dirac"), "--out", out, "--quiet")
    check("toy_dirac", result.stdout.startswith("minimax=3.097 non_saturating=0.6402 r1=2.643e-06 ")
          and "consensus=2.579e-10 steps=500" in result.stdout, result.stdout + result.stderr)


def semi_supervised(folder):
    """A short run with a control, the same bits for any number of threads, refused numbers."""
    out = os.path.join(folder, "s.png")
    program = os.path.join(examples, "semi_supervised")
    lines = []
    for threads in ("1", "2"):
        result = run(program, "--net", "small", "--labels", "57", "--steps", "24", "--control", "24",
                     "--threads", threads, "--out", out, "--quiet", env={"GAN_DATA": data})
        match = re.match(r"(semi_supervised labels=57 seed=1 steps=24 error=\d+\.\d\d error_average="
                         r"\d+\.\d\d labels_only=\d+\.\d\d) seconds=\d+\.\d peak_mb=\d+$",
                         result.stdout.strip())
        check("semi_supervised", result.returncode == 0 and match and not result.stderr,
              result.stdout + result.stderr)
        lines.append(match and match.group(1))
    check("semi_supervised: any thread count", lines[0] == lines[1], lines)
    for arguments in (["--labels", "9"], ["--steps", "1"], ["--net", "other"]):
        result = run(program, *arguments, "--out", out)
        check("semi_supervised " + " ".join(arguments), result.returncode == 2 and
              arguments[0] in result.stderr and not result.stdout, result.stderr)


with tempfile.TemporaryDirectory() as temporary:
    last_lines(temporary)
    same_bytes(temporary)
    bad_arguments(temporary)
    other_examples(temporary)
    toy_games(temporary)
    grid(temporary)
    discriminators(temporary)
    semi_supervised(temporary)
sys.exit(1 if failures else 0)
